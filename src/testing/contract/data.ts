/**
 * ```ts
 * data: ReadonlyArray<Trial<Store>>
 * ```
 * The store contract: whatever JSON can say comes back as it was said.
 *
 * @since 0.1.0
 */
import type { Json } from '../../core/Json.ts'
import type { Store } from '../../effects/Store.ts'
import {
  answers,
  type Bench,
  equal,
  frozen,
  holds,
  keepsData,
  living,
  recordOf,
  newId,
  newSubject,
  newTag,
  stored,
  type Trial,
} from './bench.ts'

const parsed = (text: string): Json => JSON.parse(text) as Json

const SHAPES: ReadonlyArray<Json> = [
  null,
  true,
  false,
  0,
  '',
  'text',
  [],
  {},
  [[]],
  [null],
  { a: null },
  { a: [] },
  { a: {} },
  [{}, [{}], { a: [1, 'two', false, null, { b: [] }] }],
]

const NUMBERS: ReadonlyArray<number> = [
  1,
  -1,
  0.1,
  0.1 + 0.2,
  -0,
  1e21,
  1e-7,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.EPSILON,
  123_456_789.123_456_79,
]

const TEXTS: ReadonlyArray<string> = [
  '\u0000',
  'a\u0000b',
  '\\u0000',
  '\u0001\u001f\u007f\u0080',
  '\r\n\t\v\f\b',
  '"\\/\'`',
  '\u2028\u2029',
  '\ufeff\ufffe\uffff\ufffd',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  '𝒳\u{10ffff}',
  'e\u0301 é',
  ' leading and trailing ',
  'مرحبا שלום 你好',
  "'; drop table sessions; --",
  '%s $1 :id ? {} ${x} <script>',
  'null',
  '2026-01-01T00:00:00.000Z',
  '__proto__',
]

const KEYS = parsed(
  '{"":1," ":2,"a.b":3,"$set":4,"\\u0000":5,"👍":6,"10":7,"9":8,"__proto__":{"own":true},"constructor":{"prototype":1},' +
    '"toString":9,"hasOwnProperty":10,"toJSON":11,"then":12,"length":13,"_tag":14,"a":15,"A":16,"á":17,"á":18}',
)

/** Every character that UTF-16 has no surrogates for, and every 257th beyond. */
const characters = (): string => {
  const units: Array<string> = []
  for (let point = 0; point < 0xd800; point += 1) units.push(String.fromCodePoint(point))
  for (let point = 0xe000; point < 0x10000; point += 1) units.push(String.fromCodePoint(point))
  for (let point = 0x10000; point < 0x110000; point += 257) units.push(String.fromCodePoint(point))
  return units.join('')
}

const nested = (depth: number): Json =>
  depth === 0 ? 'bottom' : depth % 2 ? [nested(depth - 1)] : { in: nested(depth - 1) }

const SUBJECTS: ReadonlyArray<string> = [
  ':',
  'a:b:c',
  '\u0000',
  'a\u0000',
  '👤',
  ' ',
  ' a',
  'a ',
  'A',
  'a',
  'ab',
  '%',
  '_',
  '*',
  '[a]',
  '{a}',
  '__proto__',
  "o'brien",
  'a/../b',
  'x'.repeat(500),
]

const keepsSubject = async (bench: Bench<Store>, subject: string): Promise<void> => {
  const id = newId()
  const live = recordOf(bench.now, subject)
  await answers(bench.store.create(id, live), 'Created', 'create')
  await holds(bench, id, live, 'the subject')
}

/** See the module's head. */
export const data: ReadonlyArray<Trial<Store>> = [
  {
    name: 'data: every shape of JSON',
    run: async (bench) => {
      for (const shape of SHAPES) await keepsData(bench, shape, 'a shape of JSON')
    },
  },
  { name: 'data: numbers keep every digit', run: (bench) => keepsData(bench, NUMBERS, 'numbers') },
  { name: 'data: texts of every kind', run: (bench) => keepsData(bench, TEXTS, 'texts') },
  {
    name: 'data: every character of Unicode',
    run: async (bench) => {
      // 6 bytes a character, as JSON escapes them; the first half of a pair is never the last of a piece.
      const size = Math.min(8_192, Math.floor(bench.maxBytes / 6) - 2)
      const all = Array.from(characters())
      for (let from = 0; from < all.length; from += size)
        await keepsData(bench, all.slice(from, from + size).join(''), 'characters')
    },
  },
  {
    name: 'data: keys of every kind, __proto__ and constructor too, as own keys',
    run: async (bench) => {
      await keepsData(bench, KEYS, 'keys')
      await keepsData(bench, { ['k'.repeat(1_000)]: 1 }, 'a long key')
      const { id } = await stored(bench, { data: KEYS })
      const { data: back } = await living(bench, id)
      equal(Object.getPrototypeOf(back) === Object.prototype, true, 'a key of the data must not become a prototype')
      frozen(back, 'data with strange keys')
    },
  },
  {
    name: 'data: keys keep their order',
    run: async (bench) => {
      const ordered = parsed('{"zebra":1,"apple":{"y":1,"x":2,"aa":3},"Mango":[{"b":1,"a":2}],"b":2,"a":1}')
      const { id } = await stored(bench, { data: ordered })
      equal(JSON.stringify((await living(bench, id)).data), JSON.stringify(ordered), 'the order of keys')
    },
  },
  { name: 'data: 50 levels deep', run: (bench) => keepsData(bench, nested(50), 'a deep value') },
  {
    name: 'data: as large as the store takes, 64 KiB by default',
    run: async (bench) => {
      const size = Math.min(65_536, bench.maxBytes)
      await keepsData(bench, 'x'.repeat(size - 2), 'one long text')
      const rows = Array.from({ length: Math.floor(size / 32) }, (_, index) => ({ key: `row ${index}`, on: true }))
      await keepsData(bench, rows, 'many small values')
    },
  },
  {
    name: 'data: an update keeps it as a create does',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      const everything: Json = [KEYS, SHAPES, TEXTS]
      const next = { ...live, revision: newTag(), trail: [live.revision], data: everything, flash: { everything } }
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update')
      await holds(bench, id, next, 'data and flash after an update')
    },
  },
  {
    name: 'data: flash with keys and texts of every kind',
    run: async (bench) => {
      const flash = KEYS as { readonly [key: string]: Json }
      const { id } = await stored(bench, { flash })
      equal((await living(bench, id)).flash, flash, 'flash')
    },
  },
  {
    name: 'data: subjects of every kind',
    run: async (bench) => {
      const base = newSubject()
      for (const end of SUBJECTS) await keepsSubject(bench, base + end)
      for (const start of SUBJECTS) await keepsSubject(bench, start + base)
    },
  },
]
