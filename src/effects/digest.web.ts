/**
 * ```ts
 * const sha256: Digest
 * ```
 * For workerd, Vercel's edge runtime and whoever can not import `node:crypto`: the digest of Web Crypto, in a promise; or,
 * where the runtime lends modules of Node (Cloudflare's flag `nodejs_compat`), theirs at once, in a third of the time.
 *
 * @since 0.1.0
 */
import { base64url } from '../core/Base64url.ts'
import type { Digest } from './Digest.ts'

const encoder = /* @__PURE__ */ new TextEncoder()

const subtle: Digest = async (secret) => {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(secret)))
  return base64url(bytes, 0, bytes.length)
}

/** The global object of a runtime that may lend modules of Node. */
interface Lender {
  readonly process?: { readonly getBuiltinModule?: (name: string) => unknown }
}

interface Hashing {
  readonly hash: (algorithm: string, text: string, encoding: string) => string
}

const hashes = (module: unknown): module is Hashing =>
  typeof module === 'object' && module !== null && 'hash' in module && typeof module.hash === 'function'

/** The digest for a runtime that lends `node:crypto` or, as most do, does not. */
export const digestOf = (global: object): Digest => {
  try {
    const module = (global as Lender).process?.getBuiltinModule?.('node:crypto')
    return hashes(module) ? (secret) => module.hash('sha256', secret, 'base64url') : subtle
  } catch {
    // A stand-in that a bundler put there.
    return subtle
  }
}

const chosen = (): Digest => {
  let digest: Digest | undefined
  // At the first use: modules of Node are loaded when they are asked for.
  return (secret) => (digest ??= digestOf(globalThis))(secret)
}

/** SHA-256 of the text of a secret, base64url. */
export const sha256: Digest = /* @__PURE__ */ chosen()
