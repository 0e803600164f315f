/**
 * ```ts
 * sqliteSchema: (names?) => string
 * tablesOf:     (names) => Tables
 * ```
 * The tables, as SQL for people and for `migrate`.
 *
 * What the columns are for:
 * - Times are milliseconds as `real`, the very number that JavaScript has. `datetime(expires_at / 1000, 'unixepoch')`
 *   shows one as a date.
 * - `data` is the JSON text that was written. `meta` holds what only the library reads, as JSON: format, schema,
 *   credential, subject, lifetime, flash. No statement looks into either.
 * - `subject` is the subject's id; one that holds NUL or a lone surrogate, or begins with a quote, is written as JSON.
 * - A tombstone has no `revision`; its `expires_at` is its end.
 * - `due` is when a sweep looks at the row: never later than it may be removed, often earlier. Touches and most updates
 *   leave it alone, so that they write the row and no index (on D1 each index entry is billed as a row); the sweep
 *   itself moves it when it finds the row alive.
 *
 * The table of the sessions has rowids: a table without them keeps whole rows in every level of its tree, and sessions
 * are large for that (https://www.sqlite.org/withoutrowid.html, section 4).
 *
 * @since 0.1.0
 */
import { misconfigured, toError } from '../../core/SessionError.ts'

/** The layout that this version of the library reads and writes. */
export const LAYOUT = 1

/** Where the tables are. */
export interface SqliteNames {
  /** The table of the sessions; two more are named after it. Letters, digits and `_`, at most 50, no digit first. Default `sessions`. */
  readonly table?: string
}

/** The names as they are written in statements. */
export interface Tables {
  readonly sessions: string
  readonly epochs: string
  readonly versions: string
}

/** Checks the name. Throws `Misconfigured`. SQLite keeps names that begin with `sqlite_` for itself, D1 those with `_cf_`. */
export const tablesOf = ({ table = 'sessions' }: SqliteNames): Tables => {
  if (typeof table !== 'string' || !/^(?!sqlite_|_cf_)[a-z_]\w{0,49}$/i.test(table))
    throw toError(
      misconfigured(
        'table',
        table,
        'it must be 1 to 50 letters, digits and _, not begin with a digit, sqlite_ or _cf_',
      ),
    )
  return { sessions: `"${table}"`, epochs: `"${table}_epochs"`, versions: `"${table}_versions"` }
}

const named = (table: string, suffix: string): string => `${table.slice(0, -1)}_${suffix}"`

/** The statements of the schema, in order. Running them again changes nothing. */
export const definitions = ({ sessions, epochs, versions }: Tables): ReadonlyArray<string> => [
  `create table if not exists ${sessions} (
  id               text primary key not null,
  revision         text,
  trail            text,
  epoch            integer,
  fence            integer not null default 0,
  lease_until      real,
  subject          text,
  authenticated_at real,
  created_at       real,
  touched_at       real,
  expires_at       real not null,
  due              real not null,
  meta             text,
  data             text
)`,
  `create index if not exists ${named(sessions, 'subject')} on ${sessions} (subject) where subject is not null`,
  `create index if not exists ${named(sessions, 'due')} on ${sessions} (due)`,
  `create table if not exists ${epochs} (
  subject text primary key not null,
  epoch   real not null
) without rowid`,
  `create index if not exists ${named(epochs, 'epoch')} on ${epochs} (epoch)`,
  `create table if not exists ${versions} (
  version integer primary key
)`,
  `insert into ${versions} (version) values (${LAYOUT}) on conflict do nothing`,
]

/**
 * The SQL that `migrate` runs, for those who run migrations themselves. Running it again changes nothing. Throws
 * `Misconfigured` when the name breaks its rule.
 */
export const sqliteSchema = (names: SqliteNames = {}): string =>
  definitions(tablesOf(names))
    .map((statement) => `${statement};\n`)
    .join('')
