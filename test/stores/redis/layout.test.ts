import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Live } from '../../../src/core/Stored.ts'
import {
  AT,
  LIVE_TAG,
  revisionMark,
  storedIn,
  subjectMark,
  textOf as written,
  tombstone,
  whole,
} from '../../../src/stores/redis/layout.ts'
import { record } from '../../../src/testing/contract/bench.ts'

const NOW = Date.UTC(2026, 0, 1)

const textOf = (live: Live, indexed = 0): string => written(live, whole(indexed))

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\n', '\t', '"', '\\', ',', '","', '\n"a"\n', '\t"a"\t', '\ud83d', '\u0000', '{"_tag":"Live"'),
)

const live: fc.Arbitrary<Live> = fc
  .record({
    revision: text,
    trail: fc.array(text, { maxLength: 8 }),
    epoch: fc.nat(),
    fence: fc.nat(),
    touchedAt: fc.integer({ min: 0, max: 2 * NOW }),
    expiresAt: fc.integer({ min: 0, max: 2 * NOW }),
    subject: fc.option(
      fc.oneof(
        fc.record({ id: text, authenticatedAt: fc.nat() }),
        fc.record({ id: text, authenticatedAt: fc.nat(), level: fc.nat() }),
      ),
      { nil: undefined },
    ),
    data: fc.dictionary(text, text),
  })
  .map(({ subject, ...over }) => record(NOW, subject === undefined ? over : { ...over, subject }))

describe('the text of a record', () => {
  it('says the record, whatever is in it', () => {
    fc.assert(
      fc.property(live, (record) => {
        expect(storedIn(textOf(record))).toEqual(JSON.parse(JSON.stringify({ ...record, fence: 0 })))
      }),
    )
  })

  it('shows a revision between its marks if and only if the record holds it', () => {
    fc.assert(
      fc.property(live, text, (record, other) => {
        const written = textOf(record)
        for (const revision of [record.revision, ...record.trail, other])
          expect(written.includes(revisionMark(revision))).toBe([record.revision, ...record.trail].includes(revision))
        expect(written.startsWith(revisionMark(record.revision), AT.revision - 1)).toBe(true)
      }),
    )
  })

  it('shows the subject, and it alone, between tabs', () => {
    fc.assert(
      fc.property(live, (record) => {
        const between = textOf(record).split('\t')
        const { subject } = record
        expect(between.slice(1, -1)).toEqual(subject === undefined ? [] : [subjectMark(subject.id)])
      }),
    )
  })

  it('has its numbers where the scripts look for them', () => {
    const written = textOf(record(NOW, { epoch: 5, fence: 6 }), 12)
    const at = (place: number): number => Number(written.slice(place - 1, place + 15))
    expect([at(AT.lease), at(AT.indexed), at(AT.fence), at(AT.epoch)]).toEqual([0, 12, 0, 5])
    expect([at(AT.touched), at(AT.expires)]).toEqual([NOW, NOW + 3_600_000])
    expect(written.startsWith(LIVE_TAG, AT.tag - 1)).toBe(true)
  })

  it('keeps numbers in their places, though a clock or a policy were odd', () => {
    for (const odd of [NOW + 0.5, -NOW, 1e300, Infinity, -Infinity, Number.MAX_SAFE_INTEGER]) {
      expect(whole(odd)).toMatch(/^-?\d{1,16}$/)
      expect(whole(odd).length).toBeLessThanOrEqual(16)
    }
  })
})

describe('other texts', () => {
  it.each([
    '',
    'garbage',
    '1',
    'null',
    '{}',
    '[]',
    '[0,0]',
    '[0,0,null]',
    '[0,0,{"_tag":"Live"}]',
    '{"_tag":"Ended"}',
    '{"_tag":"Live"}',
    '{"cookie":{"maxAge":1},"views":1}',
    textOf(record(NOW)).slice(0, -1),
    textOf(record(NOW)).replace('"credential"', '"credentials"'),
    textOf(record(NOW)).replace('"data"', '"date"'),
  ])('%j is nothing', (other) => {
    expect(storedIn(other)).toBeUndefined()
  })

  it('whatever they are, they are nothing, and no throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (other) => {
        expect(storedIn(other)).toBeUndefined()
      }),
    )
  })

  it('a tombstone is one', () => {
    expect(storedIn(tombstone(NOW + 0.25))).toEqual({ _tag: 'Ended', until: NOW })
  })
})
