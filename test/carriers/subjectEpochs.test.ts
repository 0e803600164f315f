import * as E from '#fp-ts/Either'
import { describe, expect, it } from 'vitest'
import { subjectEpochs } from '../../src/carriers/subjectEpochs.ts'
import { isSessionId } from '../../src/core/Token.ts'
import type { Store } from '../../src/effects/Store.ts'
import { SWEEP_SLACK } from '../../src/effects/Store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import { NOW } from './given.ts'

const DAY = 86_400_000

const world = () => {
  const { now: clock, timer, advance } = fakeClock(NOW)
  const store = memoryStore({ clock, timer })
  return { store, clock, advance, epochs: subjectEpochs(store, { clock }) }
}

const rightOf = async <A>(task: () => Promise<E.Either<unknown, A>>): Promise<A> => {
  const answer = await task()
  if (E.isLeft(answer)) throw new Error(JSON.stringify(answer.left))
  return answer.right
}

describe('the epochs of subjects in a store', () => {
  it('are 0 before, the present time at first, and more each time', async () => {
    const { epochs, advance } = world()
    expect(await rightOf(epochs.readEpoch('ada'))).toBe(0)
    expect(await rightOf(epochs.raiseEpoch('ada'))).toBe(NOW)
    expect(await rightOf(epochs.raiseEpoch('ada'))).toBe(NOW + 1)
    expect(await rightOf(epochs.readEpoch('ada'))).toBe(NOW + 1)
    advance(DAY)
    expect(await rightOf(epochs.raiseEpoch('ada'))).toBe(NOW + DAY)
    expect(await rightOf(epochs.readEpoch('bob'))).toBe(0)
  })

  it('are all different when many raise one at once', async () => {
    const { epochs } = world()
    const raised = await Promise.all(Array.from({ length: 10 }, async () => rightOf(epochs.raiseEpoch('ada'))))
    expect(new Set(raised).size).toBe(10)
    expect(await rightOf(epochs.readEpoch('ada'))).toBe(Math.max(...raised))
  })

  it('are kept for as long as a session may live, and swept after', async () => {
    const { epochs, store, clock, advance } = world()
    await rightOf(epochs.raiseEpoch('ada'))
    advance(31 * DAY)
    await rightOf(store.sweep(clock(), 100))
    expect(await rightOf(epochs.readEpoch('ada'))).toBe(NOW)
    advance(SWEEP_SLACK + 1)
    await rightOf(store.sweep(clock(), 100))
    expect(await rightOf(epochs.readEpoch('ada'))).toBe(0)
  })

  it('are no sessions of anybody, and tell nothing of the subject', async () => {
    const { store, clock } = world()
    const ids: Array<string> = []
    const spied: Store = {
      ...store,
      create: (id, live) => {
        ids.push(id)
        expect(JSON.stringify(live)).not.toContain('ada')
        expect(live.subject).toBeUndefined()
        return store.create(id, live)
      },
    }
    await rightOf(subjectEpochs(spied, { clock }).raiseEpoch('ada'))
    expect(ids.every(isSessionId)).toBe(true)
    expect(await rightOf(store.count('ada'))).toBe(0)
  })

  it('a store that fails is told', async () => {
    const { store } = world()
    const broken = () => Promise.resolve(E.left({ _tag: 'StoreError', operation: 'load', cause: 'down' } as const))
    expect(await subjectEpochs({ ...store, load: () => broken }).readEpoch('ada')()).toMatchObject({
      left: { cause: 'down' },
    })
    for (const part of [{ load: () => broken }, { create: () => broken }])
      expect(await subjectEpochs({ ...store, ...part }).raiseEpoch('ada')()).toMatchObject({
        left: { _tag: 'StoreError', operation: 'raiseEpoch', cause: 'down' },
      })
    const contended = { ...store, create: () => () => Promise.resolve(E.right({ _tag: 'Exists' } as const)) }
    expect(await subjectEpochs(contended).raiseEpoch('ada')()).toMatchObject({ left: { unchanged: true } })
  })

  it('an option that can not be', () => {
    expect(() => subjectEpochs(memoryStore(), { keep: 0 })).toThrow('Option "subjectEpochs.keep"')
  })
})
