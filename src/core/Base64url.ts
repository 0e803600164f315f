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

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const code = (sextet: number): number => ALPHABET.charCodeAt(sextet & 63)

/**
 * The text of `bytes[from]` up to, not including, `bytes[to]`. Reads in place, so that a pool of secrets is not copied.
 * Meant for keys and digests: a few kilobytes at most, because one call spreads all characters.
 */
export const base64url = (bytes: Uint8Array, from: number, to: number): string => {
  const codes: Array<number> = []
  for (let i = from; i < to; i += 3) {
    const left = to - i
    const group =
      ((bytes[i] as number) << 16) |
      (left > 1 ? (bytes[i + 1] as number) << 8 : 0) |
      (left > 2 ? (bytes[i + 2] as number) : 0)
    codes.push(code(group >> 18), code(group >> 12))
    if (left > 1) codes.push(code(group >> 6))
    if (left > 2) codes.push(code(group))
  }
  return String.fromCharCode(...codes)
}
