/**
 * ```ts
 * value of a session's key = '[' lease ',' indexed ',{"_tag":"Live","touchedAt":' … tail   // or '{"_tag":"Ended","until":…}'
 * ```
 * One record as one Redis string. It is JSON, so `load` is one GET and one `JSON.parse`; the numbers that change alone
 * stand before everything else, each padded to sixteen places, so that a script patches them in place (SETRANGE) and a
 * touch or a lease never rewrites the data.
 *
 * Scripts must find the revisions and the subject without parsing. JSON allows white space between its tokens, and JSON
 * text as `JSON.stringify` writes it has neither line feeds nor tabs in it: so each revision stands between line feeds,
 * and the subject's id between tabs, and nothing that a user can store looks like either.
 *
 * Laws: `storedIn(text)` of what the scripts write is the record; of any other text it is undefined, never a throw.
 *
 * @since 0.1.0
 */
import { deepFreeze } from '../../core/Json.ts'
import type { Millis } from '../../core/Millis.ts'
import type { Live, Revision, Stored } from '../../core/Stored.ts'
import { ended } from '../../core/Stored.ts'

const PLACES = 16
const NUMBER = `%${String(PLACES)}.0f`

const TAG = '{"_tag":"Live"'
/** What stands before each padded number, and after the last. */
const BEFORE = ['[', ',', `,${TAG},"touchedAt":`, ',"expiresAt":', ',"fence":', ',"epoch":', ',"revision":'] as const

/** Where the `index`-th number begins; of the last, where the revision does. Lua counts from 1. */
const place = (index: number): number =>
  1 + BEFORE.slice(0, index + 1).reduce((length, text) => length + text.length, 0) + PLACES * index

/** Where scripts find what they compare and patch. */
export const AT = {
  /** Until when the lease runs; 0 when there is none. */
  lease: place(0),
  /** Until when the subject's index is sure to hold the session; 0 for an anonymous one. */
  indexed: place(1),
  touched: place(2),
  expires: place(3),
  fence: place(4),
  epoch: place(5),
  /** The revision, between its line feeds. */
  revision: place(6),
  tag: place(2) - BEFORE[2].length + 1,
} as const

/** For `string.format`: the part that a touch patches, from `indexed` on. */
export const TIMES = `${NUMBER}${BEFORE[2]}${NUMBER}${BEFORE[3]}${NUMBER}`
/** One number alone. */
export const PADDED = NUMBER
/** How a live record and a tombstone are known. */
export const LIVE_TAG = TAG
export const ENDED_TAG = '{"_tag":"Ended"'

const ZERO = '0'.padStart(PLACES)

/** A number as an argument of a script: a whole one that fits its place, whatever the policy and the clock made of it. */
export const whole = (value: number): string =>
  String(Math.max(-999_999_999_999_999, Math.min(Math.round(value), Number.MAX_SAFE_INTEGER)))

/** A revision as it stands in a record. */
export const revisionMark = (revision: Revision): string => `\n${JSON.stringify(revision)}\n`

/** A subject as scripts compare it: JSON, so that even half a surrogate pair has one spelling in UTF-8. */
export const subjectMark = (subject: string): string => JSON.stringify(subject)

/** The tombstone's text. */
export const tombstone = (until: Millis): string => JSON.stringify(ended(Math.round(until)))

const subjectText = (live: Live): string => {
  if (live.subject === undefined) return ''
  const { id, ...rest } = live.subject
  return `"subject":{"id":\t${subjectMark(id)}\t,${JSON.stringify(rest).slice(1)},`
}

const padded = (value: number): string => whole(value).padStart(PLACES)

/** The text of a record that no lease was ever taken of: the scripts put in the one that there is. `indexed`: see `AT`. */
export const textOf = (live: Live, indexed: string): string => {
  const { touchedAt, expiresAt, epoch, format, createdAt, schema, credential, lifetime, data, flash } = live
  const [lease, index, touched, expires, fence, era, revision] = BEFORE
  const head =
    lease + ZERO + index + indexed.padStart(PLACES) + touched + padded(touchedAt) + expires + padded(expiresAt)
  const trail = live.trail.map(revisionMark).join()
  const rest = JSON.stringify({ format, createdAt, schema, credential, lifetime, data, flash })
  const tail = `${revisionMark(live.revision)},"trail":[${trail}],${subjectText(live)}${rest.slice(1)}]`
  return head + fence + ZERO + era + padded(epoch) + revision + tail
}

const isRecord = (value: Partial<Live> | null | undefined): value is Live =>
  value?._tag === 'Live' &&
  typeof value.revision === 'string' &&
  Array.isArray(value.trail) &&
  typeof value.credential?.digest === 'string' &&
  typeof value.touchedAt === 'number' &&
  typeof value.expiresAt === 'number' &&
  typeof value.createdAt === 'number' &&
  typeof value.epoch === 'number' &&
  typeof value.fence === 'number' &&
  value.data !== undefined

/** Member by member: a walk that has to find them costs twice as much. */
const frozen = (record: Live): Live => {
  const { trail, credential, subject, lifetime, data, flash } = record
  Object.freeze(trail)
  Object.freeze(credential)
  for (const member of [credential.renewed, subject, lifetime]) if (member !== undefined) Object.freeze(member)
  deepFreeze(data)
  deepFreeze(flash)
  return Object.freeze(record)
}

/** What a text says, frozen; undefined if it is not one that this store wrote. */
export const storedIn = (text: string): Stored | undefined => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's message would quote the text.
    return undefined
  }
  if (Array.isArray(value)) {
    const record = value[2] as Partial<Live> | null | undefined
    return isRecord(record) ? frozen(record) : undefined
  }
  const stone = value as Partial<Extract<Stored, { _tag: 'Ended' }>> | null
  return stone?._tag === 'Ended' && typeof stone.until === 'number' ? Object.freeze(ended(stone.until)) : undefined
}
