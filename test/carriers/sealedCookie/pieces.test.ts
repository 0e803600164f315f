import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameOf } from '../../../src/carriers/sealedCookie/jwe.ts'
import { cut, join, MOST_PIECES, namesOf, roomIn } from '../../../src/carriers/sealedCookie/pieces.ts'
import { PAIR_LIMIT } from '../../../src/core/Cookie.ts'
import { headerOf, NAME } from '../given.ts'

const names = namesOf(NAME, MOST_PIECES)
const HEAD = 'header..'

/** A value of so many characters, of the form that a sealed one has; `mark` makes its nonce. */
const valueOf = (length: number, mark = 'A'): string => {
  const value = `${HEAD}${mark.repeat(16)}.${'c'.repeat(Math.floor((length - HEAD.length - 40) / 4) * 4)}.${'t'.repeat(22)}`
  expect(frameOf(value)).toBeDefined()
  return value
}

const pairs = (values: ReadonlyArray<string>): ReadonlyArray<string> =>
  values.map((value, i) => `${names[i]!}=${value}`)

const lengths = fc.integer({ min: 60, max: roomIn(names) })

describe('a value in pieces', () => {
  it('is put together again, whatever the order, and whatever else is there', () => {
    fc.assert(
      fc.property(lengths, fc.infiniteStream(fc.nat()), (length, order) => {
        const value = valueOf(length)
        const cookies = [...pairs(cut(names, value)!), 'other=1', `${NAME}x=2`, `x${NAME}=3`, `${NAME}.9=4`]
        const shuffled = cookies.map((pair) => [order.next().value as number, pair] as const).sort(([a], [b]) => a - b)
        expect(join(names, shuffled.map(([, pair]) => pair).join('; '))).toEqual([frameOf(value)])
      }),
    )
  })

  it('fits, and takes no cookie more than it needs', () => {
    fc.assert(
      fc.property(lengths, (length) => {
        const value = valueOf(length)
        const values = cut(names, value)!
        for (const pair of pairs(values)) expect(pair.length - 1).toBeLessThanOrEqual(PAIR_LIMIT)
        expect(values.length === 1 || value.length > roomIn(names.slice(0, values.length - 1))).toBe(true)
      }),
    )
  })

  it('is whole where one cookie is enough, to the last byte', () => {
    for (const most of [1, 4]) {
      const own = namesOf(NAME, most)
      const exact = `${HEAD}${'n'.repeat(16)}.${'c'.repeat(PAIR_LIMIT - NAME.length - HEAD.length - 40)}.${'t'.repeat(22)}`
      expect(cut(own, exact)).toEqual([exact])
      expect(cut(own, `${exact}c`)?.length).toBe(most === 1 ? undefined : 2)
    }
  })

  it('is refused where the pieces are not enough', () => {
    for (const most of [1, 2, 3, 4]) {
      const own = namesOf(NAME, most)
      expect(cut(own, 'x'.repeat(roomIn(own)))).toHaveLength(most)
      expect(cut(own, 'x'.repeat(roomIn(own) + 1))).toBeUndefined()
    }
  })
})

describe('pieces that do not belong together', () => {
  const [a, b] = [valueOf(9_000, 'A'), valueOf(9_000, 'B')]
  const ofA = cut(names, a)!
  const ofB = cut(names, b)!

  it('of two responses are never mixed', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), (choice) => {
        const mixed = choice.map((first, index) => (first ? ofA : ofB)[index]!)
        const joined = join(names, headerOf(names, mixed))
        if (choice.every((first) => first === choice[0])) expect(joined).toEqual([frameOf(choice[0] ? a : b)])
        else expect(joined).toEqual(['incomplete'])
      }),
    )
  })

  it('are told apart where both came, under one name twice', () => {
    const both = [...pairs(ofB), ...pairs(ofA)].join('; ')
    expect(join(names, both)).toEqual([frameOf(b), frameOf(a)])
  })

  it('a whole value does not look at what is left of an earlier one', () => {
    const whole = valueOf(100, 'C')
    expect(join(names, [`${NAME}=${whole}`, ...pairs(ofA).slice(1)].join('; '))).toEqual([frameOf(whole)])
  })

  it('missing, swapped, repeated, or beyond the count', () => {
    const [first, second, third] = ofA as [string, string, string]
    for (const values of [
      [first],
      [first, second],
      [first, third, second],
      [first, second, second],
      [first, second, third.replace('2.3.', '3.3.')],
      [first.replace('0.3.', '0.4.'), second.replace('1.3.', '1.4.'), third.replace('2.3.', '2.4.')],
    ])
      expect(join(names, headerOf(names, values)), values.map((value) => value.slice(0, 12)).join()).toEqual([
        'incomplete',
      ])
    expect(join(names, headerOf(names, [second, third]))).toEqual(['malformed'])
    expect(join(names, headerOf(names, [first.replace('0.3.', '0.5.'), second, third]))).toEqual(['malformed'])
  })

  it('no cookie is no value', () => {
    expect(join(names, '')).toEqual([])
    expect(join(names, 'other=1')).toEqual([])
    expect(join(names, pairs(ofA).slice(1).join('; '))).toEqual([])
  })
})
