/**
 * ```ts
 * update: ReadonlyArray<Trial<Store>>
 * ```
 * The store contract: update, alone and by many at once.
 *
 * @since 0.1.0
 */
import type { Live } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Store } from '../../effects/Store.ts'
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
  living,
  MINUTE,
  newId,
  newTag,
  record,
  SECOND,
  stored,
  successor,
  tagged,
  type Trial,
} from './bench.ts'

const viewsOf = (live: Live): number => (live.data as { readonly views: number }).views

/** Adds one by compare-and-set, again and again until it is stored. */
const addOne = async (bench: Bench<Store>, id: SessionId): Promise<void> => {
  for (let left = 10_000; left > 0; left -= 1) {
    const base = await living(bench, id)
    const given = await answer(
      bench.store.update(id, base.revision, successor(base, { data: { views: viewsOf(base) + 1 } })),
    )
    if (given._tag === 'Updated') return
    if (given._tag !== 'Conflict') fail('a writer that lost', given._tag, 'Conflict')
  }
  fail('a writer must win some day', 'lost 10,000 times', 'Updated')
}

/** See the module's head. */
export const update: ReadonlyArray<Trial<Store>> = [
  {
    name: 'update: the record is replaced',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const next = successor(live, { data: { views: 1 }, flash: { notice: 'hi' }, epoch: 1, schema: 2 })
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update of the present revision')
      await holds(bench, id, next, 'the record after the update')
    },
  },
  {
    name: 'update: members that the new record lacks are gone',
    run: async (bench) => {
      const { id, live } = await stored(bench, {
        subject: { id: newTag(), authenticatedAt: bench.now, level: 1 },
        lifetime: { persistent: true },
        data: { a: 1, b: { c: 2 } },
        flash: { notice: 'hi' },
      })
      const next = record(bench.now, { trail: [live.revision], data: { b: {} } })
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update of the present revision')
      await holds(bench, id, next, 'nothing of the earlier record may be left')
    },
  },
  {
    name: 'update: a missing record is Gone, and none appears',
    run: async (bench) => {
      const id = newId()
      const live = record(bench.now)
      await answers(bench.store.update(id, live.revision, successor(live)), 'Gone', 'update of nothing')
      await holdsNothing(bench, id, 'update must not create')
    },
  },
  {
    name: 'update: an ended record is Gone and stays ended',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const until = bench.now + HOUR
      await answers(bench.store.end(id, live.revision, until), 'Done', 'end')
      await answers(bench.store.update(id, live.revision, successor(live)), 'Gone', 'update after the end')
      await holdsTombstone(bench, id, until, 'update must not bring back what was ended')
    },
  },
  {
    name: 'update: another revision is Conflict and changes nothing',
    cas: true,
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const late = successor(record(bench.now), { data: 'late' })
      const given = await answers(bench.store.update(id, newTag(), late), 'Conflict', 'update of another revision')
      await holds(bench, id, live, 'a refused update')
      if (given.present !== undefined)
        equal(given.present, await living(bench, id), 'a Conflict that carries a record carries the present one')
    },
  },
  {
    name: 'update: the later touchedAt stays',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const seen = bench.now + MINUTE
      await answers(bench.store.touch(id, 0, seen, seen + HOUR), 'Touched', 'touch')
      const older = successor(live, { touchedAt: bench.now + SECOND, expiresAt: seen + 2 * HOUR })
      await answers(bench.store.update(id, live.revision, older), 'Updated', 'update after a touch')
      await holds(bench, id, { ...older, touchedAt: seen }, 'activity that the writer had not seen')
      const newer = successor(older, { touchedAt: seen + MINUTE })
      await answers(bench.store.update(id, older.revision, newer), 'Updated', 'update')
      await holds(bench, id, newer, 'activity of the writer itself')
    },
  },
  {
    name: 'update: an earlier expiresAt is stored',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const next = successor(live, { expiresAt: live.expiresAt - MINUTE })
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update')
      await holds(bench, id, next, 'a lifetime that became shorter')
    },
  },
  {
    name: 'update: an expired record that was not swept is updated',
    run: async (bench) => {
      const { id, live } = await stored(bench, { touchedAt: bench.now - HOUR, expiresAt: bench.now - MINUTE })
      const next = successor(live, { touchedAt: bench.now, expiresAt: bench.now + HOUR })
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update must not look at expiresAt')
      await holds(bench, id, next, 'the record after the update')
    },
  },
  {
    name: 'update: the fence in the written record is ignored',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const { fence } = await living(bench, id)
      await answers(bench.store.update(id, live.revision, successor(live, { fence: 41 })), 'Updated', 'update')
      equal((await living(bench, id)).fence, fence, 'the store owns the fence')
    },
  },
  {
    name: 'update: 50 at once from one revision, one is Updated',
    cas: true,
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const nexts = Array.from({ length: 50 }, (_, index) => successor(live, { data: { views: index } }))
      const given = await Promise.all(
        nexts.map(async (next) => ({ next, _tag: (await answer(bench.store.update(id, live.revision, next)))._tag })),
      )
      equal(tagged(given, 'Updated'), 1, 'how many were Updated')
      equal(tagged(given, 'Conflict'), 49, 'how many met a Conflict')
      for (const { next, _tag } of given) if (_tag === 'Updated') await holds(bench, id, next, 'the one that won')
    },
  },
  {
    name: 'update: 50 increments at once by compare-and-set give 50',
    cas: true,
    run: async (bench) => {
      const { id } = await stored(bench)
      await atOnce(50, () => addOne(bench, id))
      equal(viewsOf(await living(bench, id)), 50, 'the sum of 50 increments')
    },
  },
  {
    name: 'update: increments beside touches lose neither',
    cas: true,
    run: async (bench) => {
      const { id } = await stored(bench)
      const last = bench.now + 20 * SECOND
      await Promise.all([
        atOnce(20, () => addOne(bench, id)),
        atOnce(20, async (index) => {
          const at = bench.now + (index + 1) * SECOND
          await living(bench, id)
          await answers(bench.store.touch(id, 0, at, at + HOUR), 'Touched', 'touch beside writers')
        }),
      ])
      const live = await living(bench, id)
      equal(viewsOf(live), 20, 'the sum of 20 increments')
      equal(live.touchedAt, last, 'the latest of 20 touches')
      check(live.trail.length === 8, 'the trail of 20 updates has 8 revisions')
    },
  },
]
