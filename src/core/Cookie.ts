/**
 * ```ts
 * type cookie    = (options?: CookieOptions) => Either<CookieRule, Cookie>
 * type setCookie = (cookie, value, maxAgeSeconds, now) => Either<CookieTooLarge, string>
 * type valuesOf  = (name, header, accept?) => ReadonlyArray<string>
 * ```
 * The session cookie: its settings and their rules, the texts that set and clear it, and what a request brought back.
 * Rules are those of RFC 6265bis (draft 22); `__Http-` and `__Host-Http-` are those of its successor, layered cookies.
 *
 * Laws:
 * 1. Every text that `setCookie` and `clearCookie` give is in the grammar of RFC 6265bis §4.1.1 (but for `Max-Age=0`).
 * 2. `valuesOf(c.name, header)` finds the value that `setCookie(c, value, …)` wrote, wherever the browser puts it.
 * 3. `valuesOf` is total, reads the header once, and never takes part of another cookie's name or value for this cookie.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { left, right } from './tagged.ts'
import { brokenRule, type CookieRule } from './CookieRule.ts'
import type { Millis } from './Millis.ts'

export type { CookieRule } from './CookieRule.ts'

declare const brand: unique symbol

/** Text that may stand as a cookie's value: cookie-octets of RFC 6265bis §4.1.1, printable ASCII without `" , ; \` and space. */
export type CookieValue = string & { readonly [brand]: 'CookieValue' }

/** Settings of the session cookie. HttpOnly is always sent and has no option. */
export interface CookieOptions {
  /** The cookie's name, an RFC token. Default `__Host-id`: bound to this very host by the browser (ASVS 3.3.3). */
  readonly name?: string
  /** Send Secure. Default true. `false` is the development switch and needs a name without a prefix (ASVS 3.3.1). */
  readonly secure?: boolean
  /** Which cross-site requests carry the cookie. Default `Lax`; `None` needs `secure` (ASVS 3.3.2, RFC 6265bis §5.7). */
  readonly sameSite?: 'Lax' | 'Strict' | 'None'
  /** The path below which the browser sends the cookie. Default `/`, which a `__Host-` name needs. */
  readonly path?: string
  /** The host whose subdomains see the cookie too. Default none: this host only, which a `__Host-` name needs. */
  readonly domain?: string
  /** One cookie, and so one session, per top-level site (CHIPS). Default false; needs `secure`. */
  readonly partitioned?: boolean
  /** Whether sessions outlive the browser when their sign-in did not say. Default false: a browser-session cookie. */
  readonly persistent?: boolean
}

/** A checked cookie, its texts built once. Only `cookie` makes one. */
export interface Cookie {
  readonly name: string
  /** False in development: worth one warning. */
  readonly secure: boolean
  /** What a sign-in that does not say otherwise gets. */
  readonly persistent: boolean
  /** The attributes that set and clear have in common, each behind `; `. */
  readonly attributes: string
  /** The whole text that clears it. */
  readonly clear: string
}

/** Name and value take more bytes than browsers keep (RFC 6265bis §5.6). */
export interface CookieTooLarge {
  readonly _tag: 'CookieTooLarge'
  readonly bytes: number
  readonly limit: number
}

/** The most bytes that name and value may take together (RFC 6265bis §5.6, ASVS 3.3.5). */
export const PAIR_LIMIT = 4096

/** The longest life that browsers grant a cookie: 400 days, in seconds (RFC 6265bis §5.5). */
const MAX_AGE_LIMIT = 34_560_000

/** How many accepted values `valuesOf` gives at most: enough to tell one, two and too many. */
export const VALUES_LIMIT = 3

// Max-Age=0 is what every browser understands and what the editors' copy allows since January 2026; Expires says the same
// in the grammar of draft 22.
const CLEARED = '; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT'

/**
 * Checks the settings and builds the texts. Left names the first setting that breaks a rule, its value and the rule:
 * the grammar, prefix and attribute rules of RFC 6265bis, and settings that do not exist.
 */
export const cookie = (options: CookieOptions = {}): Either<CookieRule, Cookie> => {
  const {
    name = '__Host-id',
    secure = true,
    sameSite = 'Lax',
    path = '/',
    domain,
    partitioned = false,
    persistent = false,
  } = options
  const broken = brokenRule({ ...options, name, secure, sameSite, path, domain, partitioned, persistent })
  if (broken !== undefined) return left(broken)
  const attributes =
    `; Path=${path}` +
    (domain === undefined ? '' : `; Domain=${domain}`) +
    (secure ? '; Secure' : '') +
    `; HttpOnly; SameSite=${sameSite}` +
    (partitioned ? '; Partitioned' : '')
  return right({ name, secure, persistent, attributes, clear: `${name}=${CLEARED}${attributes}` })
}

/** The same settings under another name. It must begin as the name that was checked: for the further pieces of one value. */
export const renamed = (c: Cookie, name: string): Cookie => ({ ...c, name, clear: `${name}=${CLEARED}${c.attributes}` })

/** Whether text may stand as a cookie's value. */
export const isCookieValue = (text: string): text is CookieValue => /^[!#-+\--:<-[\]-~]*$/.test(text)

const expiryText = (): ((second: number) => string) => {
  let cached = { second: NaN, text: '' }
  return (second) => {
    if (cached.second !== second) cached = { second, text: new Date(second * 1000).toUTCString() }
    return cached.text
  }
}

// A pure function that remembers its last answer: sessions that begin in one second share it (0.5 µs a text).
const expires = /* @__PURE__ */ expiryText()

const lasting = (seconds: number, now: Millis): string => {
  // The grammar wants a positive integer; a deadline that has just passed leaves one second.
  const maxAge = seconds >= 1 ? Math.min(Math.floor(seconds), MAX_AGE_LIMIT) : 1
  return `; Max-Age=${maxAge}; Expires=${expires(Math.floor(now / 1000) + maxAge)}`
}

/**
 * The Set-Cookie text. With `maxAgeSeconds` (s) the cookie outlives the browser session: Max-Age and Expires, a whole
 * number between 1 s and 400 days; `undefined` makes a browser-session cookie. Left, before anything is sent, when name
 * and value take more than `PAIR_LIMIT` bytes.
 */
export const setCookie = (
  c: Cookie,
  value: CookieValue,
  maxAgeSeconds: number | undefined,
  now: Millis,
): Either<CookieTooLarge, string> => {
  // Both are ASCII: characters are bytes.
  const bytes = c.name.length + value.length
  if (bytes > PAIR_LIMIT) return left({ _tag: 'CookieTooLarge', bytes, limit: PAIR_LIMIT })
  return right(`${c.name}=${value}${maxAgeSeconds === undefined ? '' : lasting(maxAgeSeconds, now)}${c.attributes}`)
}

/** The Set-Cookie text that makes a browser drop the cookie: same name, path, domain and attributes, long expired. */
export const clearCookie = (c: Cookie): string => c.clear

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09

// Space and tab only. A wider trim (`String.trim` knows 25 characters) would take a cookie whose name begins with, say,
// U+2003 for this one, past the browser's guard of the prefix.
const trimmed = (header: string, from: number, to: number): string => {
  let start = from
  let end = to
  while (start < end && isSpace(header.charCodeAt(start))) start++
  while (end > start && isSpace(header.charCodeAt(end - 1))) end--
  return header.slice(start, end)
}

const beginsPair = (header: string, at: number): boolean => {
  let before = at - 1
  while (before >= 0 && isSpace(header.charCodeAt(before))) before--
  return before < 0 || header.charCodeAt(before) === 0x3b
}

const acceptAll = (): boolean => true

/**
 * The values of the cookies of exactly this name in a Cookie header, in order, each once, without surrounding spaces:
 * those that `accept` takes, at most `VALUES_LIMIT`. If it takes none of them, the first one alone, so that a malformed
 * cookie can be told from no cookie (an empty array). Pairs are split at `;` alone: a quote has no meaning (RFC 6265bis
 * §4.2), and a comma has none, or one cookie could smuggle in another.
 */
export const valuesOf = (
  name: string,
  header: string,
  accept: (value: string) => boolean = acceptAll,
): ReadonlyArray<string> => {
  const key = `${name}=`
  const accepted: Array<string> = []
  let refused: string | undefined
  let at = header.indexOf(key)
  while (at !== -1 && accepted.length < VALUES_LIMIT) {
    const from = at + key.length
    if (!beginsPair(header, at)) {
      at = header.indexOf(key, from)
      continue
    }
    const semicolon = header.indexOf(';', from)
    const end = semicolon === -1 ? header.length : semicolon
    const value = trimmed(header, from, end)
    if (!accepted.includes(value)) {
      if (accept(value)) accepted.push(value)
      else refused ??= value
    }
    at = header.indexOf(key, end)
  }
  return accepted.length === 0 && refused !== undefined ? [refused] : accepted
}
