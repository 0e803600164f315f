/**
 * ```ts
 * faultOf: (operation, thrown) => StoreError
 * ```
 * What a namespace threw, as a sentence. Only its message comes through: clients attach what they were sent.
 *
 * @since 0.1.0
 */
import type { StoreError, StoreOperation } from '../../effects/Store.ts'
import { refused, storeError } from '../../effects/Store.ts'

const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : 'the namespace failed without saying why'

/** `KV PUT failed: 429 Too Many Requests`: what Cloudflare KV did not take, it did not store. */
const REFUSED = /^KV \w+ failed: 4(\d\d)\b/

const TOO_OFTEN =
  'Cloudflare KV takes one write per second to a key, and this session was written again within that (or the day’s writes are used up). ' +
  'Change a session less often, raise touchEvery, or keep sessions where they may be written often: Durable Objects, D1'

/** See the module's head. */
export const faultOf = (operation: StoreOperation, thrown: unknown): StoreError => {
  const message = messageOf(thrown)
  const status = REFUSED.exec(message)?.[1]
  if (status === '29') return refused(operation, new Error(`${TOO_OFTEN} (${message})`))
  return (status === undefined ? storeError : refused)(operation, new Error(message))
}

/** A text that this library has not written. */
export const damagedError = (key: string): Error =>
  new Error(
    `What stands under the key "${key}" is damaged, or of a newer version of the library. Delete it, or upgrade`,
  )
