/**
 * All orders of what hands a session over or ends it without its request's asking: reuse, revocation of one, of all others;
 * of renewal, its confirmation and parallel requests; of three that sign in, out and write.
 */
import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { nightly } from '../../model/check.ts'
import type { Asked, Handler, Outcome, SetUp } from '../race.ts'
import { begin } from '../world.ts'
import type { Act } from './acts.ts'
import {
  ADA,
  ANONYMOUS,
  STORES,
  clock,
  destroy,
  errorsOf,
  explorer,
  failedOnlyWith,
  later,
  nobodyFailed,
  nobodySignedIn,
  read,
  regenerate,
  signIn,
  signOut,
  signedIn,
  write,
} from './acts.ts'
import { idOf } from './invariants.ts'

const explore = explorer('rotations')

const AGE = 121_000
const RENEWING = { renewAfter: 120_000 }

/** The renewed secret, which nobody has presented yet, and the one before it. */
const renewed = async (setUp: SetUp): Promise<ReadonlyArray<string>> => {
  const old = await begin(setUp, Session.signIn('ada'))
  setUp.pass(AGE)
  return [await setUp.view(old), old]
}
/** The same, presented, and its predecessor's grace is over. */
const reusable = async (setUp: SetUp): Promise<ReadonlyArray<string>> => {
  const [fresh = '', old = ''] = await renewed(setUp)
  await setUp.view(fresh)
  setUp.pass(61_000)
  return [fresh, old]
}

const second = (act: Act): Asked => ({ act, brings: [1] })

const endOne: Asked['act'] = async ({ sessions }) => {
  const ada = sessions.subject('ada')
  const listed = await ada.list()
  if (listed._tag === 'Left') throw new Error('no list')
  for (const { id } of listed.right) expect((await ada.endOne(id)())._tag).toBe('Right')
}
const endOthers =
  (keep: (handler: Handler) => Promise<SessionId>): Asked['act'] =>
  async (handler) => {
    expect((await handler.sessions.subject('ada').endOthers(await keep(handler))())._tag).toBe('Right')
  }
const endAll: Asked['act'] = async ({ sessions }) => {
  expect((await sessions.subject('ada').endAll())._tag).toBe('Right')
}

describe.each(STORES)('over %s', (__, around) => {
  it.each<readonly [string, Act]>([
    ['a regenerate', regenerate],
    ['a write', write('a')],
    ['a sign-out', signOut],
    ['a destroy', destroy],
    ['a sign-in of the same', signIn('ada')],
  ])('a secret that is presented after its grace ends the session, %s: the thief has nothing', (_, act) =>
    explore({
      before: reusable,
      around,
      ...RENEWING,
      options: { onReuse: 'end' },
      requests: [second(read), act],
      then: async (outcome) => {
        expect(errorsOf(outcome, 0)).toEqual([])
        failedOnlyWith(outcome, 1, 'SessionEnded')
        expect(await outcome.statusOf(outcome.given[1]?.cookie)).not.toBe('live')
        // Either the thief came first, and it is over; or the session was handed over before, and goes on.
        const ended = outcome.effects.some(({ actor, verb }) => actor === 0 && verb === 'end')
        const lost = outcome.effects.some(
          ({ actor, after }) => actor === 1 && (after?._tag !== 'Live' || after.epoch > 0),
        )
        expect(ended || lost).toBe(true)
        if (ended) {
          const old = outcome.effects.filter(({ id }) => id === idOf(outcome.first ?? ''))
          expect(old.at(-1)?.after?._tag).toBe('Ended')
        }
      },
    }),
  )

  it.each<readonly [string, Act]>([
    ['a regenerate', regenerate],
    ['two writes', write('a1', 'a2')],
    ['a sign-out', signOut],
    ['a destroy', destroy],
  ])('one session of a subject is ended, %s: nobody is signed in', (_, act) =>
    explore({ begins: ADA, around, requests: [endOne, act], then: nobodySignedIn }),
  )

  it.each<readonly [string, Act]>([
    ['a regenerate', regenerate],
    ['a write', write('a')],
    ['a sign-in of the same', signIn('ada')],
  ])('all others are ended, %s of another one: it is over, this one stays', (_, act) =>
    explore({
      before: async (setUp) => [await begin(setUp, ...ADA), await begin(setUp, ...ADA)],
      around,
      requests: [endOthers(async ({ ref }) => (await ref.read()).id), second(act)],
      then: async (outcome) => {
        expect(errorsOf(outcome, 0)).toEqual([])
        expect(await outcome.statusOf(outcome.first)).toBe('live')
        const others = signedIn(outcome).filter(([id]) => outcome.first?.includes(id) !== true)
        // Only one that signed in when the revocation was over.
        const scan = outcome.calls.findIndex((call) => call.startsWith('0 endAll'))
        const created = outcome.calls.findIndex((call) => call.startsWith('1 create'))
        if (others.length > 0) expect(created).toBeGreaterThan(scan)
        if (others.length > 0) expect(act.name).toBe(signIn('ada').name)
      },
    }),
  )

  it.each<readonly [string, ReadonlyArray<Act>]>([
    ['a sign-in without a proof', [signIn('ada')]],
    // 9,926 orders.
    ...(nightly > 1 ? ([['two sign-ins without a proof', [signIn('ada'), signIn('ada')]]] as const) : []),
  ])('all are ended, %s: who is told has signed in, and who is not has not', (_, requests) =>
    explore({
      begins: ANONYMOUS,
      around,
      requests: [endAll, ...requests],
      then: async (outcome) => {
        for (const actor of requests.keys()) {
          const done = outcome.done[actor + 1] as (typeof outcome.done)[0]
          failedOnlyWith(outcome, actor + 1, 'SessionEnded')
          if (done.errors.length > 0) expect(done.setCookie).toBeUndefined()
        }
        // A cookie that left before the scan may have been revoked by it; one that is left opens a session.
        const scan = outcome.calls.findIndex((call) => call.startsWith('0 endAll'))
        for (const [id] of signedIn(outcome)) {
          const written = outcome.effects.filter((one) => one.id === id && one.actor > 0)
          expect(written.length).toBeGreaterThan(0)
          expect(scan).toBeGreaterThan(-1)
        }
      },
    }),
  )

  describe('renewal', () => {
    const parallel = (outcome: Outcome): Promise<void> =>
      (async () => {
        nobodyFailed(outcome)
        const [fresh, old] = outcome.given.map(({ cookie }) => cookie)
        expect(await outcome.statusOf(fresh)).toBe('live')
        expect(await outcome.statusOf(old)).toBe('live')
        await outcome.present(fresh)
        outcome.pass(61_000)
        // Once the grace is over: exactly one.
        expect(await outcome.statusOf(old)).not.toBe('live')
        expect(await outcome.statusOf(fresh)).toBe('live')
      })()

    it.each<readonly [string, ReadonlyArray<Act | Asked>]>([
      ['first use, a read with the old', [read, second(read)]],
      ['first use, two reads with the old', [read, second(read), second(read)]],
      ['two first uses, a read with the old', [read, read, second(read)]],
      ['first use, a write with the old', [read, second(write('a'))]],
      ['a deferred write as first use, a write with the old', [later('b'), second(write('a'))]],
      ['first use, a write with the old, and time that passes', [read, second(write('a')), clock(4_000)]],
    ])('%s: both are good until the grace is over, then one', (_, requests) =>
      explore({ before: renewed, around, ...RENEWING, requests, then: parallel }),
    )

    it.each<readonly [string, Act, ReadonlyArray<string>]>([
      ['regenerate', regenerate, ['Superseded']],
      ['destroy', destroy, ['SessionEnded']],
      ['sign-out', signOut, ['Superseded']],
    ])('first use, a write with the old, %s: neither is good afterwards', (_, act, errors) =>
      explore({
        before: renewed,
        around,
        ...RENEWING,
        requests: [act, second(write('a'))],
        then: async (outcome) => {
          expect(errorsOf(outcome, 0)).toEqual([])
          failedOnlyWith(outcome, 1, ...errors)
          for (const { cookie } of outcome.given) expect(await outcome.statusOf(cookie)).not.toBe('live')
        },
      }),
    )

    it.each<readonly [string, ReadonlyArray<Act>]>([
      ['read, write, read', [read, write('a'), read]],
      ['read, read, regenerate', [read, read, regenerate]],
      ['read, read, destroy', [read, read, destroy]],
    ])('is due, %s: at most one secret is minted, and nobody who stayed is logged out', (_, requests) =>
      explore({
        begins: ADA,
        around,
        after: AGE,
        ...RENEWING,
        requests,
        then: async (outcome) => {
          for (const actor of requests.keys()) failedOnlyWith(outcome, actor)
          const renewals = outcome.effects.filter(
            ({ before, after }) =>
              before?._tag === 'Live' &&
              after?._tag === 'Live' &&
              before.epoch === after.epoch &&
              before.credential.digest !== after.credential.digest,
          )
          expect(renewals.length).toBeLessThanOrEqual(1)
          if (requests.includes(write('a'))) expect(await outcome.statusOf(outcome.first)).toBe('live')
        },
      }),
    )
  })
})

it.each<readonly [string, ReadonlyArray<Act>]>([
  ['sign-in, sign-in, write', [signIn('ada'), signIn('ada'), write('evil')]],
  ['sign-in, regenerate, write', [signIn('ada'), regenerate, write('evil')]],
  ['regenerate, regenerate, write', [regenerate, regenerate, write('evil')]],
  ['sign-in, destroy, write', [signIn('ada'), destroy, write('evil')]],
])('of three, %s: whoever came too late is told, and has written nothing', (_, requests) =>
  explore({
    begins: ANONYMOUS,
    // They have loaded the session before: what is left are the orders of their writes.
    around: 'cached',
    requests,
    then: (outcome) => {
      for (const actor of requests.keys()) failedOnlyWith(outcome, actor, 'Superseded', 'SessionEnded')
      const handed = outcome.effects.findIndex(({ after }) => after?._tag === 'Live' && after.subject !== undefined)
      const late = outcome.effects.slice(handed + 1).filter(({ actor, verb }) => actor === 2 && verb === 'update')
      if (handed !== -1) expect(late).toEqual([])
    },
  }),
)
