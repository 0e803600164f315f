/**
 * The orders of a few worlds again where one process serves all (commits to one session queue), where sessions are kept
 * near, and where each store call in turn loses its answer, before its effect or after it, under `withRetry` and without.
 */
import { describe, expect, it } from 'vitest'
import type { Asked, Outcome } from '../race.ts'
import type { Act } from './acts.ts'
import {
  ADA,
  STORES,
  destroy,
  errorsOf,
  explorer,
  failedOnlyWith,
  halfway,
  later,
  marks,
  nobodyFailed,
  nobodySignedIn,
  regenerate,
  signIn,
  signOut,
  write,
} from './acts.ts'

type World = readonly [string, ReadonlyArray<Act>, (outcome: Outcome) => void]

const everyMarkIsThere = (outcome: Outcome): void => {
  nobodyFailed(outcome)
  expect(marks(outcome)).toEqual(outcome.done.flatMap(({ acked }) => acked).sort())
}
const logoutHolds = (outcome: Outcome): void => {
  expect(errorsOf(outcome, 1)).toEqual([])
  if (outcome.done[1]?.admitted === true) nobodySignedIn(outcome)
}
const oneIsSuperseded = (outcome: Outcome): void => {
  for (const actor of outcome.done.keys()) failedOnlyWith(outcome, actor, 'Superseded')
  expect(outcome.live).toHaveLength(1)
}

const WORLDS: ReadonlyArray<World> = [
  ['write, write', [write('a'), write('b')], everyMarkIsThere],
  ['two writes, deferred write', [write('a1', 'a2'), later('b')], everyMarkIsThere],
  ['commit half-way, write', [halfway('a1', 'a2'), write('b')], everyMarkIsThere],
  ['write, destroy', [write('a'), destroy], logoutHolds],
  ['write, sign-out', [write('a'), signOut], logoutHolds],
  ['regenerate, destroy', [regenerate, destroy], logoutHolds],
  ['regenerate, write', [regenerate, write('a')], oneIsSuperseded],
  ['regenerate, regenerate', [regenerate, regenerate], oneIsSuperseded],
]

const THREE: ReadonlyArray<World> = [
  ['write, write, deferred write', [write('a'), write('b'), later('c')], everyMarkIsThere],
  ['write, destroy, write', [write('a'), destroy, write('b')], logoutHolds],
  ['regenerate, write, regenerate', [regenerate, write('a'), regenerate], oneIsSuperseded],
]

describe('one process serves all', () => {
  const explore = explorer('one process')
  describe.each(STORES)('over %s', (_, around) => {
    it.each([...WORLDS, ...THREE])('%s', (__, requests, then) =>
      explore({ begins: ADA, around, together: true, requests, then }, 1),
    )
  })
})

describe('what is kept near', () => {
  const explore = explorer('kept near')
  it.each([...WORLDS, ...THREE])('%s', (__, requests, then) =>
    explore({ begins: ADA, around: 'cached', requests, then }, 1),
  )
  it.each<readonly [string, ReadonlyArray<Act | Asked>]>([
    ['sign-in, write', [signIn('ada'), write('evil')]],
    ['sign-in of another, write, write', [signIn('bob'), write('evil'), later('evil2')]],
  ])('%s: nothing gets into the new session', (_, requests) =>
    explore({
      begins: ADA,
      around: 'cached',
      requests,
      then: (outcome) => {
        failedOnlyWith(outcome, 0, 'Superseded')
        for (const [, { subject, data }] of outcome.live) if (subject?.id === 'bob') expect(data).toEqual({ views: 0 })
      },
    }),
  )
})

describe('a lost answer', () => {
  const explore = explorer('lost answers')
  /** More than any of these worlds makes in one run. */
  const MOST_CALLS = 8

  it.each(WORLDS.slice(0, 1).concat(WORLDS.slice(3)))(
    '%s, under withRetry: nobody notices',
    async (_, requests, then) => {
      for (let nth = 0; nth < MOST_CALLS; nth++)
        for (const effect of [true, false])
          await explore({ begins: ADA, around: 'withRetry', losing: { nth, effect }, requests, then })
    },
  )

  it.each(WORLDS.slice(0, 1).concat(WORLDS.slice(3)))(
    '%s, of a call that changes something: the engine asks again',
    async (_, requests) => {
      for (let nth = 0; nth < MOST_CALLS; nth++)
        for (const effect of [true, false])
          await explore({
            begins: ADA,
            losing: { nth, effect },
            requests,
            then: (outcome) => {
              for (const actor of outcome.done.keys())
                // A look that failed is told; a write that failed is asked for again.
                failedOnlyWith(outcome, actor, 'StoreUnavailable', 'Superseded', 'SessionEnded')
              const unanswered = outcome.calls.some((call) => call.includes('load (its answer is lost)'))
              if (!unanswered) expect(outcome.done.flatMap(({ errors }) => errors)).not.toContain('StoreUnavailable')
            },
          })
    },
  )
})
