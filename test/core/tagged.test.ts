import * as E from '#fp-ts/Either'
import * as O from '#fp-ts/Option'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Tagged from '../../src/core/tagged.ts'

describe('the tagged values are those of fp-ts', () => {
  it('law: as they are made', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(Tagged.left(value)).toStrictEqual(E.left(value))
        expect(Tagged.right(value)).toStrictEqual(E.right(value))
        expect(Tagged.some(value)).toStrictEqual(O.some(value))
        expect(Tagged.fromNullable(value)).toStrictEqual(O.fromNullable(value))
      }),
    )
    expect(Tagged.none).toStrictEqual(O.none)
    for (const empty of [null, undefined]) expect(Tagged.fromNullable(empty)).toStrictEqual(O.none)
  })

  it('law: as they are told apart', () => {
    for (const either of [E.left(1), E.right(1)]) {
      expect(Tagged.isLeft(either)).toBe(E.isLeft(either))
      expect(Tagged.isRight(either)).toBe(E.isRight(either))
    }
    for (const option of [O.none, O.some(1)]) {
      expect(Tagged.isSome(option)).toBe(O.isSome(option))
      expect(Tagged.toUndefined(option)).toBe(O.toUndefined(option))
    }
  })
})
