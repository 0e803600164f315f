import { expect, it } from 'vitest'
import { left } from '#fp-ts/Either'
import { observed, type StoreCalled } from '../../../src/effects/combinators.ts'
import { type Store, storeError } from '../../../src/effects/Store.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { newId, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { fakeClock } from '../../../src/testing/fakeClock.ts'

const world = () => {
  const clock = fakeClock()
  const told: Array<StoreCalled> = []
  const inner = memoryStore({ clock: clock.now, timer: clock.timer })
  return { clock, told, inner, store: observed((called) => told.push(called), clock.now)(inner) }
}

it('tells the verb and the tag of the answer of every call, once it is there', async () => {
  const { store, told, clock } = world()
  const now = clock.now()
  const [id, other] = [newId(), newId()]
  const live = recordOf(now, 'ann')
  const next = successor(live)
  const said = async (effect: () => Promise<unknown>): Promise<string> => {
    const before = told.length
    await effect()
    expect(told).toHaveLength(before + 1)
    const { operation, outcome } = told.at(-1)!
    return `${operation} ${outcome}`
  }
  expect(await said(store.load(id))).toBe('load None')
  expect(await said(store.create(id, live))).toBe('create Created')
  expect(await said(store.create(id, recordOf(now, 'ann')))).toBe('create Exists')
  expect(await said(store.load(id))).toBe('load Live')
  expect(await said(store.update(id, live.revision, next))).toBe('update Updated')
  expect(await said(store.update(id, live.revision, successor(live)))).toBe('update Conflict')
  expect(await said(store.touch(id, 0, now, now))).toBe('touch Touched')
  expect(await said(store.acquire(id, { wait: 0, lease: 10 }))).toBe('acquire Acquired')
  expect(await said(store.acquire(id, { wait: 0, lease: 10 }))).toBe('acquire Busy')
  expect(await said(store.update(id, next.revision, successor(next)))).toBe('update Leased')
  expect(await said(store.renew(id, 9, 10))).toBe('renew Lost')
  expect(await said(store.release(id, 1))).toBe('release Released')
  expect(await said(store.list('ann'))).toBe('list Answered')
  expect(await said(store.count('ann'))).toBe('count Answered')
  expect(await said(store.readEpoch('ann'))).toBe('readEpoch Answered')
  expect(await said(store.raiseEpoch('ann', now))).toBe('raiseEpoch Answered')
  expect(await said(store.endOne('bob', id, now))).toBe('endOne Gone')
  expect(await said(store.end(id, next.revision, now))).toBe('end Done')
  expect(await said(store.load(id))).toBe('load Ended')
  expect(await said(store.end(other, next.revision, now))).toBe('end Gone')
  expect(await said(store.endAll('ann', now))).toBe('endAll Answered')
  expect(await said(store.sweep(now + 1, 1))).toBe('sweep Answered')
})

it('tells how long it took, and nothing of the session', async () => {
  const { store, told, inner, clock } = world()
  const id = newId()
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const slow = observed(
    (called) => told.push(called),
    clock.now,
  )({ ...inner, load: (asked) => () => held.then(inner.load(asked)) })
  const effect = slow.load(id)
  clock.advance(100)
  const running = effect()
  clock.advance(7)
  expect(told).toEqual([])
  release()
  await running
  expect(told).toEqual([{ _tag: 'store-called', operation: 'load', outcome: 'None', ms: 7 }])
  await store.create(id, recordOf(0, 'secret-subject', { data: 'secret-data' }))()
  expect(Object.keys(told[1]!)).toEqual(['_tag', 'operation', 'outcome', 'ms'])
})

it('a fault is Failed; so is a store that throws, and its exception goes on', async () => {
  const { told, inner } = world()
  const broken: Store<'cas'> = {
    ...inner,
    load: () => () => Promise.resolve(left(storeError('load', 'down'))),
    create: () => () => {
      throw new Error('broken store')
    },
  }
  const failing = observed((called) => told.push(called))(broken)
  expect(await failing.load(newId())()).toEqual(left(storeError('load', 'down')))
  await expect(failing.create(newId(), recordOf(0, 'ann'))()).rejects.toThrow('broken store')
  expect(told.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual(['load Failed', 'create Failed'])
  for (const { ms } of told) expect(ms).toBeGreaterThanOrEqual(0)
})

it('what the observer throws changes nothing', async () => {
  const store = observed(() => {
    throw new Error('observer')
  })(memoryStore())
  expect(await store.load(newId())()).toMatchObject({ _tag: 'Right' })
})
