/**
 * ```ts
 * parseSetCookie: (text) => Option<SetCookie>
 * ```
 * A Set-Cookie text as a browser reads it (RFC 6265bis §5.6): nothing is refused that browsers accept.
 *
 * Law: total; unknown attributes are skipped, of one attribute the last counts.
 *
 * @since 0.1.0
 */
import type { Option } from '#fp-ts/Option'
import { none, some } from '../core/tagged.ts'

/** What a browser takes from a Set-Cookie text. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  /** Seconds; 0 or less: at once. */
  readonly maxAge: number | undefined
  /** ms since the epoch. */
  readonly expires: number | undefined
  /** Lower case, without a leading dot. */
  readonly domain: string | undefined
  /** Undefined unless it begins with a slash. */
  readonly path: string | undefined
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly partitioned: boolean
  readonly sameSite: 'strict' | 'lax' | 'none' | undefined
}

/** Name and value may take this many bytes together, an attribute's value `ATTRIBUTE_LIMIT` (§5.6, steps 5 and 6). */
const PAIR_LIMIT = 4096
const ATTRIBUTE_LIMIT = 1024

// Step 1; a tab is allowed.
const CONTROL = /[\u0000-\u0008\u000A-\u001F\u007F]/

const trim = (text: string): string => text.replace(/^[ \t]+|[ \t]+$/g, '')

const halves = (text: string): readonly [string, string | undefined] => {
  const at = text.indexOf('=')
  return at === -1 ? [trim(text), undefined] : [trim(text.slice(0, at)), trim(text.slice(at + 1))]
}

const bytes = (text: string): number => new TextEncoder().encode(text).length

const SAME_SITE: Readonly<Record<string, SetCookie['sameSite']>> = { strict: 'strict', lax: 'lax', none: 'none' }

const attribute = (cookie: SetCookie, name: string, value: string): SetCookie => {
  switch (name.toLowerCase()) {
    case 'max-age':
      return /^-?[0-9]+$/.test(value) ? { ...cookie, maxAge: Number(value) } : cookie
    case 'expires': {
      const expires = Date.parse(value)
      return Number.isNaN(expires) ? cookie : { ...cookie, expires }
    }
    case 'domain':
      return { ...cookie, domain: value === '' ? undefined : value.replace(/^\./, '').toLowerCase() }
    case 'path':
      return { ...cookie, path: value.startsWith('/') ? value : undefined }
    case 'secure':
      return { ...cookie, secure: true }
    case 'httponly':
      return { ...cookie, httpOnly: true }
    case 'partitioned':
      return { ...cookie, partitioned: true }
    case 'samesite':
      return { ...cookie, sameSite: SAME_SITE[value.toLowerCase()] }
    default:
      return cookie
  }
}

/** Parses one Set-Cookie field value. None where a browser ignores all of it. */
export const parseSetCookie = (text: string): Option<SetCookie> => {
  if (CONTROL.test(text)) return none
  const [pair = '', ...attributes] = text.split(';')
  const [left, right] = halves(pair)
  // Without an equals sign the text is the value of a nameless cookie (step 3).
  const [name, value] = right === undefined ? ['', left] : [left, right]
  if (bytes(name) + bytes(value) > PAIR_LIMIT || name + value === '') return none
  const bare: SetCookie = {
    name,
    value,
    maxAge: undefined,
    expires: undefined,
    domain: undefined,
    path: undefined,
    secure: false,
    httpOnly: false,
    partitioned: false,
    sameSite: undefined,
  }
  return some(
    attributes
      .map(halves)
      .filter(([, value = '']) => bytes(value) <= ATTRIBUTE_LIMIT)
      .reduce((cookie, [name, value = '']) => attribute(cookie, name, value), bare),
  )
}
