/**
 * ```ts
 * placeOf: (namespace: CloudflareKV) => Place
 * ```
 * A namespace as one of Cloudflare's locations shows it. What was read there once, or was not there, is answered from its
 * cache until the test says `refresh`; what is written there goes to the namespace, and is seen in this place at once.
 */
import type { CloudflareKV } from '../../../src/stores/kv.ts'

export interface Place {
  readonly namespace: CloudflareKV
  /** Forgets what was read: the next read is up to date. */
  readonly refresh: () => void
  /** The next write waits, and tells when it has come; `go` lets it through. */
  readonly hold: () => { readonly came: Promise<void>; readonly go: () => void }
  /** Options of the reads and times to live of the writes, by key, the last ones. */
  readonly reads: Map<string, unknown>
  readonly ttls: Map<string, number | undefined>
}

export const placeOf = (namespace: CloudflareKV): Place => {
  const cache = new Map<string, string | null>()
  const reads = new Map<string, unknown>()
  const ttls = new Map<string, number | undefined>()
  let gate: (() => Promise<void>) | undefined

  return {
    namespace: {
      get: async (key, options) => {
        reads.set(key, options)
        const known = cache.get(key)
        if (known !== undefined) return known
        const text = await namespace.get(key, options)
        cache.set(key, text)
        return text
      },
      put: async (key, text, options) => {
        const wait = gate
        gate = undefined
        await wait?.()
        await namespace.put(key, text, options)
        ttls.set(key, options?.expirationTtl)
        cache.set(key, text)
      },
      delete: async (key) => {
        await namespace.delete(key)
        cache.set(key, null)
      },
    },
    refresh: () => cache.clear(),
    hold: () => {
      let arrived: () => void = () => undefined
      let go: () => void = () => undefined
      const came = new Promise<void>((resolve) => (arrived = resolve))
      const gone = new Promise<void>((resolve) => (go = resolve))
      gate = () => {
        arrived()
        return gone
      }
      return { came, go }
    },
    reads,
    ttls,
  }
}
