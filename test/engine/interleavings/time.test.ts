/** All orders of requests, of time that passes, and of a sweep: nothing that is over is revived, nothing that lives is removed. */
import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Asked, Outcome } from '../race.ts'
import { START, begin } from '../world.ts'
import type { Act } from './acts.ts'
import {
  ADA,
  STORES,
  clock,
  destroy,
  errorsOf,
  explorer,
  failedOnlyWith,
  later,
  marks,
  nobodyFailed,
  read,
  regenerate,
  signIn,
  signOut,
  signedIn,
  sweepAfter,
  write,
} from './acts.ts'

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Less than a request may go on trying. */
const BRIEFLY = 3 * SECOND

const explore = explorer('time')

/** Time may pass between its reading and its response. */
const slowRead: Act = async ({ ref, pass }) => {
  await ref.read()
  await pass(0)
}

/** Whether a request had been admitted: it looked at the session before it was over. */
const admittedAt = ({ calls }: Outcome, actor: number): boolean => {
  const passed = calls.findIndex((call) => call.includes('lets'))
  const loaded = calls.findIndex((call) => call.startsWith(`${String(actor)} load`))
  return loaded !== -1 && loaded < passed
}

describe.each(STORES)('over %s', (__, around) => {
  it.each<readonly [string, ReadonlyArray<Act>]>([
    ['touch', [clock(2 * MINUTE), read]],
    ['touch, touch', [clock(2 * MINUTE), read, read]],
    ['touch, and time that passes twice', [clock(30 * SECOND, 2 * MINUTE), read, read]],
    ['touch by a request that lasts', [clock(2 * MINUTE), slowRead]],
  ])('expiry, %s: activity before the deadline counts, after it revives nothing', (_, requests) =>
    explore({
      begins: ADA,
      around,
      after: 59 * MINUTE,
      requests,
      then: async (outcome) => {
        nobodyFailed(outcome)
        const touched = outcome.effects.filter(({ verb }) => verb === 'touch')
        for (const { after } of touched) expect(after).toMatchObject({ _tag: 'Live' })
        expect(await outcome.statusOf(outcome.first)).toBe(touched.length > 0 ? 'live' : 'expired')
      },
    }),
  )

  it.each<readonly [string, ReadonlyArray<Act>]>([
    ['touch', [sweepAfter(4 * MINUTE), read]],
    ['touch, touch', [sweepAfter(4 * MINUTE), read, read]],
    ['touch by a request that lasts', [sweepAfter(4 * MINUTE), slowRead]],
    ['sweep, touch', [sweepAfter(4 * MINUTE), sweepAfter(MINUTE), read]],
  ])('sweep, %s: what was touched in time stays, what was not is gone for good', (_, requests) =>
    explore({
      begins: ADA,
      around,
      after: 59 * MINUTE,
      requests,
      then: async (outcome) => {
        nobodyFailed(outcome)
        const touched = outcome.effects.some(({ verb }) => verb === 'touch')
        const swept = outcome.effects.some(({ verb }) => verb === 'sweep')
        expect(touched && swept).toBe(false)
        expect(await outcome.statusOf(outcome.first)).toBe(touched ? 'live' : 'unknown')
      },
    }),
  )

  it('sweep, a few seconds before a removal is due: it looks again, and removes nothing', () =>
    explore({
      before: async (setUp) => {
        setUp.pass(30 * SECOND)
        return [await begin(setUp, Session.signIn('ada'))]
      },
      around,
      after: 59 * MINUTE,
      requests: [sweepAfter(2 * MINUTE + 50 * SECOND), read],
      then: async ({ effects, statusOf, first }) => {
        expect(effects.filter(({ verb }) => verb === 'sweep')).toEqual([])
        expect(await statusOf(first)).toBe(effects.length > 0 ? 'live' : 'expired')
      },
    }))

  it.each<readonly [string, Act]>([
    ['write', write('a')],
    ['two writes', write('a1', 'a2')],
    ['deferred write', later('a')],
    ['regenerate', regenerate],
    ['sign-in of the same', signIn('ada')],
  ])('sweep, %s: it is stored or refused, and never in a session that was removed', (_, act) =>
    explore({
      begins: ADA,
      around,
      after: 59 * MINUTE,
      requests: [sweepAfter(4 * MINUTE), act],
      then: (outcome) => {
        failedOnlyWith(outcome, 1, 'SessionEnded')
        const swept = outcome.effects.findIndex(({ verb }) => verb === 'sweep')
        const old = outcome.effects.filter(({ id }) => outcome.first?.includes(id) === true)
        if (swept !== -1) expect(old.at(-1)).toMatchObject({ verb: 'sweep', after: undefined })
        // Who had been admitted is never given a new session in its place.
        if (admittedAt(outcome, 1)) expect(outcome.effects.filter(({ verb }) => verb === 'create')).toEqual([])
      },
    }),
  )

  it.each<readonly [string, Act]>([
    ['destroy', destroy],
    ['sign-out', signOut],
  ])('sweep, %s: nobody is signed in, and nobody is told that it failed', (_, act) =>
    explore({
      begins: ADA,
      around,
      after: 59 * MINUTE,
      requests: [sweepAfter(4 * MINUTE), act, read],
      then: (outcome) => {
        expect(errorsOf(outcome, 1)).toEqual([])
        if (outcome.done[1]?.admitted === true && !outcome.effects.some(({ verb }) => verb === 'touch'))
          expect(signedIn(outcome)).toEqual([])
      },
    }),
  )

  // A request that is on its way when the last deadline passes.
  const absolutely = (
    requests: ReadonlyArray<Act | Asked>,
    then: (outcome: Outcome) => void | Promise<void>,
  ): Promise<void> =>
    explore({
      begins: ADA,
      around,
      after: 2 * HOUR - SECOND,
      options: { absoluteTimeout: 2 * HOUR, idleTimeout: 2 * HOUR },
      requests,
      then: async (outcome) => {
        for (const [id, { createdAt, subject }] of outcome.live)
          if (outcome.first?.includes(id) === true)
            expect([createdAt, subject?.authenticatedAt]).toEqual([START, START])
        await then(outcome)
      },
    })

  it.each<readonly [string, ReadonlyArray<Act>]>([
    ['write', [clock(BRIEFLY), write('a')]],
    ['two writes', [clock(BRIEFLY), write('a1', 'a2')]],
    ['write, deferred write', [clock(BRIEFLY), write('a'), later('b')]],
    ['write, regenerate', [clock(BRIEFLY), write('a'), regenerate]],
  ])('the absolute deadline, %s: who had been admitted is forgiven for a while, the deadline stays', (_, requests) =>
    absolutely(requests, async (outcome) => {
      for (const actor of requests.keys()) {
        failedOnlyWith(outcome, actor, ...(requests.includes(regenerate) ? ['Superseded'] : []))
        if (actor > 0 && admittedAt(outcome, actor))
          expect(outcome.effects.filter((one) => one.actor === actor && one.verb === 'create')).toEqual([])
      }
      // Whoever came later has a session of its own, and the one that is over is over.
      expect(await outcome.statusOf(outcome.first)).not.toBe('live')
    }),
  )

  it.each<readonly [string, ReadonlyArray<Act>]>([
    ['write', [clock(5 * MINUTE), write('a')]],
    ['two writes', [clock(5 * MINUTE), write('a1', 'a2')]],
    ['write, write', [clock(5 * MINUTE), write('a'), write('b')]],
  ])('long after the absolute deadline, %s: nothing is forgiven', (_, requests) =>
    absolutely(requests, (outcome) => {
      // A store call that took minutes leaves no time to try again.
      for (const actor of requests.keys()) failedOnlyWith(outcome, actor, 'SessionEnded', 'ConflictExhausted')
      const late = START + 2 * HOUR + MINUTE
      for (const { id, after } of outcome.effects)
        if (outcome.first?.includes(id) === true && after?._tag === 'Live') expect(after.touchedAt).toBeLessThan(late)
      expect(marks(outcome).length).toBeLessThanOrEqual(2)
    }),
  )

  it('the absolute deadline, sign-in of the same: it alone moves the deadline', () =>
    explore({
      begins: ADA,
      around,
      after: 2 * HOUR - SECOND,
      options: { absoluteTimeout: 2 * HOUR, idleTimeout: 2 * HOUR },
      requests: [clock(BRIEFLY), signIn('ada'), write('a')],
      then: (outcome) => {
        expect(errorsOf(outcome, 1)).toEqual([])
        failedOnlyWith(outcome, 2, 'Superseded')
        const moved = outcome.live.filter(([, { subject }]) => (subject?.authenticatedAt ?? START) > START)
        expect(moved).toHaveLength(1)
      },
    }))
})

describe('the rules can be broken', () => {
  it('a store whose sweep does not look again, one whose touch does not look at the deadline', async () => {
    const requests = [sweepAfter(4 * MINUTE), read]
    await expect(
      explore({
        begins: [Session.signIn('ada')],
        after: 59 * MINUTE,
        requests,
        breaking: (store) => ({
          ...store,
          sweep: () => async () => {
            const listed = await store.list('ada')()
            const ids = listed._tag === 'Right' ? listed.right.map(({ id }) => id) : []
            await store.sweep(START + 48 * HOUR, 10)()
            return { _tag: 'Right', right: { removed: ids.length, more: false } }
          },
        }),
      }),
    ).rejects.toThrow(/removed a session that lives/)
    await expect(
      explore({
        begins: [Session.signIn('ada')],
        after: 59 * MINUTE,
        requests: [clock(2 * MINUTE), read],
        breaking: (store) => ({
          ...store,
          touch: (id, epoch, _, until) => store.touch(id, epoch, START, until),
        }),
        then: async (outcome) => {
          const touched = outcome.effects.some(({ verb }) => verb === 'touch')
          expect(await outcome.statusOf(outcome.first)).toBe(touched ? 'live' : 'expired')
        },
      }),
    ).rejects.toThrow(/^schedule \d/)
  })
})
