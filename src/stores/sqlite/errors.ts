/**
 * ```ts
 * faultOf: (thrown: unknown, tables: Tables) => Fault
 * ```
 * What a driver threw, as a sentence: what happened, to what, what to do. SQLite's own messages name tables and columns,
 * and quote no values.
 *
 * @since 0.1.0
 */
import type { Tables } from './schema.ts'
import { LAYOUT } from './schema.ts'

/** A cause for a `StoreError`. */
export interface Fault {
  /** Its `code` is SQLite's primary result code (`SQLITE_BUSY`), where there is one. */
  readonly cause: Error
  /** Nothing was changed: the statement was rolled back, or never run. */
  readonly unchanged: boolean
}

/** The primary result codes (https://www.sqlite.org/rescode.html) that drivers give as numbers. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'ERROR',
  3: 'PERM',
  5: 'BUSY',
  6: 'LOCKED',
  7: 'NOMEM',
  8: 'READONLY',
  9: 'INTERRUPT',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  15: 'PROTOCOL',
  17: 'SCHEMA',
  18: 'TOOBIG',
  19: 'CONSTRAINT',
  20: 'MISMATCH',
  21: 'MISUSE',
  23: 'AUTH',
  26: 'NOTADB',
}

/** After these SQLite has rolled the statement back. After others (I/O above all) the file may hold either state. */
const CERTAIN = new Set([
  'ERROR',
  'PERM',
  'BUSY',
  'LOCKED',
  'READONLY',
  'FULL',
  'CANTOPEN',
  'SCHEMA',
  'TOOBIG',
  'CONSTRAINT',
  'MISMATCH',
  'MISUSE',
  'AUTH',
  'NOTADB',
])

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined

const messageOf = (thrown: unknown): string => {
  const message = member(thrown, 'message')
  return typeof message === 'string' ? message : 'no message'
}

/** The name of the primary result code: node:sqlite has a number, better-sqlite3 and Bun a name, D1 a name in its message. */
const codeOf = (thrown: unknown): string | undefined => {
  const number = member(thrown, 'errcode')
  if (typeof number === 'number') return NAMES[number & 0xff]
  const name = member(thrown, 'code')
  const where = typeof name === 'string' && name.startsWith('SQLITE_') ? name : messageOf(thrown)
  return /\bSQLITE_([A-Z]+)/.exec(where)?.[1]
}

/** Whether another connection is writing, so that the same statement may succeed a moment later. */
export const isBusy = (thrown: unknown): boolean => codeOf(thrown) === 'BUSY'

/** Whether the tables were never made. */
export const isMissing = (thrown: unknown): boolean => messageOf(thrown).includes('no such table')

const MIGRATE = 'run migrate() of the store, or the SQL of sqliteSchema(), on this database'

const sentences: Readonly<Record<string, string>> = {
  BUSY: 'The database was locked for longer than busyTimeout: look for who leaves a transaction open, and set journal_mode to WAL',
  LOCKED: 'The database is locked by another statement of the same connection: give the store a connection of its own',
  READONLY: 'The database is read-only: look at the rights of its file and its directory, and how it was opened',
  IOERR: 'The disk failed under the database',
  CORRUPT: 'The database file is damaged: restore it from a backup',
  FULL: 'The disk, or the database, is full',
  CANTOPEN: 'The database file can not be opened: look at its path and at the rights of its directory',
  NOTADB: 'The file is not an SQLite database',
  TOOBIG: 'The session is larger than SQLite, or D1, takes in one value',
}

const LAYOUT_MAY_DIFFER = /no such (table|column)|has no column named/
/** What node:sqlite, better-sqlite3 and Bun say, without a result code, of a connection that was closed. */
const CLOSED = /database (connection )?is not open|closed database|database has closed|statement has been finalized/i

/** See the module's head. */
export const faultOf = (thrown: unknown, { sessions }: Tables): Fault => {
  const code = codeOf(thrown)
  const message = messageOf(thrown)
  if (code === undefined) {
    const closed = CLOSED.test(message)
    return {
      cause: new Error(closed ? `The connection to the database is closed (${message})` : message),
      unchanged: closed,
    }
  }
  const sentence =
    code === 'ERROR' && LAYOUT_MAY_DIFFER.test(message)
      ? `The table ${sessions}, or one named after it, is not there or has another layout: ${MIGRATE}`
      : (sentences[code] ?? 'SQLite refused the statement')
  return {
    cause: Object.assign(new Error(`${sentence} (${message})`), { code: `SQLITE_${code}` }),
    unchanged: CERTAIN.has(code),
  }
}

/** What is wrong with tables of that layout; undefined when nothing is. */
export const layoutError = (layout: number | undefined, { sessions }: Tables): Error | undefined => {
  if (layout === LAYOUT) return undefined
  if (layout !== undefined && layout > LAYOUT)
    return new Error(
      `The table ${sessions} has layout ${layout}, made by a newer version of the library; this one knows layout ${LAYOUT}: upgrade it`,
    )
  return new Error(`The table ${sessions} was not made, or has an older layout than ${LAYOUT}: ${MIGRATE}`)
}

/** A row that this library has not written. */
export const damagedError = (id: string, { sessions }: Tables): Error =>
  new Error(`The row "${id}" of ${sessions} is damaged: somebody else has written it. Delete it, or restore it`)
