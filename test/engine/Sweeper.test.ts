import * as TE from '#fp-ts/TaskEither'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../src/core/Event.ts'
import { storeError } from '../../src/effects/Store.ts'
import type { Sweeping, Swept } from '../../src/effects/Store.ts'
import { LONGEST_BATCH, startSweeper } from '../../src/engine/Sweeper.ts'

describe('startSweeper', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const sweeping = (answers: ReadonlyArray<Swept | 'fault' | 'throw'>) => {
    const asked: Array<readonly [number, number]> = []
    const store: Sweeping = {
      sweep: (now, limit) => () => {
        const answer = answers[asked.length] ?? { removed: 0, more: false }
        asked.push([now, limit])
        if (answer === 'throw') throw new Error('broken store')
        return answer === 'fault' ? TE.left(storeError('sweep', 'down'))() : TE.right(answer)()
      },
    }
    return { asked, store }
  }

  it('does nothing before it is run, sweeps in batches until one is not full, and stops', async () => {
    const { asked, store } = sweeping([
      { removed: 10, more: true },
      { removed: 10, more: true },
      { removed: 3, more: false },
    ])
    const events: Array<Event> = []
    const start = startSweeper(store, { every: 1_000, batch: 10, observer: (e) => events.push(e), clock: () => 42 })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toEqual([])
    const stop = start()
    await vi.advanceTimersByTimeAsync(1_200)
    expect(asked).toEqual([
      [42, 10],
      [42, 10],
      [42, 10],
    ])
    expect(events).toEqual([10, 10, 3].map((removed) => ({ _tag: 'swept', removed })))
    stop()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toHaveLength(3)
  })

  it('outlives faults, broken stores and broken observers', async () => {
    const { asked, store } = sweeping(['fault', 'throw', { removed: 1, more: false }])
    const events: Array<string> = []
    const stop = startSweeper(store, {
      every: 1_000,
      observer: (event) => {
        events.push(event._tag)
        throw new Error('observer')
      },
    })()
    await vi.advanceTimersByTimeAsync(4_000)
    stop()
    expect(asked.length).toBeGreaterThanOrEqual(3)
    expect(events).toEqual(['store-failed', 'store-failed', 'swept'])
  })

  it('waits every, give or take a fifth, by lot, from the end of one sweep to the next', async () => {
    const lots = [0, 0.5, 0.75, 0.25]
    const { store } = sweeping([])
    const times: Array<number> = []
    const began = Date.now()
    const timed: Sweeping = {
      sweep: (now, limit) => async () => {
        times.push(Date.now() - began)
        await new Promise((resolve) => setTimeout(resolve, 10_000))
        return store.sweep(now, limit)()
      },
    }
    const unit = (): number => lots.shift() ?? 0
    const stop = startSweeper(timed, { every: 100_000, random: { unit } })()
    await vi.advanceTimersByTimeAsync(450_000)
    stop()
    expect(times).toEqual([80_000, 190_000, 310_000, 410_000])
  })

  it('a batch that never answers is given up, told, and does not keep the next from coming', async () => {
    const { asked, store } = sweeping([{ removed: 1, more: false }])
    let first = true
    const stuck: Sweeping = {
      sweep: (now, limit) => () => {
        if (!first) return store.sweep(now, limit)()
        first = false
        return new Promise(() => undefined)
      },
    }
    const events: Array<Event> = []
    const stop = startSweeper(stuck, { every: 1_000, observer: (event) => events.push(event) })()
    await vi.advanceTimersByTimeAsync(LONGEST_BATCH + 500)
    expect(events).toEqual([])
    await vi.advanceTimersByTimeAsync(3_000)
    stop()
    expect(events.map(({ _tag }) => _tag)).toEqual(['store-failed', 'swept'])
    expect(events[0]).toMatchObject({ operation: 'sweep', fatal: false })
    expect(asked.length).toBeGreaterThan(0)
  })

  it('stopped during a batch it begins no other, and keeps no timer', async () => {
    let answer: (swept: Swept) => void = () => undefined
    let asked = 0
    const store: Sweeping = {
      sweep: () => () => {
        asked++
        return new Promise<Swept>((resolve) => {
          answer = resolve
        }).then((swept) => ({ _tag: 'Right', right: swept }))
      },
    }
    const stop = startSweeper(store, { every: 1_000 })()
    await vi.advanceTimersByTimeAsync(1_200)
    expect(asked).toBe(1)
    stop()
    answer({ removed: 1_000, more: true })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('each run is a sweeper of its own', async () => {
    const { asked, store } = sweeping([])
    const start = startSweeper(store, { every: 1_000, random: { unit: () => 0.5 } })
    const [stop, stopOther] = [start(), start()]
    await vi.advanceTimersByTimeAsync(1_000)
    expect(asked).toHaveLength(2)
    stop()
    await vi.advanceTimersByTimeAsync(1_000)
    stopOther()
    expect(asked).toHaveLength(3)
  })

  it.each([
    ['every', 0],
    ['every', NaN],
    ['every', Infinity],
    ['every', 21 * 24 * 3_600_000],
    ['batch', 0],
    ['batch', 1.5],
  ])('%s can not be %s', (option, value) => {
    const { store } = sweeping([])
    expect(() => startSweeper(store, { [option]: value })).toThrow(`startSweeper.${option}`)
  })
})
