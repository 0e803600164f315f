/**
 * ```ts
 * columns:  (live: Live) => Values
 * storedOf: (row: Row) => Stored | undefined
 * listedOf: (row: Row) => Listed
 * ```
 * Between records and rows.
 *
 * Law: what `columns` made of a record comes back from the table, by `storedOf`, as JSON would bring it, frozen.
 *
 * @since 0.1.0
 */
import { deepFreeze } from '../../core/Json.ts'
import type { Credential, Flash, Lifetime, Live, Stored, Subject } from '../../core/Stored.ts'
import { ended } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Listed } from '../../effects/Store.ts'
import type { Row, Values } from './driver.ts'

/** What only the library reads, kept in one column. */
interface Meta {
  readonly format: number
  readonly schema: number
  readonly credential: Credential
  readonly subject?: Subject | undefined
  readonly lifetime?: Lifetime | undefined
  readonly flash: Flash
}

const NOT_PLAIN = /^"|\0|\p{Surrogate}/u

/** A subject as a text that every driver carries, one to one: they cut at NUL, and UTF-8 has no lone surrogates. */
export const subjectText = (subject: string): string => (NOT_PLAIN.test(subject) ? JSON.stringify(subject) : subject)

/** The values that `create` and `update` write. */
export const columns = (live: Live): Values => {
  const { format, schema, credential, subject, lifetime, flash } = live
  const meta: Meta = { format, schema, credential, subject, lifetime, flash }
  return {
    revision: live.revision,
    trail: JSON.stringify(live.trail),
    epoch: live.epoch,
    subject: subject === undefined ? null : subjectText(subject.id),
    authenticatedAt: subject?.authenticatedAt ?? null,
    createdAt: live.createdAt,
    touchedAt: live.touchedAt,
    expiresAt: live.expiresAt,
    meta: JSON.stringify(meta),
    data: JSON.stringify(live.data),
  }
}

type Draft<A> = { -readonly [K in keyof A]: A[K] }

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether this library has written it. */
const isSound = (live: Live): boolean =>
  typeof live.revision === 'string' &&
  Array.isArray(live.trail) &&
  [live.epoch, live.fence, live.createdAt, live.touchedAt, live.expiresAt].every(Number.isFinite) &&
  typeof live.format === 'number' &&
  typeof live.schema === 'number' &&
  isObject(live.flash) &&
  isObject(live.credential) &&
  typeof live.credential.digest === 'string' &&
  typeof live.credential.mintedAt === 'number' &&
  (live.credential.renewed === undefined || typeof live.credential.renewed.digest === 'string') &&
  (live.subject === undefined ||
    (typeof live.subject.id === 'string' && typeof live.subject.authenticatedAt === 'number')) &&
  (live.lifetime === undefined || isObject(live.lifetime))

/** NULL is no number, and some drivers give integers as BigInt when they are told to. */
const numberOf = (value: unknown): number =>
  typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN

/** `JSON.parse` would take NULL for the text `null`. */
const parsed = (text: unknown): unknown => JSON.parse(typeof text === 'string' ? text : '')

/** The record or tombstone in a row; undefined where somebody else has written it. */
export const storedOf = (row: Row): Stored | undefined => {
  const expiresAt = numberOf(row['expires_at'])
  if (row['revision'] === null) return Object.freeze(ended(expiresAt))
  try {
    const { format, schema, credential, subject, lifetime, flash } = parsed(row['meta']) as Meta
    const live: Draft<Live> = {
      _tag: 'Live',
      format,
      revision: row['revision'] as string,
      trail: parsed(row['trail']) as Live['trail'],
      epoch: numberOf(row['epoch']),
      fence: numberOf(row['fence']),
      credential,
      createdAt: numberOf(row['created_at']),
      touchedAt: numberOf(row['touched_at']),
      expiresAt,
      schema,
      data: parsed(row['data']) as Live['data'],
      flash,
    }
    if (subject !== undefined) live.subject = subject
    if (lifetime !== undefined) live.lifetime = lifetime
    return isSound(live) ? deepFreeze(live) : undefined
  } catch {
    // Not JSON, or not an object.
    return undefined
  }
}

/** A member of a list. */
export const listedOf = (row: Row): Listed => ({
  id: row['id'] as SessionId,
  createdAt: numberOf(row['created_at']),
  touchedAt: numberOf(row['touched_at']),
  expiresAt: numberOf(row['expires_at']),
  authenticatedAt: numberOf(row['authenticated_at']),
})

/** The number that a query answered in its column `a`. */
export const answerOf = (row: Row | undefined): number => numberOf(row?.['a'])
