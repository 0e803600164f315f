/**
 * ```ts
 * interface Policy { idleTimeout, absoluteTimeout, touchEvery, supersededFor, renewAfter, renewGrace, … }   // ms
 * ```
 * How long sessions live and how their secrets age; checked once, at construction, so that every other rule can rely on it.
 *
 * Laws (each a property in test/core/Policy.test.ts):
 * 1. `touchEveryOf ≤ idleTimeoutOf ≤ absoluteTimeoutOf ≤ maxLifetime`, whatever a sign-in asked for.
 * 2. `renewGrace ≥ supersededFor`, `renewAfter ≥ 2 × supersededFor`.
 * 3. The absolute deadline depends on nothing but createdAt, authenticatedAt and the timeouts.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { left, right } from './tagged.ts'
import type { Millis } from './Millis.ts'
import type { Misconfigured } from './SessionError.ts'
import { misconfigured } from './SessionError.ts'
import type { Lifetime, Subject } from './Stored.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const DAY = 24 * HOUR

/** How far the clocks of several machines may differ, at least, before one of them is taken for wrong. ms. */
export const CLOCK_TOLERANCE: Millis = 120_000

/** The rules of time that a manager is given. All times in ms. */
export interface PolicyOptions {
  /** Without activity for this long a session is over (ASVS 7.3.1, OWASP Idle Timeout). Default: 1 h, or `absoluteTimeout` if that is shorter. */
  readonly idleTimeout?: Millis
  /** This long after creation or the last sign-in a session is over, whatever happens (ASVS 7.3.2, NIST SP 800-63B). Default 24 h. */
  readonly absoluteTimeout?: Millis
  /** The longest timeout that one sign-in may ask for ("remember me"). Default: 30 days (NIST SP 800-63B §2.1.3), or `absoluteTimeout` if that is longer. */
  readonly maxLifetime?: Millis
  /** Activity is recorded at most this often. Default: 1/20 of the session's idle timeout. */
  readonly touchEvery?: Millis
  /** The longest that a request may run: so long after a rotation its older secret is told `superseded`, not `unknown-secret`. Default 60 s. */
  readonly supersededFor?: Millis
  /** Signed-in sessions get a new secret after this long (OWASP Renewal Timeout). Default: never. At least twice `supersededFor`. */
  readonly renewAfter?: Millis
  /** So long after the first use of a renewed secret the old one stays valid. Default: `supersededFor`; not less. */
  readonly renewGrace?: Millis
  /** What happens when a renewed secret's predecessor is presented after its grace: an event only, or the session is ended too. Default 'report'. */
  readonly onReuse?: 'report' | 'end'
}

/** A checked policy. */
export interface Policy {
  readonly idleTimeout: Millis
  readonly absoluteTimeout: Millis
  readonly maxLifetime: Millis
  /** Undefined: 1/20 of the session's idle timeout. */
  readonly touchEvery: Millis | undefined
  readonly supersededFor: Millis
  /** Undefined: never. */
  readonly renewAfter: Millis | undefined
  readonly renewGrace: Millis
  readonly onReuse: 'report' | 'end'
}

/** Both ends of a session. */
export interface Deadlines {
  readonly idleAt: Millis
  readonly absoluteAt: Millis
}

const TIMES = [
  'idleTimeout',
  'absoluteTimeout',
  'maxLifetime',
  'touchEvery',
  'supersededFor',
  'renewAfter',
  'renewGrace',
] as const

const ON_REUSE: ReadonlyArray<string> = ['report', 'end']

/** Checks options and fills defaults in, or names the option, its value and the rule that forbids it. */
export const policy = (options: PolicyOptions): Either<Misconfigured, Policy> => {
  for (const name of TIMES) {
    const value = options[name]
    if (value !== undefined && !(Number.isFinite(value) && value > 0))
      return left(misconfigured(name, value, 'it must be a finite number of milliseconds above 0'))
  }
  const absoluteTimeout = options.absoluteTimeout ?? DAY
  const idleTimeout = options.idleTimeout ?? Math.min(HOUR, absoluteTimeout)
  const maxLifetime = options.maxLifetime ?? Math.max(30 * DAY, absoluteTimeout)
  const supersededFor = options.supersededFor ?? 60 * SECOND
  const renewGrace = options.renewGrace ?? supersededFor
  if (options.idleTimeout !== undefined && options.absoluteTimeout !== undefined && idleTimeout > absoluteTimeout)
    return left(misconfigured('idleTimeout', idleTimeout, `it must not exceed absoluteTimeout (${absoluteTimeout})`))
  if (maxLifetime < absoluteTimeout)
    return left(misconfigured('maxLifetime', maxLifetime, `it must not be under absoluteTimeout (${absoluteTimeout})`))
  const idle = Math.min(idleTimeout, absoluteTimeout)
  if (options.touchEvery !== undefined && options.touchEvery > idle)
    return left(misconfigured('touchEvery', options.touchEvery, `it must not exceed idleTimeout (${idle})`))
  if (renewGrace < supersededFor)
    return left(misconfigured('renewGrace', renewGrace, `it must not be shorter than supersededFor (${supersededFor})`))
  if (options.renewAfter !== undefined && options.renewAfter < 2 * supersededFor)
    return left(
      misconfigured('renewAfter', options.renewAfter, `it must be at least twice supersededFor (${supersededFor})`),
    )
  if (options.onReuse !== undefined && !ON_REUSE.includes(options.onReuse))
    return left(misconfigured('onReuse', options.onReuse, `it must be one of ${ON_REUSE.join(', ')}`))
  return right({
    idleTimeout,
    absoluteTimeout,
    maxLifetime,
    touchEvery: options.touchEvery,
    supersededFor,
    renewAfter: options.renewAfter,
    renewGrace,
    onReuse: options.onReuse ?? 'report',
  })
}

/** What deadlines are computed from: a `Live` record fits as it is. */
export interface Times {
  readonly createdAt: Millis
  readonly touchedAt: Millis
  readonly subject?: Subject
  readonly lifetime?: Lifetime
}

/** The idle timeout of one session: its own, capped, or the policy's. ms. */
export const idleTimeoutOf = (policy: Policy, lifetime: Lifetime | undefined): Millis =>
  Math.min(lifetime?.idleTimeout ?? policy.idleTimeout, absoluteTimeoutOf(policy, lifetime))

/** The absolute timeout of one session: its own, capped, or the policy's. ms. */
export const absoluteTimeoutOf = (policy: Policy, lifetime: Lifetime | undefined): Millis =>
  Math.min(lifetime?.absoluteTimeout ?? policy.absoluteTimeout, policy.maxLifetime)

/** When activity is to be recorded again, ms after the last time: earlier where a sign-in asked for a shorter idle timeout. */
export const touchEveryOf = (policy: Policy, lifetime: Lifetime | undefined): Millis => {
  const idle = idleTimeoutOf(policy, lifetime)
  if (policy.touchEvery === undefined) return idle / 20
  return policy.touchEvery * Math.min(1, idle / idleTimeoutOf(policy, undefined))
}

/** Both deadlines. The absolute one counts from the later of creation and sign-in; only a sign-in moves it (NIST §5.2). */
export const deadlines =
  (policy: Policy) =>
  (times: Times): Deadlines => {
    const start =
      times.subject === undefined ? times.createdAt : Math.max(times.createdAt, times.subject.authenticatedAt)
    return {
      idleAt: times.touchedAt + idleTimeoutOf(policy, times.lifetime),
      absoluteAt: start + absoluteTimeoutOf(policy, times.lifetime),
    }
  }

/** How long the browser is to keep a session's cookie, s: as long as the session may live at most, or until it closes (undefined). */
export const maxAgeOf =
  (policy: Policy, persistent: boolean, now: Millis) =>
  (times: Times): number | undefined =>
    (times.lifetime?.persistent ?? persistent) ? (deadlines(policy)(times).absoluteAt - now) / 1_000 : undefined

/** The earlier deadline: what a record's `expiresAt` says. */
export const expiresAt =
  (policy: Policy) =>
  (times: Times): Millis => {
    const { idleAt, absoluteAt } = deadlines(policy)(times)
    return Math.min(idleAt, absoluteAt)
  }

/**
 * Which deadline has passed, if any. A session is over at its deadline, not after it; where a time is no number; and where
 * it began more than a whole lifetime (and `CLOCK_TOLERANCE`) ahead of now: a clock was wrong then, and nothing lives for ever.
 */
export const expired =
  (policy: Policy, now: Millis) =>
  (times: Times): 'idle' | 'absolute' | undefined => {
    const { idleAt, absoluteAt } = deadlines(policy)(times)
    const tooEarly = now < absoluteAt - 2 * absoluteTimeoutOf(policy, times.lifetime) - CLOCK_TOLERANCE
    if (tooEarly || !(now < absoluteAt)) return 'absolute'
    return now < idleAt ? undefined : 'idle'
  }
