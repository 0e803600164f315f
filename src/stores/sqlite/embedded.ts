/**
 * ```ts
 * embedded: (database: SqliteDatabase, busyTimeout: Millis) => Driver
 * ```
 * A database in this process: `DatabaseSync` of node:sqlite, `Database` of better-sqlite3 or bun:sqlite. Statements run at
 * once; what waits is only who finds the file locked by another connection, and waits without holding up the process.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import { systemClock } from '../../effects/Clock.ts'
import { type Driver, type Query, type Row, type Rows, type Values, valuesFor } from './driver.ts'
import { isBusy } from './errors.ts'

/** A prepared statement. */
export interface SqliteStatement {
  // Not `readonly`, and methods: those of the drivers are not, and take more than these.
  all(...values: Array<string | number | null>): Array<unknown>
}

/** What the store needs of a connection: node:sqlite, better-sqlite3 and bun:sqlite have it. */
export interface SqliteDatabase {
  prepare(text: string): SqliteStatement
  exec(text: string): unknown
  /** Whether a transaction is open, as node:sqlite says it. */
  readonly isTransaction?: boolean
  /** The same, as better-sqlite3 and bun:sqlite say it. */
  readonly inTransaction?: boolean
}

/** The longest pause between two tries, ms. */
const LONGEST_PAUSE = 32

const pause = (ms: Millis): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Works again while the database is locked, with pauses that differ and grow. */
const patiently = async <A>(work: () => A, busyTimeout: Millis): Promise<A> => {
  const deadline = systemClock() + busyTimeout
  for (let longest = 1; ; longest = Math.min(LONGEST_PAUSE, longest * 2))
    try {
      return work()
    } catch (thrown) {
      if (!isBusy(thrown) || systemClock() >= deadline) throw thrown
      await pause(Math.random() * longest)
    }
}

/**
 * Waits for the end of a transaction that the application has left open over an `await`, as for another connection's: what
 * is written inside of it is undone when it is rolled back, long after it was acknowledged.
 */
const demandNone = ({ isTransaction, inTransaction }: SqliteDatabase): void => {
  if (isTransaction === true || inTransaction === true)
    throw Object.assign(new Error('a transaction of the application is open on the connection of the store'), {
      code: 'SQLITE_BUSY',
    })
}

/** See the module's head. */
export const embedded = (database: SqliteDatabase, busyTimeout: Millis): Driver => {
  const prepared = new Map<Query, SqliteStatement>()

  // Always all rows, though there is one: a statement that is left after its first row commits when it is reset, and
  // the drivers do not tell when that fails.
  const rows = (query: Query, values: Values): Rows => {
    const statement = prepared.get(query) ?? database.prepare(query.text)
    prepared.set(query, statement)
    return statement.all(...valuesFor(query, values)) as Array<Row>
  }

  const transact = (statements: ReadonlyArray<string>): void => {
    demandNone(database)
    database.exec('begin immediate')
    try {
      for (const statement of statements) database.exec(statement)
      database.exec('commit')
    } catch (thrown) {
      try {
        database.exec('rollback')
      } catch {
        // SQLite has rolled back already, or the connection is gone.
      }
      throw thrown
    }
  }

  return {
    first: (queries, values) =>
      patiently(() => {
        demandNone(database)
        for (const query of queries) {
          const found = rows(query, values)
          if (found.length > 0) return found
        }
        return []
      }, busyTimeout),
    each: async (queries, values) => {
      const answers: Array<Rows> = []
      for (const query of queries)
        answers.push(
          await patiently(() => {
            demandNone(database)
            return rows(query, values)
          }, busyTimeout),
        )
      return answers
    },
    define: (statements) => patiently(() => transact(statements), busyTimeout),
  }
}
