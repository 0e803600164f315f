import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../src/testing/fakeClock.ts'

describe('fakeClock', () => {
  it('stands still until it is moved', () => {
    const { now, advance, set } = fakeClock(1_000)
    expect([now(), now()]).toEqual([1_000, 1_000])
    advance(5)
    expect(now()).toBe(1_005)
    set(10)
    expect(now()).toBe(10)
    expect(fakeClock().now()).toBe(Date.parse('2026-01-01T00:00:00Z'))
  })

  it('fires timers at their times, in order, also those that a timer sets', () => {
    const { now, advance, timer } = fakeClock(0)
    const seen: Array<string> = []
    const note = (name: string) => () => {
      seen.push(`${name} ${now()}`)
    }
    timer(30, note('c'))
    timer(10, () => {
      note('a')()
      timer(10, note('b'))
      timer(100, note('never'))
    })
    timer(30, note('d'))
    advance(9)
    expect(seen).toEqual([])
    advance(50)
    expect(seen).toEqual(['a 10', 'b 20', 'c 30', 'd 30'])
    expect(now()).toBe(59)
  })

  it('does not fire what was taken back', () => {
    const { advance, timer } = fakeClock()
    const seen: Array<string> = []
    const stop = timer(10, () => seen.push('stopped'))
    timer(5, () => {
      stop()
    })
    advance(20)
    expect(seen).toEqual([])
  })

  it('set fires what is due, at the time that was set, and going back fires nothing', () => {
    const { now, set, timer } = fakeClock(100)
    const seen: Array<number> = []
    timer(10, () => seen.push(now()))
    set(50)
    expect(seen).toEqual([])
    set(500)
    expect([seen, now()]).toEqual([[500], 500])
  })
})
