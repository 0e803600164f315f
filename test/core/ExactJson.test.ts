import { isDeepStrictEqual } from 'node:util'
import { runInNewContext, runInThisContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_DEPTH, MAX_VALUES, type NotJson, pathOf, toJson } from '../../src/core/ExactJson.ts'
import type { Json } from '../../src/core/Json.ts'

const accepted = (value: unknown, previous?: Json): Json => {
  const json = toJson('data', value, previous)
  if (json._tag === 'Left') throw new Error(`refused ${json.left.path}: ${json.left.reason}`)
  return json.right
}

const refused = (value: unknown): NotJson => {
  const json = toJson('data', value)
  if (json._tag === 'Right') throw new Error('accepted')
  return json.left
}

const isDeeplyFrozen = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen))

const cycle = (): unknown => {
  const cart: Record<string, unknown> = { items: [1] }
  cart['self'] = [cart]
  return { cart }
}

const nested = (levels: number): unknown => {
  let value: unknown = 'deep'
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { in: value }
  return value
}

const doubled = (times: number): unknown => {
  let value: unknown = []
  for (let level = 0; level < times; level += 1) value = [value, value]
  return value
}

describe('toJson refuses, with the path', () => {
  const holed: Array<number> = [1, 2, 3]
  Reflect.deleteProperty(holed, '1')
  const named = Object.assign([1, 2], { note: 'x' })
  const hidden = Object.defineProperty({ seen: 1 }, 'unseen', { value: 1, enumerable: false })
  const ownProto: unknown = JSON.parse('{"a":{"__proto__":{"admin":true}}}')
  const table: ReadonlyArray<readonly [string, unknown, string, string]> = [
    ['a Date', { cart: [{}, {}, { addedAt: new Date() }] }, 'data.cart[2].addedAt', 'an instance of Date'],
    ['an invalid Date', [new Date(NaN)], 'data[0]', 'an instance of Date'],
    ['a Map', { seen: new Map() }, 'data.seen', 'an instance of Map'],
    ['a Set', { seen: new Set([1]) }, 'data.seen', 'an instance of Set'],
    ['a RegExp', { rule: /x/ }, 'data.rule', 'an instance of RegExp'],
    ['an Error', { e: new Error('x') }, 'data.e', 'an instance of Error'],
    ['a Buffer', { raw: Buffer.from('x') }, 'data.raw', 'an instance of Buffer'],
    ['a typed array', { raw: new Uint8Array(2) }, 'data.raw', 'an instance of Uint8Array'],
    ['a Promise', { later: Promise.resolve(1) }, 'data.later', 'an instance of Promise'],
    [
      'an instance of a class',
      { price: runInThisContext('new (class Money {})()') },
      'data.price',
      'an instance of Money',
    ],
    ['a boxed value', { n: Object(1) as unknown }, 'data.n', 'an instance of Number'],
    [
      'a prototype of its own',
      { a: Object.create({ b: 1 }) as unknown },
      'data.a',
      'an object with a prototype of its own',
    ],
    [
      'no constructor',
      { a: Object.create(Object.create(null) as object) as unknown },
      'data.a',
      'an object with a prototype of its own',
    ],
    [
      'an array of a class',
      { a: runInThisContext('new (class List extends Array {})()') },
      'data.a',
      'an instance of List',
    ],
    [
      'arguments',
      { a: runInThisContext('(function () { return arguments })()') },
      'data.a',
      'a property that is not enumerable',
    ],
    ['a cycle', cycle(), 'data.cart.self[0]', 'a cycle'],
    ['NaN', { n: NaN }, 'data.n', 'NaN'],
    ['Infinity', { n: [0, Infinity] }, 'data.n[1]', 'Infinity'],
    ['-Infinity', -Infinity, 'data', '-Infinity'],
    ['a BigInt', { n: 1n }, 'data.n', 'a BigInt'],
    ['a function', { f: () => 1 }, 'data.f', 'a function'],
    ['toJSON', { user: { toJSON: () => 1 } }, 'data.user.toJSON', 'a function'],
    ['a symbol', { s: Symbol('x') }, 'data.s', 'a symbol'],
    ['a symbol key', { a: { [Symbol('x')]: 1 } }, 'data.a', 'a symbol key'],
    ['a symbol key of an array', { a: Object.assign([1], { [Symbol('x')]: 1 }) }, 'data.a', 'a symbol key'],
    ['undefined alone', undefined, 'data', 'undefined'],
    ['undefined in an array', { tags: ['a', undefined] }, 'data.tags[1]', 'undefined'],
    ['a hole', { tags: holed }, 'data.tags[1]', 'undefined'],
    ['a property of an array', { tags: named }, 'data.tags.note', 'a property of an array'],
    ['a property that is not enumerable', { a: hidden }, 'data.a', 'a property that is not enumerable'],
    ['a getter', { get now() { return 1 } }, 'data.now', 'an accessor'], // prettier-ignore
    ['a setter', { set now(_: number) { return } }, 'data.now', 'an accessor'], // prettier-ignore
    ['a lone high surrogate', { name: 'a\ud800' }, 'data.name', 'a text with a lone surrogate'],
    ['a lone low surrogate', ['\udc00a'], 'data[0]', 'a text with a lone surrogate'],
    ['a lone surrogate in a key', { a: { 'x\ud800': 1 } }, 'data.a["x\\ud800"]', 'a key with a lone surrogate'],
    ['an own __proto__', ownProto, 'data.a.__proto__', 'a key named __proto__'],
    ['a key that is no identifier', { 'a b': { '0': NaN } }, 'data["a b"]["0"]', 'NaN'],
    ['a quote and a control character in a key', { '"\n': NaN }, 'data["\\"\\n"]', 'NaN'],
    ['a Proxy that throws', { p: new Proxy({}, { getPrototypeOf: () => { throw new Error('secret') } }) }, 'data', 'a value that throws when it is read'], // prettier-ignore
    ['too many values', doubled(40), 'data', `more than ${MAX_VALUES} values`],
  ]
  it.each(table)('%s', (_, value, path, what) => {
    const hint = `${what} can not be kept as JSON`
    expect(refused(value)).toEqual({ _tag: 'NotJson', path, reason: hint })
  })

  it('begins the path with the given root', () => {
    expect(toJson('flash', { a: NaN })).toMatchObject({ left: { path: 'flash.a' } })
  })

  it('nesting deeper than the limit, and keeps nesting up to it', () => {
    expect(accepted(nested(MAX_DEPTH))).toEqual(nested(MAX_DEPTH))
    expect(refused(nested(MAX_DEPTH + 1)).reason).toContain(`deeper than ${MAX_DEPTH} levels`)
    expect(refused(nested(1_000_000)).reason).toContain(`deeper than ${MAX_DEPTH} levels`)
  })

  it('and cuts a long key in the path', () => {
    expect(refused({ ['k'.repeat(5_000)]: NaN }).path).toBe(`data["${'k'.repeat(100)}…"]`)
  })

  it('and never tells a value', () => {
    const secret = 'hunter2\ud800'
    expect(JSON.stringify(refused({ a: secret }))).not.toContain('hunter2')
  })
})

describe('toJson gives what JSON would give back', () => {
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
  })
  const units = fc.nat(0xffff).map((unit) => String.fromCharCode(unit))
  const odd = fc.object({
    key: fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toJSON', 'length', '0')),
    values: [
      fc.string({ unit: units, maxLength: 3 }),
      fc.double(),
      fc.constantFrom(undefined, null, -0, NaN),
      fc.boolean(),
    ],
  })

  it('whenever it is Right, deeply frozen; it never throws', () => {
    fc.assert(
      fc.property(fc.oneof(anything, odd), (value) => {
        const json = toJson('data', value)
        if (json._tag === 'Left') return
        expect(isDeepStrictEqual(json.right, JSON.parse(JSON.stringify(value)))).toBe(true)
        expect(isDeeplyFrozen(json.right)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('and it is Right for every JSON value, which it keeps by reference', () => {
    const plain = fc
      .jsonValue()
      .map((value): unknown => JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto')))
    fc.assert(
      fc.property(plain, (value) => {
        expect(accepted(value)).toBe(value)
        expect(isDeeplyFrozen(value)).toBe(true)
        expect(accepted(value)).toBe(value)
      }),
    )
  })

  it('whenever it is Left, the path leads to something', () => {
    const step = /\.([A-Za-z_$][\w$]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/gy
    const leads = (root: unknown, path: string): boolean => {
      if (path.includes('…')) return true // a key that was cut
      let value = root
      step.lastIndex = 4
      while (step.lastIndex < path.length) {
        const found = step.exec(path)
        if (found === null || typeof value !== 'object' || value === null) return false
        const key = found[1] ?? found[2] ?? (JSON.parse(found[3]!) as string)
        if (!(Array.isArray(value) && Number(key) < value.length) && !Object.hasOwn(value, key)) return false
        value = Object.getOwnPropertyDescriptor(value, key)?.value
      }
      return true
    }
    expect(leads({ a: [1] }, 'data.b')).toBe(false)
    fc.assert(
      fc.property(fc.oneof(anything, odd), (value) => {
        const json = toJson('data', value)
        if (json._tag === 'Left') expect(json.left).toSatisfy(({ path }: NotJson) => leads(value, path))
      }),
      { numRuns: 2_000 },
    )
  })

  it('leaves out undefined properties, makes -0 zero, and copies only there', () => {
    const kept = { a: [1] }
    const value = { first: 1, gone: undefined, kept, list: [0, -0, kept], zero: -0 }
    const json = accepted(value) as {
      readonly kept: unknown
      readonly list: ReadonlyArray<unknown>
      readonly zero: number
    }
    expect(json).toStrictEqual({ first: 1, kept: { a: [1] }, list: [0, 0, { a: [1] }], zero: 0 })
    expect(Object.keys(json)).toEqual(['first', 'kept', 'list', 'zero'])
    expect([json.kept, json.list[2]]).toEqual([kept, kept])
    expect(json.kept).toBe(kept)
    expect(Object.is(json.zero, 0) && Object.is(json.list[1], 0)).toBe(true)
    expect(Object.isFrozen(value)).toBe(false)
    expect(accepted(-0)).toBe(0)
  })

  it('makes objects of no prototype and of another realm ordinary ones', () => {
    const bare = Object.assign(Object.create(null) as object, { a: 1 })
    const foreign: unknown = runInNewContext('({ a: [1, { b: -0 }], c: undefined })')
    expect(accepted({ bare, foreign })).toStrictEqual({ bare: { a: 1 }, foreign: { a: [1, { b: 0 }] } })
    expect(refused(runInNewContext('({ at: new Date() })')).path).toBe('data.at')
    expect(refused(runInNewContext('[new (class extends Array {})()]')).path).toBe('data[0]')
  })

  it('is not misled by an extended Object.prototype', () => {
    const proto = Object.prototype as unknown as Record<string, unknown>
    Object.defineProperty(proto, 'polluted', { value: NaN, enumerable: true, configurable: true })
    const json = toJson('data', { a: -0, b: {} })
    delete proto['polluted']
    expect(json).toEqual({ _tag: 'Right', right: { a: 0, b: {} } })
    expect(json._tag === 'Right' && Object.keys(json.right as object)).toEqual(['a', 'b'])
  })

  it('keeps a shared part that is no cycle', () => {
    const part = { a: 1 }
    expect(accepted({ x: part, y: [part, part] })).toStrictEqual({ x: { a: 1 }, y: [{ a: 1 }, { a: 1 }] })
  })
})

describe('toJson leaves what it refuses as it was', () => {
  it('freezes nothing of it', () => {
    const good = { a: [1] }
    refused({ good, bad: NaN })
    expect([good, good.a].some((part) => Object.isFrozen(part))).toBe(false)
  })
})

describe('toJson with previous JSON', () => {
  const reads = { count: 0 }
  const watched = (target: object): unknown =>
    new Proxy(target, {
      getPrototypeOf: (inner) => {
        reads.count += 1
        return Reflect.getPrototypeOf(inner)
      },
    })

  it('does not look again at parts that are the same reference at the same place', () => {
    const previous = { prefs: watched({ theme: 'dark' }), cart: [watched({ n: 1 })], views: 1 } as unknown as {
      readonly prefs: Json
      readonly cart: ReadonlyArray<Json>
      readonly views: number
    }
    expect(accepted({ ...previous, views: 2, cart: [...previous.cart, 'x'] }, previous)).toMatchObject({ views: 2 })
    expect(accepted(previous, previous)).toBe(previous)
    expect(reads.count).toBe(0)
    accepted({ moved: previous.prefs }, previous)
    expect(reads.count).toBeGreaterThan(0)
  })

  it('takes nothing for unchanged that previous merely inherits', () => {
    expect(toJson('data', { constructor: Object }, {})._tag).toBe('Left')
    expect(toJson('data', { toString: Object.prototype.toString }, {})._tag).toBe('Left')
    expect(toJson('data', JSON.parse('{"__proto__":1}'), {})._tag).toBe('Left')
  })

  it('answers the same as without', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (before, after) => {
        const previous = toJson('data', before)
        if (previous._tag === 'Left') return
        expect(toJson('data', { before: previous.right, after }, previous.right)).toEqual(
          toJson('data', { before, after }),
        )
      }),
    )
  })
})

describe('pathOf', () => {
  it('writes a path as code', () => {
    expect(pathOf('data', [])).toBe('data')
    expect(pathOf('data', ['cart', 2, 'addedAt', 'a-b', ''])).toBe('data.cart[2].addedAt["a-b"][""]')
  })
})
