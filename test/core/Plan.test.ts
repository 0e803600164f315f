import { none, some } from '#fp-ts/Option'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Situation } from '../../src/core/Plan.ts'
import { changed, intentOf, isLogout, plan, renewalDue } from '../../src/core/Plan.ts'
import { touchEveryOf } from '../../src/core/Policy.ts'
import { sessionOf } from '../../src/core/Record.ts'
import * as Session from '../../src/core/Session.ts'
import type { Live } from '../../src/core/Stored.ts'
import { FORMAT } from '../../src/core/Stored.ts'
import type { Data, S } from './arbitraries.ts'
import {
  changes,
  DAY,
  DIGESTS,
  HOUR,
  ID,
  INITIAL,
  lives,
  millis,
  MINUTE,
  NOW,
  policies,
  policyOf,
  sessions,
  transformations,
} from './arbitraries.ts'

const baseOf = (record: Live | undefined): S =>
  record === undefined ? Session.fresh(ID, INITIAL, NOW) : sessionOf(ID, record, INITIAL, record.flash, INITIAL)

/** What functions make of a record, or of none, in a request of any kind. */
const situationsBy = (functions: fc.Arbitrary<ReadonlyArray<(s: S) => S>>): fc.Arbitrary<Situation<Data>> =>
  fc
    .record({
      record: fc.option(lives, { nil: undefined }),
      via: fc.constantFrom('current' as const, 'renewed' as const),
      functions,
      passive: fc.boolean(),
      cookie: fc.boolean(),
    })
    .map(({ functions: fs, ...rest }) => {
      const base = baseOf(rest.record)
      return { ...rest, base, result: fs.reduce((session, f) => f(session), base) }
    })
const situations = situationsBy(
  fc.array(
    transformations.map(({ f }) => f),
    { maxLength: 3 },
  ),
)
const unchanged = situationsBy(fc.constant([]))

const record: Live = {
  _tag: 'Live',
  format: FORMAT,
  revision: 'r1',
  trail: [],
  epoch: 0,
  fence: 0,
  credential: { digest: DIGESTS[0]!, mintedAt: NOW },
  subject: { id: 'ada', authenticatedAt: NOW },
  createdAt: NOW,
  touchedAt: NOW,
  expiresAt: NOW + HOUR,
  schema: 1,
  data: {},
  flash: {},
}
const p = policyOf({ renewAfter: HOUR })
const situation = (f: (s: S) => S, more: Partial<Situation<Data>> = {}): Situation<Data> => {
  const base = baseOf('record' in more ? more.record : record)
  return { record, via: 'current', base, result: f(base), passive: false, cookie: true, ...more }
}

describe('the laws of Plan', () => {
  it('1. unchanged and nothing due: nothing', () => {
    fc.assert(
      fc.property(policies, unchanged, (policy, one) => {
        const { renewAfter: _off, ...rest } = policy
        const never = { ...rest, renewAfter: undefined }
        const settled =
          one.record === undefined
            ? one
            : { ...one, record: { ...one.record, credential: { digest: DIGESTS[0]!, mintedAt: NOW } } }
        const now = one.record === undefined ? NOW : one.record.touchedAt
        expect(plan(never, now)(settled)).toEqual({ action: { _tag: 'Nothing' }, cookie: 'Keep' })
      }),
    )
  })

  it('1. an unchanged session without a record is never created', () => {
    fc.assert(
      fc.property(policies, millis, situations, (policy, now, one) => {
        const { action } = plan(policy, now)({ ...one, record: undefined })
        const stored = changed(one.base, one.result) && one.result.intent !== 'end'
        expect(action._tag).toBe(stored ? 'Create' : 'Nothing')
      }),
    )
  })

  it('2. Set exactly with Create, Replace and an Update with a new secret; Clear exactly with End', () => {
    fc.assert(
      fc.property(policies, millis, situations, (policy, now, one) => {
        const { action, cookie } = plan(policy, now)(one)
        switch (action._tag) {
          case 'Create':
          case 'Replace':
            expect(cookie).toBe('Set')
            break
          case 'Update':
            expect(cookie).toBe(action.secret === 'keep' ? 'Keep' : 'Set')
            break
          case 'End':
            expect(cookie).toBe('Clear')
            break
          case 'Nothing':
          case 'Touch':
            expect(cookie).toBe('Keep')
            break
        }
      }),
    )
  })

  it('3. a change of subject always changes the secret, whatever the intent says', () => {
    fc.assert(
      fc.property(policies, millis, situations, (policy, now, one) => {
        fc.pre(Session.subjectId(one.base) !== Session.subjectId(one.result) && one.result.intent !== 'end')
        const forgotten = { ...one, result: { ...one.result, intent: 'none' as const } }
        for (const each of [one, forgotten]) {
          const { action, cookie } = plan(policy, now)(each)
          expect(cookie).toBe('Set')
          if (action._tag === 'Update') expect(action.secret).toBe('rotate')
        }
      }),
    )
  })

  it('4. passive requests never touch or renew', () => {
    fc.assert(
      fc.property(policies, millis, situations, (policy, now, one) => {
        const { action } = plan(policy, now)({ ...one, passive: true })
        expect(action._tag).not.toBe('Touch')
        if (action._tag === 'Update') expect(action.secret).not.toBe('renew')
      }),
    )
  })

  it('4. where no cookie can be sent nothing is renewed', () => {
    fc.assert(
      fc.property(policies, millis, situations, (policy, now, one) => {
        const { action } = plan(policy, now)({ ...one, cookie: false })
        if (action._tag === 'Update') expect(action.secret).not.toBe('renew')
      }),
    )
    const due = situation((s) => s)
    expect(plan(p, NOW + HOUR)(due)).toMatchObject({ action: { secret: 'renew' }, cookie: 'Set' })
    expect(plan(p, NOW + HOUR)({ ...due, cookie: false })).toEqual({ action: { _tag: 'Touch' }, cookie: 'Keep' })
  })

  it('what the functions changed is never best effort', () => {
    fc.assert(
      fc.property(policies, millis, situations, (policy, now, one) => {
        const { action } = plan(policy, now)(one)
        fc.pre(one.record !== undefined && changed(one.base, one.result))
        expect(['Update', 'Replace', 'End']).toContain(action._tag)
        if (action._tag === 'Update') expect(action.essential).toBe(true)
      }),
    )
  })
})

describe('changed', () => {
  it('compares references of data, subject, flash and lifetime, and nothing else', () => {
    fc.assert(
      fc.property(sessions, (s) => {
        expect(changed(s, { ...s, intent: 'rotate', touchedAt: NOW + 1, proof: some(1), revision: some('r') })).toBe(
          false,
        )
        for (const other of [
          { data: { ...s.data } },
          { subject: some({ id: 'ada', authenticatedAt: NOW }) },
          { flash: { ...s.flash } },
          { lifetime: some({}) },
        ])
          expect(changed(s, { ...s, ...other })).toBe(true)
      }),
    )
  })
})

describe('intentOf', () => {
  it('raises what a function forgot, and lowers nothing', () => {
    const base = baseOf(record)
    const anonymous = Session.fresh(ID, INITIAL, NOW)
    const bob = some({ id: 'bob', authenticatedAt: NOW })
    expect(intentOf(base, { ...base, subject: bob })).toBe('replace')
    expect(intentOf(base, { ...base, subject: bob, intent: 'rotate' })).toBe('replace')
    expect(intentOf(base, { ...base, subject: none })).toBe('rotate')
    expect(intentOf(anonymous, { ...anonymous, subject: bob })).toBe('rotate')
    expect(intentOf(anonymous, anonymous)).toBe('none')
    fc.assert(
      fc.property(sessions, sessions, (one, two) => {
        if (two.intent === 'end' || two.intent === 'replace') expect(intentOf(one, two)).toBe(two.intent)
        if (two.intent === 'rotate') expect(intentOf(one, two)).not.toBe('none')
      }),
    )
  })
})

describe('isLogout', () => {
  it('is an end, or a subject less', () => {
    const base = baseOf(record)
    expect(isLogout(base, Session.signOut(base))).toBe(true)
    expect(isLogout(base, Session.destroy(base))).toBe(true)
    expect(isLogout(base, Session.signIn<Data>('bob')(base))).toBe(false)
    expect(isLogout(base, Session.regenerate(base))).toBe(false)
    const anonymous = Session.fresh(ID, INITIAL, NOW)
    expect(isLogout(anonymous, Session.signOut(anonymous))).toBe(false)
    expect(isLogout(anonymous, Session.destroy(anonymous))).toBe(true)
  })

  it('is never lost to what follows, unless somebody signs in', () => {
    fc.assert(
      fc.property(fc.array(changes), (after) => {
        const base = baseOf(record)
        const result = after.reduce((session, { f }) => f(session), Session.signOut(base))
        expect(isLogout(base, result)).toBe(true)
      }),
    )
  })
})

describe('renewalDue', () => {
  const due = (now: number, credential: Partial<Live['credential']> = {}, via: 'current' | 'renewed' = 'current') =>
    renewalDue(p, now)({ ...record, credential: { ...record.credential, ...credential } }, via)
  const predecessor = DIGESTS[1]!

  it('once the newest secret is renewAfter old, presented or not', () => {
    expect(due(NOW + HOUR - 1)).toBe(false)
    expect(due(NOW + HOUR)).toBe(true)
  })

  it('never without a subject, and never when it is off', () => {
    const { subject: _nobody, ...anonymous } = record
    expect(renewalDue(p, NOW + DAY)(anonymous, 'current')).toBe(false)
    expect(renewalDue(policyOf({}), NOW + DAY)(record, 'current')).toBe(false)
  })

  it('one that is still on its way is replaced only when its predecessor comes again that late', () => {
    expect(due(NOW + HOUR, { renewed: { digest: predecessor } }, 'renewed')).toBe(true)
    expect(due(NOW + HOUR - 1, { renewed: { digest: predecessor } }, 'renewed')).toBe(false)
    expect(due(NOW + HOUR, { renewed: { digest: predecessor } }, 'current')).toBe(false)
  })

  it('one that arrived waits until the grace of its predecessor is over', () => {
    const confirmedAt = NOW + HOUR
    expect(due(confirmedAt + MINUTE - 1, { renewed: { digest: predecessor, confirmedAt } })).toBe(false)
    expect(due(confirmedAt + MINUTE, { renewed: { digest: predecessor, confirmedAt } })).toBe(true)
  })
})

describe('plan', () => {
  it('touches when activity was last recorded touchEvery ago, by the idle timeout of the session', () => {
    fc.assert(
      fc.property(policies, lives, (policy, live) => {
        const { subject: _nobody, ...anonymous } = { ...live, credential: { digest: DIGESTS[0]!, mintedAt: NOW } }
        const due = live.touchedAt + touchEveryOf(policy, live.lifetime)
        const at = (now: number) => plan(policy, now)(situation((s) => s, { record: anonymous })).action._tag
        expect(at(Math.ceil(due))).toBe('Touch')
        expect(at(Math.ceil(due) - 1)).toBe('Nothing')
      }),
    )
  })

  it('a change and a renewal go in one write', () => {
    expect(plan(p, NOW + HOUR)(situation(Session.set<Data, 'views'>('views', 1)))).toEqual({
      action: { _tag: 'Update', secret: 'renew', confirm: false, essential: true },
      cookie: 'Set',
    })
  })

  it('a change and a confirmation go in one write', () => {
    const pending = { ...record, credential: { ...record.credential, renewed: { digest: DIGESTS[1]! } } }
    expect(plan(p, NOW)(situation(Session.set<Data, 'views'>('views', 1), { record: pending }))).toEqual({
      action: { _tag: 'Update', secret: 'keep', confirm: true, essential: true },
      cookie: 'Keep',
    })
  })

  it('a sign-out whose remainder would be over at once starts anew, so that its flash is seen', () => {
    const old: Live = { ...record, createdAt: NOW - 25 * HOUR }
    expect(plan(p, NOW)(situation(Session.signOut, { record: old }))).toEqual({
      action: { _tag: 'Replace' },
      cookie: 'Set',
    })
    expect(plan(p, NOW)(situation(Session.signOut)).action).toMatchObject({ _tag: 'Update', secret: 'rotate' })
    // Only a sign-out: regenerate must not get a session past its deadline.
    expect(plan(p, NOW)(situation(Session.regenerate, { record: old })).action._tag).toBe('Update')
    const { subject: _nobody, ...anonymous } = old
    expect(plan(p, NOW)(situation(Session.regenerate, { record: anonymous })).action._tag).toBe('Update')
  })

  it('a passive sign-out does not count as activity for what remains', () => {
    const remembered: Live = { ...record, lifetime: { idleTimeout: 12 * HOUR }, touchedAt: NOW - 2 * HOUR }
    const out = (passive: boolean) =>
      plan(p, NOW)(situation(Session.signOut, { record: remembered, passive })).action._tag
    expect(out(false)).toBe('Update')
    expect(out(true)).toBe('Replace')
  })
})
