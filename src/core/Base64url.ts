/**
 * ```ts
 * type base64url = (bytes: Uint8Array, from: number, to: number) => string
 * ```
 * base64url without padding (RFC 4648 §5), for short byte strings, on every runtime (no `Buffer`, no `btoa`).
 *
 * Law: equals `Buffer.from(bytes.subarray(from, to)).toString('base64url')`.
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
