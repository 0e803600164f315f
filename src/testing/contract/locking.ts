/**
 * ```ts
 * locking: ReadonlyArray<Trial<Store & Locking>>
 * ```
 * The store contract: acquire, renew, release, and who waits.
 *
 * @since 0.1.0
 */
import type { Live } from '../../core/Stored.ts'
import type { Locking, Store } from '../../effects/Store.ts'
import {
  answer,
  answers,
  atOnce,
  check,
  equal,
  holds,
  holdsNothing,
  holdsTombstone,
  HOUR,
  living,
  MINUTE,
  newId,
  stored,
  successor,
  type Trial,
} from './bench.ts'
import { held, LONG, SHORT } from './fences.ts'

const viewsOf = (live: Live): number => (live.data as { readonly views: number }).views

/** See the module's head. */
export const locking: ReadonlyArray<Trial<Store & Locking>> = [
  {
    name: 'acquire: raises the fence and changes nothing else',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const before = await living(bench, id)
      const { fence, until } = await answers(bench.store.acquire(id, LONG), 'Acquired', 'acquire')
      check(fence > before.fence, 'the fence is raised')
      check(until > bench.now, 'the lease has an end')
      await holds(bench, id, live, 'the record under a lease')
      equal((await living(bench, id)).fence, fence, 'the record’s fence')
    },
  },
  {
    name: 'acquire: a missing record is Gone, an ended one too, and nothing appears',
    run: async (bench) => {
      const id = newId()
      await answers(bench.store.acquire(id, LONG), 'Gone', 'acquire of nothing')
      await holdsNothing(bench, id, 'acquire must not create')
      const ended = await stored(bench)
      await answers(bench.store.end(ended.id, ended.live.revision, bench.now + HOUR), 'Done', 'end')
      await answers(bench.store.acquire(ended.id, LONG), 'Gone', 'acquire of what is ended')
      await holdsTombstone(bench, ended.id, bench.now + HOUR, 'acquire must not bring it back')
    },
  },
  {
    name: 'acquire: without waiting a held record is Busy',
    run: async (bench) => {
      const { id, lease } = await held(bench)
      const { until } = await answers(bench.store.acquire(id, LONG), 'Busy', 'acquire of a held record')
      equal(until, lease.until, 'until when it is held')
    },
  },
  {
    name: 'acquire: who waited for nothing is told Busy',
    run: async (bench) => {
      const { id } = await held(bench)
      const waiting = answers(bench.store.acquire(id, { wait: 30, lease: MINUTE }), 'Busy', 'acquire after its wait')
      await bench.pass(31)
      await waiting
    },
  },
  {
    name: 'acquire: gets the lease when it is released, with a higher fence',
    run: async (bench) => {
      const { id, lease } = await held(bench)
      const waiting = answers(bench.store.acquire(id, { wait: MINUTE, lease: MINUTE }), 'Acquired', 'a waiter')
      await answers(bench.store.release(id, lease.fence), 'Released', 'release')
      check((await waiting).fence > lease.fence, 'a fence is given once')
    },
  },
  {
    name: 'acquire: gets the lease when it runs out, and the holder before has lost',
    run: async (bench) => {
      const { id, live, lease } = await held(bench, SHORT)
      const waiting = answers(bench.store.acquire(id, { wait: MINUTE / 2, lease: HOUR }), 'Acquired', 'a waiter')
      await bench.pass(SHORT.lease + 1)
      const next = await waiting
      check(next.fence > lease.fence, 'a fence is given once')
      const late = successor(live, { data: 'late' })
      await answers(bench.store.update(id, live.revision, late, lease.fence), 'Conflict', 'update with the old fence')
      await answers(bench.store.end(id, live.revision, bench.now + HOUR, lease.fence), 'Conflict', 'end with it')
      await answers(bench.store.renew(id, lease.fence, MINUTE), 'Lost', 'renew with it')
      await answers(bench.store.release(id, lease.fence), 'Lost', 'release with it')
      await holds(bench, id, live, 'what the holder before did')
      const right = successor(live, { data: 'right' })
      await answers(bench.store.update(id, live.revision, right, next.fence), 'Updated', 'update with the new fence')
      await holds(bench, id, right, 'the new holder’s update')
    },
  },
  {
    name: 'renew: prolongs the lease',
    run: async (bench) => {
      const { id, live, lease } = await held(bench, SHORT)
      const renewed = await answers(bench.store.renew(id, lease.fence, MINUTE), 'Acquired', 'renew')
      equal(renewed.fence, lease.fence, 'the fence of a renewed lease')
      check(renewed.until > lease.until, 'the end of a renewed lease')
      await bench.pass(SHORT.lease + 20)
      await answers(bench.store.update(id, live.revision, successor(live)), 'Leased', 'update without a fence')
      await answers(bench.store.update(id, live.revision, successor(live), lease.fence), 'Updated', 'update with it')
    },
  },
  {
    name: 'renew and release: another fence is Lost and changes nothing',
    run: async (bench) => {
      const { id, lease } = await held(bench)
      for (const fence of [lease.fence - 1, lease.fence + 1]) {
        await answers(bench.store.renew(id, fence, MINUTE), 'Lost', 'renew with another fence')
        await answers(bench.store.release(id, fence), 'Lost', 'release with another fence')
      }
      await answers(bench.store.acquire(id, LONG), 'Busy', 'the lease must stand')
      await answers(bench.store.release(id, lease.fence), 'Released', 'release')
      await answers(bench.store.release(id, lease.fence), 'Lost', 'release repeated')
      await answers(bench.store.renew(id, lease.fence, MINUTE), 'Lost', 'renew after the release')
    },
  },
  {
    name: 'lease: who waits for a session that is ended is told Gone',
    run: async (bench) => {
      const { id, live, lease } = await held(bench)
      const waiting = atOnce(3, () =>
        answers(bench.store.acquire(id, { wait: MINUTE, lease: MINUTE }), 'Gone', 'waiter'),
      )
      await answers(bench.store.end(id, live.revision, bench.now + HOUR, lease.fence), 'Done', 'end by the holder')
      await waiting
      await holdsTombstone(bench, id, bench.now + HOUR, 'waiters must not bring it back')
    },
  },
  {
    name: 'lease: 20 contenders hold it one at a time, and lose no write',
    run: async (bench) => {
      const { id } = await stored(bench)
      let inside = 0
      const fences = await atOnce(20, async () => {
        const { fence } = await answers(bench.store.acquire(id, { wait: MINUTE, lease: MINUTE }), 'Acquired', 'acquire')
        inside += 1
        equal(inside, 1, 'how many hold it')
        const base = await living(bench, id)
        const next = successor(base, { data: { views: viewsOf(base) + 1 } })
        await answers(bench.store.update(id, base.revision, next, fence), 'Updated', 'update by the holder')
        inside -= 1
        await answers(bench.store.release(id, fence), 'Released', 'release')
        return fence
      })
      equal(new Set(fences).size, 20, 'a fence is given once')
      equal(viewsOf(await living(bench, id)), 20, 'the sum of 20 increments')
    },
  },
]

/** Of stores that say that they serve waiters in the order of their coming. */
export const fifo: ReadonlyArray<Trial<Store & Locking>> = [
  {
    name: 'acquire: waiters are served in the order of their coming',
    run: async (bench) => {
      const { id, lease } = await held(bench)
      const order: Array<number> = []
      const waiting = atOnce(5, async (index) => {
        const wish = { wait: MINUTE, lease: MINUTE }
        const { fence } = await answers(bench.store.acquire(id, wish), 'Acquired', 'a waiter')
        order.push(index)
        await answers(bench.store.release(id, fence), 'Released', 'release')
      })
      await answer(bench.store.load(id))
      await answers(bench.store.release(id, lease.fence), 'Released', 'release')
      await waiting
      equal(order, [0, 1, 2, 3, 4], 'the order')
    },
  },
]
