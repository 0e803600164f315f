import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { carriedOf, textOf } from '../../../src/carriers/sealedCookie/record.ts'
import { carrieds, carriedOf as given, newId, NOW } from '../given.ts'

describe('a session as text', () => {
  it('says all that means something outside of a store', () => {
    fc.assert(
      fc.property(carrieds, fc.integer({ min: 1, max: 200 }), (carried, padTo) => {
        expect(carriedOf(textOf(carried, padTo))).toEqual(carried)
      }),
    )
  })

  it('has a multiple of the bytes that it is to be padded to', () => {
    fc.assert(
      fc.property(carrieds, fc.integer({ min: 1, max: 200 }), (carried, padTo) => {
        const bytes = Buffer.byteLength(textOf(carried, padTo))
        expect(bytes % padTo).toBe(0)
        expect(bytes - Buffer.byteLength(textOf(carried, 1))).toBeLessThan(padTo)
      }),
    )
  })

  it('is short: names of our own are not in it', () => {
    expect(textOf(given({ views: 3 }), 1)).toMatch(/^\[1,"[\w-]{22}",1767225600000,1,1,0,\{"views":3\},0,0,0,0\]$/)
  })

  it('gives what nobody can change', () => {
    const carried = carriedOf(
      textOf(given({ cart: [{ id: 1 }] }, { flash: { a: ['b'] }, subject: { id: 'ada', authenticatedAt: NOW } }), 1),
    )
    for (const part of [carried?.live.data, carried?.live.flash, carried?.live.subject])
      expect(Object.isFrozen(part)).toBe(true)
    expect(Object.isFrozen((carried?.live.data as { cart: ReadonlyArray<unknown> }).cart[0])).toBe(true)
  })
})

const layout = (more: Readonly<Record<number, unknown>> = {}): ReadonlyArray<unknown> =>
  Object.assign([1, newId(), NOW, 0, 0, 0, {}, 0, 0, 0, 0], more)

describe('what is no session', () => {
  it.each(
    [
      ['', 'null', '1', '"a"', '{}', '[]', '[1,2]', '[1', 'a', '[[]]'].map((text) => text),
      [
        { 0: '1' },
        { 0: null },
        { 1: 'short' },
        { 1: 7 },
        { 1: null },
        { 2: '1' },
        { 3: null },
        { 4: {} },
        { 5: 'x' },
      ].map((more) => JSON.stringify(layout(more))),
      [
        { 7: 1 },
        { 7: [] },
        { 7: 'a' },
        { 8: {} },
        { 8: [] },
        { 8: [1, 2] },
        { 8: ['a', 'b'] },
        { 9: [] },
        { 9: 'a' },
        { 10: '0' },
      ].map((more) => JSON.stringify(layout(more))),
    ].flat(),
  )('%s', (text) => {
    expect(carriedOf(text)).toBeUndefined()
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.array(fc.jsonValue(), { minLength: 9 }).map((value) => JSON.stringify(value)),
        ),
        (text) => {
          expect(carriedOf(text)).toBeUndefined()
        },
      ),
    )
  })

  it('a newer format is there, for the engine to leave it alone', () => {
    expect(carriedOf(JSON.stringify([...layout({ 0: 7 }), 'more']))).toMatchObject({
      live: { format: 7, createdAt: NOW },
    })
  })
})
