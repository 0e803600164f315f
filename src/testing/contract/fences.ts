/**
 * ```ts
 * fences:         ReadonlyArray<Trial<Store & Locking>>
 * lockedSubjects: ReadonlyArray<Trial<Store & Locking & Directory>>
 * ```
 * The store contract: what a lease asks of the verbs that write.
 *
 * @since 0.1.0
 */
import type { Live } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Acquired, Directory, Locking, Store } from '../../effects/Store.ts'
import {
  answer,
  answers,
  type Bench,
  check,
  equal,
  holds,
  holdsTombstone,
  HOUR,
  living,
  MINUTE,
  newId,
  newSubject,
  SECOND,
  stored,
  successor,
  type Trial,
} from './bench.ts'

/** A lease that outlives the case. */
export const LONG = { wait: 0, lease: MINUTE }
/** A lease that runs out soon, where a case must wait for that. */
export const SHORT = { wait: 0, lease: 80 }

/** Stores a record and takes its lease. */
export const held = async (
  bench: Bench<Store & Locking>,
  wish = LONG,
): Promise<{ readonly id: SessionId; readonly live: Live; readonly lease: Acquired }> => {
  const { id, live } = await stored(bench)
  return { id, live, lease: await answers(bench.store.acquire(id, wish), 'Acquired', 'acquire of a free record') }
}

/** See the module's head. */
export const fences: ReadonlyArray<Trial<Store & Locking>> = [
  {
    name: 'lease: one that ran out binds nobody, and its fence is worth nothing',
    run: async (bench) => {
      const { id, live, lease } = await held(bench, SHORT)
      await bench.pass(SHORT.lease + 20)
      const late = successor(live, { data: 'late' })
      await answers(bench.store.update(id, live.revision, late, lease.fence), 'Conflict', 'update with the old fence')
      await answers(bench.store.renew(id, lease.fence, MINUTE), 'Lost', 'renew')
      const free = successor(live, { data: 'free' })
      await answers(bench.store.update(id, live.revision, free), 'Updated', 'update without a fence')
      await holds(bench, id, free, 'the update without a fence')
      check((await answers(bench.store.acquire(id, LONG), 'Acquired', 'acquire')).fence > lease.fence, 'a new fence')
    },
  },
  {
    name: 'lease: the holder’s fence is asked of update',
    run: async (bench) => {
      const { id, live, lease } = await held(bench)
      const foreign = successor(live, { data: 'foreign' })
      const { until } = await answers(bench.store.update(id, live.revision, foreign), 'Leased', 'without a fence')
      equal(until, lease.until, 'until when it is leased')
      for (const fence of [lease.fence - 1, lease.fence + 1])
        await answers(bench.store.update(id, live.revision, foreign, fence), 'Conflict', 'with another fence')
      await holds(bench, id, live, 'after refused updates')
      const own = successor(live, { data: 'own' })
      await answers(bench.store.update(id, live.revision, own, lease.fence), 'Updated', 'with the fence')
      await answers(bench.store.update(id, live.revision, successor(own), lease.fence), 'Conflict', 'another revision')
      await holds(bench, id, own, 'the holder’s update')
      equal((await living(bench, id)).fence, lease.fence, 'an update keeps the fence')
      await answers(bench.store.release(id, lease.fence), 'Released', 'release')
      await answers(bench.store.update(id, own.revision, successor(own), lease.fence), 'Conflict', 'after the release')
      await answers(bench.store.update(id, own.revision, successor(own)), 'Updated', 'without a lease')
    },
  },
  {
    name: 'lease: the holder’s fence is asked of end',
    run: async (bench) => {
      const { id, live, lease } = await held(bench)
      const until = bench.now + HOUR
      await answers(bench.store.end(id, live.revision, until), 'Leased', 'without a fence')
      await answers(bench.store.end(id, live.revision, until, lease.fence + 1), 'Conflict', 'with another fence')
      await holds(bench, id, live, 'after refused ends')
      await answers(bench.store.end(id, live.revision, until, lease.fence), 'Done', 'with the fence')
      await holdsTombstone(bench, id, until, 'after the end')
      await answers(bench.store.renew(id, lease.fence, MINUTE), 'Lost', 'renew of what is ended')
      await answers(bench.store.release(id, lease.fence), 'Lost', 'release of what is ended')
    },
  },
  {
    name: 'lease: a fence without a lease is Conflict; without a record the answer is Gone',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const { fence } = await living(bench, id)
      await answers(bench.store.update(id, live.revision, successor(live), fence), 'Conflict', 'never leased')
      await answers(bench.store.end(id, live.revision, bench.now + HOUR, fence), 'Conflict', 'never leased')
      await answers(bench.store.update(newId(), live.revision, successor(live), fence), 'Gone', 'update of nothing')
      await answers(bench.store.end(newId(), live.revision, bench.now + HOUR, fence), 'Gone', 'end of nothing')
    },
  },
  {
    name: 'lease: touch, and an update that was applied before, do not ask for the fence',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const next = successor(live)
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update')
      await answers(bench.store.acquire(id, LONG), 'Acquired', 'acquire')
      await answers(bench.store.touch(id, 0, bench.now + SECOND, bench.now + 2 * HOUR), 'Touched', 'touch')
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update repeated under a lease')
      const times = { touchedAt: bench.now + SECOND, expiresAt: bench.now + 2 * HOUR }
      await holds(bench, id, { ...next, ...times }, 'the record')
    },
  },
  {
    name: 'lease: one session’s does not bind another',
    run: async (bench) => {
      await held(bench)
      const { id, live } = await stored(bench)
      await answers(bench.store.update(id, live.revision, successor(live)), 'Updated', 'update of another session')
      await answers(bench.store.acquire(id, LONG), 'Acquired', 'acquire of another session')
    },
  },
]

/** Of stores that find the sessions of a subject, too. */
export const lockedSubjects: ReadonlyArray<Trial<Store & Locking & Directory>> = [
  {
    name: 'lease: endOne and endAll do not ask for the fence, and waiters are told Gone',
    run: async (bench) => {
      const subject = { id: newSubject(), authenticatedAt: bench.now }
      const until = bench.now + HOUR
      const locked = async () => {
        const { id, live } = await stored(bench, { subject })
        const { fence } = await answers(bench.store.acquire(id, LONG), 'Acquired', 'acquire')
        const waiting = answers(bench.store.acquire(id, { wait: MINUTE, lease: MINUTE }), 'Gone', 'a waiter')
        return { id, live, fence, waiting }
      }
      const [one, other] = [await locked(), await locked()]
      await answers(bench.store.endOne(subject.id, one.id, until), 'Done', 'endOne under a lease')
      equal(await answer(bench.store.endAll(subject.id, until)), 1, 'how many endAll ended under leases')
      for (const { id, live, fence, waiting } of [one, other]) {
        await waiting
        await answers(bench.store.update(id, live.revision, successor(live), fence), 'Gone', 'the holder’s update')
        await holdsTombstone(bench, id, until, 'what was ended under a lease')
      }
    },
  },
]
