import { describe, expect, it } from 'vitest'
import * as t from 'io-ts'
import { isLeft, left, right } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import * as Session from '../../../src/core/Session.ts'
import { idFrom } from '../../../src/core/Token.ts'
import { type RetryOptions, withRetry } from '../../../src/effects/combinators.ts'
import type { StoreError, StoreOperation } from '../../../src/effects/Store.ts'
import {
  conflict,
  done,
  gone,
  leased,
  lost,
  refused,
  released,
  storeError,
  updated,
} from '../../../src/effects/Store.ts'
import type { Timer } from '../../../src/effects/Timer.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { answer, record, recordOf, standing, successor } from '../../../src/testing/contract/bench.ts'
import { fakeClock } from '../../../src/testing/fakeClock.ts'
import { scripted } from '../../engine/scripted.ts'
import { cookieAfter, ok } from '../../engine/world.ts'
import type { Full } from './wraps.ts'

const id = idFrom('AAAAAAAAAAAAAAAAAAAAAA')
const live = recordOf(0, 'ann')

/** Each verb of a store, called once. */
const calls: Readonly<Record<StoreOperation, (store: Full) => TaskEither<StoreError, unknown>>> = {
  load: (store) => store.load(id),
  create: (store) => store.create(id, live),
  update: (store) => store.update(id, live.revision, successor(live)),
  touch: (store) => store.touch(id, 0, 1, 2),
  end: (store) => store.end(id, live.revision, 1),
  sweep: (store) => store.sweep(0, 1),
  acquire: (store) => store.acquire(id, { wait: 0, lease: 1 }),
  renew: (store) => store.renew(id, 1, 1),
  release: (store) => store.release(id, 1),
  list: (store) => store.list('ann'),
  count: (store) => store.count('ann'),
  endOne: (store) => store.endOne('ann', id, 1),
  endAll: (store) => store.endAll('ann', 1),
  raiseEpoch: (store) => store.raiseEpoch('ann', 1),
  readEpoch: (store) => store.readEpoch('ann'),
}
const operations = Object.keys(calls) as ReadonlyArray<StoreOperation>

type Step = 'unknown' | 'refused' | 'throw' | { readonly _tag: string } | number

/** A store whose every verb takes these steps, and the pauses that were made. Time passes only in them. */
const world = (steps: ReadonlyArray<Step>, options: RetryOptions = {}) => {
  const clock = fakeClock()
  const pauses: Array<number> = []
  let made = 0
  const verb = (operation: StoreOperation) => () => async () => {
    const step = steps[made++]
    if (step === 'throw') throw new Error(`fault ${made}`)
    if (step === 'unknown') return left(storeError(operation, `fault ${made}`))
    if (step === 'refused') return left(refused(operation, `fault ${made}`))
    return right(step)
  }
  const verbs = Object.fromEntries(operations.map((operation) => [operation, verb(operation)]))
  const store = withRetry({
    clock: clock.now,
    timer: (ms, wake) => {
      pauses.push(ms)
      const disarm = clock.timer(ms, wake)
      clock.advance(ms)
      return disarm
    },
    random: { unit: () => 0 },
    ...options,
  })({ guarantee: 'cas', ...verbs } as unknown as Full)
  return { store, pauses, made: () => made }
}

const repeated = operations.filter((operation) => operation !== 'sweep' && operation !== 'acquire')

describe('what is repeated', () => {
  it.each(operations)('%s: an answer never is', async (operation) => {
    const { store, made } = world([gone])
    expect(await calls[operation](store)()).toEqual(right(gone))
    expect(made()).toBe(1)
  })

  it.each(repeated)('%s: a fault is, and so is an exception', async (operation) => {
    const { store, made, pauses } = world(['unknown', 'throw', updated])
    expect(await calls[operation](store)()).toEqual(right(updated))
    expect(made()).toBe(3)
    expect(pauses).toEqual([50, 100])
  })

  it('sweep is made once', async () => {
    for (const fault of ['unknown', 'refused'] as const) {
      const { store, made } = world([fault, { _tag: 'Done' }])
      expect(await calls.sweep(store)()).toMatchObject({ _tag: 'Left' })
      expect(made()).toBe(1)
    }
  })

  it('acquire only after what certainly changed nothing', async () => {
    const { store, made } = world(['refused', 'unknown', gone])
    expect(await calls.acquire(store)()).toEqual(left(storeError('acquire', 'fault 2')))
    expect(made()).toBe(2)
  })

  it('nothing happens before the effect is run, and each run begins anew', async () => {
    const { store, made } = world(['unknown', gone, 'unknown', 'unknown', gone])
    const effect = calls.load(store)
    expect(made()).toBe(0)
    expect(await effect()).toEqual(right(gone))
    expect(await effect()).toEqual(right(gone))
    expect(made()).toBe(5)
  })
})

describe('how often and how long', () => {
  const faults: ReadonlyArray<Step> = Array.from({ length: 20 }, () => 'unknown')

  it('at most attempts times', async () => {
    for (const attempts of [1, 2, 5]) {
      const { store, made } = world(faults, { attempts })
      expect(await calls.load(store)()).toEqual(left(storeError('load', `fault ${attempts}`)))
      expect(made()).toBe(attempts)
    }
  })

  it('none begins later than within', async () => {
    const { store, made, pauses } = world(faults, { attempts: 20, delay: 100, within: 1_000 })
    expect(isLeft(await calls.load(store)())).toBe(true)
    expect(pauses).toEqual([100, 200, 400])
    expect(made()).toBe(4)
  })

  it('draws lots for a part of each pause', async () => {
    const half = { unit: () => 0.5 }
    for (const [jitter, expected] of [
      [0, [100, 200, 400]],
      [0.5, [75, 150, 300]],
      [1, [50, 100, 200]],
    ] as const) {
      const { store, pauses } = world(faults, { attempts: 4, delay: 100, jitter, random: half })
      await calls.load(store)()
      expect(pauses).toEqual(expected)
    }
  })

  it.each([
    ['attempts', 0],
    ['attempts', 1.5],
    ['attempts', Infinity],
    ['delay', -1],
    ['delay', NaN],
    ['jitter', 1.1],
    ['jitter', -0.1],
    ['within', 0],
    ['within', Infinity],
  ])('%s can not be %s', (option, value) => {
    expect(() => withRetry({ [option]: value })).toThrow(`withRetry.${option}`)
  })
})

describe('what is answered never claims more than is known', () => {
  const after = async (operation: StoreOperation, ...steps: ReadonlyArray<Step>): Promise<unknown> =>
    calls[operation](world(steps).store)()

  it('a fault says that nothing was changed only if each did', async () => {
    expect(await after('update', 'refused', 'refused', 'refused')).toEqual(left(refused('update', 'fault 3')))
    expect(await after('update', 'refused', 'unknown', 'refused')).toEqual(left(storeError('update', 'fault 3')))
    expect(await after('update', 'throw', 'refused', 'refused')).toEqual(left(storeError('update', 'fault 3')))
  })

  it('end: Gone after an attempt whose effect is unknown is Done, and Gone otherwise', async () => {
    expect(await after('end', 'unknown', gone)).toEqual(right(done))
    expect(await after('end', 'unknown', 'refused', gone)).toEqual(right(done))
    expect(await after('end', 'refused', gone)).toEqual(right(gone))
    expect(await after('end', 'unknown', conflict())).toEqual(right(conflict()))
  })

  it('release: Lost after an attempt whose effect is unknown is Released, and Lost otherwise', async () => {
    expect(await after('release', 'unknown', lost)).toEqual(right(released))
    expect(await after('release', 'refused', lost)).toEqual(right(lost))
  })

  it('update: only Updated and Gone settle an attempt whose effect is unknown', async () => {
    expect(await after('update', 'unknown', updated)).toEqual(right(updated))
    expect(await after('update', 'unknown', gone)).toEqual(right(gone))
    for (const answered of [conflict(), conflict(live), leased(1)]) {
      expect(await after('update', 'unknown', answered)).toEqual(left(storeError('update', 'fault 1')))
      expect(await after('update', 'refused', answered)).toEqual(right(answered))
    }
  })

  it('endOne: Gone stays Gone, for it may never have been this subject’s', async () => {
    expect(await after('endOne', 'unknown', gone)).toEqual(right(gone))
  })
})

describe('around a real store', () => {
  const pauseless = { timer: (_: number, wake: () => void) => (wake(), () => undefined) }

  it.each(['before', 'after'] as const)('a fault %s the effect of each write goes unnoticed', async (fault) => {
    const script = scripted(memoryStore())
    const store = withRetry(pauseless)(script.store)
    const now = Date.now()
    const [first, second] = [record(now), successor(record(now))]
    script.fail('create', fault, fault)
    expect(await answer(store.create(id, first))).toEqual({ _tag: 'Created' })
    script.fail('update', fault, fault)
    expect(await answer(store.update(id, first.revision, second))).toEqual({ _tag: 'Updated' })
    script.fail('load', fault)
    const bench = { store, now, pass: async () => undefined, still: true, maxBytes: 0 }
    expect(await standing(bench, id)).toMatchObject({ _tag: 'Live', revision: second.revision })
    script.fail('end', fault, fault)
    expect(await answer(store.end(id, second.revision, now + 1))).toEqual({ _tag: 'Done' })
    expect(await standing(bench, id)).toMatchObject({ _tag: 'Ended' })
    expect(script.calls.filter((verb) => verb === 'end')).toHaveLength(3)
  })
})

describe('under a session manager', () => {
  const count = Session.modify('views', (n: number) => n + 1)

  const application = async (pauses: () => Promise<void>) => {
    const script = scripted(memoryStore())
    const timer: Timer = (_, wake) => {
      void pauses().then(wake)
      return () => undefined
    }
    const options = { data: t.type({ views: t.number }), initial: { views: 0 } }
    const sessions = sessionManager({ ...options, store: withRetry({ timer })(script.store) })
    const elsewhere = sessionManager({ ...options, store: script.store })
    const first = sessions.open({ _tag: 'None' })
    first.update(count)()
    const cookie = cookieAfter(await ok(first.commit))!
    return { script, open: () => sessions.open(some(cookie)), other: () => elsewhere.open(some(cookie)) }
  }

  it('a logout whose answer was lost is one: the cookie is cleared, and nothing is there', async () => {
    const { script, open } = await application(async () => undefined)
    const leaving = open()
    script.fail('end', 'after')
    await ok(leaving.destroy)
    expect(cookieAfter(await ok(leaving.commit), 'kept')).toBeUndefined()
    const late = open()
    await ok(late.read)
    expect(await late.status()).toMatchObject({ right: 'ended' })
  })

  it('an update whose answer was lost is applied once', async () => {
    const { script, open } = await application(async () => undefined)
    script.fail('update', 'after')
    expect((await ok(open().transact(count))).data.views).toBe(2)
    expect((await ok(open().read)).data.views).toBe(2)
  })

  it('one that more writes followed than a trail remembers is an error of unknown outcome, and not applied again', async () => {
    let others = async (): Promise<void> => undefined
    const { script, open, other } = await application(() => others())
    others = async () => {
      others = async () => undefined
      for (let i = 0; i < 9; i++) await ok(other().transact(count))
    }
    script.fail('update', 'after')
    expect(await open().transact(count)()).toMatchObject({ _tag: 'Left', left: { outcome: 'unknown' } })
    expect((await ok(open().read)).data.views).toBe(11)
  })
})
