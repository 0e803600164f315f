/**
 * ```ts
 * type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }
 * ```
 * What every store holds of a session's data: a JSON value, frozen all the way down.
 *
 * Laws:
 * 1. `jsonBytes(json)` is the length of `JSON.stringify(json)` in UTF-8.
 * 2. `bytesOver(limit, json)` is `jsonBytes(json)` if that is more than `limit`, else undefined.
 *
 * @since 0.1.0
 */
export { type NotJson, pathOf, toJson } from './ExactJson.ts'

/** A JSON value. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const isPlain = (value: object): boolean => {
  const proto = Object.getPrototypeOf(value) as object | null
  return Array.isArray(value) || proto === Object.prototype || proto === null
}

/**
 * Freezes arrays and plain objects at every depth, in place, and gives the same value back; for what was just parsed or
 * decoded. A container that is frozen already is taken to be frozen all the way down; instances of classes are left alone.
 */
export const deepFreeze = <A>(value: A): A => {
  const open: Array<unknown> = [value]
  while (open.length > 0) {
    const item = open.pop()
    if (typeof item !== 'object' || item === null || Object.isFrozen(item) || !isPlain(item)) continue
    Object.freeze(item)
    for (const child of Object.values(item)) if (typeof child === 'object') open.push(child)
  }
  return value
}

const hasOwn = (value: object, key: string): boolean => Object.prototype.hasOwnProperty.call(value, key)

/** Printable ASCII but quote and backslash: a byte each. For a long text the expression is faster than the loop. */
const MORE_THAN_A_BYTE = /[^ !#-[\]-~]/
const LONG = 32

/** The number of UTF-8 bytes of a text as JSON writes it, quotes included. */
const textBytes = (text: string): number => {
  let bytes = text.length + 2
  if (text.length > LONG && !MORE_THAN_A_BYTE.test(text)) return bytes
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0x20) bytes += (unit > 7 && unit < 11) || unit === 12 || unit === 13 ? 1 : 5
    else if (unit < 0x80) bytes += unit === 0x22 || unit === 0x5c ? 1 : 0
    else bytes += unit < 0x800 || (unit > 0xd7ff && unit < 0xe000) ? 1 : 2 // the two halves of a pair are four bytes
  }
  return bytes
}

/** No character takes more than six bytes: `\u001f`. */
const atMostTextBytes = (text: string): number => text.length * 6 + 2

const bytesBy = (ofText: (text: string) => number, json: Json): number => {
  if (typeof json === 'string') return ofText(json)
  if (typeof json === 'number') return json >= 0 && json < 10 && Number.isInteger(json) ? 1 : String(json).length
  if (typeof json === 'boolean') return json ? 4 : 5
  if (json === null) return 4
  let bytes = 1
  if (Array.isArray(json)) {
    for (const item of json as ReadonlyArray<Json>) bytes += bytesBy(ofText, item) + 1
  } else {
    const fields = json as { readonly [key: string]: Json }
    for (const key in fields) {
      if (hasOwn(fields, key)) bytes += ofText(key) + bytesBy(ofText, fields[key] as Json) + 2
    }
  }
  return bytes === 1 ? 2 : bytes // one comma more than there are stands for the closing bracket
}

/** Length in bytes of the UTF-8 JSON text, without building it. */
export const jsonBytes = (json: Json): number => bytesBy(textBytes, json)

/**
 * The length in bytes of the UTF-8 JSON text if it is more than `limit`, else undefined. What is clearly small is not
 * counted exactly: use this on every write.
 */
export const bytesOver = (limit: number, json: Json): number | undefined => {
  if (bytesBy(atMostTextBytes, json) <= limit) return undefined
  const bytes = jsonBytes(json)
  return bytes > limit ? bytes : undefined
}
