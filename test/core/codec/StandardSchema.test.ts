import { type } from 'arktype'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { sameJson, standardDecode, type StandardSchema } from '../../../src/core/codec/StandardSchema.ts'
import { pathOf } from '../../../src/core/Json.ts'

const told = (schema: StandardSchema<unknown>, value: unknown): string => {
  const decoded = standardDecode(schema)(value)
  if (decoded._tag === 'Right') throw new Error('decoded')
  return `${pathOf('data', decoded.left.path)}: ${decoded.left.reason}`
}

const answering = (validate: (value: unknown) => unknown): StandardSchema<unknown> =>
  ({ '~standard': { version: 1, vendor: 'own', validate } }) as StandardSchema<unknown>

const schemas = {
  zod: z.object({ views: z.number(), cart: z.array(z.object({ sku: z.string().max(3) })) }),
  valibot: v.object({ views: v.number(), cart: v.array(v.object({ sku: v.pipe(v.string(), v.maxLength(3)) })) }),
  arktype: type({ views: 'number', cart: [{ sku: 'string <= 3' }, '[]'] }),
} satisfies Record<string, StandardSchema<unknown>>

describe.each(Object.entries<StandardSchema<unknown>>(schemas))('%s', (vendor, schema) => {
  it('gives the very JSON that it accepts', () => {
    const json = Object.freeze({ views: 1, cart: [{ sku: 'a' }] })
    const decoded = standardDecode(schema)(json)
    expect(decoded._tag === 'Right' && decoded.right).toBe(json)
  })

  it('names the place and the expectation', () => {
    expect(told(schema, { views: 'x', cart: [] })).toMatch(/^data\.views: expected (a )?number$/)
    expect(told(schema, { views: 1, cart: [{ sku: 'a' }, { sku: 1 }] })).toMatch(
      /^data\.cart\[1\]\.sku: expected (a )?string$/,
    )
    expect(told(schema, null)).toMatch(/^data: expected (an )?object$/i)
  })

  it('never the value', () => {
    const secret = 'hunter2'
    const values = [
      secret,
      { views: secret, cart: [] },
      { views: 1, cart: [{ sku: secret }] },
      { views: 1, cart: secret },
    ]
    for (const value of values) expect(told(schema, value)).not.toContain(secret)
    expect(told(schema, values[2])).toMatch(/^data\.cart\[0\]\.sku: /)
    expect(vendor).toBe(schema['~standard'].vendor)
  })
})

describe('standardDecode', () => {
  it('refuses what is asynchronous, and leaves no rejection behind', async () => {
    const rule = "data: the zod schema is asynchronous; a session's must be synchronous"
    expect(
      told(
        z.string().refine(() => Promise.resolve(true)),
        'x',
      ),
    ).toBe(rule)
    expect(
      told(
        answering(() => Promise.reject(new Error('late'))),
        'x',
      ),
    ).toBe(rule.replace('zod', 'own'))
    await new Promise((resolve) => setImmediate(resolve)) // an unhandled rejection would fail the run
  })

  it('gives what a transforming schema makes', () => {
    expect(standardDecode(z.object({ views: z.number().default(0) }))({})).toEqual({
      _tag: 'Right',
      right: { views: 0 },
    })
    expect(standardDecode(z.object({ at: z.coerce.date() }))({ at: 0 })).toEqual({
      _tag: 'Right',
      right: { at: new Date(0) },
    })
    expect(standardDecode(z.object({ a: z.string() }))({ a: 'x', b: 1 })).toEqual({ _tag: 'Right', right: { a: 'x' } })
  })

  it('copes with sparse issues', () => {
    expect(
      told(
        answering(() => ({ issues: [] })),
        1,
      ),
    ).toBe('data: refused by the own schema')
    expect(
      told(
        answering(() => ({ issues: [{ message: 'no' }] })),
        1,
      ),
    ).toBe('data: refused by the own schema')
    expect(
      told(
        answering(() => ({ issues: [{ message: 'no', code: 'custom' }] })),
        1,
      ),
    ).toBe('data: refused by the own schema (custom)')
    const path = ['a', { key: 1 }, { key: Symbol('s') }]
    expect(
      told(
        answering(() => ({ issues: [{ message: 'no', path, type: 'check' }] })),
        1,
      ),
    ).toBe('data.a[1]["Symbol(s)"]: refused by the own schema (check)')
  })
})

describe('sameJson', () => {
  it('is true of a copy, and only of an equal one', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const [left, right] = [JSON.stringify(a), JSON.stringify(b)].map((text): unknown => JSON.parse(text))
        expect(sameJson(left, JSON.parse(JSON.stringify(left)))).toBe(true)
        expect(sameJson([left], [right])).toBe(sameJson([right], [left]))
        if (sameJson(left, right)) expect(left).toEqual(right)
      }),
    )
  })

  it.each<readonly [unknown, unknown]>([
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { b: undefined }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [[], {}],
    [{}, new Map()],
    [{ a: {} }, { a: new Date(0) }],
    [['x'], 'x'],
    [null, {}],
    ['1', 1],
  ])('%j is not %j', (json, output) => {
    expect(sameJson(json, output)).toBe(false)
  })
})
