import { isLeft, isRight, left } from '#fp-ts/Either'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  absoluteTimeoutOf,
  CLOCK_TOLERANCE,
  deadlines,
  expired,
  expiresAt,
  idleTimeoutOf,
  policy,
  touchEveryOf,
} from '../../src/core/Policy.ts'
import {
  DAY,
  HOUR,
  lifetimes,
  lives,
  millis,
  MINUTE,
  NOW,
  policies,
  policyOf,
  policyOptions,
  SECOND,
} from './arbitraries.ts'

const maybeLifetimes = fc.option(lifetimes, { nil: undefined })
/** Sums of fractions of milliseconds. */
const close = (a: number): number => a * (1 + 1e-9)

describe('the laws of Policy', () => {
  it('1. touchEvery ≤ idle ≤ absolute ≤ maxLifetime, whatever a sign-in asked for', () => {
    fc.assert(
      fc.property(policies, maybeLifetimes, (p, lifetime) => {
        const idle = idleTimeoutOf(p, lifetime)
        const absolute = absoluteTimeoutOf(p, lifetime)
        expect(touchEveryOf(p, lifetime)).toBeLessThanOrEqual(close(idle))
        expect(touchEveryOf(p, lifetime)).toBeGreaterThan(0)
        expect(idle).toBeLessThanOrEqual(absolute)
        expect(absolute).toBeLessThanOrEqual(p.maxLifetime)
      }),
    )
  })

  it('2. the grace is not shorter than supersededFor, and renewals are at least two of it apart', () => {
    fc.assert(
      fc.property(policies, (p) => {
        expect(p.renewGrace).toBeGreaterThanOrEqual(p.supersededFor)
        if (p.renewAfter !== undefined) expect(p.renewAfter).toBeGreaterThanOrEqual(2 * p.supersededFor)
      }),
    )
  })

  it('3. the absolute deadline is a function of createdAt, authenticatedAt and the timeouts', () => {
    fc.assert(
      fc.property(policies, lives, millis, (p, one, touchedAt) => {
        const { createdAt, subject, lifetime } = one
        const times = {
          createdAt,
          touchedAt,
          ...(subject === undefined ? {} : { subject: { id: 'other', authenticatedAt: subject.authenticatedAt } }),
          ...(lifetime === undefined ? {} : { lifetime: { ...lifetime, persistent: true } }),
        }
        expect(deadlines(p)(times).absoluteAt).toBe(deadlines(p)(one).absoluteAt)
      }),
    )
  })
})

describe('defaults', () => {
  it('are those of the documentation', () => {
    expect(policyOf({})).toStrictEqual({
      idleTimeout: HOUR,
      absoluteTimeout: DAY,
      maxLifetime: 30 * DAY,
      touchEvery: undefined,
      supersededFor: MINUTE,
      renewAfter: undefined,
      renewGrace: MINUTE,
      onReuse: 'report',
    })
    expect(touchEveryOf(policyOf({}), undefined)).toBe(3 * MINUTE)
  })

  it('follow what is given', () => {
    expect(policyOf({ absoluteTimeout: 10 * MINUTE }).idleTimeout).toBe(10 * MINUTE)
    expect(policyOf({ absoluteTimeout: 60 * DAY }).maxLifetime).toBe(60 * DAY)
    expect(policyOf({ supersededFor: 5 * SECOND }).renewGrace).toBe(5 * SECOND)
    expect(idleTimeoutOf(policyOf({ idleTimeout: 2 * DAY }), undefined)).toBe(DAY)
  })
})

describe('a wrong option is named with its value and the rule', () => {
  const positive = 'it must be a finite number of milliseconds above 0'
  const times = [
    'idleTimeout',
    'absoluteTimeout',
    'maxLifetime',
    'touchEvery',
    'supersededFor',
    'renewAfter',
    'renewGrace',
  ] as const
  const wrong = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, '60000', null]

  it.each(times.flatMap((option) => wrong.map((value) => [option, value] as const)))('%s: %s', (option, value) => {
    expect(policy({ [option]: value })).toStrictEqual(
      left({ _tag: 'Misconfigured', option, value: String(value), rule: positive }),
    )
  })

  it.each([
    [
      { idleTimeout: 2 * HOUR, absoluteTimeout: HOUR },
      'idleTimeout',
      2 * HOUR,
      'it must not exceed absoluteTimeout (3600000)',
    ],
    [{ maxLifetime: HOUR }, 'maxLifetime', HOUR, 'it must not be under absoluteTimeout (86400000)'],
    [{ touchEvery: 2 * HOUR }, 'touchEvery', 2 * HOUR, 'it must not exceed idleTimeout (3600000)'],
    [
      { idleTimeout: 2 * DAY, touchEvery: 1.5 * DAY },
      'touchEvery',
      1.5 * DAY,
      'it must not exceed idleTimeout (86400000)',
    ],
    [{ renewGrace: SECOND }, 'renewGrace', SECOND, 'it must not be shorter than supersededFor (60000)'],
    [{ renewAfter: 2 * MINUTE - 1 }, 'renewAfter', 119_999, 'it must be at least twice supersededFor (60000)'],
    [{ onReuse: 'kill' as never }, 'onReuse', 'kill', 'it must be one of report, end'],
  ] as const)('%o', (options, option, value, rule) => {
    expect(policy(options)).toStrictEqual(left({ _tag: 'Misconfigured', option, value: String(value), rule }))
  })

  it('on the edge of each rule the option is right', () => {
    for (const options of [
      { idleTimeout: HOUR, absoluteTimeout: HOUR },
      { maxLifetime: DAY },
      { touchEvery: HOUR },
      { renewGrace: MINUTE },
      { renewAfter: 2 * MINUTE },
      { onReuse: 'end' as const },
    ])
      expect(isRight(policy(options))).toBe(true)
  })

  it('is total: whatever the options, a policy or a name of one of them', () => {
    const anything = fc.oneof(fc.double(), fc.integer(), fc.string(), fc.constantFrom(null, undefined, {}, true))
    fc.assert(
      fc.property(fc.record(Object.fromEntries([...times, 'onReuse'].map((name) => [name, anything]))), (options) => {
        const checked = policy(options)
        if (isLeft(checked)) expect([...times, 'onReuse']).toContain(checked.left.option)
      }),
    )
    fc.assert(fc.property(policyOptions, (options) => isRight(policy(options))))
  })
})

describe('deadlines', () => {
  const p = policyOf({})
  const times = { createdAt: NOW, touchedAt: NOW + 5 * MINUTE }
  const ada = { id: 'ada', authenticatedAt: NOW + 2 * HOUR }

  it('idle counts from the last activity, absolute from creation or sign-in', () => {
    expect(deadlines(p)(times)).toEqual({ idleAt: NOW + HOUR + 5 * MINUTE, absoluteAt: NOW + DAY })
    expect(deadlines(p)({ ...times, subject: ada }).absoluteAt).toBe(NOW + 2 * HOUR + DAY)
    const early = { id: 'ada', authenticatedAt: NOW - HOUR }
    expect(deadlines(p)({ ...times, subject: early }).absoluteAt).toBe(NOW + DAY)
  })

  it("a sign-in's own timeouts are capped by maxLifetime, and idle by absolute", () => {
    const asked = { idleTimeout: 400 * DAY, absoluteTimeout: 300 * DAY }
    expect(deadlines(p)({ ...times, subject: ada, lifetime: asked })).toEqual({
      idleAt: times.touchedAt + 30 * DAY,
      absoluteAt: ada.authenticatedAt + 30 * DAY,
    })
    expect(idleTimeoutOf(p, { absoluteTimeout: 10 * MINUTE })).toBe(10 * MINUTE)
    expect(idleTimeoutOf(p, { absoluteTimeout: 10 * DAY })).toBe(HOUR)
    expect(absoluteTimeoutOf(p, { idleTimeout: MINUTE })).toBe(DAY)
  })

  it('a session is over at its deadline, not before, and the absolute one is named first', () => {
    expect(expired(p, NOW + HOUR + 5 * MINUTE - 1)(times)).toBeUndefined()
    expect(expired(p, NOW + HOUR + 5 * MINUTE)(times)).toBe('idle')
    const active = { ...times, touchedAt: NOW + DAY - MINUTE }
    expect(expired(p, NOW + DAY - 1)(active)).toBeUndefined()
    expect(expired(p, NOW + DAY)(active)).toBe('absolute')
    expect(expired(p, NOW + 2 * DAY)(times)).toBe('absolute')
  })

  it('expiresAt is the earlier deadline: from then on the session is over', () => {
    fc.assert(
      fc.property(policies, lives, millis, (p, live, now) => {
        // Before its time, too: more than a lifetime before it began.
        const begun = now >= deadlines(p)(live).absoluteAt - 2 * absoluteTimeoutOf(p, live.lifetime) - CLOCK_TOLERANCE
        expect(expired(p, now)(live) !== undefined).toBe(!begun || now >= expiresAt(p)(live))
      }),
    )
  })

  it('times that are no numbers are over', () => {
    expect(expired(p, NOW)({ ...times, lifetime: { absoluteTimeout: Number.NaN } })).toBe('absolute')
    expect(expired(p, NOW)({ ...times, lifetime: { idleTimeout: Number.NaN } })).toBe('idle')
    expect(expired(p, NOW)({ createdAt: NOW, touchedAt: Number.NaN })).toBe('idle')
  })
})

describe('touchEvery', () => {
  it('is a twentieth of the idle timeout that the session has', () => {
    expect(touchEveryOf(policyOf({}), { idleTimeout: 20 * MINUTE })).toBe(MINUTE)
  })

  it('given, it stays for longer sessions and shrinks with shorter ones, which would run out between two touches', () => {
    const p = policyOf({ touchEvery: 30 * MINUTE })
    expect(touchEveryOf(p, undefined)).toBe(30 * MINUTE)
    expect(touchEveryOf(p, { idleTimeout: 10 * HOUR })).toBe(30 * MINUTE)
    expect(touchEveryOf(p, { idleTimeout: 10 * MINUTE })).toBe(5 * MINUTE)
  })
})
