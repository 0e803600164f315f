/**
 * ```ts
 * sqliteStore: (options) => Store<'cas'> & Sweeping & Directory & Locking & Managed
 * ```
 * Sessions in an SQLite file, for one machine: durable, without a server, shared by its processes. Over node:sqlite,
 * better-sqlite3 or bun:sqlite; over Cloudflare D1 it is `coatcheck/stores/d1`.
 *
 * Nothing is done when the store is made; `migrate` makes the tables, `startSweeper` removes what is dead.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Millis } from '../core/Millis.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Directory, Locking, Managed, Store, StoreError, Sweeping } from '../effects/Store.ts'
import { embedded, type SqliteDatabase } from './sqlite/embedded.ts'
import { leases } from './sqlite/leases.ts'
import { type SqliteNames, tablesOf } from './sqlite/schema.ts'
import { statements } from './sqlite/sql.ts'
import { running, verbs } from './sqlite/verbs.ts'

export type { SqliteDatabase, SqliteStatement } from './sqlite/embedded.ts'
export { type SqliteNames, sqliteSchema } from './sqlite/schema.ts'

/** Everything that a store can do, at once. */
export type SqliteStore = Store<'cas'> & Sweeping & Directory & Locking & Managed

/** The options of `sqliteStore`. */
export interface SqliteStoreOptions extends SqliteNames {
  /**
   * An open connection: `DatabaseSync` of node:sqlite, `Database` of better-sqlite3 or bun:sqlite. It stays the
   * application's, which closes it. Give the store one of its own: its verbs do not run inside of the application's
   * transactions, and wait for the end of one that stays open over an `await`.
   */
  readonly database: SqliteDatabase
  /**
   * How long a verb tries again while other connections keep the database locked, before it fails. ms, 0 or more. Default
   * 4,000: less than the session manager's `storeTimeout`. The connection's own `busy_timeout` adds to it, and holds up
   * the whole process while it lasts: leave that at 0.
   */
  readonly busyTimeout?: Millis
  /** How often one who waits for a lease asks for it where nobody wakes it: another process's release. ms, above 0. Default 25. */
  readonly poll?: Millis
}

/** Does something after a task that gave an answer of a kind. */
const after =
  <A>(task: TaskEither<StoreError, A>, isOne: (answer: A) => boolean, then: IO<void>): TaskEither<StoreError, A> =>
  async () => {
    const answer = await task()
    if (answer._tag === 'Right' && isOne(answer.right)) then()
    return answer
  }

const isDone = ({ _tag }: { readonly _tag: string }): boolean => _tag === 'Done'

/** A store over tables that `migrate` makes. Throws `Misconfigured` when an option breaks its rule. */
export const sqliteStore = (options: SqliteStoreOptions): SqliteStore => {
  const { database, busyTimeout = 4_000, poll = 25 } = options
  const given = database as Partial<SqliteDatabase> | undefined
  if (typeof given?.prepare !== 'function' || typeof given.exec !== 'function')
    throw toError(misconfigured('database', database, 'it must be an open connection, with prepare and exec'))
  if (!(Number.isFinite(busyTimeout) && busyTimeout >= 0))
    throw toError(misconfigured('busyTimeout', busyTimeout, 'it must be a finite number of milliseconds, 0 or more'))
  if (!(Number.isFinite(poll) && poll > 0))
    throw toError(misconfigured('poll', poll, 'it must be a finite number of milliseconds above 0'))
  const tables = tablesOf(options)
  const driver = embedded(database, busyTimeout)
  const sql = statements(tables)
  const store = verbs(driver, tables, sql)
  const { wake, wakeAll, ...locking } = leases(driver, sql, running(tables), poll)
  return {
    ...store,
    ...locking,
    end: (id, expected, until, fence) => after(store.end(id, expected, until, fence), isDone, () => wake(id)),
    endOne: (subject, id, until) => after(store.endOne(subject, id, until), isDone, () => wake(id)),
    endAll: (subject, until, except) => after(store.endAll(subject, until, except), (ended) => ended > 0, wakeAll),
  }
}
