import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Live } from '../../../src/core/Stored.ts'
import { storeOn } from '../../../src/stores/file/store.ts'
import { newId, newTag, record, successor } from '../../../src/testing/contract/bench.ts'
import { driven, fakeFiles, idle } from './fakeFiles.ts'

/**
 * Processes on one file system, one call at a time, in every order that fast-check thinks of. One may sleep between any
 * two calls for as long as the others like, die there, or have its draft swept away under it.
 */
const NOW = Date.UTC(2026, 0, 1)
const FOREVER = 9e15

interface Fate {
  readonly acknowledged: Set<string>
  readonly refused: Set<string>
}

const tagsOf = (live: Live): ReadonlyArray<string> => live.data as ReadonlyArray<string>

const setting = async () => {
  const files = fakeFiles()
  const storeOf = (owner: number) =>
    storeOn(files.of(owner), '/s', {
      directory: '/s',
      clock: () => NOW,
      timer: (_, wake) => (setImmediate(wake), () => undefined),
    })
  const id = newId()
  const first = record(NOW, { data: [], expiresAt: FOREVER })
  expect(await files.atOnce(storeOf(0).create(id, first))).toMatchObject({ right: { _tag: 'Created' } })
  return { files, storeOf, id }
}

let moment = 0

/** What a process does to the session, a number of times each. */
const works = {
  /** Appends a tag of its own to a list, by compare-and-set; a lost race is tried again. */
  append: async (store: ReturnType<typeof storeOn>, id: Parameters<typeof store.load>[0], fate: Fate) => {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const found = await store.load(id)()
      if (found._tag === 'Left' || found.right._tag === 'None' || found.right.value._tag !== 'Live') return
      const base = found.right.value
      const tag = newTag()
      const next = successor(base, { data: [...tagsOf(base), tag] })
      const given = await store.update(id, base.revision, next)()
      if (given._tag === 'Right' && given.right._tag === 'Updated') {
        fate.acknowledged.add(tag)
        return
      }
      if (given._tag === 'Right' || given.left.unchanged === true) fate.refused.add(tag)
      if (given._tag === 'Left') return
    }
  },
  touch: async (store: ReturnType<typeof storeOn>, id: Parameters<typeof store.load>[0]) => {
    await store.touch(id, 0, NOW + (moment += 1), FOREVER)()
  },
  lease: async (store: ReturnType<typeof storeOn>, id: Parameters<typeof store.load>[0]) => {
    const got = await store.acquire(id, { wait: 0, lease: 1000 })()
    if (got._tag === 'Right' && got.right._tag === 'Acquired') await store.release(id, got.right.fence)()
  },
  sweep: async (store: ReturnType<typeof storeOn>) => {
    await store.sweep(NOW, 400)()
  },
}

const kinds = fc.constantFrom<keyof typeof works>('append', 'append', 'append', 'touch', 'lease', 'sweep')
const process = fc.record({
  work: fc.array(kinds, { minLength: 1, maxLength: 3 }),
  diesAfter: fc.option(fc.nat({ max: 60 })),
})

/** Who goes on, and for how many calls. */
const turn = fc.record({
  who: fc.nat({ max: 3 }),
  calls: fc.oneof(fc.constant(1), fc.nat({ max: 4 }), fc.nat({ max: 30 })),
})

describe('processes on one directory, whatever their order', () => {
  it('lose nothing that was acknowledged, keep nothing that was refused, and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(process, { minLength: 2, maxLength: 4 }),
        fc.array(turn, { minLength: 40, maxLength: 120 }),
        async (processes, turns) => {
          const { files, storeOf, id } = await setting()
          const fate: Fate = { acknowledged: new Set(), refused: new Set() }
          const running = processes.map(async ({ work }, index) => {
            const store = storeOf(index + 1)
            for (const kind of work) await works[kind](store, id, fate)
          })
          const alive = new Map(processes.map(({ diesAfter }, index) => [index + 1, diesAfter ?? Infinity]))
          const step = (owner: number): boolean => {
            const at = files.pending.findIndex((call) => call.owner === owner)
            if (at < 0) return false
            const [call] = files.pending.splice(at, 1)
            const left = alive.get(owner)!
            alive.set(owner, left - 1)
            // A dead process makes no further call.
            if (left > 0) call!.happen()
            return true
          }
          await idle()
          for (const { who, calls } of turns) {
            for (let n = 0; n < calls; n += 1) {
              if (!step(1 + (who % processes.length))) break
              await idle()
            }
          }
          // Those that are left end one after the other, the last one first.
          for (let owner = processes.length; owner > 0; owner -= 1) while (step(owner)) await idle()
          void running

          const last = storeOf(9)
          // A new write goes through, whatever the dead have left.
          await driven(files, works.append(last, id, fate))
          const found = await driven(files, last.load(id)())
          const { value } = (found as { right: { value: Live } }).right
          const tags = tagsOf(value)
          expect(new Set(tags).size).toBe(tags.length)
          for (const tag of fate.acknowledged) expect(tags).toContain(tag)
          for (const tag of fate.refused) expect(tags).not.toContain(tag)
          for (let more = true; more;) {
            const swept = await driven(files, last.sweep(NOW, 100)())
            more = (swept as { right: { more: boolean } }).right.more
          }
          expect(files.names('/s/tmp')).toEqual([])
        },
      ),
      { numRuns: 150 },
    )
  }, 120_000)
})
