/**
 * ```ts
 * repeat: ReadonlyArray<Trial<Store>>
 * ```
 * The store contract: a write whose answer was lost is repeated, and is never applied twice.
 *
 * @since 0.1.0
 */
import type { Live } from '../../core/Stored.ts'
import { TRAIL_LENGTH } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Store } from '../../effects/Store.ts'
import {
  answer,
  answers,
  atOnce,
  type Bench,
  equal,
  holds,
  HOUR,
  MINUTE,
  newTag,
  standing,
  stored,
  successor,
  tagged,
  type Trial,
} from './bench.ts'

const write = async (bench: Bench<Store>, id: SessionId, base: Live, views: number): Promise<Live> => {
  const next = successor(base, { data: { views } })
  await answers(bench.store.update(id, base.revision, next), 'Updated', 'update')
  return next
}

/** See the module's head. */
export const repeat: ReadonlyArray<Trial<Store>> = [
  {
    name: 'repeat: the same create again is Created and changes nothing',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      await answers(bench.store.create(id, live), 'Created', 'create repeated')
      await holds(bench, id, live, 'the record after both')
      const times = { touchedAt: bench.now + MINUTE, expiresAt: bench.now + 2 * HOUR }
      await answers(bench.store.touch(id, 0, times.touchedAt, times.expiresAt), 'Touched', 'touch')
      await answers(bench.store.create(id, live), 'Created', 'create repeated after a touch')
      await holds(bench, id, { ...live, ...times }, 'a repeated create must not undo a touch')
    },
  },
  {
    name: 'repeat: the same create 20 times at once is always Created',
    cas: true,
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const given = await atOnce(20, () => answer(bench.store.create(id, live)))
      equal(tagged(given, 'Created'), 20, 'how many were Created')
      await holds(bench, id, live, 'the record')
    },
  },
  {
    name: 'repeat: the same update again is Updated and changes nothing',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const next = await write(bench, id, live, 1)
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update repeated')
      await holds(bench, id, next, 'the record after both')
      const times = { touchedAt: bench.now + MINUTE, expiresAt: bench.now + 2 * HOUR }
      await answers(bench.store.touch(id, 0, times.touchedAt, times.expiresAt), 'Touched', 'touch')
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update repeated after a touch')
      await holds(bench, id, { ...next, ...times }, 'a repeated update must not undo a touch')
    },
  },
  {
    name: 'repeat: an update is recognised after each of the 8 writes that its trail remembers',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const next = await write(bench, id, live, 1)
      let present = next
      for (let later = 1; later <= TRAIL_LENGTH; later += 1) {
        present = await write(bench, id, present, 1 + later)
        await answers(bench.store.update(id, live.revision, next), 'Updated', `update repeated after ${later} others`)
        await holds(bench, id, present, `the record after ${later} others`)
      }
    },
  },
  {
    name: 'repeat: an update that the trail no longer remembers is Conflict',
    cas: true,
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const next = await write(bench, id, live, 1)
      let present = next
      for (let later = 0; later <= TRAIL_LENGTH; later += 1) present = await write(bench, id, present, 2 + later)
      await answers(bench.store.update(id, live.revision, next), 'Conflict', 'update repeated after 9 others')
      await holds(bench, id, present, 'the record')
    },
  },
  {
    name: 'repeat: a held revision is found before the expected one is compared',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const next = await write(bench, id, live, 1)
      await answers(bench.store.update(id, newTag(), next), 'Updated', 'a held revision, whatever was expected')
      await answers(bench.store.update(id, next.revision, next), 'Updated', 'a held revision that expects itself')
      await holds(bench, id, next, 'the record')
    },
  },
  {
    name: 'repeat: the same update 20 times at once is always Updated, and applied once',
    cas: true,
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const next = successor(live, { data: { views: 1 } })
      const given = await atOnce(20, () => answer(bench.store.update(id, live.revision, next)))
      equal(tagged(given, 'Updated'), 20, 'how many were Updated')
      await holds(bench, id, next, 'the record')
    },
  },
  {
    name: 'repeat: the trail is stored as it was written',
    run: async (bench) => {
      const { id, live } = await stored(bench, { trail: [newTag(), newTag()] })
      const next = await write(bench, id, live, 1)
      equal(next.trail, [live.revision, ...live.trail], 'the suite itself')
      const present = await standing(bench, id)
      equal(present?._tag === 'Live' ? present.trail : undefined, next.trail, 'the trail')
    },
  },
]
