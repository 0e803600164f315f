import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOver, deepFreeze, type Json, jsonBytes, toJson } from '../../src/core/Json.ts'

const written = (json: unknown): number => Buffer.byteLength(JSON.stringify(json), 'utf8')

const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme', minLength: 33 }))
const json = fc.oneof(
  fc.jsonValue({ stringUnit: 'binary' }),
  fc.dictionary(texts, fc.oneof(texts, fc.double())),
) as fc.Arbitrary<Json>

describe('jsonBytes', () => {
  it('is the length of the JSON text in UTF-8', () => {
    fc.assert(
      fc.property(json, (value) => {
        const exact = toJson('data', value)
        fc.pre(exact._tag === 'Right')
        expect(jsonBytes(exact.right)).toBe(written(exact.right))
      }),
      { numRuns: 1_000 },
    )
  })

  it('counts every kind of value', () => {
    const texts = [
      '',
      'ü',
      '☃',
      '🙂',
      '"\\/',
      '\b\t\n\v\f\r\0',
      'x'.repeat(70_000),
      'ü'.repeat(40),
      `${'x'.repeat(40)}"`,
    ]
    const numbers = [0, 9, 10, -1, 0.5, 1e21, 1e-7, 123_456_789_012]
    const values: ReadonlyArray<Json> = [
      null,
      true,
      false,
      ...numbers,
      ...texts,
      [],
      {},
      [[]],
      { a: {} },
      [1, 'a'],
      { ü: 1 },
    ]
    expect(values.map(jsonBytes)).toEqual(values.map(written))
  })

  it('counts every character that JSON escapes', () => {
    for (let unit = 0; unit < 0x100; unit += 1) {
      const text = String.fromCharCode(unit)
      expect([unit, jsonBytes(text)]).toEqual([unit, written(text)])
    }
  })
})

describe('bytesOver', () => {
  it('is the exact length, if that is over the limit', () => {
    fc.assert(
      fc.property(json, fc.nat(200), (value, limit) => {
        const bytes = jsonBytes(value)
        expect(bytesOver(limit, value)).toBe(bytes > limit ? bytes : undefined)
      }),
      { numRuns: 1_000 },
    )
  })

  it('measures 5 MB', () => {
    expect(bytesOver(65_536, { blob: 'x'.repeat(5_000_000) })).toBe(5_000_011)
  })
})

describe('deepFreeze', () => {
  it('freezes arrays and plain objects at every depth, and gives the same value back', () => {
    const value = { a: [{ b: [1] }], none: null, bare: Object.assign(Object.create(null) as object, { c: {} }) }
    expect(deepFreeze(value)).toBe(value)
    const parts: ReadonlyArray<unknown> = [
      value,
      value.a,
      value.a[0],
      value.a[0]!.b,
      value.bare,
      Object.values(value.bare)[0],
    ]
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true))
  })

  it('leaves instances of classes alone', () => {
    const value = { at: new Date(0), seen: new Map([['a', {}]]) }
    deepFreeze(value)
    expect([Object.isFrozen(value), Object.isFrozen(value.at), Object.isFrozen(value.seen)]).toEqual([
      true,
      false,
      false,
    ])
  })

  it('ends on cycles and on any depth', () => {
    const cyclic: { self?: unknown } = {}
    cyclic.self = [cyclic]
    expect(Object.isFrozen(deepFreeze(cyclic))).toBe(true)
    let deep: unknown = 1
    for (let level = 0; level < 200_000; level += 1) deep = [deep]
    expect(Object.isFrozen(deepFreeze(deep))).toBe(true)
  })

  it('takes everything', () => {
    fc.assert(
      fc.property(fc.anything({ withTypedArray: true, withDate: true }), (value) =>
        Object.is(deepFreeze(value), value),
      ),
    )
  })
})
