import { describe, expect, it } from 'vitest'
import { type Fate, miscount, nothingCounted, tallied } from './tally.ts'

const tally = (...fates: ReadonlyArray<Fate>) => fates.reduce(tallied, nothingCounted)

describe('a tally', () => {
  const three = tally('acknowledged', 'unknown', 'acknowledged', 'refused', 'acknowledged')

  it('counts what clients were told', () => {
    expect(three).toEqual({ acknowledged: 3, refused: 1, unknown: 1 })
  })

  it('fits a counter from the acknowledged ones up to those that may have been stored', () => {
    expect([3, 4].map((counted) => miscount(three, counted))).toEqual([undefined, undefined])
  })

  it('does not fit one that lost an acknowledged increment, or has a refused or a second one', () => {
    expect(miscount(three, 2)).toBe('1 of 3 acknowledged increments are lost')
    expect(miscount(three, 0)).toBe('3 of 3 acknowledged increments are lost')
    expect(miscount(three, 5)).toBe('1 increments more than the 4 that may have been stored')
  })
})
