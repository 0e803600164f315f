/**
 * All orders of requests that hold a session for themselves, of others that do not, and of a lease that runs out under its
 * holder. What is counted is computed from what was read under the lease: two who held it at once would lose one.
 */
import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import { nightly } from '../../model/check.ts'
import type { Asked, Outcome, Race } from '../race.ts'
import type { Data } from '../world.ts'
import type { Act } from './acts.ts'
import {
  ADA,
  clock,
  destroy,
  errorsOf,
  explorer,
  failedOnlyWith,
  marks,
  nobodyFailed,
  nobodySignedIn,
  regenerate,
  signOut,
  write,
} from './acts.ts'

/** Longer than a lease. */
const LAPSE = 10_001

const explore = explorer('leases')

const under = (act: Act): Asked => ({ act, opening: { lock: 'explicit' } })

/** Reads under the lease and stores what it computes. */
const adds = under(async ({ ref }) => {
  const { data } = await ref.lock()
  await ref.transact(Session.set<Data, 'views'>('views', data.views + 1))
})
/** The same, stored by the response's commit. */
const addsLater = under(async ({ ref }) => {
  const { data } = await ref.lock()
  ref.update(Session.set<Data, 'views'>('views', data.views + 1))
})
/** Gives it back by hand and takes it again. */
const addsTwice = under(async ({ ref }) => {
  const { data } = await ref.lock()
  ref.update(Session.set<Data, 'views'>('views', data.views + 1))
  await ref.release()
  const again = await ref.lock()
  ref.update(Session.set<Data, 'views'>('views', again.data.views + 1))
})
/** Writes twice under one lease: an order in which others write between is an order that is wrong. */
const marksTwice = (name: string): Asked =>
  under(async ({ ref, mark }) => {
    await ref.lock()
    await mark(`${name}1`)
    await mark(`${name}2`)
  })
const lockThen = (act: Act): Asked =>
  under(async (handler) => {
    await handler.ref.lock()
    await act(handler)
  })

const views = ({ live }: Outcome): number => (live[0]?.[1].data as unknown as Data | undefined)?.views ?? -1

/** A request that waits for another's lease is patient for one pause, so that there is an end to the orders. */
const BRIEF: Race['options'] = { lockTimeout: 1 }

describe('mutual exclusion', () => {
  it.each<readonly [string, ReadonlyArray<Asked>, number]>([
    ['two that add', [adds, adds], 2],
    ['two that add, one at its commit', [adds, addsLater], 2],
    ['one that gives it back between, and one', [addsTwice, adds], 3],
    // 6,660 orders.
    ...(nightly > 1 ? ([['three that add', [adds, adds, addsLater], 3]] as const) : []),
  ])('%s: every sum is there', (_, requests, sum) =>
    explore({
      begins: ADA,
      requests,
      then: (outcome) => {
        nobodyFailed(outcome)
        expect(views(outcome)).toBe(sum)
      },
    }),
  )

  it.each<readonly [string, ReadonlyArray<Asked>]>([
    ['two', [marksTwice('a'), marksTwice('b')]],
    ['one and a plain write', [marksTwice('a'), { act: write('b') }]],
  ])('%s: nobody writes between two writes under one lease', (_, requests) =>
    explore({
      begins: ADA,
      options: BRIEF,
      requests,
      then: ({ live }) => {
        const seen = (live[0]?.[1].data as unknown as Data).seen ?? []
        const at = seen.indexOf('a1')
        if (at !== -1 && seen.includes('a2')) expect(seen[at + 1]).toBe('a2')
      },
    }),
  )
})

describe('a lease that runs out under its holder', () => {
  it.each<readonly [string, ReadonlyArray<Asked>]>([['two that add', [addsLater, adds, { act: clock(LAPSE) }]]])(
    '%s: whoever was told that it is stored has stored it on what it read',
    (_, requests) =>
      explore({
        begins: ADA,
        options: BRIEF,
        requests,
        then: (outcome) => {
          const stored = [0, 1].filter((actor) => errorsOf(outcome, actor).length === 0)
          // To be stalled for longer than one may go on trying is an answer, too.
          for (const actor of [0, 1]) failedOnlyWith(outcome, actor, 'LeaseLost', 'LockTimeout', 'ConflictExhausted')
          expect(views(outcome)).toBe(stored.length)
        },
      }),
  )

  it.each<readonly [string, Act]>([
    ['a plain write', write('b')],
    ['two plain writes', write('b1', 'b2')],
  ])('%s by another: it stands, and the stalled holder stores nothing over it', (_, act) =>
    explore({
      begins: ADA,
      options: BRIEF,
      requests: [addsLater, act, clock(LAPSE)],
      then: (outcome) => {
        failedOnlyWith(outcome, 0, 'LeaseLost', 'LockTimeout', 'ConflictExhausted')
        failedOnlyWith(outcome, 1, 'LockTimeout', 'ConflictExhausted')
        expect(views(outcome)).toBe(errorsOf(outcome, 0).length === 0 ? 1 : 0)
        // What came between its reading and its writing was not what it had decided on.
        const { calls } = outcome
        const decided = calls.lastIndexOf('0 load → Some', calls.indexOf('0 update → Updated'))
        const between = calls.slice(decided + 1, calls.indexOf('0 update → Updated'))
        if (calls.includes('0 update → Updated')) expect(between).not.toContain('1 update → Updated')
      },
    }),
  )

  it.each<readonly [string, Act]>([
    ['destroy', destroy],
    ['sign-out', signOut],
  ])('%s by another: the logout holds, or is told that it must wait', (_, act) =>
    explore({
      begins: ADA,
      options: BRIEF,
      requests: [addsLater, act, clock(LAPSE)],
      then: (outcome) => {
        failedOnlyWith(outcome, 1, 'LockTimeout', 'ConflictExhausted')
        if (errorsOf(outcome, 1).length === 0 && outcome.done[1]?.admitted === true) nobodySignedIn(outcome)
      },
    }),
  )

  it.each<readonly [string, Asked]>([
    ['destroy', lockThen(destroy)],
    ['sign-out', lockThen(signOut)],
  ])('%s by the stalled holder: a logout is stored whatever others did meanwhile', (_, holder) =>
    explore({
      begins: ADA,
      options: BRIEF,
      requests: [holder, { act: write('b') }, { act: clock(LAPSE) }],
      then: (outcome) => {
        failedOnlyWith(outcome, 0, 'LockTimeout', 'ConflictExhausted')
        if (errorsOf(outcome, 0).length === 0 && outcome.done[0]?.admitted === true) nobodySignedIn(outcome)
      },
    }),
  )

  it('regenerate by another: the stalled holder is superseded, and writes nothing', () =>
    explore({
      begins: ADA,
      options: BRIEF,
      requests: [addsLater, regenerate, clock(LAPSE)],
      then: (outcome) => {
        failedOnlyWith(outcome, 0, 'Superseded', 'LockTimeout', 'LeaseLost', 'ConflictExhausted')
        expect(views(outcome)).toBe(errorsOf(outcome, 0).length === 0 && !outcome.done[0]?.dropped ? 1 : 0)
      },
    }))
})

describe('revocation', () => {
  it.each<readonly [string, ReadonlyArray<Asked['act'] | Asked>]>([
    ['a holder', [adds]],
    // 2,826 orders.
    ...(nightly > 1 ? ([['a holder and one who waits', [adds, adds]]] as const) : []),
    ['a holder whose lease runs out', [addsLater, clock(LAPSE)]],
  ])('of %s: no lease delays it, and nobody is signed in', (_, requests) =>
    explore({
      begins: ADA,
      requests: [
        ...requests,
        async ({ sessions }) => {
          expect((await sessions.subject('ada').endAll())._tag).toBe('Right')
        },
      ],
      then: (outcome) => {
        nobodySignedIn(outcome)
        for (const actor of requests.keys()) failedOnlyWith(outcome, actor, 'SessionEnded', 'ConflictExhausted')
        expect(marks(outcome)).toEqual([])
      },
    }),
  )
})
