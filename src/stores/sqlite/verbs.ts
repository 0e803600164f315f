/**
 * ```ts
 * verbs: (driver, tables) => Verbs
 * ```
 * The store over any driver; leases are `leases.ts`' business.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { left, none, right, some } from '../../core/tagged.ts'
import { systemClock } from '../../effects/Clock.ts'
import type {
  Conflict,
  Directory,
  Gone,
  Leased,
  Managed,
  ManagedOperation,
  Store,
  StoreError,
  StoreOperation,
  Sweeping,
} from '../../effects/Store.ts'
import {
  conflict,
  created,
  done,
  exists,
  gone,
  leased,
  refused,
  storeError,
  touched,
  unreadable,
  updated,
} from '../../effects/Store.ts'
import type { Driver, Query, Row, Rows, Values } from './driver.ts'
import { damagedError, faultOf, isMissing, layoutError } from './errors.ts'
import { answerOf, columns, listedOf, storedOf, subjectText } from './row.ts'
import { definitions, LAYOUT, type Tables } from './schema.ts'
import type { Statements } from './sql.ts'

/** Another process that comes between that often in one call is a sign that something is wrong. */
const MOST_TRIES = 20

/** Runs work that throws what the driver throws. */
export type Run = <A>(
  operation: StoreOperation | ManagedOperation,
  work: () => Promise<A>,
) => Promise<Either<StoreError, A>>

/** Of one driver's failures. */
export const running =
  (tables: Tables): Run =>
  async (operation, work) => {
    try {
      return right(await work())
    } catch (thrown) {
      const { cause, unchanged } = faultOf(thrown, tables)
      // A sweep has several steps: the earlier ones stand.
      return left((unchanged && operation !== 'sweep' ? refused : storeError)(operation, cause))
    }
  }

/** Why a write was refused; undefined when another process came between. */
const refusal = (row: Row | undefined): Gone | Leased | Conflict | undefined => {
  switch (row?.['a']) {
    case 'L':
      return leased(row['lease_until'] as number)
    case 'C': {
      // A row that somebody else has damaged is told by the load that follows.
      const present = storedOf(row)
      return conflict(present?._tag === 'Live' ? present : undefined)
    }
    case 'A':
      return undefined
    default:
      return gone
  }
}

/** See the module's head. */
export const verbs = (
  driver: Driver,
  tables: Tables,
  sql: Statements,
): Store<'cas'> & Sweeping & Directory & Managed => {
  const run = running(tables)

  const first = async (queries: ReadonlyArray<Query>, values: Values): Promise<Row | undefined> =>
    (await driver.first(queries, values))[0]

  const write = async <A>(
    operation: 'update' | 'end',
    values: Values,
    letter: string,
    success: A,
  ): Promise<Either<StoreError, A | Gone | Leased | Conflict>> => {
    const answer = await run(operation, async () => {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const row = await first(sql[operation], { ...values, now: systemClock() })
        if (row?.['a'] === letter) return success
        const why = refusal(row)
        if (why !== undefined) return why
      }
      return undefined
    })
    if (answer._tag === 'Left' || answer.right !== undefined)
      return answer as Either<StoreError, A | Gone | Leased | Conflict>
    const inTheWay = new Error(`Other processes changed the session each of ${MOST_TRIES} times. Try again`)
    return left(refused(operation, inTheWay))
  }

  const layout = async (): Promise<number | undefined> => {
    try {
      const row = await first(sql.version, {})
      return typeof row?.['a'] === 'number' ? row['a'] : undefined
    } catch (thrown) {
      if (isMissing(thrown)) return undefined
      throw thrown
    }
  }

  const healthy = async (operation: 'migrate' | 'health'): Promise<Either<StoreError, void>> => {
    const present = await run(operation, layout)
    if (present._tag === 'Left') return present
    const wrong = layoutError(present.right, tables)
    return wrong === undefined ? right(undefined) : left(refused(operation, wrong))
  }

  return {
    guarantee: 'cas',

    load: (id) => async () => {
      const found = await run('load', () => first(sql.load, { id }))
      if (found._tag === 'Left') return found
      if (found.right === undefined) return right(none)
      const stored = storedOf(found.right)
      return stored === undefined ? left(unreadable('load', damagedError(id, tables))) : right(some(stored))
    },

    create: (id, live) => () =>
      run('create', async () => ((await first(sql.create, { ...columns(live), id })) === undefined ? exists : created)),

    update: (id, expected, live, fence) => () =>
      write('update', { ...columns(live), id, expected, fence: fence ?? null }, 'U', updated),

    touch: (id, epoch, touchedAt, expiresAt) => () =>
      run('touch', async () =>
        (await first(sql.touch, { id, epoch, touchedAt, expiresAt })) === undefined ? gone : touched,
      ),

    end: (id, expected, until, fence) => () => write('end', { id, expected, until, fence: fence ?? null }, 'D', done),

    sweep: (now, limit) => () =>
      run('sweep', async () => {
        const [alive, removed] = (await driver.each(sql.sweep, { now, limit })) as [Rows, Rows, Rows]
        return { removed: removed.length, more: alive.length + removed.length >= limit }
      }),

    list: (subject) => () =>
      run('list', async () => (await driver.first(sql.list, { subject: subjectText(subject) })).map(listedOf)),
    count: (subject) => () =>
      run('count', async () => answerOf(await first(sql.count, { subject: subjectText(subject) }))),
    endOne: (subject, id, until) => () =>
      run('endOne', async () =>
        (await first(sql.endOne, { subject: subjectText(subject), id, until })) === undefined ? gone : done,
      ),
    endAll: (subject, until, except) => () =>
      run('endAll', async () => {
        const values = { subject: subjectText(subject), until, except: except ?? null }
        return (await driver.first(sql.endAll, values)).length
      }),
    raiseEpoch: (subject, now) => () =>
      run('raiseEpoch', async () => answerOf(await first(sql.raiseEpoch, { subject: subjectText(subject), now }))),
    readEpoch: (subject) => () =>
      run('readEpoch', async () => {
        const row = await first(sql.readEpoch, { subject: subjectText(subject) })
        return row === undefined ? 0 : answerOf(row)
      }),

    migrate: async () => {
      const made = await run('migrate', async () => {
        // A database of the present or a newer layout is only read: it may be read-only.
        if (((await layout()) ?? 0) < LAYOUT) await driver.define(definitions(tables))
      })
      return made._tag === 'Left' ? made : healthy('migrate')
    },
    health: () => healthy('health'),
    close: () => Promise.resolve(right(undefined)),
  }
}
