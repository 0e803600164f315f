/**
 * ```ts
 * const sealerOf: SealerOf
 * const blinderOf: BlinderOf
 * ```
 * The cipher of Web Crypto, in promises: for workerd, Vercel's edge runtime and whoever has no `node:crypto`.
 *
 * Keys are derived at the first use, not while the module that makes them loads: workerd forbids that. They can not be
 * exported again.
 *
 * @since 0.1.0
 */
import { base64url, bytesOf } from '../core/Base64url.ts'
import type { BlinderOf, SealerOf } from './Cipher.ts'
import { NONCE_BYTES, TAG_BYTES } from './Cipher.ts'

const encoder = /* @__PURE__ */ new TextEncoder()
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true })

/** Makes a key once, at the first use, and again only if that failed. What is there needs no promise. */
const once = (make: () => Promise<CryptoKey>): (() => CryptoKey | Promise<CryptoKey>) => {
  let made: CryptoKey | Promise<CryptoKey> | undefined
  return () =>
    (made ??= make().then(
      (key) => (made = key),
      (cause: unknown) => {
        made = undefined
        throw cause
      },
    ))
}

type Algorithm = { readonly name: 'AES-GCM' } | { readonly name: 'HMAC'; readonly hash: 'SHA-256' }

const derived = async (
  secret: Uint8Array<ArrayBuffer>,
  info: string,
  algorithm: Algorithm,
  usages: Array<KeyUsage>,
): Promise<CryptoKey> => {
  const { subtle } = crypto
  const from = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: encoder.encode(info) }
  return subtle.importKey('raw', await subtle.deriveBits(hkdf, from, 256), algorithm, false, usages)
}

// A multiple of three, so that the pieces' texts follow one another; few enough to be the arguments of one call.
const PIECE = 6_144

const textOf = (bytes: Uint8Array): string => {
  let text = ''
  for (let from = 0; from < bytes.length; from += PIECE)
    text += base64url(bytes, from, Math.min(from + PIECE, bytes.length))
  return text
}

/** AES-256-GCM, in a promise. */
export const sealerOf: SealerOf = (secret, info) => {
  const key = once(() => derived(secret, info, { name: 'AES-GCM' }, ['encrypt', 'decrypt']))
  // A carrier's key has one context for all that it seals.
  let last = { context: '', bytes: new Uint8Array(0) }
  const parameters = (iv: Uint8Array<ArrayBuffer>, context: string): AesGcmParams => {
    if (last.context !== context) last = { context, bytes: encoder.encode(context) }
    // The tag has 16 bytes where nothing else is asked for.
    return { name: 'AES-GCM', iv, additionalData: last.bytes }
  }
  return {
    atOnce: false,
    seal: async (text, context) => {
      const made = key()
      const usable = made instanceof Promise ? await made : made
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
      const body = await crypto.subtle.encrypt(parameters(nonce, context), usable, encoder.encode(text))
      const sealed = new Uint8Array(NONCE_BYTES + body.byteLength)
      sealed.set(nonce)
      sealed.set(new Uint8Array(body), NONCE_BYTES)
      return textOf(sealed)
    },
    open: async (sealed, context) => {
      const bytes = bytesOf(sealed)
      if (bytes === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
      const made = key()
      const usable = made instanceof Promise ? await made : made
      const nonce = bytes.subarray(0, NONCE_BYTES)
      try {
        return decoder.decode(
          await crypto.subtle.decrypt(parameters(nonce, context), usable, bytes.subarray(NONCE_BYTES)),
        )
      } catch {
        // The tag does not fit.
        return undefined
      }
    },
  }
}

/** HMAC-SHA256, in a promise. */
export const blinderOf: BlinderOf = (secret, info) => {
  const key = once(() => derived(secret, info, { name: 'HMAC', hash: 'SHA-256' }, ['sign']))
  return async (text) => {
    const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', await key(), encoder.encode(text)))
    return textOf(bytes)
  }
}
