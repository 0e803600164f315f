/**
 * ```ts
 * interface Token { readonly id: SessionId; readonly secret: Secret }
 * ```
 * What the session cookie carries, as the text `<id>.<secret>`: a stable public selector and a rotating 256-bit proof.
 *
 * Laws:
 * 1. `parse(format(t))` is Some of `t`.
 * 2. `format(t) = s` for every `s` with `parse(s) = some(t)`: no token has two spellings.
 * 3. `sameDigest(a, b) = (a === b)`.
 *
 * @since 0.1.0
 */
import type { Option } from '#fp-ts/Option'
import { none, some } from './tagged.ts'
import type { CookieValue } from './Cookie.ts'

declare const brand: unique symbol

/**
 * The stable name of a session: 16 random bytes as base64url, 22 characters (ASVS 7.2.3 asks for 128 bits). Not a
 * secret: safe to log, to list and to lock on. Proves nothing.
 */
export type SessionId = string & { readonly [brand]: 'SessionId' }

/** The proof that a request may use a session: 32 random bytes as base64url, 43 characters. Never stored, never logged. */
export type Secret = string & { readonly [brand]: 'Secret' }

/**
 * A selector and its proof. Made by `parse` and `token` only: their `secret` is not enumerable, so that neither
 * `JSON.stringify`, `console.log`, a spread nor `structuredClone` of a token gives it away.
 */
export interface Token {
  readonly id: SessionId
  readonly secret: Secret
}

/** Bytes of randomness in an id. */
export const ID_BYTES = 16
/** Bytes of randomness in a secret. */
export const SECRET_BYTES = 32

const ID_LENGTH = 22
/** How many characters a token has: a fixed number, so that its cookie has a fixed size. */
export const TOKEN_LENGTH = ID_LENGTH + 1 + 43

// The last character of base64url text carries spare bits. Only zeros are accepted: one id, one spelling.
const ID = /^[A-Za-z0-9_-]{21}[AQgw]$/
const TOKEN = /^[A-Za-z0-9_-]{21}[AQgw]\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** Takes text for a session id without looking at it: for base64url of `ID_BYTES` random bytes only. */
export const idFrom = (text: string): SessionId => text as SessionId

/** Takes text for a secret without looking at it: for base64url of `SECRET_BYTES` random bytes only. */
export const secretFrom = (text: string): Secret => text as Secret

/** Pairs an id with its secret, which does not show in JSON, logs or copies. */
export const token = (id: SessionId, secret: Secret): Token =>
  Object.defineProperty({ id }, 'secret', { value: secret }) as Token

/** The cookie value of a token. */
export const format = (t: Token): CookieValue => textOf(t.id, t.secret)

/** The cookie value of the token that these make. */
export const textOf = (id: SessionId, secret: Secret): CookieValue => `${id}.${secret}` as CookieValue

/** Whether text has the exact shape of a session id. */
export const isSessionId = (text: string): text is SessionId => text.length === ID_LENGTH && ID.test(text)

/** Whether text has the exact shape of a token: what `valuesOf` is asked to look for. */
export const isToken = (text: string): boolean => text.length === TOKEN_LENGTH && TOKEN.test(text)

/** The id that the text of a token begins with. */
export const idOf = (text: string): SessionId => idFrom(text.slice(0, ID_LENGTH))

/** The secret that the text of a token ends with. */
export const secretOf = (text: string): Secret => secretFrom(text.slice(ID_LENGTH + 1))

/** The token that a cookie value spells, or None for anything else: any length, any characters, never a throw. */
export const parse = (value: string): Option<Token> =>
  isToken(value) ? some(token(idOf(value), secretOf(value))) : none

/**
 * Whether two digests are the same text, in a time that depends on their lengths only (ASVS 11.2.4). Lengths are
 * public: every digest has 43 characters.
 */
export const sameDigest = (a: string, b: string): boolean => {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}
