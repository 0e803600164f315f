/**
 * All orders of a request whose response fails (status 500 and above) and of others: its updates are discarded, what it had
 * committed before stays, and a logout that it asked for is kept.
 */
import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Asked, Outcome } from '../race.ts'
import type { Act } from './acts.ts'
import {
  ADA,
  STORES,
  destroy,
  explorer,
  failedOnlyWith,
  halfway,
  later,
  marks,
  nobodySignedIn,
  regenerate,
  signIn,
  signOut,
  write,
} from './acts.ts'

const explore = explorer('failing responses')

const failing = (act: Act): Asked => ({ act, status: 500 })

/** What it does before it fails. */
const BEFORE: ReadonlyArray<readonly [string, Act, ReadonlyArray<string>]> = [
  ['alone', () => Promise.resolve(), []],
  [
    'after a commit',
    async ({ later: record, commit }) => {
      record('kept')
      await commit()
    },
    ['kept'],
  ],
  ['after a transact', ({ mark }) => mark('kept'), ['kept']],
]

const OTHERS: ReadonlyArray<readonly [string, Act]> = [
  ['a write', write('b')],
  ['two writes', write('b1', 'b2')],
  ['a regenerate', regenerate],
]

const stored = (outcome: Outcome, ...names: ReadonlyArray<string>): void => {
  for (const name of names) if (outcome.done[0]?.errors.length === 0) expect(outcome.done[0].acked).toContain(name)
}

describe.each(STORES)('over %s', (__, around) => {
  describe.each(BEFORE)('a failing response, %s', (_, first, kept) => {
    it.each([...OTHERS, ['a destroy', destroy] as const, ['a sign-in of another', signIn('bob')] as const])(
      '%s: its updates are discarded, what was carried before stays',
      (__, other) =>
        explore({
          begins: ADA,
          around,
          requests: [
            failing(async (handler) => {
              await first(handler)
              handler.later('lost')
            }),
            other,
          ],
          then: (outcome) => {
            failedOnlyWith(outcome, 0, 'Superseded', 'SessionEnded')
            // That it is stored nowhere is an invariant: nobody was told.
            expect(outcome.done[0]?.acked).not.toContain('lost')
            expect(marks(outcome)).not.toContain('lost')
            stored(outcome, ...kept)
          },
        }),
    )

    it.each<readonly [string, Session.Session<never>['intent'], Act]>([
      ['a deferred sign-out', 'rotate', ({ ref }) => Promise.resolve(ref.update(Session.signOut))],
      ['a deferred destroy', 'end', ({ ref }) => Promise.resolve(ref.update(Session.destroy))],
      ['a sign-out', 'rotate', ({ ref }) => ref.transact(Session.signOut).then(() => undefined)],
      ['a destroy', 'end', ({ ref }) => ref.destroy()],
    ])('%s is kept, whatever others do', async (__, intent, logout) => {
      for (const [, other] of OTHERS)
        await explore({
          begins: ADA,
          around,
          requests: [
            failing(async (handler) => {
              await handler.admitted()
              await first(handler)
              await logout(handler)
            }),
            other,
          ],
          then: (outcome) => {
            const { admitted, errors } = outcome.done[0] as (typeof outcome.done)[0]
            failedOnlyWith(outcome, 0, 'Superseded', 'SessionEnded')
            if (!admitted || errors.length > 0) return
            nobodySignedIn(outcome)
            if (intent === 'end') expect(outcome.live).toEqual([])
          },
        })
    })
  })

  it.each<readonly [string, Act]>([
    ['sign-out', signOut],
    ['destroy', destroy],
  ])('two failing responses that both ask for a %s', (_, act) =>
    explore({
      begins: ADA,
      around,
      requests: [failing(act), failing(act)],
      then: (outcome) => {
        expect(outcome.done.flatMap(({ errors }) => errors)).toEqual([])
        nobodySignedIn(outcome)
      },
    }),
  )

  it('a failing stream, a failing logout, a write', () =>
    explore({
      begins: ADA,
      around,
      requests: [failing(halfway('s1', 's2')), failing(destroy), later('b')],
      then: (outcome) => {
        expect(outcome.done[0]?.acked).not.toContain('s2')
        if (outcome.done[1]?.admitted === true) expect(outcome.live).toEqual([])
      },
    }))

  it('a failing response whose session was rotated by itself still sends the cookie of what is stored', () =>
    explore({
      begins: ADA,
      around,
      requests: [failing(regenerate), write('b')],
      then: async (outcome) => {
        expect(outcome.done[0]?.errors).toEqual([])
        expect(await outcome.statusOf(outcome.done[0]?.cookie)).toBe('live')
      },
    }))
})
