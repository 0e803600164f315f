/**
 * ```ts
 * postgresStore: (options) => Store<'cas'> & Sweeping & Directory & Locking & Managed
 * ```
 * Sessions in a table of PostgreSQL (14 or newer): a row each, its lease included, and one statement per verb. Runs on
 * every runtime that its client runs on; over PGlite it is a database in a directory, without a server.
 *
 * Nothing is done when the store is made; `migrate` makes the tables, `startSweeper` removes what is dead. Waiting for a
 * lease holds no connection, nor does holding one.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import { left, none, right, some } from '../core/tagged.ts'
import type { Millis } from '../core/Millis.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Directory, Locking, Managed, Store, Sweeping } from '../effects/Store.ts'
import { created, done, exists, gone, lost, released, touched, unreadable, updated } from '../effects/Store.ts'
import { asking, type PostgresClient, prepares } from './postgres/client.ts'
import { damagedError } from './postgres/errors.ts'
import { acquired, acquiring } from './postgres/leases.ts'
import { endOfTurn } from './postgres/gathering.ts'
import { loading } from './postgres/loading.ts'
import { listening, type PostgresListener } from './postgres/listening.ts'
import { faulting, managed } from './postgres/managed.ts'
import { columns, listedOf, storedOf, subjectBytes } from './postgres/row.ts'
import { after, running } from './postgres/running.ts'
import { type PostgresNames, tablesOf } from './postgres/schema.ts'
import { statements } from './postgres/sql.ts'
import { updating } from './postgres/updating.ts'
import { waiting } from './postgres/waiting.ts'

export type { PostgresClient } from './postgres/client.ts'
export type { PostgresListener } from './postgres/listening.ts'
export { type PostgresNames, postgresSchema } from './postgres/schema.ts'

/** Everything that a store can do, at once. */
export type PostgresStore = Store<'cas'> & Sweeping & Directory & Locking & Managed

/** The options of `postgresStore`. */
export interface PostgresStoreOptions extends PostgresNames {
  /**
   * Where statements are sent: a `Pool` or a connected `Client` of `pg`, a `PGlite`, or what behaves like one. It stays
   * the application's: the store neither opens nor closes it. A pool needs a listener of its `error` event.
   */
  readonly pool: PostgresClient
  /**
   * Whether statements are prepared, by names that begin with `coatcheck_`: then the server parses and plans each once per
   * connection. `false` behind PgBouncer in transaction mode before 1.21, or with its `max_prepared_statements` at 0.
   * Default: true, and false for PGlite, which knows no names.
   */
  readonly prepare?: boolean
  /**
   * Makes a `Client` of `pg`, not connected, that hears (LISTEN) which leases were given back: a waiter of another process
   * is woken at once, and asks once a second otherwise. Opened when somebody first waits, again after it broke, and closed
   * by `close`. To be given in every process or in none, and not through PgBouncer in transaction mode. Default: none.
   */
  readonly listen?: IO<PostgresListener>
  /** How often one who waits for a lease asks for it where nobody wakes it: another process's release. ms, above 0. Default 100. */
  readonly poll?: Millis
}

const isDone = ({ _tag }: { readonly _tag: string }): boolean => _tag === 'Done'

/** A store over tables that `migrate` makes. Throws `Misconfigured` when an option breaks its rule. */
export const postgresStore = (options: PostgresStoreOptions): PostgresStore => {
  const { pool, poll = 100, listen } = options
  if (!(Number.isFinite(poll) && poll > 0))
    throw toError(misconfigured('poll', poll, 'it must be a finite number of milliseconds above 0'))
  const tables = tablesOf(options)
  const sql = statements(tables, listen !== undefined)
  const client = asking(pool, options.prepare ?? prepares(pool))
  const { ask } = client
  const later = endOfTurn(globalThis)
  const load = loading(client, sql.load, sql.loads, later)
  const faulted = faulting(pool, tables)
  const { verb, write } = running(ask, faulted)
  const updateAlone = (values: ReadonlyArray<unknown>, fence: number | null) =>
    write('update', sql.update, [...values, fence], 'U', updated)
  const update = updating(client, faulted, sql.updates, (values) => updateAlone(values, null), later)
  const waiters = waiting()
  const ear = listen === undefined ? undefined : listening(listen, waiters.wake, waiters.wakeAll)
  const acquire = acquiring(ask, sql.acquire, waiters, ear, poll)

  return {
    guarantee: 'cas',

    load: (id) => async () => {
      try {
        const text = await load(id)
        if (text === undefined) return right(none)
        const stored = storedOf(text)
        return stored === undefined ? left(unreadable('load', damagedError(id, tables))) : right(some(stored))
      } catch (thrown) {
        return left(await faulted('load', thrown))
      }
    },

    create: (id, live) => () =>
      verb('create', async () => ((await ask(sql.create, [id, ...columns(live)])) === undefined ? exists : created)),

    update: (id, expected, live, fence) => () => {
      const values = [id, ...columns(live), expected]
      return fence === undefined ? update(values) : updateAlone(values, fence)
    },

    touch: (id, epoch, touchedAt, expiresAt) => () =>
      verb('touch', async () =>
        (await ask(sql.touch, [id, epoch, touchedAt, expiresAt])) === undefined ? gone : touched,
      ),

    end: (id, expected, until, fence) =>
      after(
        () => write('end', sql.end, [id, expected, until, fence ?? null], 'D', done),
        isDone,
        () => waiters.wake(id),
      ),

    sweep: (now, limit) => () =>
      verb('sweep', async () => {
        const [removed, seen] = ((await ask(sql.sweep, [now, limit])) ?? '0 0').split(' ')
        return { removed: Number(removed), more: Number(seen) >= limit }
      }),

    acquire: (id, wish) => () => verb('acquire', () => acquire(id, wish)),
    renew: (id, fence, lease) => () =>
      verb('renew', async () => {
        const until = await ask(sql.renew, [id, fence, lease])
        return until === undefined ? lost : acquired(fence, Number(until))
      }),
    release: (id, fence) =>
      after(
        () => verb('release', async () => ((await ask(sql.release, [id, fence])) === undefined ? lost : released)),
        ({ _tag }) => _tag === 'Released',
        () => waiters.wake(id),
      ),

    list: (subject) => () => verb('list', async () => listedOf((await ask(sql.list, [subjectBytes(subject)])) ?? '[]')),
    count: (subject) => () => verb('count', async () => Number(await ask(sql.count, [subjectBytes(subject)]))),
    endOne: (subject, id, until) =>
      after(
        () =>
          verb('endOne', async () =>
            (await ask(sql.endOne, [subjectBytes(subject), id, until])) === undefined ? gone : done,
          ),
        isDone,
        () => waiters.wake(id),
      ),
    endAll: (subject, until, except) =>
      after(
        () => verb('endAll', async () => Number(await ask(sql.endAll, [subjectBytes(subject), until, except ?? null]))),
        (count) => count > 0,
        waiters.wakeAll,
      ),
    raiseEpoch: (subject, now) => () =>
      verb('raiseEpoch', async () => Number(await ask(sql.raiseEpoch, [subjectBytes(subject), now]))),
    readEpoch: (subject) => () =>
      verb('readEpoch', async () => Number((await ask(sql.readEpoch, [subjectBytes(subject)])) ?? 0)),

    ...managed(pool, tables, faulted, async () => ear?.close()),
  }
}
