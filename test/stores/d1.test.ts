import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Miniflare } from 'miniflare'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { StoreError } from '../../src/effects/Store.ts'
import { d1Store, type D1Store } from '../../src/stores/d1.ts'
import { HOUR, newId, record, recordOf, successor } from '../../src/testing/contract/bench.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { capabilities } from './d1/worker.ts'
import { fault, must, started, world, type World } from './d1/world.ts'
import type { Verdicts } from './sqlite/verdicts.ts'

describe('the store contract, in workerd', () => {
  let mf: Miniflare
  let given: Verdicts
  beforeAll(async () => {
    mf = await started(new URL('./d1/worker.ts', import.meta.url))
    const answer = await fetch(await mf.ready)
    given = (await answer.json()) as Verdicts
  }, 120_000)
  afterAll(() => mf.dispose())

  const none = (): D1Store => {
    throw new Error('it runs in workerd')
  }
  for (const { name } of storeContract('d1', none, capabilities)) it(name, () => expect(given[name]).toBe(null))
})

describe('round trips', () => {
  let made: World
  beforeAll(async () => {
    made = await world()
  }, 60_000)
  afterAll(() => made.close())

  it('every verb is one', async () => {
    const { store, trips } = made
    const id = newId()
    const live = recordOf(Date.now(), 'ann')
    const next = successor(live)
    const until = Date.now() + HOUR
    const verbs: ReadonlyArray<readonly [number, TaskEither<StoreError, unknown>]> = [
      [1, store.create(id, live)],
      [1, store.load(id)],
      [3, store.update(id, live.revision, next)],
      [3, store.update(id, live.revision, next)],
      [3, store.update(id, live.revision, successor(live))],
      [1, store.touch(id, 0, Date.now(), until)],
      [1, store.list('ann')],
      [1, store.count('ann')],
      [1, store.raiseEpoch('ann', Date.now())],
      [1, store.readEpoch('ann')],
      [1, store.endOne('bob', id, until)],
      [2, store.end(id, 'another', until)],
      [2, store.end(id, next.revision, until)],
      [1, store.endAll('ann', until)],
      [3, store.sweep(Date.now(), 10)],
      [1, store.health],
    ]
    for (const [statements, verb] of verbs) {
      trips.length = 0
      must(await verb())
      expect(trips).toEqual([statements])
    }
  })

  it('an update that shortens nothing and moves nobody writes a row and no index; so does a touch', async () => {
    const { store, written } = made
    const id = newId()
    const live = recordOf(Date.now(), 'ann')
    const rows = async (task: TaskEither<StoreError, unknown>): Promise<number> => {
      written.length = 0
      must(await task())
      return written.reduce((sum, count) => sum + count, 0)
    }
    expect(await rows(store.create(newId(), record(Date.now())))).toBe(3)
    expect(await rows(store.create(id, live))).toBe(4)
    const longer = successor(live, { expiresAt: live.expiresAt + HOUR })
    expect(await rows(store.update(id, live.revision, longer))).toBe(1)
    expect(await rows(store.touch(id, 0, longer.touchedAt, longer.expiresAt + HOUR))).toBe(1)
    const refused = successor(live)
    expect(await rows(store.update(id, live.revision, refused))).toBe(0)
    const shorter = successor(longer, { expiresAt: live.expiresAt - HOUR })
    expect(await rows(store.update(id, longer.revision, shorter))).toBe(3)
    const of = successor(shorter, { subject: { id: 'bob', authenticatedAt: 0 }, expiresAt: 0 })
    expect(await rows(store.update(id, shorter.revision, of))).toBe(3)
    expect(must(await store.sweep(Date.now(), 10)())).toEqual({ removed: 1, more: false })
  })

  it('without its tables it says so, and what to do', async () => {
    const store = d1Store({ database: made.database, table: 'other' })
    const failed = fault(await store.create(newId(), record(0))())
    expect(failed).toMatchObject({ operation: 'create', unchanged: true, cause: { code: 'SQLITE_ERROR' } })
    expect(failed.cause.message).toContain('run migrate()')
    expect(fault(await store.health()).cause.message).toContain('run migrate()')
    must(await store.migrate())
    must(await store.migrate())
    must(await store.health())
    expect(must(await store.create(newId(), record(0))())).toEqual({ _tag: 'Created' })
  })

  it('nothing is asked before something is to be done', () => {
    made.trips.length = 0
    d1Store({ database: made.database })
    expect(made.trips).toEqual([])
  })
})
