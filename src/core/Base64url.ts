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

const VALUES = /* @__PURE__ */ new Map(CODES.map((value, index) => [value, index]))

/** The bytes that a text spells, of any length; undefined if it is not base64url without padding. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let used = 0
  let bits = 0
  let pending = 0
  for (let i = 0; i < text.length; i++) {
    const value = VALUES.get(text.charCodeAt(i))
    if (value === undefined) return undefined
    bits = ((bits << 6) | value) & 0xffff
    pending += 6
    if (pending >= 8) {
      pending -= 8
      bytes[used++] = bits >> pending
    }
  }
  // A whole sextet that is left over belongs to no byte, and spare bits are zeros.
  return pending >= 6 || (bits & ((1 << pending) - 1)) !== 0 ? undefined : bytes
}
