import { none, some } from '#fp-ts/Option'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { access } from '../../src/core/Access.ts'
import * as Session from '../../src/core/Session.ts'
import type { Status } from '../../src/core/Status.ts'
import type { S } from './arbitraries.ts'
import { HOUR, ID, INITIAL, millis, MINUTE, NOW, sessions } from './arbitraries.ts'

const anonymous: S = Session.fresh(ID, INITIAL, NOW)
const ada = (level?: number): S => ({
  ...anonymous,
  subject: some({ id: 'ada', authenticatedAt: NOW, ...(level === undefined ? {} : { level }) }),
})
const REQUIREMENTS = [
  {},
  { maxAge: HOUR },
  { level: 2 },
  { redirect: '/login' },
  { redirect: '/login', maxAge: HOUR, level: 2 },
]
const OTHERS: ReadonlyArray<Status> = ['none', 'live', 'ended', 'expired', 'unknown', 'malformed', 'degraded']

describe('access', () => {
  it.each(REQUIREMENTS)('%o: superseded is told to come again at once, whoever is signed in', (requirement) => {
    for (const session of [anonymous, ada(3)])
      expect(access(requirement, NOW)('superseded', session)).toEqual({ _tag: 'Refused', status: 409, retryAfter: 0 })
  })

  it.each(OTHERS)('%s: anonymous visitors get 401, or are sent to the login', (status) => {
    expect(access({}, NOW)(status, anonymous)).toEqual({ _tag: 'Refused', status: 401 })
    expect(access({ level: 2 }, NOW)(status, anonymous)).toEqual({ _tag: 'Refused', status: 401 })
    expect(access({ redirect: '/login' }, NOW)(status, anonymous)).toEqual({ _tag: 'Redirected', location: '/login' })
  })

  it('a sign-in older than maxAge is as good as none', () => {
    const at = (now: number) => access({ maxAge: HOUR }, now)('live', ada())._tag
    expect(at(NOW + HOUR)).toBe('Allowed')
    expect(at(NOW + HOUR + 1)).toBe('Refused')
    expect(access({ maxAge: HOUR, redirect: '/again' }, NOW + 2 * HOUR)('live', ada(9))).toEqual({
      _tag: 'Redirected',
      location: '/again',
    })
  })

  it('a level below the required one is 403, and no redirect helps', () => {
    expect(access({ level: 2, redirect: '/login' }, NOW)('live', ada(1))).toEqual({ _tag: 'Refused', status: 403 })
    expect(access({ level: 1 }, NOW)('live', ada())).toEqual({ _tag: 'Refused', status: 403 })
    expect(access({ level: 2 }, NOW)('live', ada(2))._tag).toBe('Allowed')
    expect(access({}, NOW)('live', ada())._tag).toBe('Allowed')
  })

  it('allows exactly what isRecent says', () => {
    fc.assert(
      fc.property(sessions, millis, fc.nat(MINUTE * 60), fc.nat(3), (session, now, maxAge, level) => {
        const allowed = access({ maxAge, level }, now)('live', session)._tag === 'Allowed'
        expect(allowed).toBe(Session.isRecent(maxAge, level)(now)(session))
      }),
    )
  })

  it('requirements that are no numbers let nobody in', () => {
    expect(access({ maxAge: Number.NaN }, NOW)('live', ada(3))).toEqual({ _tag: 'Refused', status: 401 })
    expect(access({ level: Number.NaN }, NOW)('live', ada(3))).toEqual({ _tag: 'Refused', status: 403 })
    expect(access({}, NOW)('live', { ...ada(), subject: none })._tag).toBe('Refused')
  })
})
