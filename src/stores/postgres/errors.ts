/**
 * ```ts
 * faultOf: (thrown: unknown, where: Tables) => Fault
 * ```
 * What a client threw, as a sentence: what happened, to what, what to do. PostgreSQL's messages of some classes quote the
 * values of the statement, its details quote rows, and drivers attach the statement and its parameters: none of that
 * comes through, only the code, and the message where its class names tables, roles and addresses at most.
 *
 * @since 0.1.0
 */
import type { Tables } from './schema.ts'
import { LAYOUT } from './schema.ts'

/** A cause for a `StoreError`. */
export interface Fault {
  /** Its `code` is PostgreSQL's SQLSTATE or the system's error code, where there is one. */
  readonly cause: Error
  /** Nothing was changed: the statement never left, or was rolled back. */
  readonly unchanged: boolean
  /** The tables may be of another layout: the sentence depends on which. */
  readonly layout: boolean
}

interface Thrown {
  readonly code: string | undefined
  readonly severity: string | undefined
  readonly syscall: string | undefined
  readonly message: string
}

const textIn = (value: object, key: string): string | undefined => {
  const text: unknown = (value as Readonly<Record<string, unknown>>)[key]
  return typeof text === 'string' ? text : undefined
}

const read = (thrown: unknown): Thrown => {
  const value = typeof thrown === 'object' && thrown !== null ? thrown : {}
  return {
    code: textIn(value, 'code'),
    severity: textIn(value, 'severity'),
    syscall: textIn(value, 'syscall'),
    message: textIn(value, 'message') ?? 'no message',
  }
}

export const READ_ONLY =
  'This PostgreSQL is read-only, as a standby is: connect to the primary (target_session_attrs=read-write)'

const MIGRATE = 'run migrate() of the store, or the SQL of postgresSchema(), on this database'

/** By SQLSTATE (PostgreSQL, Appendix A). */
const sentences = ({ sessions }: Tables): Readonly<Record<string, string>> => ({
  '25006': READ_ONLY,
  '26000': 'A prepared statement is not there: behind a connection pooler, set prepare: false',
  '28000': 'PostgreSQL refused the login: look at the user and at pg_hba.conf',
  '28P01': 'PostgreSQL refused the password of this user',
  '3D000': 'The database does not exist: create it, or correct the connection settings',
  '3F000': `The schema of ${sessions} does not exist: ${MIGRATE}`,
  '40001': 'The store needs the isolation level READ COMMITTED: look at default_transaction_isolation of this role',
  '42501': `This role may not do that: it needs select, insert, update and delete on ${sessions} and the tables named after it`,
  '42703': `The table ${sessions} has another layout than this version of the library: ${MIGRATE}`,
  '42804': `The table ${sessions} has another layout than this version of the library: ${MIGRATE}`,
  '42883': `The table ${sessions} has another layout than this version of the library: ${MIGRATE}`,
  '42P01': `The table ${sessions}, or one named after it, is not there: ${MIGRATE}`,
  '42P05': 'A prepared statement is there already: behind a connection pooler, set prepare: false',
  '53100': 'The disk of PostgreSQL is full',
  '53300': 'PostgreSQL has no connection left: make the pool smaller, or max_connections larger',
  '54000': 'A value is too large for PostgreSQL: a subject may have about 2,600 bytes, a session 250 MB',
  '57014': 'The statement was cancelled: look at statement_timeout',
  '57P03': 'PostgreSQL is starting up or shutting down',
})

/** Codes after which the tables may have another layout. */
const LAYOUTS = new Set(['42703', '42804', '42883'])

/** Classes whose messages name nothing but the parts of the installation. Others quote values: 22, 23, P0, XX. */
const PLAIN = new Set(['08', '0A', '25', '26', '28', '3D', '3F', '40', '42', '53', '54', '55', '57', '58'])

/** Refused before there was a connection: FATAL, and yet certain. */
const AT_LOGIN = new Set(['28000', '28P01', '3D000', '53300', '57P03'])

const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ERR_INVALID_URL'])

/** What pg says when it had no connection to send on. */
const NO_CONNECTION = [
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
  'Cannot use a pool after calling end on the pool',
  'Client was closed and is not queryable',
]

const isState = (code: string | undefined): code is string => code !== undefined && /^[0-9A-Z]{5}$/.test(code)

/**
 * PostgreSQL answers ERROR when it has rolled the statement back. FATAL may come after the commit, and class 08 is also
 * what a pooler says that lost its server; both leave the effect unknown.
 */
const rolledBack = ({ code, severity }: Thrown): boolean =>
  isState(code) && (AT_LOGIN.has(code) || (severity === 'ERROR' && !code.startsWith('08') && code !== '40003'))

const neverSent = ({ code, syscall, message }: Thrown): boolean =>
  (code !== undefined && NEVER_SENT.has(code)) || syscall === 'connect' || NO_CONNECTION.includes(message)

const said = (thrown: Thrown, where: Tables): string => {
  const { code, message } = thrown
  if (code === 'ERR_INVALID_URL')
    return 'The connection string is not a URL: postgres://user:password@host:port/database, with special characters percent-encoded'
  if (!isState(code)) return neverSent(thrown) ? `PostgreSQL can not be reached (${message})` : message
  const sentence = sentences(where)[code] ?? 'PostgreSQL refused the statement'
  return `${sentence} (${code}${PLAIN.has(code.slice(0, 2)) ? `: ${message}` : ''})`
}

const withCode = (message: string, code: string | undefined): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code })

/** See the module's head. */
export const faultOf = (thrown: unknown, where: Tables): Fault => {
  const seen = read(thrown)
  return {
    cause: withCode(said(seen, where), seen.code),
    unchanged: rolledBack(seen) || neverSent(seen),
    layout: isState(seen.code) && LAYOUTS.has(seen.code),
  }
}

/** What is wrong with tables of that layout; undefined when nothing is. */
export const layoutError = (layout: number | null, { sessions }: Tables): Error | undefined => {
  if (layout === LAYOUT) return undefined
  if (layout !== null && layout > LAYOUT)
    return new Error(
      `The table ${sessions} has layout ${layout}, made by a newer version of the library; this one knows layout ${LAYOUT}: upgrade it`,
    )
  return new Error(
    `The table ${sessions} has the older layout ${layout ?? 0}; this version needs ${LAYOUT}: ${MIGRATE}`,
  )
}

/** A row that this library has not written. */
export const damagedError = (id: string, { sessions }: Tables): Error =>
  new Error(`The row "${id}" of ${sessions} is damaged: somebody else has written it. Delete it, or restore it`)
