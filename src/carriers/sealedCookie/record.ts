/**
 * ```ts
 * textOf:    (carried: Carried, padTo: number) => string     // JSON, filled up with spaces
 * carriedOf: (text: string) => Carried | undefined
 * ```
 * A session as the text that is sealed: JSON without names, because every byte of it travels with every request.
 *
 *     [format, id, createdAt, touchedAt - createdAt, expiresAt - touchedAt, schema, data, flash, subject, lifetime, epoch]
 *
 * A format to come adds behind these: an older version can then tell whether a newer session is over, and leaves it alone.
 *
 * Laws:
 * 1. `carriedOf(textOf(c, n))` is `c`, but for what means nothing outside of a store.
 * 2. The text's length in UTF-8 is a multiple of `padTo` bytes.
 *
 * @since 0.1.0
 */
import type { Json } from '../../core/Json.ts'
import { deepFreeze } from '../../core/Json.ts'
import type { Millis } from '../../core/Millis.ts'
import type { Flash, Lifetime, Live, Subject } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import { isSessionId } from '../../core/Token.ts'
import type { Carried } from '../../effects/Carrier.ts'

const BEYOND_ASCII = /[\u0080-\uffff]/

/** The length of a well-formed text in UTF-8. */
const utf8Length = (text: string): number => {
  if (!BEYOND_ASCII.test(text)) return text.length
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    // The two halves of a surrogate pair are four bytes together.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2
  }
  return bytes
}

type Absent = 0

type Layout = readonly [
  format: number,
  id: SessionId,
  createdAt: Millis,
  untouchedFor: Millis,
  expiresAfter: Millis,
  schema: number,
  data: Json,
  flash: Flash | Absent,
  subject: readonly [id: string, authenticatedAt: Millis, level?: number] | Absent,
  lifetime: Lifetime | Absent,
  epoch: number,
]

const isEmpty = (flash: Flash): boolean => {
  for (const _ in flash) return false
  return true
}

const subjectFields = ({ id, authenticatedAt, level }: Subject): Exclude<Layout[8], Absent> =>
  level === undefined ? [id, authenticatedAt] : [id, authenticatedAt, level]

const json = (value: Json | Lifetime | Exclude<Layout[8], Absent>): string => JSON.stringify(value)

/** The text to be sealed. */
export const textOf = ({ id, live, epoch }: Carried, padTo: number): string => {
  const { format, createdAt, touchedAt, expiresAt, schema, data, flash, subject, lifetime } = live
  // Numbers and an id are in JSON as they are; what is put together by hand takes half the time.
  const text =
    `[${format},"${id}",${createdAt},${touchedAt - createdAt},${expiresAt - touchedAt},${schema},${json(data)},` +
    `${isEmpty(flash) ? 0 : json(flash)},${subject === undefined ? 0 : json(subjectFields(subject))},` +
    `${lifetime === undefined ? 0 : json(lifetime)},${epoch}]`
  const over = utf8Length(text) % padTo
  return over === 0 ? text : text + ' '.repeat(padTo - over)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isNumber = (value: unknown): boolean => typeof value === 'number'

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

const isSubject = (value: unknown): boolean =>
  Array.isArray(value) && typeof value[0] === 'string' && value.slice(1).every(isNumber)

// Sealed by us or by nobody; still nothing that this version, or a version to come, wrote by mistake may throw later.
const isLayout = (value: unknown): value is Layout => {
  if (!Array.isArray(value) || value.length < 11) return false
  const fields = value as ReadonlyArray<unknown>
  const id = fields[1]
  return (
    isNumber(fields[0]) &&
    typeof id === 'string' &&
    isSessionId(id) &&
    isNumber(fields[2]) &&
    isNumber(fields[3]) &&
    isNumber(fields[4]) &&
    isNumber(fields[5]) &&
    (fields[7] === 0 || isRecord(fields[7])) &&
    (fields[8] === 0 || isSubject(fields[8])) &&
    (fields[9] === 0 || isRecord(fields[9])) &&
    isNumber(fields[10])
  )
}

const NO_FLASH: Flash = Object.freeze({})

const NOTHING: ReadonlyArray<never> = []

const subjectOf = ([id, authenticatedAt, level]: Exclude<Layout[8], Absent>): Subject =>
  Object.freeze(level === undefined ? { id, authenticatedAt } : { id, authenticatedAt, level })

/** What was sealed, frozen; undefined for every other text. */
export const carriedOf = (text: string): Carried | undefined => {
  const layout = parsed(text)
  if (!isLayout(layout)) return undefined
  const createdAt = layout[2]
  const touchedAt = createdAt + layout[3]
  const flash = layout[7]
  const subject = layout[8]
  const lifetime = layout[9]
  const anonymous: Live = {
    _tag: 'Live',
    format: layout[0],
    // Of a store: here nobody compares, holds or proves.
    revision: '',
    trail: NOTHING,
    epoch: 0,
    fence: 0,
    credential: { digest: '', mintedAt: createdAt },
    createdAt,
    touchedAt,
    expiresAt: touchedAt + layout[4],
    schema: layout[5],
    data: deepFreeze(layout[6]),
    flash: flash === 0 ? NO_FLASH : deepFreeze(flash),
  }
  const signedIn = subject === 0 ? anonymous : { ...anonymous, subject: subjectOf(subject) }
  const live = lifetime === 0 ? signedIn : { ...signedIn, lifetime: Object.freeze(lifetime) }
  return { id: layout[1], epoch: layout[10], live }
}
