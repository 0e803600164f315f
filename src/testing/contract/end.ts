/**
 * ```ts
 * end: ReadonlyArray<Trial<Store>>
 * ```
 * The store contract: end, and that nothing comes back after it.
 *
 * @since 0.1.0
 */
import type { Store } from '../../effects/Store.ts'
import {
  answer,
  answers,
  atOnce,
  equal,
  frozen,
  holds,
  holdsNothing,
  holdsTombstone,
  HOUR,
  MINUTE,
  newId,
  newTag,
  record,
  standing,
  stored,
  successor,
  tagged,
  type Trial,
} from './bench.ts'

/** See the module's head. */
export const end: ReadonlyArray<Trial<Store>> = [
  {
    name: 'end: leaves a tombstone that says until when, and nothing else',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const until = bench.now + 3 * HOUR
      await answers(bench.store.end(id, live.revision, until), 'Done', 'end of the present revision')
      await holdsTombstone(bench, id, until, 'load after the end')
      frozen(await standing(bench, id), 'a tombstone')
    },
  },
  {
    name: 'end: afterwards every verb is refused',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const until = bench.now + HOUR
      await answers(bench.store.end(id, live.revision, until), 'Done', 'end')
      await answers(bench.store.update(id, live.revision, successor(live)), 'Gone', 'update')
      await answers(bench.store.update(id, newTag(), live), 'Gone', 'update repeated with the ended revision')
      await answers(bench.store.touch(id, 0, bench.now + 1, bench.now + 2 * HOUR), 'Gone', 'touch')
      await answers(bench.store.create(id, record(bench.now)), 'Exists', 'create')
      await answers(bench.store.create(id, live), 'Exists', 'create repeated with the ended revision')
      await holdsTombstone(bench, id, until, 'the tombstone must stay')
    },
  },
  {
    name: 'end: a second one is Gone and does not prolong the first',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const until = bench.now + HOUR
      await answers(bench.store.end(id, live.revision, until), 'Done', 'end')
      await answers(bench.store.end(id, live.revision, until + HOUR), 'Gone', 'end repeated')
      await holdsTombstone(bench, id, until, 'the tombstone must stay as it is')
    },
  },
  {
    name: 'end: a missing record is Gone, and no tombstone appears',
    run: async (bench) => {
      const id = newId()
      await answers(bench.store.end(id, newTag(), bench.now + HOUR), 'Gone', 'end of nothing')
      await holdsNothing(bench, id, 'end must not create')
    },
  },
  {
    name: 'end: another revision is Conflict and changes nothing',
    cas: true,
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const next = successor(live)
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update')
      await answers(bench.store.end(id, newTag(), bench.now + HOUR), 'Conflict', 'end of an unknown revision')
      await answers(bench.store.end(id, live.revision, bench.now + HOUR), 'Conflict', 'end of an earlier revision')
      await holds(bench, id, next, 'a refused end')
    },
  },
  {
    name: 'end: an expired record that was not swept is ended',
    run: async (bench) => {
      const { id, live } = await stored(bench, { touchedAt: bench.now - HOUR, expiresAt: bench.now - MINUTE })
      await answers(bench.store.end(id, live.revision, bench.now + HOUR), 'Done', 'end must not look at expiresAt')
      await holdsTombstone(bench, id, bench.now + HOUR, 'load after the end')
    },
  },
  {
    name: 'end: beside updates of the same revision one of them wins, and what is ended stays ended',
    cas: true,
    run: async (bench) => {
      const until = bench.now + HOUR
      await atOnce(20, async (round) => {
        const { id, live } = await stored(bench)
        const next = successor(live, { data: { views: round } })
        const ending = () => answer(bench.store.end(id, live.revision, until))
        const updating = () => answer(bench.store.update(id, live.revision, next))
        const [first, second] = await Promise.all(round % 2 === 0 ? [ending(), updating()] : [updating(), ending()])
        const given = [first, second]
        equal(tagged(given, 'Done') + tagged(given, 'Updated'), 1, 'how many of end and update won')
        if (tagged(given, 'Done') === 1) {
          equal(tagged(given, 'Gone'), 1, 'the update of what is ended is Gone')
          await holdsTombstone(bench, id, until, 'an update beside the end must not bring it back')
        } else {
          equal(tagged(given, 'Conflict'), 1, 'the end of what was updated meanwhile is a Conflict')
          await holds(bench, id, next, 'the update that won')
        }
      })
    },
  },
  {
    name: 'end: beside touches it stays ended',
    cas: true,
    run: async (bench) => {
      const until = bench.now + HOUR
      await atOnce(20, async () => {
        const { id, live } = await stored(bench)
        const touching = () => answer(bench.store.touch(id, 0, bench.now + MINUTE, bench.now + 2 * HOUR))
        const ending = () => answers(bench.store.end(id, live.revision, until), 'Done', 'end beside touches')
        await Promise.all([touching(), ending(), touching()])
        await holdsTombstone(bench, id, until, 'a touch beside the end must not bring it back')
      })
    },
  },
  {
    name: 'end: of 20 at once one is Done',
    cas: true,
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const given = await atOnce(20, () => answer(bench.store.end(id, live.revision, bench.now + HOUR)))
      equal([tagged(given, 'Done'), tagged(given, 'Gone')], [1, 19], 'how many were Done, and Gone')
    },
  },
]
