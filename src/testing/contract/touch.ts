/**
 * ```ts
 * touch: ReadonlyArray<Trial<Store>>
 * ```
 * The store contract: touch.
 *
 * @since 0.1.0
 */
import type { Store } from '../../effects/Store.ts'
import {
  answers,
  atOnce,
  equal,
  holds,
  holdsNothing,
  holdsTombstone,
  HOUR,
  living,
  MINUTE,
  newId,
  newSubject,
  newTag,
  SECOND,
  stored,
  successor,
  type Trial,
} from './bench.ts'

/** See the module's head. */
export const touch: ReadonlyArray<Trial<Store>> = [
  {
    name: 'touch: raises both times and changes nothing else',
    run: async (bench) => {
      const { id, live } = await stored(bench, {
        trail: [newTag()],
        epoch: 2,
        subject: { id: newSubject(), authenticatedAt: bench.now },
        lifetime: { persistent: true },
        data: { views: 3, nested: { list: [1, 2] } },
        flash: { notice: 'hi' },
      })
      const times = { touchedAt: bench.now + MINUTE, expiresAt: bench.now + 2 * HOUR }
      await answers(bench.store.touch(id, 2, times.touchedAt, times.expiresAt), 'Touched', 'touch')
      await holds(bench, id, { ...live, ...times }, 'the record after the touch')
    },
  },
  {
    name: 'touch: never lowers a time',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const { touchedAt, expiresAt } = live
      await answers(bench.store.touch(id, 0, touchedAt - MINUTE, expiresAt - MINUTE), 'Touched', 'an earlier touch')
      await holds(bench, id, live, 'both earlier')
      await answers(bench.store.touch(id, 0, touchedAt + MINUTE, expiresAt - MINUTE), 'Touched', 'a mixed touch')
      await holds(bench, id, { ...live, touchedAt: touchedAt + MINUTE }, 'one earlier')
      await answers(bench.store.touch(id, 0, touchedAt, expiresAt + MINUTE), 'Touched', 'another mixed touch')
      const times = { touchedAt: touchedAt + MINUTE, expiresAt: expiresAt + MINUTE }
      await holds(bench, id, { ...live, ...times }, 'the other one earlier')
    },
  },
  {
    name: 'touch: an update that began before it still finds its revision',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      await answers(bench.store.touch(id, 0, bench.now + MINUTE, bench.now + 2 * HOUR), 'Touched', 'touch')
      await answers(bench.store.update(id, live.revision, successor(live)), 'Updated', 'update after a touch')
    },
  },
  {
    name: 'touch: a missing record is Gone, and none appears',
    run: async (bench) => {
      const id = newId()
      await answers(bench.store.touch(id, 0, bench.now, bench.now + HOUR), 'Gone', 'touch of nothing')
      await holdsNothing(bench, id, 'touch must not create')
    },
  },
  {
    name: 'touch: an ended record is Gone and stays ended',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const until = bench.now + HOUR
      await answers(bench.store.end(id, live.revision, until), 'Done', 'end')
      await answers(bench.store.touch(id, 0, bench.now + SECOND, bench.now + 2 * HOUR), 'Gone', 'touch after the end')
      await holdsTombstone(bench, id, until, 'touch must not bring back what was ended')
    },
  },
  {
    name: 'touch: another epoch is Gone and changes nothing',
    run: async (bench) => {
      const { id, live } = await stored(bench, { epoch: 2 })
      for (const epoch of [0, 1, 3])
        await answers(bench.store.touch(id, epoch, bench.now + MINUTE, bench.now + 2 * HOUR), 'Gone', 'another epoch')
      await holds(bench, id, live, 'a refused touch')
    },
  },
  {
    name: 'touch: an expired session is Gone and is not revived',
    run: async (bench) => {
      const { id, live } = await stored(bench, { touchedAt: bench.now - HOUR, expiresAt: bench.now - MINUTE })
      const touchedAt = live.expiresAt + 1
      await answers(bench.store.touch(id, 0, touchedAt, bench.now + HOUR), 'Gone', 'touch past expiresAt')
      await holds(bench, id, live, 'a refused touch')
    },
  },
  {
    name: 'touch: activity until the stored expiresAt counts, however late it is recorded',
    run: async (bench) => {
      const { id, live } = await stored(bench, { touchedAt: bench.now - HOUR, expiresAt: bench.now - MINUTE })
      const times = { touchedAt: live.expiresAt, expiresAt: bench.now + HOUR }
      await answers(bench.store.touch(id, 0, times.touchedAt, times.expiresAt), 'Touched', 'touch at expiresAt')
      await holds(bench, id, { ...live, ...times }, 'the record after the touch')
    },
  },
  {
    name: 'touch: of 20 at once the latest times stay',
    cas: true,
    run: async (bench) => {
      const { id } = await stored(bench)
      await atOnce(20, (index) => {
        const at = bench.now + ((index * 7) % 20) * SECOND
        return answers(bench.store.touch(id, 0, at, at + 2 * HOUR), 'Touched', 'touch')
      })
      const { touchedAt, expiresAt } = await living(bench, id)
      const last = bench.now + 19 * SECOND
      equal({ touchedAt, expiresAt }, { touchedAt: last, expiresAt: last + 2 * HOUR }, 'the latest of 20 touches')
    },
  },
]
