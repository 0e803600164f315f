/**
 * ```ts
 * const sha256: Digest
 * ```
 * The digest of Web Crypto, in a promise: for workerd, Vercel's edge runtime and whoever has no `node:crypto`.
 *
 * @since 0.1.0
 */
import { base64url } from '../core/Base64url.ts'
import type { Digest } from './Digest.ts'

const encoder = /* @__PURE__ */ new TextEncoder()

/** SHA-256 of the text of a secret, base64url. */
export const sha256: Digest = async (secret) => {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(secret)))
  return base64url(bytes, 0, bytes.length)
}
