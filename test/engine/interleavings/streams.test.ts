/**
 * All orders of a request that commits half-way and goes on, before its response leaves or after the headers did, and of
 * others that write, end, hand over or leave the session meanwhile.
 */
import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Outcome } from '../race.ts'
import type { Act } from './acts.ts'
import {
  ADA,
  STORES,
  ANONYMOUS,
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
  stream,
  write,
} from './acts.ts'

const explore = explorer('streams')

const STREAMS: ReadonlyArray<readonly [string, Act]> = [
  ['a handler that commits half-way', halfway('s1', 's2')],
  ['a stream that commits after the headers', stream('s1', 's2')],
]

/** Where in the effects a session was taken from the stream. */
const taken = ({ effects }: Outcome): number =>
  effects.findIndex(
    ({ actor, before, after }) =>
      actor !== 0 && before?._tag === 'Live' && (after?._tag !== 'Live' || after.epoch > before.epoch),
  )

describe.each(STORES)('over %s', (__, around) => {
  describe.each(STREAMS)('%s', (_, act) => {
    it.each<readonly [string, ReadonlyArray<Act>]>([
      ['a write', [write('b')]],
      ['two writes', [write('b1', 'b2')]],
      ['another such', [halfway('b1', 'b2')]],
    ])('%s: every part is stored, once', (__, others) =>
      explore({
        begins: ANONYMOUS,
        around,
        requests: [act, ...others],
        then: (outcome) => {
          nobodyFailed(outcome)
          expect(marks(outcome).filter((name) => name.startsWith('s'))).toEqual(['s1', 's2'])
          expect(marks(outcome)).toHaveLength(outcome.done.flatMap(({ acked }) => acked).length)
        },
      }),
    )

    it.each<readonly [string, ReadonlyArray<Act>]>([
      ['destroy', [destroy]],
      ['destroy, write', [destroy, write('b')]],
    ])('%s: what comes later is refused, nothing comes back', (__, others) =>
      explore({
        begins: ADA,
        around,
        requests: [act, ...others],
        then: (outcome) => {
          expect(errorsOf(outcome, 1)).toEqual([])
          failedOnlyWith(outcome, 0, 'SessionEnded')
          if (outcome.done[1]?.admitted !== true) return
          expect(outcome.live).toEqual([])
          const end = taken(outcome)
          expect(outcome.effects.slice(end + 1)).toEqual([])
          // Either it had stored everything before, or it was told.
          if (outcome.done[0]?.acked.length !== 2) expect(errorsOf(outcome, 0)).toContain('SessionEnded')
        },
      }),
    )

    it.each<readonly [string, Act]>([
      ['regenerate', regenerate],
      ['sign-in of the same', signIn('ada')],
      ['sign-in of another', signIn('bob')],
      ['sign-out', signOut],
    ])('%s: what comes later is refused, and no cookie of it leaves', (__, other) =>
      explore({
        begins: ADA,
        around,
        requests: [act, other],
        then: (outcome) => {
          failedOnlyWith(outcome, 0, 'Superseded', 'SessionEnded')
          const end = taken(outcome)
          expect(end).not.toBe(-1)
          expect(outcome.effects.slice(end + 1).filter(({ actor }) => actor === 0)).toEqual([])
          expect(outcome.done[0]?.setCookie).toBeUndefined()
          if (other === signOut) nobodySignedIn(outcome)
          for (const [, { subject, data }] of outcome.live)
            if (subject?.id === 'bob') expect(data).toEqual({ views: 0 })
        },
      }),
    )
  })

  it.each<readonly [string, Act]>([
    ['a write', write('b')],
    ['a regenerate', regenerate],
    ['destroy', destroy],
  ])('a stream that signs out after its first part, %s: nobody is signed in', (__, other) =>
    explore({
      begins: ADA,
      around,
      requests: [
        async ({ later: record, commit, ref, admitted }) => {
          await admitted()
          record('s1')
          await commit()
          await ref.transact(Session.signOut)
        },
        other,
      ],
      then: (outcome) => {
        failedOnlyWith(outcome, 0, 'Superseded', 'SessionEnded')
        // Its first part may have been refused; it was told, and it did not come to sign out.
        if (outcome.done[0]?.admitted === true && errorsOf(outcome, 0).length === 0) nobodySignedIn(outcome)
      },
    }),
  )

  it('a stream that regenerates between, a write: the stream goes on, the other is superseded', () =>
    explore({
      begins: ADA,
      around,
      requests: [
        async ({ later: record, commit, ref }) => {
          record('s1')
          await commit()
          ref.update(Session.regenerate)
          await commit()
          record('s2')
          await commit()
        },
        write('b'),
      ],
      then: (outcome) => {
        expect(errorsOf(outcome, 0)).toEqual([])
        expect(outcome.done[0]?.acked).toEqual(['s1', 's2'])
        failedOnlyWith(outcome, 1, 'Superseded')
        expect(outcome.live).toHaveLength(1)
      },
    }))

  it('a stream, a deferred write and a destroy', () =>
    explore({
      begins: ADA,
      around,
      requests: [halfway('s1', 's2'), later('t'), destroy],
      then: (outcome) => {
        for (const actor of [0, 1]) failedOnlyWith(outcome, actor, 'SessionEnded')
        if (outcome.done[2]?.admitted === true) expect(outcome.live).toEqual([])
      },
    }))
})
