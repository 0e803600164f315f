/**
 * ```ts
 * base64url: (bytes: Uint8Array, from: number, to: number) => string
 * bytesOf:   (text: string) => Uint8Array | undefined
 * ```
 * base64url without padding (RFC 4648 §5), on every runtime (no `Buffer`, no `btoa`).
 *
 * Laws:
 * 1. `base64url` equals `Buffer.from(bytes.subarray(from, to)).toString('base64url')`.
 * 2. `bytesOf(base64url(b, 0, b.length))` is `b`, and every other text is undefined: no bytes have two spellings.
 *
 * @since 0.1.0
 */

const CODES = /* @__PURE__ */ Array.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  (character) => character.charCodeAt(0),
)

const code = (sextet: number): number => CODES[sextet & 63] as number

/**
 * The text of `bytes[from]` up to, not including, `bytes[to]`. Reads in place, so that a pool of secrets is not copied.
 * Meant for keys and digests: a few kilobytes at most, because one call spreads all characters.
 */
export const base64url = (bytes: Uint8Array, from: number, to: number): string => {
  const codes = new Array<number>(Math.ceil(((to - from) * 4) / 3))
  const byte = (i: number): number => (i < to ? (bytes[i] as number) : 0)
  let used = 0
  for (let i = from; i < to; i += 3) {
    const group = (byte(i) << 16) | (byte(i + 1) << 8) | byte(i + 2)
    codes[used++] = code(group >> 18)
    codes[used++] = code(group >> 12)
    if (i + 1 < to) codes[used++] = code(group >> 6)
    if (i + 2 < to) codes[used++] = code(group)
  }
  return String.fromCharCode(...codes)
}

const NONE = 64

/** The sextet of each ASCII code, `NONE` where it has none. */
const SEXTETS = /* @__PURE__ */ Uint8Array.from({ length: 128 }, (_, at) =>
  CODES.includes(at) ? CODES.indexOf(at) : NONE,
)

/** The bytes that a text spells, of any length; undefined if it is not base64url without padding. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  const { length } = text
  const bytes = new Uint8Array(Math.floor((length * 3) / 4))
  const sextet = (at: number): number => SEXTETS[text.charCodeAt(at)] ?? NONE
  let used = 0
  let seen = 0
  let at = 0
  for (; at + 4 <= length; at += 4) {
    const [a, b, c, d] = [sextet(at), sextet(at + 1), sextet(at + 2), sextet(at + 3)]
    seen |= a | b | c | d
    bytes[used++] = (a << 2) | (b >> 4)
    bytes[used++] = (b << 4) | (c >> 2)
    bytes[used++] = (c << 6) | d
  }
  // A single character that is left over belongs to no byte, and spare bits are zeros.
  const left = length - at
  if (left === 1) return undefined
  if (left > 1) {
    const [a, b, c] = [sextet(at), sextet(at + 1), left === 3 ? sextet(at + 2) : 0]
    seen |= a | b | c
    bytes[used++] = (a << 2) | (b >> 4)
    if (left === 3) bytes[used] = (b << 4) | (c >> 2)
    if (((left === 3 ? c << 6 : b << 4) & 0xff) !== 0) return undefined
  }
  return (seen & NONE) === 0 ? bytes : undefined
}
