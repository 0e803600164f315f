import { describe, expect, it } from 'vitest'
import { format, isSessionId, isToken, token } from '../../src/core/Token.ts'
import { fakeRandom } from '../../src/testing/fakeRandom.ts'

const draw = ({ id, secret, tag, unit }: ReturnType<typeof fakeRandom>, count = 200) =>
  Array.from({ length: count }, () => ({ id: id(), secret: secret(), tag: tag(), unit: unit() }))

describe('fakeRandom', () => {
  it('gives the same for the same seed, and other things for another', () => {
    expect(draw(fakeRandom(7))).toEqual(draw(fakeRandom(7)))
    expect(draw(fakeRandom())).toEqual(draw(fakeRandom(1)))
    const [one, two] = [draw(fakeRandom(1)), draw(fakeRandom(2))]
    expect(one.filter(({ id }) => two.some((other) => other.id === id))).toEqual([])
  })

  it('gives ids and secrets of the right shape, none twice', () => {
    const drawn = draw(fakeRandom(3))
    expect(drawn.every(({ id, secret }) => isSessionId(id) && isToken(format(token(id, secret))))).toBe(true)
    for (const key of ['id', 'secret', 'tag', 'unit'] as const)
      expect(new Set(drawn.map((one) => one[key])).size).toBe(drawn.length)
  })

  it('gives units from all over [0, 1)', () => {
    const units = draw(fakeRandom(5), 1_000).map(({ unit }) => unit)
    expect(units.every((unit) => unit >= 0 && unit < 1)).toBe(true)
    expect(new Set(units.map((unit) => Math.floor(unit * 10))).size).toBe(10)
  })

  it.each([0, -1, 2 ** 32])('takes %s for a seed all the same', (seed) => {
    expect(isSessionId(fakeRandom(seed).id())).toBe(true)
  })
})
