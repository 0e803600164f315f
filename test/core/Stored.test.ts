import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ended, holdsRevision, nextTrail, TRAIL_LENGTH } from '../../src/core/Stored.ts'
import { lives, NOW } from './arbitraries.ts'

describe('Stored', () => {
  it('a trail holds the replaced revisions, newest first, eight at most', () => {
    fc.assert(
      fc.property(lives, fc.uniqueArray(fc.uuid(), { maxLength: 20 }), (live, revisions) => {
        const last = revisions.reduce((record, revision) => ({ ...record, revision, trail: nextTrail(record) }), live)
        const all = [...[live.revision, ...revisions].reverse(), ...live.trail]
        expect(last.trail).toEqual(all.slice(1, TRAIL_LENGTH + 1))
        expect(TRAIL_LENGTH).toBe(8)
      }),
    )
  })

  it('a revision is held while it is the present one or in the trail', () => {
    fc.assert(
      fc.property(lives, fc.string({ minLength: 5 }), (live, other) => {
        for (const revision of [live.revision, ...live.trail]) expect(holdsRevision(revision)(live)).toBe(true)
        expect(holdsRevision(other)(live)).toBe(false)
      }),
    )
  })

  it('a tombstone is a time and nothing else', () => {
    expect(ended(NOW)).toStrictEqual({ _tag: 'Ended', until: NOW })
  })
})
