import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { fromErrors } from '../../../src/core/codec/ioTsErrors.ts'
import { pathOf } from '../../../src/core/Json.ts'

const failed = (type: t.Mixed, value: unknown): string => {
  const decoded = type.decode(value)
  if (decoded._tag === 'Right') throw new Error('decoded')
  const { path, reason } = fromErrors(decoded.left)
  return `${pathOf('data', path)}: ${reason}`
}

const moment = new t.Type<Date, string>(
  'Moment',
  (u): u is Date => u instanceof Date,
  (u, context) => t.failure(u, context, `bad ${String(u)}`),
  (date) => date.toISOString(),
)
const line = t.type({ sku: t.string, addedAt: moment })
const tagged = t.union([t.type({ kind: t.literal('a'), n: t.number }), t.type({ kind: t.literal('b'), s: t.string })])
const untagged = t.union([t.type({ n: t.number }), t.type({ s: t.string })], 'Either')
interface Tree {
  readonly value: number
  readonly children: ReadonlyArray<Tree>
}
const tree: t.Type<Tree, unknown> = t.recursion('Tree', () =>
  t.type({ value: t.number, children: t.readonlyArray(tree) }),
)
type Chain = string | { readonly next: Chain }
const maybe: t.Type<Chain> = t.recursion('Maybe', () => t.union([t.string, t.type({ next: maybe })]))

describe('fromErrors names the place and the expectation', () => {
  const table: ReadonlyArray<readonly [string, t.Mixed, unknown, string]> = [
    ['the whole', t.type({}), 1, 'data: expected {  }'],
    ['a key', t.type({ views: t.number }), { views: 'x' }, 'data.views: expected number'],
    ['a missing key', t.type({ views: t.number }), {}, 'data.views: expected number'],
    ['a key below an array', t.type({ cart: t.array(line) }), { cart: [1, 2, 3].map((n) => ({ sku: 's', addedAt: n })) }, 'data.cart[0].addedAt: expected Moment'],
    ['an index of a tuple', t.tuple([t.string, t.number]), ['a', 'b'], 'data[1]: expected number'],
    ['a numeric key of a record', t.record(t.string, t.number), { '7': 'x' }, 'data["7"]: expected number'],
    ['a member of an intersection', t.intersection([t.type({ a: t.number }), t.partial({ b: t.string })]), { a: 1, b: 2 }, 'data.b: expected string'],
    ['an intersection below a key', t.type({ u: t.intersection([t.type({ a: t.string }), t.type({ b: t.string })]) }), { u: {} }, 'data.u.a: expected string'],
    ['a union that nothing fits', t.type({ x: t.union([t.string, t.number]) }), { x: true }, 'data.x: expected (string | number)'],
    ['a missing key of a union', t.type({ x: t.union([t.string, t.number]) }), {}, 'data.x: expected (string | number)'],
    ['a union of records', t.type({ x: untagged }), { x: { n: 's', s: 1 } }, 'data.x: expected Either'],
    ['the member that the tag chose', t.type({ x: tagged }), { x: { kind: 'a', n: 'x' } }, 'data.x.n: expected number'],
    ['that member, beside an error elsewhere', t.type({ x: tagged, y: t.type({ z: t.string }) }), { x: { kind: 'a', n: 'x' }, y: {} }, 'data.x.n: expected number'],
    ['a refined union', t.readonly(untagged), {}, 'data: expected Readonly<Either>'],
    ['a union in a recursion', maybe, { next: 1 }, 'data: expected Maybe'],
    ['a strict type', t.strict({ a: t.string }), { a: 1 }, 'data.a: expected string'],
    ['a readonly array', t.readonlyArray(t.string), ['a', 1], 'data[1]: expected string'],
    ['a recursion', tree, { value: 1, children: [{ value: 1, children: [{ value: 'x', children: [] }] }] }, 'data.children[0].children[0].value: expected number'],
    ['a brand', t.type({ n: t.Int }), { n: 0.5 }, 'data.n: expected Int'],
    ['a literal', t.literal('x'), 'y', 'data: expected "x"'],
  ] // prettier-ignore
  it.each(table)('%s', (_, type, value, expected) => {
    expect(failed(type, value)).toBe(expected)
  })

  it('never the value, nor a message made of it', () => {
    const secret = 'hunter2'
    const types = [t.number, line, moment, untagged, tagged, t.array(t.number), t.record(t.string, moment)]
    const values = [secret, [secret], { sku: secret, addedAt: secret }, { a: secret }, { kind: secret }]
    const told = types.flatMap((type) =>
      values
        .filter((value) => !type.is(value) && type.decode(value)._tag === 'Left')
        .map((value) => failed(type, value)),
    )
    expect(told.length).toBeGreaterThan(20)
    expect(told.filter((text) => text.includes(secret))).toEqual([])
  })

  it('a long name is cut, and no error at all is still a failure', () => {
    expect(fromErrors([{ context: [{ key: '', type: { name: 'n'.repeat(1_000) } }] }]).reason).toHaveLength(210)
    expect(fromErrors([])).toEqual({ path: [], reason: 'the codec refused it' })
    expect(fromErrors([{ context: [] }])).toEqual({ path: [], reason: 'expected something else' })
  })
})
