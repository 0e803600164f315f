import * as TE from '#fp-ts/TaskEither'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../src/core/Event.ts'
import { storeError } from '../../src/effects/Store.ts'
import type { Sweeping, Swept } from '../../src/effects/Store.ts'
import { startSweeper } from '../../src/engine/Sweeper.ts'

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
})
