/**
 * All orders of a request that brings two cookies of the name, and of others that have one of the two: two that live are
 * nobody's; one that lives beside one that does not is taken; which it was is decided once.
 */
import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Asked, Outcome, SetUp } from '../race.ts'
import { begin } from '../world.ts'
import type { Act } from './acts.ts'
import {
  STORES,
  destroy,
  errorsOf,
  explorer,
  failedOnlyWith,
  read,
  regenerate,
  signIn,
  signOut,
  signedIn,
  write,
} from './acts.ts'
import { idOf } from './invariants.ts'

const explore = explorer('two cookies of one name')

const ada = (setUp: SetUp): Promise<string> => begin(setUp, Session.signIn('ada'))
const bob = (setUp: SetUp): Promise<string> => begin(setUp, Session.signIn('bob'))

const after = async ({ visit }: SetUp, cookie: string, act: 'regenerate' | 'destroy'): Promise<string> => {
  const request = visit(cookie)
  if (act === 'regenerate') request.update(Session.regenerate)()
  else await request.destroy()
  const committed = await request.commit()
  if (committed._tag === 'Left' || committed.right.setCookie._tag === 'None') throw new Error('no cookie')
  return committed.right.setCookie.value.split(';')[0] ?? ''
}

/** A session, and a cookie of the same name that is dead, and how it died. */
const DEAD: ReadonlyArray<readonly [string, (setUp: SetUp) => Promise<ReadonlyArray<string>>]> = [
  [
    'an earlier one of its own',
    async (setUp) => {
      const before = await ada(setUp)
      return [await after(setUp, before, 'regenerate'), before]
    },
  ],
  [
    'one of a session that was ended',
    async (setUp) => {
      const other = await bob(setUp)
      await after(setUp, other, 'destroy')
      return [await ada(setUp), other]
    },
  ],
  [
    'one of a session that is unknown',
    async (setUp) => {
      const live = await ada(setUp)
      const name = live.split('=')[0] ?? ''
      return [live, `${name}=${'A'.repeat(22)}.${'A'.repeat(43)}`]
    },
  ],
]

const TWO_LIVE = async (setUp: SetUp): Promise<ReadonlyArray<string>> => [await ada(setUp), await bob(setUp)]

const both = (act: Act): Asked => ({ act, brings: [0, 1] })
const reversed = (act: Act): Asked => ({ act, brings: [1, 0] })
const second = (act: Act): Asked => ({ act, brings: [1] })

/** What a request did to the sessions that were there before. */
const touchedBy = ({ effects, given }: Outcome, actor: number): ReadonlyArray<string> => [
  ...new Set(
    effects
      .filter((one) => one.actor === actor && given.some(({ cookie }) => idOf(cookie) === one.id))
      .map(({ id }) => id as string),
  ),
]

describe.each(STORES)('over %s', (__, around) => {
  it.each<readonly [string, Act]>([
    ['write', write('x')],
    ['destroy', destroy],
    ['sign-out', signOut],
    ['regenerate', regenerate],
    ['sign-in', signIn('eve')],
  ])('two that live, %s, beside reads of both: neither is touched', async (_, act) => {
    for (const asked of [both(act), reversed(act)])
      await explore({
        before: TWO_LIVE,
        around,
        requests: [asked, read, second(read)],
        then: async (outcome) => {
          expect(errorsOf(outcome, 0)).toEqual([])
          expect(touchedBy(outcome, 0)).toEqual([])
          const subjects = signedIn(outcome).map(([, { subject }]) => subject?.id)
          expect(subjects).toEqual(expect.arrayContaining(['ada', 'bob']))
          for (const { cookie } of outcome.given) expect(await outcome.statusOf(cookie)).toBe('live')
        },
      })
  })

  it.each<readonly [string, Act]>([
    ['destroy', destroy],
    ['regenerate', regenerate],
    ['sign-out', signOut],
  ])('two that live, of which one is lost meanwhile (%s): the request has one of them or none, never both', (_, lost) =>
    explore({
      before: TWO_LIVE,
      around,
      requests: [both(write('x')), lost],
      then: (outcome) => {
        const { looks } = outcome
        failedOnlyWith(outcome, 0)
        const touched = touchedBy(outcome, 0)
        // It has the second exactly if the first was not its any more when it looked.
        const first = looks.find((look) => look.actor === 0 && idOf(outcome.first ?? '') === look.id)?.stored
        const lostFirst = first?._tag === 'Ended' || (first?._tag === 'Live' && first.epoch > 0)
        expect(touched).toEqual(lostFirst ? [idOf(outcome.given[1]?.cookie ?? '')] : [])
      },
    }),
  )

  describe.each(DEAD)('one that lives beside %s', (__, before) => {
    it.each<readonly [string, Act]>([
      ['write', write('b')],
      ['destroy', destroy],
      ['regenerate', regenerate],
      ['sign-out', signOut],
    ])('a write with both, a %s with the live one: as if it had brought that one alone', async (_, other) => {
      for (const asked of [both(write('x1', 'x2')), reversed(write('x1', 'x2'))])
        await explore({
          before,
          around,
          requests: [asked, other],
          then: (outcome) => {
            failedOnlyWith(outcome, 0, 'Superseded', 'SessionEnded')
            failedOnlyWith(outcome, 1, 'Superseded', 'SessionEnded')
            const live = idOf(outcome.first ?? '')
            for (const id of touchedBy(outcome, 0)) expect(id).toBe(live)
            // Nothing is started anew in the place of what was lost.
            expect(outcome.effects.filter(({ verb }) => verb === 'create')).toEqual([])
            if (outcome.done[1]?.admitted === true && other === destroy) expect(outcome.live).toEqual([])
          },
        })
    })

    it('a write with both, a write with the dead one: the dead one reaches nothing', () =>
      explore({
        before,
        around,
        requests: [both(write('x')), second(write('evil'))],
        then: ({ live, first, done }) => {
          expect(done[0]?.errors).toEqual([])
          for (const [id, { data }] of live)
            if (first?.includes(id) === true) expect(data).toEqual({ views: 0, seen: ['x'] })
        },
      }))
  })
})
