/**
 * ```ts
 * d1Store: (options) => Store<'cas'> & Sweeping & Directory & Managed
 * ```
 * Sessions in Cloudflare D1, and one round trip per verb: a statement, or a batch, which D1 runs as one transaction.
 *
 * No leases: who waited for one would have to ask D1 again and again, each time a billed query of the few that a request
 * may make. Handlers that must own their session find them in Durable Objects.
 *
 * @since 0.1.0
 */
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Directory, Managed, Store, Sweeping } from '../effects/Store.ts'
import type { Driver, Query, Rows, Values } from './sqlite/driver.ts'
import { valuesFor } from './sqlite/driver.ts'
import { type SqliteNames, tablesOf } from './sqlite/schema.ts'
import { statements } from './sqlite/sql.ts'
import { verbs } from './sqlite/verbs.ts'

export { type SqliteNames, sqliteSchema } from './sqlite/schema.ts'

/** What a store on D1 can do. */
export type D1Store = Store<'cas'> & Sweeping & Directory & Managed

/** A statement of D1 (`D1PreparedStatement`). */
export interface D1Statement {
  bind(...values: Array<string | number | null>): D1Statement
  all(): Promise<{ readonly results: ReadonlyArray<unknown> }>
}

/**
 * A D1 binding (`D1Database`), which always asks the primary database. Not what its `withSession` gives: that may ask a
 * replica, where a session may still live that has ended.
 */
export interface D1Binding {
  prepare(text: string): D1Statement
  batch(statements: Array<D1Statement>): Promise<Array<{ readonly results: ReadonlyArray<unknown> }>>
  /** Not used: it tells a database from a session of one. */
  exec(text: string): Promise<unknown>
}

/** The options of `d1Store`. */
export interface D1StoreOptions extends SqliteNames {
  /** The binding, `env.DB` for one that is called DB under `d1_databases` in wrangler.jsonc. */
  readonly database: D1Binding
}

const over = (database: D1Binding): Driver => {
  const bound = (query: Query, values: Values): D1Statement =>
    database.prepare(query.text).bind(...valuesFor(query, values))

  const each = async (queries: ReadonlyArray<Query>, values: Values): Promise<ReadonlyArray<Rows>> => {
    const answers = await database.batch(queries.map((query) => bound(query, values)))
    return answers.map(({ results }) => results as Rows)
  }

  return {
    each,
    first: async (queries, values) => {
      const [only, ...others] = queries
      if (only !== undefined && others.length === 0) return (await bound(only, values).all()).results as Rows
      return (await each(queries, values)).find((rows) => rows.length > 0) ?? []
    },
    define: async (texts) => {
      await database.batch(texts.map((text) => database.prepare(text)))
    },
  }
}

/** A store over tables that `migrate`, or a wrangler migration with `sqliteSchema()`, makes. Throws `Misconfigured` when an option breaks its rule. */
export const d1Store = (options: D1StoreOptions): D1Store => {
  const { database } = options
  const given = database as Partial<D1Binding> | undefined
  if (typeof given?.prepare !== 'function' || typeof given.batch !== 'function')
    throw toError(
      misconfigured(
        'database',
        database,
        'it must be a D1 binding: look whether d1_databases in wrangler.jsonc has one of this name',
      ),
    )
  if (typeof given.exec !== 'function')
    throw toError(
      misconfigured(
        'database',
        'a D1 session',
        'it must be the binding itself: a session (withSession) may read a replica',
      ),
    )
  const tables = tablesOf(options)
  return verbs(over(database), tables, statements(tables))
}
