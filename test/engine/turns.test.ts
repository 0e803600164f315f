import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SessionId } from '../../src/core/Token.ts'
import { turns } from '../../src/engine/turns.ts'

const id = 'AAAAAAAAAAAAAAAAAAAAAA' as SessionId

describe('turns', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('go first come, first served, and hand on what the last one left', async () => {
    const queue = turns(5_000)
    const first = queue.enter(id)
    expect(first).not.toBeInstanceOf(Promise)
    if (first instanceof Promise) return
    const order: Array<number> = []
    const others = [1, 2, 3].map(async (n) => {
      const turn = await queue.enter(id)
      order.push(n)
      expect(turn?.latest).toEqual({ _tag: 'Ended', until: 7 })
      if (turn !== undefined) queue.leave(id, turn)
    })
    first.latest = { _tag: 'Ended', until: 7 }
    queue.leave(id, first)
    await Promise.all(others)
    expect(order).toEqual([1, 2, 3])
    expect(queue.enter(id)).not.toBeInstanceOf(Promise)
  })

  it('are given up when the holder never leaves: all waiters go on without', async () => {
    const queue = turns(5_000)
    void queue.enter(id)
    const waiting = [queue.enter(id), queue.enter(id)]
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await Promise.all(waiting.map((turn) => Promise.resolve(turn)))).toEqual([undefined, undefined])
    expect(queue.enter(id)).not.toBeInstanceOf(Promise)
  })

  it('are not given up while the queue moves', async () => {
    const queue = turns(5_000)
    const first = queue.enter(id)
    if (first instanceof Promise) throw new Error('the queue was not empty')
    const [second, third] = [queue.enter(id), queue.enter(id)]
    await vi.advanceTimersByTimeAsync(4_000)
    queue.leave(id, first)
    expect(await second).toBe(first)
    await vi.advanceTimersByTimeAsync(4_000)
    queue.leave(id, first)
    expect(await third).toBe(first)
  })

  it('are bounded', async () => {
    const queue = turns(5_000)
    const first = queue.enter(id)
    const waiting = Array.from({ length: 1_000 }, () => queue.enter(id))
    expect(await queue.enter(id)).toBeUndefined()
    if (first instanceof Promise) return
    queue.leave(id, first)
    expect(await waiting[0]).toBe(first)
  })
})
