/**
 * ```ts
 * postgresSchema: (names?) => string
 * migration:      (tables) => string
 * ```
 * The tables, as SQL for people and as one statement for `migrate`.
 *
 * What the columns are for:
 * - Times are milliseconds as `double precision`: the very number that JavaScript has, fractions included, whatever the
 *   time zone and date style of the connection. `to_timestamp(expires_at / 1000)` shows one as a date.
 * - `data` and `meta` are `json`, which keeps the text that was written: `jsonb` refuses U+0000, refuses lone surrogates
 *   and changes the order of keys. `meta` holds what only the library reads: format, schema, credential, subject,
 *   lifetime, flash. No statement looks into either: PostgreSQL's operators refuse a JSON text with U+0000.
 * - `subject` is `bytea`: a text can not hold U+0000, and bytes match exactly under every collation.
 * - A tombstone has no `revision`; its `expires_at` is its end.
 * - `due` is when a sweep looks at the row: never later than it may be removed, often earlier. Touches and updates that
 *   prolong a session leave it alone, so that no index is changed and the update is a HOT one; the sweep itself moves it
 *   when it finds the row alive. A third of each page is left free for such updates.
 *
 * @since 0.1.0
 */
import { misconfigured, toError } from '../../core/SessionError.ts'

/** The layout that this version of the library reads and writes. */
export const LAYOUT = 1

/** Where the tables are. */
export interface PostgresNames {
  /** The table of the sessions; two more are named after it. Any text of 1 to 50 bytes without NUL and `$`; it is quoted. Default `sessions`. */
  readonly table?: string
  /** The schema of the tables, quoted too. Default: none is written, so PostgreSQL's `search_path` decides. */
  readonly schema?: string
}

/** The names as they are written in statements. */
export interface Tables {
  readonly sessions: string
  readonly epochs: string
  readonly versions: string
  readonly schema: string | undefined
  /** Of indexes, which live in the schema of their table and are named without it. */
  readonly index: (suffix: string) => string
}

// An identifier has at most 63 bytes (NAMEDATALEN), and the longest suffix here has 13.
const LONGEST = { table: 50, schema: 63 }

const checked = (option: 'table' | 'schema', name: unknown): string => {
  const bytes = typeof name === 'string' ? new TextEncoder().encode(name).length : 0
  if (typeof name !== 'string' || bytes < 1 || bytes > LONGEST[option] || /[\0$]/.test(name))
    throw toError(misconfigured(option, name, `it must be a text of 1 to ${LONGEST[option]} bytes without NUL and $`))
  return name
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Checks the names and quotes them. Throws `Misconfigured`. */
export const tablesOf = (names: PostgresNames): Tables => {
  const table = checked('table', names.table ?? 'sessions')
  const schema = names.schema === undefined ? undefined : quoted(checked('schema', names.schema))
  const at = (suffix: string): string => `${schema === undefined ? '' : `${schema}.`}${quoted(table + suffix)}`
  return {
    sessions: at(''),
    epochs: at('_epochs'),
    versions: at('_versions'),
    schema,
    index: (suffix) => quoted(`${table}_${suffix}`),
  }
}

const statements = ({ sessions, epochs, versions, index }: Tables): ReadonlyArray<string> => [
  `create table if not exists ${sessions} (
  id               text collate "C" primary key,
  revision         text collate "C",
  trail            text[],
  epoch            bigint,
  fence            bigint not null default 0,
  lease_until      timestamptz,
  subject          bytea,
  authenticated_at double precision,
  created_at       double precision,
  touched_at       double precision,
  expires_at       double precision not null,
  due              double precision not null,
  meta             json,
  data             json
) with (fillfactor = 67)`,
  `create index if not exists ${index('subject')} on ${sessions} (subject) where subject is not null`,
  `create index if not exists ${index('due')} on ${sessions} (due)`,
  `create table if not exists ${epochs} (
  subject bytea primary key,
  epoch   double precision not null
)`,
  `create index if not exists ${index('epochs_epoch')} on ${epochs} (epoch)`,
  `create table if not exists ${versions} (
  version integer primary key
)`,
  `insert into ${versions} (version) values (${LAYOUT}) on conflict do nothing`,
]

/**
 * The SQL that `migrate` runs, for those who run migrations themselves. Running it again changes nothing. A `schema` must
 * exist. Throws `Misconfigured` when a name breaks its rule.
 */
export const postgresSchema = (names: PostgresNames = {}): string =>
  statements(tablesOf(names))
    .map((statement) => `${statement};\n`)
    .join('')

// Any number will do, as long as nobody else's is the same: "coat" as bytes.
const LOCK = 0x636f_6174

/**
 * One statement that brings the tables to the present layout. Where they have it, it only reads, so that neither a
 * read-only standby nor a role that may not create tables fails. Else one process at a time works, for which the lock of
 * a transaction is enough: it is given back also behind a connection pooler.
 */
export const migration = (tables: Tables): string => `do $coatcheck$
declare
  present integer;
begin
  if to_regclass(${literal(tables.versions)}) is not null then
    select max(version) into present from ${tables.versions};
  end if;
  if present >= ${LAYOUT} then
    return;
  end if;
  perform pg_advisory_xact_lock(${LOCK});
  perform set_config('client_min_messages', 'warning', true);
  ${
    tables.schema === undefined
      ? ''
      : `if to_regnamespace(${literal(tables.schema)}) is null then
    create schema ${tables.schema};
  end if;`
  }
  ${statements(tables).join(';\n  ')};
end $coatcheck$`

/** Asks for the state of the tables: a JSON object for `Health`. */
export const healthQuery = ({ sessions, epochs, versions }: Tables): string => `select json_build_object(
  'layout', (select max(version) from ${versions}),
  'readOnly', current_setting('transaction_read_only') = 'on',
  'lacking', (
    select r || ' on ' || t
    from unnest(array['select', 'insert', 'update', 'delete']) r, unnest(array[${literal(sessions)}, ${literal(epochs)}]) t
    where not has_table_privilege(t, r)
    limit 1
  )
)::text as a`

/** What `healthQuery` answers. */
export interface Health {
  readonly layout: number | null
  readonly readOnly: boolean
  /** A right that the role does not have. */
  readonly lacking: string | null
}
