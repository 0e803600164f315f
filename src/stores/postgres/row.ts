/**
 * ```ts
 * columns:  (live: Live) => Columns
 * storedOf: (text: string) => Stored | undefined
 * listedOf: (text: string) => ReadonlyArray<Listed>
 * ```
 * Between records and what the statements take and answer.
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

/** What only the library reads, kept in one column: the driver's work grows with their number. */
interface Meta {
  readonly format: number
  readonly schema: number
  readonly credential: Credential
  readonly subject?: Subject | undefined
  readonly lifetime?: Lifetime | undefined
  readonly flash: Flash
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const element = (value: unknown): string => {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`
  return value instanceof Uint8Array ? `"\\\\x${hexOf(value)}"` : String(value)
}

/** An array of texts, numbers, bytes or nulls as PostgreSQL writes it; the drivers differ in what they make of a JavaScript one. */
export const arrayOf = (items: ReadonlyArray<unknown>): string => `{${items.map(element).join(',')}}`

const utf8 = new TextEncoder()
const LONE_SURROGATE = /\p{Surrogate}/u
/** No text begins with this byte in UTF-8. */
const ESCAPED = 0xff

/** A subject as bytes, one to one. UTF-8 has no lone surrogates; a text with one is written as JSON, and marked. */
export const subjectBytes = (subject: string): Uint8Array => {
  if (!LONE_SURROGATE.test(subject)) return utf8.encode(subject)
  const text = utf8.encode(JSON.stringify(subject))
  const bytes = new Uint8Array(text.length + 1)
  bytes[0] = ESCAPED
  bytes.set(text, 1)
  return bytes
}

/** The values that `create` and `update` write, from `$2` on. */
export const columns = (live: Live): Array<unknown> => {
  const { format, schema, credential, subject, lifetime, flash } = live
  const meta: Meta = { format, schema, credential, subject, lifetime, flash }
  return [
    live.revision,
    arrayOf(live.trail),
    live.epoch,
    subject === undefined ? null : subjectBytes(subject.id),
    subject === undefined ? null : subject.authenticatedAt,
    live.createdAt,
    live.touchedAt,
    live.expiresAt,
    JSON.stringify(meta),
    JSON.stringify(live.data),
  ]
}

/** How statements write a live row: what `storedOf` reads. */
export const LIVE =
  'json_build_array(revision, trail, epoch, fence, created_at, touched_at, expires_at, meta, data)::text'

type Row = readonly [
  revision: string,
  trail: ReadonlyArray<string>,
  epoch: number,
  fence: number,
  createdAt: number,
  touchedAt: number,
  expiresAt: number,
  meta: Meta,
  data: Live['data'],
]

type Draft<A> = { -readonly [K in keyof A]: A[K] }

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The types of the other columns are PostgreSQL's business; what is in `meta`, and that nothing is missing, is ours. */
const isSound = (row: Row): boolean => {
  const [, trail, epoch, , createdAt, touchedAt, , meta] = row
  return (
    Array.isArray(trail) &&
    typeof epoch === 'number' &&
    typeof createdAt === 'number' &&
    typeof touchedAt === 'number' &&
    isObject(meta) &&
    isObject(meta.flash) &&
    typeof meta.format === 'number' &&
    typeof meta.schema === 'number' &&
    isObject(meta.credential) &&
    typeof meta.credential.digest === 'string' &&
    typeof meta.credential.mintedAt === 'number' &&
    (meta.credential.renewed === undefined ||
      (isObject(meta.credential.renewed) && typeof meta.credential.renewed.digest === 'string')) &&
    (meta.subject === undefined ||
      (typeof meta.subject.id === 'string' && typeof meta.subject.authenticatedAt === 'number')) &&
    (meta.lifetime === undefined || isObject(meta.lifetime))
  )
}

/** The record or tombstone that a statement answered; undefined for a row that somebody else has written. */
export const storedOf = (text: string): Stored | undefined => {
  const row = JSON.parse(text) as Row | number
  if (typeof row === 'number') return Object.freeze(ended(row))
  if (!isSound(row)) return undefined
  const [revision, trail, epoch, fence, createdAt, touchedAt, expiresAt, meta, data] = row
  const { format, schema, credential, subject, lifetime, flash } = meta
  const live: Draft<Live> = {
    _tag: 'Live',
    format,
    revision,
    trail,
    epoch,
    fence,
    credential,
    createdAt,
    touchedAt,
    expiresAt,
    schema,
    data,
    flash,
  }
  if (subject !== undefined) live.subject = subject
  if (lifetime !== undefined) live.lifetime = lifetime
  return deepFreeze(live)
}

/** How statements write a member of a list: what `listedOf` reads, in an array. */
export const LISTED = 'json_build_array(id, created_at, touched_at, expires_at, authenticated_at)'

type ListedRow = readonly [
  id: SessionId,
  createdAt: number,
  touchedAt: number,
  expiresAt: number,
  authenticatedAt: number,
]

/** The list that a statement answered. */
export const listedOf = (text: string): ReadonlyArray<Listed> =>
  (JSON.parse(text) as ReadonlyArray<ListedRow>).map(([id, createdAt, touchedAt, expiresAt, authenticatedAt]) => ({
    id,
    createdAt,
    touchedAt,
    expiresAt,
    authenticatedAt,
  }))
