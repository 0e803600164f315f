/**
 * ```ts
 * interface Random { id: IO<SessionId>; secret: IO<Secret>; tag: IO<string>; unit: IO<number> }
 * ```
 * The only source of randomness. Passed in, so that a test can foresee it.
 *
 * Laws, for `randomFrom(fill)`:
 * 1. `id`, `secret` and `tag` are base64url of bytes that `fill` gave and of nothing else, each byte used once.
 * 2. Nothing is asked of `fill` before the first use (workerd forbids randomness while modules load).
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import { base64url } from '../core/Base64url.ts'
import { idFrom, ID_BYTES, secretFrom, SECRET_BYTES, type Secret, type SessionId } from '../core/Token.ts'

/** What the engine draws. */
export interface Random {
  /** A new session id: 128 bits (ASVS 7.2.3). */
  readonly id: IO<SessionId>
  /** A new secret: 256 bits. */
  readonly secret: IO<Secret>
  /** A new revision tag: 96 bits, 16 characters of base64url. */
  readonly tag: IO<string>
  /** A number in [0, 1) for jitter. Not for security. */
  readonly unit: IO<number>
}

const TAG_BYTES = 12
// One call into the system per about 130 sessions: 0.3 µs for an id and a secret instead of 3.3.
const POOL_BYTES = 8192

/**
 * A source that draws from `fill`, which must overwrite the whole array that it is given with unpredictable bytes. Bytes
 * are asked for in pools of 8 KiB, and erased from the pool when they are handed out. What `fill` throws is thrown on.
 */
export const randomFrom = (fill: (bytes: Uint8Array<ArrayBuffer>) => void): Random => {
  const pool = new Uint8Array(POOL_BYTES)
  let next = POOL_BYTES
  const text = (length: number): string => {
    if (next + length > POOL_BYTES) {
      // Nothing is handed out of a pool whose filling failed.
      next = POOL_BYTES
      fill(pool)
      next = 0
    }
    const from = next
    next += length
    const drawn = base64url(pool, from, next)
    pool.fill(0, from, next)
    return drawn
  }
  return {
    id: () => idFrom(text(ID_BYTES)),
    secret: () => secretFrom(text(SECRET_BYTES)),
    tag: () => text(TAG_BYTES),
    unit: () => Math.random(),
  }
}

/**
 * The system's generator (`crypto.getRandomValues`), pooled. A machine image that is snapshot and cloned while the
 * process runs would clone the pool: make the snapshot before the first session.
 */
export const systemRandom: Random = /* @__PURE__ */ randomFrom((bytes) => {
  crypto.getRandomValues(bytes)
})
