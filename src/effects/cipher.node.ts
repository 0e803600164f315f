/**
 * ```ts
 * const sealerOf: SealerOf
 * const blinderOf: BlinderOf
 * ```
 * The cipher of `node:crypto`, synchronous: for Node, Bun and Deno.
 *
 * @since 0.1.0
 */
import { Buffer } from 'node:buffer'
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { BlinderOf, SealerOf } from './Cipher.ts'
import { NONCE_BYTES, TAG_BYTES } from './Cipher.ts'

const ALGORITHM = 'aes-256-gcm'
const WITH_TAG = { authTagLength: TAG_BYTES }

const derived = (secret: Uint8Array, info: string): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', info, 32)))

/** AES-256-GCM, at once. */
export const sealerOf: SealerOf = (secret, info) => {
  const key = derived(secret, info)
  // A carrier's key has one context for all that it seals.
  let last = { context: '', bytes: Buffer.from('') }
  const bytesOf = (context: string): Buffer => {
    if (last.context !== context) last = { context, bytes: Buffer.from(context) }
    return last.bytes
  }
  return {
    atOnce: true,
    seal: (text, context) => {
      // Most of what sealing costs, 7 µs. But nonces that were drawn beforehand would be used twice by the copies of a
      // machine, or of a heap, that was snapshot while it ran.
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, nonce, WITH_TAG).setAAD(bytesOf(context))
      const body = cipher.update(text, 'utf8')
      // GCM is a stream: nothing is left over, but it makes the tag.
      cipher.final()
      return nonce.toString('base64url') + Buffer.concat([body, cipher.getAuthTag()]).toString('base64url')
    },
    open: (sealed, context) => {
      const bytes = Buffer.from(sealed, 'base64url')
      // Buffer leaves out what is not base64url: only one spelling is accepted.
      if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined
      const end = bytes.length - TAG_BYTES
      try {
        const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), WITH_TAG)
          .setAAD(bytesOf(context))
          .setAuthTag(bytes.subarray(end))
        const text = decipher.update(bytes.subarray(NONCE_BYTES, end))
        // Whether the tag fits. Nothing is read before.
        decipher.final()
        return text.toString()
      } catch {
        // It does not: the one way that the lines above can fail.
        return undefined
      }
    },
  }
}

/** HMAC-SHA256, at once. */
export const blinderOf: BlinderOf = (secret, info) => {
  const key = derived(secret, info)
  return (text) => createHmac('sha256', key).update(text).digest('base64url')
}
