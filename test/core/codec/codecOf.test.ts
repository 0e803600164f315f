import fc from 'fast-check'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { left, right } from '#fp-ts/Either'
import { type Codec, codecOf } from '../../../src/core/Codec.ts'
import { isDataSchema } from '../../../src/core/codec/codecOf.ts'
import { deepFreeze } from '../../../src/core/Json.ts'

/** A codec that counts how often it decodes. */
const counting = (): { readonly codec: Codec<unknown>; readonly decodes: () => number } => {
  let decodes = 0
  const decode = (u: unknown) => {
    decodes += 1
    return right(u)
  }
  return { codec: codecOf<unknown>({ encode: (a) => a, decode }), decodes: () => decodes }
}

const fields = (count: number): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]))

const moment = new t.Type<Date, string>(
  'Moment',
  (u): u is Date => u instanceof Date,
  (u, context) => (typeof u === 'string' ? t.success(new Date(u)) : t.failure(u, context)),
  (date) => date.toISOString(),
)

describe('codecOf', () => {
  it('encodes and decodes as the io-ts codec does', () => {
    const schema = t.type({ at: moment, tags: t.array(t.string), theme: t.union([t.string, t.undefined]) })
    const codec = codecOf(schema)
    const date = fc.date({ noInvalidDate: true })
    fc.assert(
      fc.property(
        fc.record({ at: date, tags: fc.array(fc.string()), theme: fc.option(fc.string(), { nil: undefined }) }),
        (data) => {
          expect(codec.encode(data)).toEqual(schema.encode(data))
          expect(codec.decode(JSON.parse(JSON.stringify(codec.encode(data))))).toEqual(right(data))
        },
      ),
    )
    expect(codec.decode({ at: 'x', tags: [1] })).toEqual(left({ path: ['tags', 0], reason: 'expected string' }))
  })

  it('takes a codec written by hand as it is', () => {
    const codec = codecOf<Date>({
      encode: (date) => date.getTime(),
      decode: (u) => (typeof u === 'number' ? right(new Date(u)) : left({ path: ['x'], reason: 'expected a number' })),
    })
    expect(codec.encode(new Date(5))).toBe(5)
    expect(codec.decode(5)).toEqual(right(new Date(5)))
    expect(codec.decode('5')).toEqual(left({ path: ['x'], reason: 'expected a number' }))
  })

  it('never throws while decoding, and tells no message', () => {
    const throwing = (thrown: unknown) =>
      codecOf({
        encode: (a: number) => a,
        decode: () => {
          throw thrown
        },
      }).decode(1)
    expect(throwing(new TypeError('hunter2'))).toEqual(left({ path: [], reason: 'the codec threw TypeError' }))
    expect(throwing('hunter2')).toEqual(left({ path: [], reason: 'the codec threw something' }))
    const odd = { encode: (a: unknown) => a, decode: () => left({ odd: true }) } as unknown as Codec<unknown>
    expect(codecOf(odd).decode(1)).toEqual(left({ path: [], reason: 'refused by the codec' }))
    expect(codecOf({ '~standard': { version: 1, vendor: 'own', validate: () => null } } as never).decode(1)._tag).toBe(
      'Left',
    )
  })

  it('freezes what a codec makes', () => {
    const codec = codecOf(z.object({ tags: z.array(z.string().trim()) }))
    const decoded = codec.decode({ tags: [' a '] })
    expect(decoded).toEqual(right({ tags: ['a'] }))
    expect(decoded._tag === 'Right' && [decoded.right, decoded.right.tags].every((part) => Object.isFrozen(part))).toBe(
      true,
    )
  })
})

describe('what was decoded before', () => {
  it('is not decoded again, if it is frozen, large and decodes to itself', () => {
    const { codec, decodes } = counting()
    const json = deepFreeze({ list: [fields(20)] })
    expect([codec.decode(json), codec.decode(json), codec.decode(json)]).toEqual([
      right(json),
      right(json),
      right(json),
    ])
    expect(decodes()).toBe(1)
    codec.decode(deepFreeze({ list: [fields(20)] }))
    expect(decodes()).toBe(2)
  })

  it('counts a long array and a deep value as large', () => {
    const { codec, decodes } = counting()
    const list = deepFreeze(Array.from({ length: 50 }, () => 0))
    let chain: unknown = 1
    for (let level = 0; level < 50; level += 1) chain = { chain }
    for (const json of [list, deepFreeze(chain)]) expect([codec.decode(json), codec.decode(json)]).toHaveLength(2)
    expect(decodes()).toBe(2)
  })

  it.each<readonly [string, unknown]>([
    ['small', deepFreeze(fields(3))],
    ['not frozen', fields(50)],
    ['a text', 'x'.repeat(100)],
  ])('is decoded again when it is %s', (_, json) => {
    const { codec, decodes } = counting()
    codec.decode(json)
    codec.decode(json)
    expect(decodes()).toBe(2)
  })

  it('is decoded again when it was refused, or decodes to something else', () => {
    let decodes = 0
    const answers = [left({ path: [], reason: 'no' }), right({ other: 1 }), right({ other: 2 })]
    const codec = codecOf<unknown>({ encode: (a) => a, decode: () => answers[decodes++]! })
    const json = deepFreeze(fields(50))
    expect(answers.map(() => codec.decode(json))).toEqual(answers)
  })

  it('by one codec is unknown to another', () => {
    const json = deepFreeze(fields(50))
    expect(codecOf(t.UnknownRecord).decode(json)).toEqual(right(json))
    expect(codecOf(t.record(t.string, t.string)).decode(json)._tag).toBe('Left')
  })
})

describe('isDataSchema', () => {
  it('knows the three kinds by their shape', () => {
    expect([t.string, z.string(), counting().codec].map(isDataSchema)).toEqual([true, true, true])
    const others = [undefined, null, 1, 'x', {}, () => 1, { decode: () => 1 }, { encode: 1, decode: 1 }]
    expect(others.map(isDataSchema)).toEqual(others.map(() => false))
  })
})
