import { describe, expect, it } from 'vitest'
import type { IO } from '#fp-ts/IO'
import { idFrom } from '../../../src/core/Token.ts'
import { memoryStore, type Timer } from '../../../src/stores/memory.ts'
import { answer, record } from '../../../src/testing/contract/bench.ts'
import { fakeClock } from '../../../src/testing/fakeClock.ts'

const id = idFrom('a')

/** A record, its clock, a diary of answers, and how many timers run. */
const world = async () => {
  const clock = fakeClock()
  const running = new Set<IO<void>>()
  const timer: Timer = (ms, wake) => {
    const stop = clock.timer(ms, () => {
      running.delete(stop)
      wake()
    })
    running.add(stop)
    return () => {
      running.delete(stop)
      stop()
    }
  }
  const store = memoryStore({ clock: clock.now, timer })
  await answer(store.create(id, record(clock.now())))
  const diary: Array<string> = []
  const start = clock.now()
  return {
    clock,
    store,
    diary,
    running,
    /** Asks for the lease and writes down what came of it, and when. */
    ask: async (name: string, wait: number, lease = 1_000): Promise<number> => {
      const given = await answer(store.acquire(id, { wait, lease }))
      diary.push(`${name} ${given._tag} ${clock.now() - start}`)
      return given._tag === 'Acquired' ? given.fence : NaN
    },
    /** Lets time pass in small steps, so that answers are written down when they come. */
    pass: async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 10) {
        clock.advance(10)
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

describe('waiting for a lease', () => {
  it('each is served when the one before ran out, or told Busy at its deadline, in the order of their coming', async () => {
    const { ask, pass, diary, running } = await world()
    await ask('holder', 0, 100)
    for (const [name, wait, lease] of [
      ['first', 5_000, 200],
      ['hasty', 150, 10],
      ['second', 5_000, 300],
      ['third', 5_000, 400],
    ] as const)
      void ask(name, wait, lease)
    expect(running.size).toBe(4)
    await pass(2_000)
    expect(diary).toEqual([
      'holder Acquired 0',
      'first Acquired 100',
      'hasty Busy 150',
      'second Acquired 300',
      'third Acquired 600',
    ])
    expect(running.size).toBe(0)
  })

  it('a release serves the next at once; a lease that nobody waits for has no timer', async () => {
    const { ask, settled, diary, running, store } = await world()
    const fence = await ask('holder', 0)
    expect(running.size).toBe(0)
    void ask('first', 5_000)
    void ask('second', 5_000)
    await answer(store.release(id, fence))
    await settled()
    expect(diary).toEqual(['holder Acquired 0', 'first Acquired 0'])
    expect(running.size).toBe(1)
    await answer(store.release(id, fence + 1))
    await settled()
    expect(diary.at(-1)).toBe('second Acquired 0')
    expect(running.size).toBe(0)
  })

  it('a renewed lease keeps who waits waiting until its new end', async () => {
    const { ask, pass, diary, store, clock } = await world()
    const fence = await ask('holder', 0, 100)
    void ask('first', 5_000)
    await pass(90)
    expect(await answer(store.renew(id, fence, 500))).toEqual({ _tag: 'Acquired', fence, until: clock.now() + 500 })
    await pass(400)
    expect(diary).toEqual(['holder Acquired 0'])
    await pass(200)
    expect(diary).toEqual(['holder Acquired 0', 'first Acquired 590'])
  })

  it('a lease that is renewed for a shorter time ends sooner', async () => {
    const { ask, pass, diary, store } = await world()
    const fence = await ask('holder', 0, 1_000)
    void ask('first', 5_000)
    await answer(store.renew(id, fence, 100))
    await pass(200)
    expect(diary.at(-1)).toBe('first Acquired 100')
  })

  it('who comes when a lease has run out does not go before those who wait', async () => {
    const clock = fakeClock()
    // The lease has run out by the clock, and the timer has not fired yet.
    const store = memoryStore({ clock: clock.now, timer: () => () => undefined })
    await answer(store.create(id, record(clock.now())))
    await answer(store.acquire(id, { wait: 0, lease: 100 }))
    const first = answer(store.acquire(id, { wait: 5_000, lease: 100 }))
    clock.advance(150)
    expect(await answer(store.acquire(id, { wait: 0, lease: 100 }))).toEqual({ _tag: 'Busy', until: clock.now() + 100 })
    expect(await first).toMatchObject({ _tag: 'Acquired', fence: 2 })
  })

  it('a lease binds until its end, and not at it', async () => {
    const { ask, store, clock } = await world()
    const fence = await ask('holder', 0, 100)
    clock.advance(99)
    expect(await answer(store.update(id, 'x', record(0)))).toMatchObject({ _tag: 'Leased' })
    clock.advance(1)
    expect(await answer(store.update(id, 'x', record(0)))).toMatchObject({ _tag: 'Conflict' })
    expect(await answer(store.renew(id, fence, 100))).toEqual({ _tag: 'Lost' })
  })

  it('every waiter of an ended session is told Gone, and no timer is left', async () => {
    const { ask, settled, diary, store, running, clock } = await world()
    await ask('holder', 0)
    void ask('first', 5_000)
    void ask('second', 5_000)
    const { value } = (await answer(store.load(id))) as never as { value: { revision: string; fence: number } }
    await answer(store.end(id, value.revision, clock.now() + 1, value.fence))
    await settled()
    expect(diary).toEqual(['holder Acquired 0', 'first Gone 0', 'second Gone 0'])
    expect(running.size).toBe(0)
  })

  it('a swept session is Gone to its waiters', async () => {
    const { ask, settled, diary, store, clock, running } = await world()
    await ask('holder', 0)
    void ask('first', 5_000)
    await answer(store.sweep(clock.now() + 1e9, 10))
    await settled()
    expect(diary.at(-1)).toBe('first Gone 0')
    expect(running.size).toBe(0)
  })
})

describe('the runtime’s timer', () => {
  it('gives the lease of who let it run out to who waits', async () => {
    const store = memoryStore()
    await answer(store.create(id, record(Date.now())))
    await answer(store.acquire(id, { wait: 0, lease: 20 }))
    expect(await answer(store.acquire(id, { wait: 20_000, lease: 20 }))).toMatchObject({ _tag: 'Acquired', fence: 2 })
  })
})
