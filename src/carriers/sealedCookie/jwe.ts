/**
 * ```ts
 * jwe: (keys: Keyring, purpose: string) => Jwe      // open: (frame) => text | why not      seal: (text) => value
 * ```
 * A text as a JSON Web Encryption in compact form (RFC 7516 §3.1): `<header>..<nonce>.<ciphertext>.<tag>`, each base64url.
 *
 * There is one algorithm, direct encryption with AES-256-GCM (RFC 7518 §4.5, §5.3), and one way to write the header,
 * `{"alg":"dir","enc":"A256GCM","kid":"…"}`. A header is never parsed: it is looked up among those of our own keys, so
 * that there is no algorithm to confuse us with, and it is authenticated besides (RFC 7516 §5.1, step 14).
 *
 * The key is HKDF-SHA256 of the ring's, with the purpose (`Cipher`): another cookie's value is not opened, although the
 * same ring sealed it.
 *
 * Laws:
 * 1. `open(seal(text))` is the text, for every text of a multiple of three bytes.
 * 2. A value that differs from a sealed one in any character is not opened, and nothing throws.
 *
 * @since 0.1.0
 */
import type { Unsealed } from '../../effects/Carrier.ts'
import { follow } from '../../effects/Cipher.ts'
import type { Keyring } from '../../effects/Keyring.ts'

/** A value in its parts. `body` is what the ring seals: nonce, ciphertext and tag in one. */
export interface Frame {
  readonly header: string
  readonly body: string
}

/** What a value held, and whether under the first key of the ring. */
export interface Plain {
  readonly text: string
  readonly newest: boolean
}

/** See the module's head. */
export interface Jwe {
  /** Whether both answer at once, and never in a promise. */
  readonly atOnce: boolean
  /** The text that one of the keys sealed, or why there is none. */
  readonly open: (frame: Frame) => Plain | Unsealed | Promise<Plain | Unsealed>
  /** The value, under the first key. The text's length in UTF-8 must be a multiple of `BLOCK` bytes. */
  readonly seal: (text: string) => string | Promise<string>
}

/** Bytes that base64url writes without a remainder: parts that are a multiple of it can be cut from one another as text. */
export const BLOCK = 3

// 12 and 16 bytes.
const NONCE = 16
const TAG = 22

// None of its characters is one that base64 and base64url write differently.
const headerOf = (kid: string): string => btoa(`{"alg":"dir","enc":"A256GCM","kid":"${kid}"}`).replace(/=+$/, '')

// Characters of 36 bytes, so that the text is the same before every key id.
const BEFORE_KID = 48

/** The parts of a value of our form, whether or not a key of ours sealed it; undefined for everything else. */
export const frameOf = (value: string): Frame | undefined => {
  const end = value.indexOf('..')
  if (end === -1) return undefined
  const nonceEnd = end + 2 + NONCE
  const tagAt = value.length - TAG
  const length = tagAt - nonceEnd - 2
  if (length < 0 || length % 4 !== 0 || value[nonceEnd] !== '.' || value[tagAt - 1] !== '.') return undefined
  const body = value.slice(end + 2, nonceEnd) + value.slice(nonceEnd + 1, tagAt - 1) + value.slice(tagAt)
  return { header: value.slice(0, end), body }
}

/** The nonce of a value, as text: no two values have the same. */
export const nonceOf = (value: string): string => {
  const from = value.indexOf('..') + 2
  return value.slice(from, from + NONCE)
}

const plain = (text: string | undefined, newest: boolean): Plain | Unsealed =>
  text === undefined ? 'altered' : { text, newest }

const valueOf = (header: string, body: string): string => {
  const tagAt = body.length - TAG
  return `${header}..${body.slice(0, NONCE)}.${body.slice(NONCE, tagAt)}.${body.slice(tagAt)}`
}

/** Seals and opens for one purpose. Under Node keys are derived now and what they do is done at once, elsewhere at the first use and in promises. */
export const jwe = (keys: Keyring, purpose: string): Jwe => {
  const openers = [...keys.purpose(purpose).sealers].map(([kid, sealer]) => ({ header: headerOf(kid), sealer }))
  const byHeader = new Map(openers.map(({ header, sealer }) => [header, sealer]))
  // A ring holds at least one key.
  const [{ header, sealer }] = openers as [(typeof openers)[number]]
  return {
    atOnce: sealer.atOnce,
    open: (frame) => {
      const newest = frame.header === header
      const opener = newest ? sealer : byHeader.get(frame.header)
      if (opener === undefined)
        return frame.header.startsWith(header.slice(0, BEFORE_KID)) ? 'unknown-key' : 'malformed'
      // The text of our own, not the request's: the same one each time.
      const text = opener.open(frame.body, newest ? header : frame.header)
      return follow(text, (opened) => plain(opened, newest))
    },
    seal: (text) => follow(sealer.seal(text, header), (body) => valueOf(header, body)),
  }
}
