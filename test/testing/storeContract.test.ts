import { describe, expect, it } from 'vitest'
import type { Store } from '../../src/effects/Store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import { type ContractCase, storeContract } from '../../src/testing/storeContract.ts'
import { modelStore } from './modelStore.ts'
import { directories, sweepers } from './mutants/capabilities.ts'
import { garblers } from './mutants/data.ts'
import { lockers } from './mutants/lockers.ts'
import { ends, records, touches, updates } from './mutants/verbs.ts'

const mutants = [...records, ...updates, ...touches, ...ends, ...garblers, ...sweepers, ...directories]

const able = { sweeping: true, directory: true } as const
const lockable = { ...able, guarantee: 'cas', locking: true, fifo: true } as const

const failure = ({ run }: ContractCase): Promise<unknown> =>
  run().then(
    () => undefined,
    (error: unknown) => error,
  )

const find = (cases: ReadonlyArray<ContractCase>, part: string): ContractCase => {
  const found = cases.filter(({ name }) => name.includes(part))
  expect(found.map(({ name }) => name)).toHaveLength(1)
  return found[0]!
}

describe('the plainest store there is', () => {
  const clock = fakeClock()
  for (const { name, run } of storeContract('model', modelStore, { ...able, guarantee: 'cas', clock })) it(name, run)
})

describe('a store that breaks one rule is noticed', () => {
  it.each(mutants)('$flaw: $noticedBy', async ({ make, noticedBy }) => {
    const clock = fakeClock()
    const cases = storeContract('mutant', () => make(clock), { ...able, guarantee: 'cas', clock })
    expect(await failure(find(cases, noticedBy))).toMatchObject({ message: expect.stringContaining('expected') })
  })

  it.each(lockers)('$flaw: $noticedBy', async ({ make, noticedBy }) => {
    const clock = fakeClock()
    const cases = storeContract('mutant', () => make(clock), { ...lockable, clock })
    expect(await failure(find(cases, noticedBy))).toMatchObject({ message: expect.stringContaining('expected') })
  })
})

describe('the cases', () => {
  it('have names of their own, which begin with the name of the store', () => {
    const names = storeContract('mine', () => memoryStore(), lockable).map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !name.startsWith('mine, '))).toEqual([])
  })

  it('all run at once on one store that is not empty', async () => {
    const store = memoryStore()
    const cases = storeContract('shared', () => store, lockable)
    for (const round of [1, 2])
      expect([round, await Promise.all(cases.map(failure))]).toEqual([round, cases.map(() => undefined)])
  })

  it('ask of a store what its type says that it can do', () => {
    const plain = (): Store<'cas'> => memoryStore()
    const topics = (cases: ReadonlyArray<ContractCase>) => new Set(cases.map(({ name }) => name.split(/, |: /)[1]))
    const basic = ['create', 'load', 'update', 'touch', 'end', 'repeat', 'data']
    expect(topics(storeContract('plain', plain, { guarantee: 'cas' }))).toEqual(new Set(basic))
    const more = ['sweep', 'directory', 'endOne', 'endAll', 'epoch', 'acquire', 'renew', 'renew and release', 'lease']
    expect(topics(storeContract('all', () => memoryStore(), lockable))).toEqual(new Set([...basic, ...more]))
    // @ts-expect-error A capability of the type can not go untested.
    storeContract('all', () => memoryStore(), { guarantee: 'cas' })
    // @ts-expect-error A capability that the type lacks can not be tested.
    storeContract('plain', plain, { guarantee: 'cas', sweeping: true })
    // @ts-expect-error Neither can another guarantee.
    storeContract('plain', plain, { guarantee: 'last-write-wins' })
  })

  it('ask no compare-and-set of a store where the last writer wins', async () => {
    const rows = modelStore()
    const last: Store<'last-write-wins'> = {
      ...rows,
      guarantee: 'last-write-wins',
      update: (id, expected, live) => async () => {
        const given = await rows.update(id, expected, live)()
        return given._tag === 'Right' && given.right._tag === 'Conflict' && given.right.present !== undefined
          ? rows.update(id, given.right.present.revision, live)()
          : given
      },
    }
    const cases = storeContract('last', () => last, { guarantee: 'last-write-wins' })
    expect(await Promise.all(cases.map(failure))).toEqual(cases.map(() => undefined))
    expect(cases.length).toBeLessThan(storeContract('cas', modelStore, { ...able, guarantee: 'cas' }).length)
  })

  it('refuse a store that promises something else', async () => {
    const liar = { ...modelStore(), guarantee: 'last-write-wins' } as unknown as Store<'cas'>
    const [first] = storeContract('liar', () => liar, { guarantee: 'cas' })
    expect(await failure(first!)).toMatchObject({ message: 'the store says it is last-write-wins' })
  })

  it('keep to the size that the store takes', async () => {
    const sizes: Array<number> = []
    const small = (): Store<'cas'> => {
      const model = modelStore()
      return {
        ...model,
        create: (id, live) => {
          sizes.push(new TextEncoder().encode(JSON.stringify(live.data)).length)
          return model.create(id, live)
        },
      }
    }
    const cases = storeContract('small', small, { guarantee: 'cas', maxBytes: 8_192 })
    for (const part of ['data: every character', 'data: as large as'])
      expect(await failure(find(cases, part))).toBe(undefined)
    expect(Math.max(...sizes)).toBe(8_192)
  })

  it('say what the store said when it failed', async () => {
    const down: Store<'cas'> = {
      ...modelStore(),
      load: () => async () => ({ _tag: 'Left', left: { _tag: 'StoreError', operation: 'load', cause: 'no route' } }),
    }
    const cases = storeContract('down', () => down, { guarantee: 'cas' })
    expect(await failure(find(cases, 'load: nothing stands'))).toMatchObject({
      message: 'the store failed in "load"',
      cause: 'no route',
    })
  })
})
