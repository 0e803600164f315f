import { type } from 'arktype'
import fc from 'fast-check'
import * as t from 'io-ts'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { left, right } from '#fp-ts/Either'
import {
  type Codec,
  codecOf,
  type DataSchema,
  decodeData,
  decodeWith,
  encodeData,
  encodeWith,
  flashStrings,
  type Migrations,
  type Schema,
  schemaOf,
  type SchemaOptions,
} from '../../src/core/Codec.ts'
import type { Json } from '../../src/core/Json.ts'

const schemaFor = <A>(options: SchemaOptions<A>): Schema<A> => {
  const made = schemaOf(options)
  if (made._tag === 'Left') throw new Error(made.left.rule)
  return made.right.schema
}

const undecodable = (path: string, reason: string) => left({ _tag: 'Undecodable', path, reason })

const moment = new t.Type<Date, string>(
  'Moment',
  (u): u is Date => u instanceof Date,
  (u, context) => (typeof u === 'string' ? t.success(new Date(u)) : t.failure(u, context)),
  (date) => date.toISOString(),
)

const same = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json

describe('encodeData and decodeData', () => {
  const schemas = {
    'io-ts': t.intersection([
      t.type({ views: t.number, tags: t.array(t.string) }),
      t.partial({ theme: t.union([t.string, t.undefined]) }),
    ]),
    zod: z.object({ views: z.number(), tags: z.array(z.string()), theme: z.string().optional() }),
    valibot: v.object({ views: v.number(), tags: v.array(v.string()), theme: v.optional(v.string()) }),
    arktype: type({ views: 'number', tags: 'string[]', 'theme?': 'string | undefined' }),
  } satisfies Record<string, DataSchema<{ views: number; tags: Array<string>; theme?: string | undefined }>>

  it.each(Object.entries(schemas))('give back what %s describes, as JSON would', (_, data) => {
    const schema = schemaFor<{ views: number; tags: Array<string>; theme?: string | undefined }>({
      data,
      initial: { views: 0, tags: [] },
    })
    const values = fc.record({
      views: fc.integer(),
      tags: fc.array(fc.string()),
      theme: fc.option(fc.string(), { nil: undefined }),
    })
    fc.assert(
      fc.property(values, (value) => {
        const encoded = encodeData(schema, value)
        expect(encoded).toEqual(right({ json: same(value), data: same(value) }))
        if (encoded._tag === 'Left') return
        expect(decodeData(schema, { schema: 1, data: same(value) })).toEqual(right(encoded.right.data))
        expect(encoded.right.data).toBe(encoded.right.json)
      }),
    )
  })

  it('store the encoded form, and answer the data as it will be read', () => {
    const schema = schemaFor({ data: t.type({ at: moment }), initial: { at: new Date(0) } })
    const at = new Date(5)
    expect(encodeData(schema, { at })).toEqual(right({ json: { at: at.toISOString() }, data: { at } }))
    expect(decodeData(schema, { schema: 1, data: { at: at.toISOString() } })).toEqual(right({ at }))
  })

  it('pass `previous` on, so that unchanged parts are kept by reference', () => {
    const schema = schemaFor({
      data: t.type({ views: t.number, cart: t.array(t.number) }),
      initial: { views: 0, cart: [] },
    })
    const before = Object.freeze({ views: 1, cart: Object.freeze([NaN]) as unknown as Array<number> })
    // NaN passes only because the array is taken for stored JSON.
    expect(encodeData(schema, { ...before, views: 2 }, before)).toMatchObject(right({ json: { views: 2 } }))
    expect(encodeData(schema, { ...before, views: 2 })).toMatchObject(left({ _tag: 'NotJson', path: 'data.cart[0]' }))
  })
})

describe('encodeData refuses before anything is stored', () => {
  const cart = t.type({ cart: t.array(t.type({ addedAt: t.unknown })) })
  const anything = (value: unknown) => encodeData(schemaFor({ data: t.unknown, initial: null }), value)

  it('a Date under a codec that does not encode it', () => {
    const schema = schemaFor({ data: cart, initial: { cart: [] } })
    const refused = encodeData(schema, { cart: [{ addedAt: 1 }, { addedAt: 2 }, { addedAt: new Date() }] })
    const reason = 'an instance of Date can not be kept as JSON'
    expect(refused).toEqual(left({ _tag: 'NotJson', path: 'data.cart[2].addedAt', reason }))
    const ark = schemaFor({ data: type({ at: 'Date | null' }), initial: { at: null } })
    expect(encodeData(ark, { at: new Date() })).toMatchObject(left({ _tag: 'NotJson', path: 'data.at' }))
  })

  it.each<readonly [string, unknown, string]>([
    ['Map', { m: new Map() }, 'data.m'],
    ['NaN', { a: { b: NaN } }, 'data.a.b'],
    ['BigInt', { n: 1n }, 'data.n'],
    ['function', { f: () => 1 }, 'data.f'],
    ['undefined in an array', { list: [1, undefined] }, 'data.list[1]'],
    ['__proto__', { a: JSON.parse('{"__proto__":1}') as unknown }, 'data.a.__proto__'],
    ['lone surrogate', { name: '\ud800' }, 'data.name'],
  ])('%s', (_, value, path) => {
    expect(anything(value)).toMatchObject(left({ _tag: 'NotJson', path }))
  })

  it('what the codec would not decode', () => {
    const data = t.type({ n: t.refinement(t.number, (n) => n > 0, 'Positive'), list: t.array(t.string) })
    const schema = schemaFor({ data, initial: { n: 1, list: [] } })
    expect(encodeData(schema, { n: -1, list: [] })).toEqual(undecodable('data.n', 'expected Positive'))
    expect(encodeData(schema, { n: 1, list: [2] as never })).toEqual(undecodable('data.list[0]', 'expected string'))
    const zod = schemaFor({ data: z.object({ n: z.number().positive() }), initial: { n: 1 } })
    expect(encodeData(zod, { n: -1 })).toEqual(undecodable('data.n', 'refused by the zod schema (too_small)'))
  })

  it('what a schema that only transforms one way makes', () => {
    const data = z.object({ length: z.string().transform((text) => text.length) })
    expect(schemaOf({ data, initial: { length: 3 } })).toMatchObject(
      left({ option: 'initial', rule: 'initial.length: expected string' }),
    )
  })

  it('a value at which the codec throws', () => {
    const data: Codec<number> = {
      encode: (n) => {
        if (n > 0) throw new RangeError('hunter2')
        return n
      },
      decode: (u) => right(u as number),
    }
    expect(encodeData(schemaFor({ data, initial: 0 }), 1)).toEqual(undecodable('data', 'the codec threw RangeError'))
  })
})

describe('versions', () => {
  const data = t.type({ user: t.union([t.null, t.type({ name: t.string })]), views: t.number })
  const initial = { user: null, views: 0 }
  const migrate: Migrations = {
    1: (old) => ({ user: (old as { readonly name: string }).name }),
    2: (old) => ({ user: { name: (old as { readonly user: string }).user }, views: 0 }),
  }
  const schema = schemaFor({ data, initial, version: 3, migrate })

  it('an older one is migrated, a version at a time', () => {
    const now = right({ user: { name: 'ada' }, views: 0 })
    expect(decodeData(schema, { schema: 1, data: { name: 'ada' } })).toEqual(now)
    expect(decodeData(schema, { schema: 2, data: { user: 'ada' } })).toEqual(now)
    expect(decodeData(schema, { schema: 3, data: { user: { name: 'ada' }, views: 0 } })).toEqual(now)
  })

  it('composes: from version n is from n + 1 after one step', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 6 }),
        fc.integer(),
        (adds, start) => {
          const steps: Migrations = Object.fromEntries(
            adds.map((add, index) => [index + 1, (old: Json) => (old as number) + add]),
          )
          const numbers = schemaFor({ data: t.number, initial: 0, version: adds.length + 1, migrate: steps })
          const whole = decodeData(numbers, { schema: 1, data: start })
          expect(whole).toEqual(right(adds.reduce((sum, add) => sum + add, start)))
          expect(decodeData(numbers, { schema: 2, data: start + adds[0]! })).toEqual(whole)
        },
      ),
    )
  })

  it('a newer one is told apart, and no codec sees it', () => {
    let decodes = 0
    const decode: Codec<unknown>['decode'] = (u) => {
      decodes += 1
      return right(u)
    }
    const counted = schemaFor<unknown>({ data: { encode: (a) => a, decode }, initial: {}, version: 2 })
    const before = decodes
    const reason = "version 3 is newer than 2, the application's"
    expect(decodeData(counted, { schema: 3, data: {} })).toEqual(left({ _tag: 'Newer', path: 'schema', reason }))
    expect(decodeData(counted, { schema: Infinity, data: {} })).toMatchObject(left({ _tag: 'Newer' }))
    expect(decodes).toBe(before)
  })

  it('a missing step, a step that throws, mutates or makes no JSON, and a version that is none, are told', () => {
    const broken: Migrations = {
      2: () => {
        throw new TypeError('hunter2')
      },
      3: (old) => Object.assign(old as object, { views: 1 }),
      4: () => ({ at: [new Date()] }),
    }
    const five = schemaFor({ data, initial, version: 5, migrate: broken })
    const from = (version: number) => decodeData(five, { schema: version, data: Object.freeze({ secret: 'hunter2' }) })
    expect(from(1)).toEqual(undecodable('schema', 'there is no migration from version 1'))
    expect(from(0)).toEqual(undecodable('schema', 'there is no migration from version 0'))
    expect(from(2)).toEqual(undecodable('schema', 'the migration from version 2 threw TypeError'))
    expect(from(3)).toEqual(undecodable('schema', 'the migration from version 3 threw TypeError'))
    expect(from(4)).toEqual(undecodable('data.at[0]', 'migrate[4]: an instance of Date can not be kept as JSON'))
    expect(from(NaN)).toEqual(undecodable('schema', 'the version is not an integer'))
    expect(from(1.5)).toEqual(undecodable('schema', 'the version is not an integer'))
  })

  it('what is migrated is frozen', () => {
    const loose = schemaFor<unknown>({ data: t.unknown, initial: null, version: 2, migrate: { 1: () => ({ a: [1] }) } })
    const decoded = decodeData(loose, { schema: 1, data: {} })
    expect(decoded._tag === 'Right' && Object.isFrozen((decoded.right as { a: object }).a)).toBe(true)
  })
})

describe('missing keys', () => {
  const data = t.intersection([t.type({ views: t.number, cart: t.array(t.string) }), t.partial({ theme: t.string })])
  const schema = schemaFor({ data, initial: { views: 0, cart: ['starter'], theme: 'dark' } })
  const read = (stored: Json) => decodeData(schema, { schema: 1, data: stored })

  it('are taken from the initial data when decoding fails', () => {
    expect(read({ views: 3 })).toEqual(right({ views: 3, cart: ['starter'], theme: 'dark' }))
    expect(read({})).toEqual(right({ views: 0, cart: ['starter'], theme: 'dark' }))
    const filled = read({ views: 3 })
    expect(filled._tag === 'Right' && Object.isFrozen(filled.right)).toBe(true)
  })

  it('stay missing when it does not: a removed optional key stays removed', () => {
    expect(read({ views: 3, cart: [] })).toEqual(right({ views: 3, cart: [] }))
  })

  it('do not hide what is wrong beside them', () => {
    expect(read({ views: 'x' })).toEqual(undecodable('data.views', 'expected number'))
    expect(read({ cart: [1] })).toEqual(undecodable('data.cart[0]', 'expected string'))
    expect(read({ views: 1, cart: [], theme: 1 })).toEqual(undecodable('data.theme', 'expected string'))
  })

  it.each<Json>([null, 1, 'x', [[]]])('are not looked for in %j', (stored) => {
    expect(read(stored)._tag).toBe('Left')
  })

  it('come in their encoded form, and after migration', () => {
    const dates = t.type({ at: moment, views: t.number })
    const later = schemaFor({
      data: dates,
      initial: { at: new Date(5), views: 0 },
      version: 2,
      migrate: { 1: () => ({ views: 7 }) },
    })
    expect(decodeData(later, { schema: 1, data: {} })).toEqual(right({ at: new Date(5), views: 7 }))
  })
})

describe('schemaOf', () => {
  const good = { data: t.type({ views: t.number }), initial: { views: 0 } }

  it('encodes the initial data and answers it decoded', () => {
    expect(schemaOf(good)).toMatchObject(
      right({ schema: { version: 1, initial: { views: 0 } }, initial: { views: 0 } }),
    )
    const made = schemaOf({ data: t.type({ at: moment }), initial: { at: new Date(0) } })
    expect(made).toMatchObject(
      right({ schema: { initial: { at: '1970-01-01T00:00:00.000Z' } }, initial: { at: new Date(0) } }),
    )
  })

  it.each<readonly [string, object, string, string]>([
    ['no schema', { data: { views: 'number' } }, 'data', 'it must be an io-ts codec, a Standard Schema, or a Codec'],
    ['version 0', { version: 0 }, 'version', 'it must be a whole number from 1'],
    ['version 1.5', { version: 1.5 }, 'version', 'it must be a whole number from 1'],
    ['version NaN', { version: NaN }, 'version', 'it must be a whole number from 1'],
    ['a step beyond the version', { migrate: { 1: same } }, 'migrate', 'it has a step from 1, and version is 1'],
    [
      'initial data that is no JSON',
      { data: t.unknown, initial: { at: new Date() } },
      'initial',
      'initial.at: an instance of Date can not be kept as JSON',
    ],
    ['initial data that does not decode', { initial: { views: 'x' } }, 'initial', 'initial.views: expected number'],
  ])('refuses %s', (_, options, option, rule) => {
    expect(schemaOf({ ...good, ...options })).toMatchObject(left({ option, rule }))
  })
})

describe('flashStrings', () => {
  const write = (flash: unknown) => encodeWith(flashStrings, 'flash', flash as Readonly<Record<string, string>>)

  it('is a record of texts', () => {
    expect(write({ notice: 'saved' })).toEqual(right({ json: { notice: 'saved' }, data: { notice: 'saved' } }))
    expect(write({ notice: undefined })).toEqual(right({ json: {}, data: {} }))
    expect(decodeWith(flashStrings, 'flash', {})).toEqual(right({}))
  })

  it.each<readonly [unknown, string]>([
    [{ ok: 'x', count: 1 }, 'flash.count'],
    [{ nested: { a: 'x' } }, 'flash.nested'],
    [['x'], 'flash'],
    [null, 'flash'],
    ['x', 'flash'],
    [{ at: new Date() }, 'flash.at'],
  ])('refuses %j', (flash, path) => {
    expect(write(flash)).toMatchObject(left({ path }))
  })
})

describe('nothing throws', () => {
  it('whatever is stored', () => {
    const schemas = [
      t.type({ a: t.array(t.number) }),
      z.object({ a: z.array(z.number()) }),
      v.object({ a: v.array(v.number()) }),
      type({ a: 'number[]' }),
    ]
    const all = schemas.map((data) =>
      schemaFor<unknown>({
        data: data as DataSchema<unknown>,
        initial: { a: [] },
        version: 2,
        migrate: { 1: (old) => old },
      }),
    )
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.anything()),
        fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double()),
        (data, version) => {
          for (const schema of all) {
            const stored = { schema: version, data: data as Json }
            expect(['Left', 'Right']).toContain(decodeData(schema, stored)._tag)
            expect(['Left', 'Right']).toContain(encodeData(schema, data)._tag)
          }
        },
      ),
    )
  })

  it('and a codec made of a codec is a codec', () => {
    expect(codecOf(codecOf(t.number)).decode('x')).toEqual(left({ path: [], reason: 'expected number' }))
  })
})
