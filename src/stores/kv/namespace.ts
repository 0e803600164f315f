/**
 * ```ts
 * entriesOf: (namespace: CloudflareKV | Unstorage, cacheTtl?) => Entries
 * ```
 * The two kinds of namespace as one: texts under keys, with a time to live.
 *
 * @since 0.1.0
 */
import { misconfigured, toError } from '../../core/SessionError.ts'

/** A namespace of Cloudflare KV (`KVNamespace`). */
export interface CloudflareKV {
  get(key: string, options?: { readonly cacheTtl?: number }): Promise<string | null>
  put(key: string, value: string, options?: { readonly expirationTtl?: number }): Promise<void>
  delete(key: string): Promise<void>
}

/** A storage of `unstorage`: what its `createStorage({ driver })` gives. */
export interface Unstorage {
  getItem(key: string): unknown
  setItem(key: string, value: string, options: { readonly ttl: number }): unknown
  removeItem(key: string): unknown
}

/** Texts under keys. Every effect rejects with what the namespace threw. */
export interface Entries {
  /** The text, null for none; of Unstorage anything, where somebody else has written it. */
  readonly get: (key: string) => Promise<unknown>
  /** `ttl`: whole seconds, 60 or more. */
  readonly put: (key: string, text: string, ttl: number) => Promise<void>
  readonly remove: (key: string) => Promise<void>
}

type Given = Partial<Record<'get' | 'put' | 'delete' | 'getItem' | 'setItem' | 'removeItem', unknown>>

const has = (given: Given | undefined, ...names: ReadonlyArray<keyof Given>): boolean =>
  names.every((name) => typeof given?.[name] === 'function')

// A storage of unstorage has `get`, too, but no `put`.
const isCloudflare = (namespace: CloudflareKV | Unstorage): namespace is CloudflareKV =>
  has(namespace, 'get', 'put', 'delete')

const isUnstorage = (namespace: CloudflareKV | Unstorage): namespace is Unstorage =>
  has(namespace, 'getItem', 'setItem', 'removeItem')

/** See the module's head. Throws `Misconfigured`. */
export const entriesOf = (namespace: CloudflareKV | Unstorage, cacheTtl: number | undefined): Entries => {
  if (cacheTtl !== undefined && !(Number.isInteger(cacheTtl) && cacheTtl >= 30))
    throw toError(misconfigured('cacheTtl', cacheTtl, 'it must be a whole number of seconds, 30 or more'))
  if (isCloudflare(namespace)) {
    const reading = cacheTtl === undefined ? undefined : { cacheTtl }
    return {
      get: (key) => namespace.get(key, reading),
      put: (key, text, ttl) => namespace.put(key, text, { expirationTtl: ttl }),
      remove: (key) => namespace.delete(key),
    }
  }
  if (!isUnstorage(namespace))
    throw toError(
      misconfigured(
        'namespace',
        namespace,
        'it must be a KV binding (look whether kv_namespaces in wrangler.jsonc has one of this name), or a storage of unstorage',
      ),
    )
  if (cacheTtl !== undefined) throw toError(misconfigured('cacheTtl', cacheTtl, 'only a Cloudflare KV binding has it'))
  return {
    get: async (key) => await namespace.getItem(key),
    put: async (key, text, ttl) => {
      await namespace.setItem(key, text, { ttl })
    },
    remove: async (key) => {
      await namespace.removeItem(key)
    },
  }
}
