import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Live } from '../../src/core/Stored.ts'
import { nextTrail } from '../../src/core/Stored.ts'
import { idFrom, type SessionId } from '../../src/core/Token.ts'
import type { Directory, Store, StoreError, Sweeping } from '../../src/effects/Store.ts'
import { SWEEP_SLACK } from '../../src/effects/Store.ts'
import { memoryStore, type MemoryStore, type MemoryStoreOptions } from '../../src/stores/memory.ts'
import { answer, record, recordOf, successor } from '../../src/testing/contract/bench.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { modelStore } from '../testing/modelStore.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const capabilities = { guarantee: 'cas', sweeping: true, directory: true, locking: true, fifo: true } as const

describe('the store contract, by the system’s clock', () => {
  for (const { name, run } of storeContract('memory', () => memoryStore(), capabilities)) it(name, run)
})

describe('the store contract, by a fake clock, on one store', () => {
  const clock = fakeClock()
  const store = memoryStore({ clock: clock.now, timer: clock.timer })
  for (const { name, run } of storeContract('memory', () => store, { ...capabilities, clock })) it(name, run)
})

const id = (name: string): SessionId => idFrom(name)

/** A store of three sessions, its clock, and what becomes of ids. */
const small = (options: MemoryStoreOptions = {}) => {
  const clock = fakeClock()
  const evicted: Array<string> = []
  const store = memoryStore({
    maxSessions: 3,
    clock: clock.now,
    timer: clock.timer,
    onEvicted: (gone) => evicted.push(gone),
    ...options,
  })
  const live = async (name: string): Promise<Live | undefined> => {
    const found = await answer(store.load(id(name)))
    return found._tag === 'Some' && found.value._tag === 'Live' ? found.value : undefined
  }
  return {
    clock,
    store,
    evicted,
    live,
    create: (name: string, subject?: string): Promise<unknown> => {
      const now = clock.now()
      return store.create(id(name), subject === undefined ? record(now) : recordOf(now, subject))()
    },
    standing: async (...names: ReadonlyArray<string>): Promise<string> => {
      const found = await Promise.all(names.map(async (name) => ({ name, there: (await live(name)) !== undefined })))
      return found
        .filter(({ there }) => there)
        .map(({ name }) => name)
        .join(' ')
    },
  }
}

const created = { _tag: 'Right', right: { _tag: 'Created' } }

describe('maxSessions', () => {
  it('the anonymous session that was without activity for longest leaves for a new one', async () => {
    const { create, standing, store, live, evicted, clock } = small()
    for (const name of ['a', 'b', 'c']) await create(name)
    await answer(store.touch(id('a'), 0, clock.now() + 1, clock.now() + HOUR))
    const b = (await live('b'))!
    await answer(store.update(id('b'), b.revision, successor(b)))
    expect(await create('d')).toEqual(created)
    expect(await standing('a', 'b', 'c', 'd')).toBe('a b d')
    expect(await create('e')).toEqual(created)
    expect(await standing('a', 'b', 'c', 'd', 'e')).toBe('b d e')
    expect(evicted).toEqual(['c', 'a'])
  })

  it('what left does not come back', async () => {
    const { create, store, live } = small({ maxSessions: 1 })
    await create('a')
    const a = (await live('a'))!
    await create('b')
    expect(await answer(store.update(id('a'), a.revision, successor(a)))).toEqual({ _tag: 'Gone' })
    expect(await answer(store.touch(id('a'), 0, a.touchedAt + 1, a.expiresAt + 1))).toEqual({ _tag: 'Gone' })
    expect(await answer(store.load(id('a')))).toEqual({ _tag: 'None' })
  })

  it('a signed-in session never leaves: when nobody else is left to, create is refused and changes nothing', async () => {
    const { create, standing, evicted } = small()
    for (const name of ['a', 'b', 'c']) await create(name, 'ann')
    for (const subject of [undefined, 'ann', 'bob'])
      expect(await create('d', subject)).toMatchObject({
        _tag: 'Left',
        left: { operation: 'create', unchanged: true, cause: { message: expect.stringContaining('maxSessions') } },
      })
    expect(await standing('a', 'b', 'c', 'd')).toBe('a b c')
    expect(evicted).toEqual([])
  })

  it('a repeated create is Created, and a taken id Exists, on a full store', async () => {
    const { create, store, live } = small({ maxSessions: 1 })
    await create('a', 'ann')
    expect(await answer(store.create(id('a'), (await live('a'))!))).toEqual({ _tag: 'Created' })
    expect(await create('a', 'ann')).toEqual({ _tag: 'Right', right: { _tag: 'Exists' } })
  })

  it('a session may leave as long as it is anonymous, before the sign-in and after the sign-out', async () => {
    const { create, store, live, standing, clock } = small({ maxSessions: 2 })
    await create('a')
    await create('b')
    const a = (await live('a'))!
    const signedIn = successor(a, { subject: { id: 'ann', authenticatedAt: clock.now() } })
    await answer(store.update(id('a'), a.revision, signedIn))
    await create('c')
    expect(await standing('a', 'b', 'c')).toBe('a c')
    const { subject: _, ...signedOut } = successor(signedIn)
    await answer(store.update(id('a'), signedIn.revision, signedOut))
    await create('d')
    expect(await standing('a', 'c', 'd')).toBe('a d')
    await create('e')
    expect(await standing('a', 'd', 'e')).toBe('d e')
  })

  it('an ended session makes room, and its tombstone neither counts nor leaves', async () => {
    const { create, store, live, clock } = small({ maxSessions: 1 })
    const until = clock.now() + HOUR
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      expect(await create(name, 'ann')).toEqual(created)
      await answer(store.end(id(name), (await live(name))!.revision, until))
    }
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      expect(await answer(store.load(id(name)))).toEqual({ _tag: 'Some', value: { _tag: 'Ended', until } })
  })

  it('signed-in sessions that expired longer ago than the slack make room, all in their turn', async () => {
    const { create, clock, standing, evicted } = small()
    for (const name of ['a', 'b', 'c']) await create(name, 'ann')
    clock.advance(HOUR + SWEEP_SLACK)
    expect(await create('d', 'bob')).toMatchObject({ _tag: 'Left' })
    clock.advance(2 * MINUTE)
    for (const name of ['d', 'e', 'f']) expect(await create(name, 'bob')).toEqual(created)
    expect(await standing('a', 'b', 'c', 'd', 'e', 'f')).toBe('d e f')
    expect(evicted).toEqual([])
  })

  it('they make room behind any number of old tombstones, and removing those makes none', async () => {
    const { create, clock, store, live, standing } = small()
    for (const name of ['1', '2', '3', '4', '5', '6']) {
      await create(name, 'ann')
      await answer(store.end(id(name), (await live(name))!.revision, clock.now() + MINUTE))
    }
    for (const name of ['a', 'b', 'c']) await create(name, 'ann')
    clock.advance(2 * HOUR)
    expect(await create('d', 'bob')).toEqual(created)
    expect(await standing('a', 'b', 'c', 'd')).toBe('b c d')
    for (const name of ['e', 'f', 'g']) await create(name, 'bob')
    expect(await standing('a', 'b', 'c', 'd', 'e', 'f', 'g')).toBe('d e f')
  })

  it('an expired session leaves before a live anonymous one', async () => {
    const { create, clock, standing, store } = small()
    await create('a')
    await create('b', 'ann')
    await create('c', 'ann')
    await answer(store.touch(id('a'), 0, clock.now() + 1, clock.now() + 3 * HOUR))
    clock.advance(2 * HOUR)
    await create('d')
    await create('e')
    expect(await standing('a', 'b', 'c', 'd', 'e')).toBe('a d e')
  })

  it('a failure of onEvicted is not the request’s', async () => {
    const { create } = small({
      maxSessions: 1,
      onEvicted: () => {
        throw new Error('observer')
      },
    })
    await create('a')
    expect(await create('b')).toEqual(created)
  })

  it('who waits for the lease of a session that leaves is told Gone', async () => {
    const { create, store } = small({ maxSessions: 1 })
    await create('a')
    await answer(store.acquire(id('a'), { wait: 0, lease: MINUTE }))
    const waiting = answer(store.acquire(id('a'), { wait: MINUTE, lease: MINUTE }))
    await create('b')
    expect(await waiting).toEqual({ _tag: 'Gone' })
  })

  it.each([0, -1, 1.5, NaN, Infinity, '10' as never])('can not be %s', (maxSessions) => {
    expect(() => memoryStore({ maxSessions })).toThrow(
      expect.objectContaining({ sessionError: expect.objectContaining({ option: 'maxSessions' }) }),
    )
  })
})

describe('without a sweeper', () => {
  const names = ['a', 'b', 'c', 'd', 'e']

  it('each create removes two records that are past their time; a read removes none', async () => {
    const { create, clock, standing } = small({ maxSessions: 100 })
    for (const name of names) await create(name, name)
    clock.advance(HOUR + SWEEP_SLACK + 2 * MINUTE)
    expect(await standing(...names)).toBe('a b c d e')
    await create('1')
    expect(await standing(...names)).toBe('c d e')
    await create('2')
    await create('3')
    expect(await standing(...names, '1', '2', '3')).toBe('1 2 3')
  })

  it('tombstones go after their time, not before', async () => {
    const { create, clock, store, live } = small({ maxSessions: 100 })
    await create('a')
    await answer(store.end(id('a'), (await live('a'))!.revision, clock.now() + 5 * HOUR))
    const found = async (name: string): Promise<string> => (await answer(store.load(id(name))))._tag
    clock.advance(5 * HOUR)
    await create('b')
    expect(await found('a')).toBe('Some')
    clock.advance(2 * MINUTE)
    await create('c')
    expect([await found('a'), await found('b')]).toEqual(['None', 'Some'])
  })

  it('a record whose time was raised stays', async () => {
    const { create, clock, store, standing, live } = small({ maxSessions: 100 })
    for (const name of ['a', 'b', 'c']) await create(name)
    await answer(store.touch(id('a'), 0, clock.now(), clock.now() + 5 * HOUR))
    const b = (await live('b'))!
    await answer(store.update(id('b'), b.revision, successor(b, { expiresAt: clock.now() + 5 * HOUR })))
    clock.advance(2 * HOUR)
    for (const name of ['1', '2']) await create(name)
    expect(await standing('a', 'b', 'c')).toBe('a b')
    clock.advance(4 * HOUR)
    for (const name of ['3', '4']) await create(name)
    expect(await standing('a', 'b', '1', '2', '3', '4')).toBe('3 4')
  })

  it('a clock that steps back, or leaps, loses nothing that lives', async () => {
    const { create, clock, standing } = small({ maxSessions: 100 })
    const start = clock.now()
    await create('a')
    clock.set(start - 24 * HOUR)
    for (const name of ['b', 'c']) await create(name)
    clock.set(start + MINUTE)
    await create('d')
    expect(await standing('a', 'd')).toBe('a d')
    clock.set(start + 365 * 24 * HOUR)
    for (const name of ['e', 'f']) await create(name)
    expect(await standing('a', 'b', 'c', 'd', 'e', 'f')).toBe('e f')
  })

  it('epochs are forgotten after an hour, not before', async () => {
    const { store, clock, create } = small({ maxSessions: 100 })
    const epoch = await answer(store.raiseEpoch('ann', clock.now()))
    clock.advance(HOUR)
    await create('a')
    expect(await answer(store.readEpoch('ann'))).toBe(epoch)
    const again = await answer(store.raiseEpoch('ann', clock.now()))
    clock.advance(HOUR)
    await create('b')
    expect(await answer(store.readEpoch('ann'))).toBe(again)
    clock.advance(2 * MINUTE)
    await create('c')
    expect(await answer(store.readEpoch('ann'))).toBe(0)
    expect(await answer(store.raiseEpoch('ann', clock.now()))).toBe(clock.now())
  })

  it('epochs are forgotten by raising others, too', async () => {
    const { store, clock } = small()
    await answer(store.raiseEpoch('ann', clock.now()))
    clock.advance(2 * HOUR)
    await answer(store.raiseEpoch('bob', clock.now()))
    expect(await answer(store.readEpoch('ann'))).toBe(0)
  })
})

describe('the record itself', () => {
  const stored = async (over: Partial<Live>): Promise<Live> => {
    const { store, live } = small()
    await answer(store.create(id('a'), record(0, { expiresAt: 9e15, ...over })))
    return (await live('a'))!
  }

  it('frozen data and flash are kept as they are: no copy, no JSON', async () => {
    const data = Object.freeze({ big: Object.freeze([1, 2, 3]) })
    const flash = Object.freeze({ notice: 'hi' })
    const live = await stored({ data, flash })
    expect([live.data === data, live.flash === flash, Object.isFrozen(live)]).toEqual([true, true, true])
  })

  it.each([[{ data: { a: 1 }, flash: Object.freeze({}) }], [{ data: Object.freeze({}), flash: { a: 1 } }]])(
    'what is not frozen is copied, and the copy is frozen: %j',
    async (over) => {
      const live = await stored(over)
      expect([live.data, live.flash]).toEqual([over.data, over.flash])
      expect([Object.isFrozen(live.data), Object.isFrozen(live.flash)]).toEqual([true, true])
      expect([Object.isFrozen(over.data), Object.isFrozen(over.flash)]).toContain(false)
    },
  )

  it('the application’s own objects are neither frozen nor shared', async () => {
    const subject = { id: 'ann', authenticatedAt: 0 }
    const lifetime = { persistent: true }
    const renewed = { digest: 'old' }
    const credential = { digest: 'new', mintedAt: 0, renewed }
    const trail = ['r']
    const flash = Object.freeze({})
    const live = await stored({ data: null, flash, subject, lifetime, credential, trail })
    const mine = [subject, lifetime, credential, renewed, trail]
    expect(mine.map((object) => Object.isFrozen(object))).toEqual(mine.map(() => false))
    const kept = [live.subject, live.lifetime, live.credential, live.credential.renewed, live.trail]
    expect(kept).toStrictEqual(mine)
    expect(kept.map((object) => Object.isFrozen(object))).toEqual(mine.map(() => true))
  })

  it('a frozen record is kept with every member, and no other', async () => {
    const flash = Object.freeze({})
    const credential = { digest: 'd', mintedAt: 1, rotatedAt: 2, renewed: { digest: 'e', confirmedAt: 3 } }
    const subject = { id: 'ann', authenticatedAt: 4, level: 5 }
    for (const over of [{}, { credential }, { subject }, { lifetime: { idleTimeout: 6 } }]) {
      const written = record(0, { expiresAt: 9e15, data: 1, flash, ...over })
      expect(await stored(written)).toStrictEqual(written)
    }
  })

  it('an update that had not seen a touch keeps the later removal, too', async () => {
    const { store, clock, create, live } = small()
    await create('a')
    const a = (await live('a'))!
    await answer(store.touch(id('a'), 0, clock.now() + MINUTE, clock.now() + 5 * HOUR))
    await answer(store.update(id('a'), a.revision, successor(a)))
    expect((await live('a'))!.expiresAt).toBe(clock.now() + 5 * HOUR)
  })
})

const IDS = ['a', 'b', 'c', 'd'].map(id)
const SUBJECTS = ['ann', 'bob']
const minutes = fc.integer({ min: -30, max: 90 }).map((n) => fakeClock().now() + n * MINUTE)

/** What a write is made of: `expects` and `repeats` choose among what the run has seen so far. */
const step = fc.record({
  verb: fc.constantFrom('create', 'update', 'touch', 'end', 'sweep', 'list', 'endOne', 'endAll', 'raise', 'load'),
  id: fc.constantFrom(...IDS),
  subject: fc.option(fc.constantFrom(...SUBJECTS), { nil: undefined }),
  expects: fc.constantFrom('present', 'present', 'present', 'other'),
  repeats: fc.constantFrom(false, false, true),
  touchedAt: minutes,
  expiresAt: minutes,
  epoch: fc.constantFrom(0, 0, 0, 1),
  choice: fc.nat({ max: 50 }),
})

type Step = typeof step extends fc.Arbitrary<infer A> ? A : never
type Both = Store<'cas'> & Sweeping & Directory

describe('against the plainest store there is', () => {
  it('every sequence of verbs gets the same answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const clock = fakeClock()
        const memory: MemoryStore = memoryStore({ clock: clock.now })
        const model = modelStore()
        const written: Array<Live> = []

        const verbOf = (given: Step, index: number): ((store: Both) => TaskEither<StoreError, unknown>) => {
          const row = model.rows.get(given.id)
          const present = row?._tag === 'Live' ? row : undefined
          const { id: at, subject = 'ann', touchedAt, expiresAt } = given
          const old = written[given.choice % (written.length || 1)]
          const fresh: Live = {
            ...record(touchedAt, given.subject === undefined ? {} : { subject: { id: subject, authenticatedAt: 1 } }),
            revision: `r${index}`,
            trail: present === undefined ? [] : nextTrail(present),
            createdAt: present?.createdAt ?? index,
            expiresAt,
            data: index,
          }
          const live = given.repeats ? (old ?? fresh) : fresh
          const expected = given.expects === 'present' ? (present?.revision ?? 'none') : `r${given.choice}`
          written.push(live)
          switch (given.verb) {
            case 'create':
              return (store) => store.create(at, live)
            case 'update':
              return (store) => store.update(at, expected, live)
            case 'touch':
              return (store) => store.touch(at, given.epoch, touchedAt, expiresAt)
            case 'end':
              return (store) => store.end(at, expected, expiresAt)
            case 'sweep':
              return (store) => store.sweep(touchedAt, 1_000)
            case 'list':
              return (store) => store.list(subject)
            case 'endOne':
              return (store) => store.endOne(subject, at, expiresAt)
            case 'endAll':
              return (store) => store.endAll(subject, expiresAt, given.repeats ? at : undefined)
            case 'raise':
              return (store) => store.raiseEpoch(subject, touchedAt)
            case 'load':
              return (store) => store.load(at)
          }
        }

        for (const [index, given] of steps.entries()) {
          const verb = verbOf(given, index)
          const expected = await verb(model)()
          expect(await verb(memory)(), given.verb).toEqual(expected)
          for (const subject of SUBJECTS) {
            expect(await memory.count(subject)()).toEqual(await model.count(subject)())
            expect(await memory.readEpoch(subject)()).toEqual(await model.readEpoch(subject)())
          }
        }
        for (const at of IDS) expect(await memory.load(at)()).toEqual(await model.load(at)())
      }),
      { numRuns: 300 },
    )
  })
})
