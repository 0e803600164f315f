/** Cloudflare KV in workerd, through miniflare. */
import { Miniflare } from 'miniflare'
import type { Either } from '#fp-ts/Either'
import type { StoreError } from '../../../src/effects/Store.ts'
import type { CloudflareKV } from '../../../src/stores/kv.ts'

/** The value of an effect that must succeed. */
export const must = <E, A>(answer: Either<E, A>): A => {
  if (answer._tag === 'Left') throw new Error(JSON.stringify(answer.left))
  return answer.right
}

/** The error of an effect that must fail. */
export const fault = (answer: Either<StoreError, unknown>): StoreError & { readonly cause: Error } => {
  if (answer._tag === 'Right') throw new Error(`succeeded: ${JSON.stringify(answer.right)}`)
  return answer.left as StoreError & { readonly cause: Error }
}

/** The same namespace, with what the store does not use. */
export type Namespace = CloudflareKV & {
  list(): Promise<{ keys: ReadonlyArray<{ name: string; expiration?: number; metadata?: unknown }> }>
}

/** A namespace of its own. */
export const started = async (): Promise<{ readonly namespace: Namespace; readonly close: () => Promise<void> }> => {
  const mf = new Miniflare({
    modules: true,
    script: 'export default {}',
    compatibilityDate: '2026-04-01',
    cf: false,
    host: '127.0.0.1',
    port: 0,
    kvNamespaces: ['KV'],
  })
  return { namespace: (await mf.getKVNamespace('KV')) as unknown as Namespace, close: () => mf.dispose() }
}
