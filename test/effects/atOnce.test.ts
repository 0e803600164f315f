import * as E from '#fp-ts/Either'
import { describe, expect, it, vi } from 'vitest'
import * as fc from 'fast-check'
import { atOnce, nowOf } from '../../src/effects/atOnce.ts'
import { withRetry } from '../../src/effects/combinators.ts'
import { refused, type StoreError } from '../../src/effects/Store.ts'
import { memoryStore } from '../../src/stores/memory.ts'

type Answer = E.Either<StoreError, number>
const answers: fc.Arbitrary<Answer> = fc.oneof(
  fc.integer().map((n) => E.right(n)),
  fc.string().map((text) => E.left(refused('load', new Error(text)))),
)

describe('atOnce', () => {
  it('law: the effect gives what the function gives, and calls it once, when it is run', async () => {
    await fc.assert(
      fc.asyncProperty(answers, fc.string(), async (answer, id) => {
        const now = vi.fn((_id: string): Answer => answer)
        const effect = atOnce(now)(id)
        expect(now).not.toHaveBeenCalled()
        expect(await effect()).toBe(answer)
        expect(now.mock.calls).toEqual([[id]])
      }),
    )
  })

  it('law: nowOf gives the function back, of this verb and of no other', () => {
    const now = (id: string): Answer => E.right(id.length)
    const verb = atOnce(now)
    expect(nowOf(verb)).toBe(now)
    expect(nowOf((id: string) => verb(id))).toBeUndefined()
    expect(nowOf(verb.bind(undefined))).toBeUndefined()
  })

  it('is lost where a combinator stands around the store, and where a verb is put in the place of another', () => {
    const store = memoryStore()
    expect(nowOf(store.load)).toBeDefined()
    expect(nowOf(withRetry()(store).load)).toBeUndefined()
    expect(nowOf({ ...store, load: (id: Parameters<typeof store.load>[0]) => store.load(id) }.load)).toBeUndefined()
  })
})
