/**
 * ```ts
 * sweeping: ReadonlyArray<Trial<Store & Sweeping>>
 * ```
 * The store contract: sweeping. The cases sweep at the present time only, so that a shared store loses nothing that is
 * not due, and one after another, so that each can count.
 *
 * @since 0.1.0
 */
import { ended } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Store, Sweeping } from '../../effects/Store.ts'
import { SWEEP_SLACK } from '../../effects/Store.ts'
import {
  answer,
  answers,
  atOnce,
  type Bench,
  check,
  equal,
  fail,
  holds,
  holdsNothing,
  holdsTombstone,
  HOUR,
  MINUTE,
  standing,
  stored,
  type Trial,
} from './bench.ts'

type Swept = Bench<Store & Sweeping>

const LIMIT = 100

const sweepAll = async ({ store, now }: Swept): Promise<void> => {
  for (let left = 100_000; left > 0; left -= 1) {
    const { removed, more } = await answer(store.sweep(now, LIMIT))
    check(removed >= 0 && removed <= LIMIT, 'a batch removes at most its limit')
    if (!more) return
  }
  fail('sweeping must come to an end', 'more', 'no more')
}

/** Times of a record that a sweep may remove: it expired `ago` ms before it would be due. */
const overdue = (now: number, ago: number): { readonly touchedAt: number; readonly expiresAt: number } => ({
  touchedAt: now - SWEEP_SLACK - ago - HOUR,
  expiresAt: now - SWEEP_SLACK - ago,
})

const storedEnded = async (bench: Swept, until: number): Promise<SessionId> => {
  const { id, live } = await stored(bench)
  await answers(bench.store.end(id, live.revision, until), 'Done', 'end')
  return id
}

// Stores are swept by one case at a time.
let turn: Promise<unknown> = Promise.resolve()

const alone = (trial: Trial<Store & Sweeping>): Trial<Store & Sweeping> => ({
  ...trial,
  run: (bench) => {
    const done = turn.then(() => trial.run(bench))
    turn = done.catch(() => undefined)
    return done
  },
})

const trials: ReadonlyArray<Trial<Store & Sweeping>> = [
  {
    name: 'sweep: removes what expired longer ago than the slack',
    run: async (bench) => {
      const { id } = await stored(bench, overdue(bench.now, MINUTE))
      await sweepAll(bench)
      await holdsNothing(bench, id, 'an expired record after a sweep')
    },
  },
  {
    name: 'sweep: leaves live records, and expired ones within the slack',
    run: async (bench) => {
      const live = await stored(bench)
      const late = await stored(bench, overdue(bench.now, -MINUTE))
      await sweepAll(bench)
      await holds(bench, live.id, live.live, 'a live record after a sweep')
      await holds(bench, late.id, late.live, 'a record that expired a minute ago, after a sweep')
    },
  },
  {
    name: 'sweep: the slack is exact to the millisecond',
    run: async (bench) => {
      // Where the store's clock runs on, the store may remove the first one itself meanwhile.
      const margin = bench.still ? 0 : MINUTE / 2
      const kept = await stored(bench, overdue(bench.now, -margin))
      const removed = await stored(bench, overdue(bench.now, 1))
      await sweepAll(bench)
      await holds(bench, kept.id, kept.live, 'not more than the slack ago')
      await holdsNothing(bench, removed.id, 'one millisecond more than the slack ago')
    },
  },
  {
    name: 'sweep: removes a tombstone after its time, not before',
    run: async (bench) => {
      const old = await storedEnded(bench, bench.now - 1)
      const young = await storedEnded(bench, bench.now + MINUTE)
      await sweepAll(bench)
      await holdsNothing(bench, old, 'a tombstone past its time')
      await holdsTombstone(bench, young, bench.now + MINUTE, 'a tombstone before its time')
    },
  },
  {
    name: 'sweep: the tombstone of a record that expired long ago stays until its time',
    run: async (bench) => {
      const { id, live } = await stored(bench, overdue(bench.now, -MINUTE))
      await answers(bench.store.end(id, live.revision, bench.now + HOUR), 'Done', 'end')
      await sweepAll(bench)
      equal(await standing(bench, id), ended(bench.now + HOUR), 'the time of a tombstone counts, not the record’s')
    },
  },
  {
    name: 'sweep: a batch removes at most its limit, and says that there may be more',
    run: async (bench) => {
      const made = await atOnce(5, () => storedEnded(bench, bench.now - 1))
      const { removed, more } = await answer(bench.store.sweep(bench.now, 2))
      check(removed <= 2, 'a batch of 2 removes at most 2')
      check(removed < 2 || more, 'a batch that was full says that there may be more')
      const left = await Promise.all(made.map((id) => standing(bench, id)))
      // A store that removes by itself, too, may have removed some before.
      check(!bench.still || left.filter((present) => present !== undefined).length >= 3, 'the limit is kept')
      await sweepAll(bench)
      for (const id of made) await holdsNothing(bench, id, 'after all batches')
    },
  },
  {
    name: 'sweep: spares what was touched or updated meanwhile',
    run: async (bench) => {
      await atOnce(20, async (round) => {
        const { id, live } = await stored(bench, overdue(bench.now, MINUTE))
        const later = bench.now + HOUR
        const raise =
          round % 2 === 0
            ? bench.store.touch(id, 0, live.expiresAt, later)
            : bench.store.update(id, live.revision, { ...live, revision: `${live.revision}-2`, expiresAt: later })
        const [raised] = await Promise.all([answer<{ readonly _tag: string }>(raise), sweepAll(bench)])
        const present = await standing(bench, id)
        if (raised._tag === 'Gone') equal(present, undefined, 'what was removed before')
        else equal(present?._tag, 'Live', 'what was raised before the removal')
        await sweepAll(bench)
        equal(await standing(bench, id), present, 'after another sweep')
      })
    },
  },
]

/** See the module's head. */
export const sweeping: ReadonlyArray<Trial<Store & Sweeping>> = trials.map(alone)
