/** fast-check arbitraries of sessions, records and policies, shared by the tests of the core. */
import type { Endomorphism } from '#fp-ts/Endomorphism'
import { isRight } from '#fp-ts/Either'
import { none, some } from '#fp-ts/Option'
import * as fc from 'fast-check'
import type { Policy, PolicyOptions } from '../../src/core/Policy.ts'
import { policy } from '../../src/core/Policy.ts'
import * as Session from '../../src/core/Session.ts'
import type { Credential, Ended, Flash, Lifetime, Live, Subject } from '../../src/core/Stored.ts'
import { FORMAT } from '../../src/core/Stored.ts'
import type { SessionId } from '../../src/core/Token.ts'
import { idFrom } from '../../src/core/Token.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const NOW = Date.UTC(2026, 0, 1)

/** The data that the sessions of these tests hold. */
export interface Data {
  readonly views: number
  readonly theme: 'light' | 'dark'
  readonly name: string | undefined
  readonly coupon?: string
  readonly cart?: ReadonlyArray<string>
}
export type S = Session.Session<Data>

export const INITIAL: Data = Object.freeze({ views: 0, theme: 'light', name: undefined })

/** The id of a session, as the engine draws it. */
export const ID: SessionId = idFrom('AAAAAAAAAAAAAAAAAAAAAA')

/** Digests that are as long as real ones; few, so that equal ones meet. */
export const DIGESTS = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(43))
export const digest: fc.Arbitrary<string> = fc.constantFrom(...DIGESTS)

/** A policy that the rules allow; fails loudly where they do not. */
export const policyOf = (options: PolicyOptions): Policy => {
  const checked = policy(options)
  if (isRight(checked)) return checked.right
  throw new Error(`${checked.left.option}: ${checked.left.rule}`)
}

const span = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

/** Options that the rules allow, each present or not. */
export const policyOptions: fc.Arbitrary<PolicyOptions> = fc
  .record({
    absolute: span(SECOND, 60 * DAY),
    idle: span(1, 100),
    touch: span(1, 100),
    superseded: span(1, 10 * MINUTE),
  })
  .chain(({ absolute, idle, touch, superseded }) => {
    const idleTimeout = (absolute * idle) / 100
    return fc.record(
      {
        absoluteTimeout: fc.constant(absolute),
        idleTimeout: fc.constant(idleTimeout),
        touchEvery: fc.constant((Math.min(idleTimeout, HOUR, DAY) * touch) / 100),
        maxLifetime: span(60 * DAY, 365 * DAY),
        supersededFor: fc.constant(superseded),
        renewGrace: span(superseded, 20 * MINUTE),
        renewAfter: span(2 * superseded, DAY),
        onReuse: fc.constantFrom('report' as const, 'end' as const),
      },
      { requiredKeys: ['absoluteTimeout', 'supersededFor'], noNullPrototype: true },
    )
  })

export const policies: fc.Arbitrary<Policy> = policyOptions.map(policyOf)

/** A time near NOW, on both sides of every span that the policies above name. */
export const millis: fc.Arbitrary<number> = fc.oneof(
  { weight: 1, arbitrary: span(-70 * DAY, 70 * DAY).map((offset) => NOW + offset) },
  { weight: 3, arbitrary: span(-5 * MINUTE, 5 * MINUTE).map((offset) => NOW + offset) },
  { weight: 3, arbitrary: fc.constant(NOW) },
)

export const subjectIds: fc.Arbitrary<string> = fc.constantFrom('ada', 'bob', 'eve')

const subjects: fc.Arbitrary<Subject> = fc.record(
  { id: subjectIds, authenticatedAt: millis, level: fc.integer({ min: 0, max: 3 }) },
  { requiredKeys: ['id', 'authenticatedAt'], noNullPrototype: true },
)

export const lifetimes: fc.Arbitrary<Lifetime> = fc.record(
  { persistent: fc.boolean(), idleTimeout: span(SECOND, 90 * DAY), absoluteTimeout: span(SECOND, 90 * DAY) },
  { requiredKeys: [], noNullPrototype: true },
)

const flashes: fc.Arbitrary<Flash> = fc.dictionary(fc.constantFrom('notice', 'error', '__proto__'), fc.string(), {
  maxKeys: 2,
  noNullPrototype: true,
})

export const datas: fc.Arbitrary<Data> = fc.record(
  {
    views: fc.integer(),
    theme: fc.constantFrom('light' as const, 'dark' as const),
    name: fc.option(fc.string(), { nil: undefined }),
    coupon: fc.string(),
    cart: fc.array(fc.string(), { maxLength: 2 }),
  },
  { requiredKeys: ['views', 'theme', 'name'], noNullPrototype: true },
)

/** Sessions that are not destroyed. */
export const livingSessions: fc.Arbitrary<S> = fc
  .record({
    data: fc.oneof(datas, fc.constant(INITIAL)),
    subject: fc.option(subjects, { nil: undefined }),
    flash: flashes,
    createdAt: millis,
    touchedAt: millis,
    lifetime: fc.option(lifetimes, { nil: undefined }),
    intent: fc.constantFrom('none' as const, 'rotate' as const, 'replace' as const),
    revision: fc.option(fc.string(), { nil: undefined }),
    proof: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(({ subject, lifetime, revision, proof, ...rest }) => ({
    id: ID,
    initial: INITIAL,
    subject: subject === undefined ? none : some(subject),
    lifetime: lifetime === undefined ? none : some(lifetime),
    revision: revision === undefined ? none : some(revision),
    proof: proof === undefined ? none : some(proof),
    ...rest,
  }))

/** Sessions of every kind, destroyed ones among them. */
export const sessions: fc.Arbitrary<S> = fc.oneof(
  { weight: 4, arbitrary: livingSessions },
  { weight: 1, arbitrary: livingSessions.map((session) => Session.destroy(session)) },
)

/** A transformation with its name, so that a counterexample can be read. */
export interface Named {
  readonly name: string
  readonly f: Endomorphism<S>
}
const named = (name: string, f: Endomorphism<S>): Named => ({ name, f })

/** Every transformation but `signIn`. */
export const changes: fc.Arbitrary<Named> = fc.oneof(
  fc.integer().map((n) => named(`set views ${n}`, Session.set('views', n))),
  fc.string().map((text) => named(`set coupon ${text}`, Session.set('coupon', text))),
  fc.integer().map((n) =>
    named(
      `modify views + ${n}`,
      Session.modify('views', (views: number) => views + n),
    ),
  ),
  datas.map((data) => named('update', Session.update(data))),
  fc.constantFrom('cart' as const, 'coupon' as const).map((key) => named(`remove ${key}`, Session.remove(key))),
  fc.string().map((text) => named(`setDefault name ${text}`, Session.setDefault('name', text))),
  fc.constant(named('clear', Session.clear)),
  fc.string().map((text) => named(`flash ${text}`, Session.flash('notice', text))),
  fc.constant(named('takeFlash', (session) => Session.takeFlash('notice')(session)[1])),
  fc.constant(named('pop coupon', (session) => Session.pop<Data, 'coupon'>('coupon')(session)[1])),
  fc.constant(named('signOut', Session.signOut)),
  fc.constant(named('regenerate', Session.regenerate)),
  fc.constant(named('destroy', Session.destroy)),
)

const signIns: fc.Arbitrary<Named> = fc
  .record({ id: subjectIds, lifetime: lifetimes })
  .map(({ id, lifetime }) => named(`signIn ${id}`, Session.signIn(id, lifetime)))

/** Every transformation. */
export const transformations: fc.Arbitrary<Named> = fc.oneof(
  { weight: 4, arbitrary: changes },
  { weight: 1, arbitrary: signIns },
)

const credentials: fc.Arbitrary<Credential> = fc.record(
  {
    digest,
    mintedAt: millis,
    rotatedAt: millis,
    renewed: fc.record({ digest, confirmedAt: millis }, { requiredKeys: ['digest'], noNullPrototype: true }),
  },
  { requiredKeys: ['digest', 'mintedAt'], noNullPrototype: true },
)

export const lives: fc.Arbitrary<Live> = fc.record(
  {
    _tag: fc.constant('Live' as const),
    format: fc.constant(FORMAT),
    revision: fc.string({ minLength: 1, maxLength: 4 }),
    trail: fc.array(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 8 }),
    epoch: fc.nat(3),
    fence: fc.nat(3),
    credential: credentials,
    subject: subjects,
    createdAt: millis,
    touchedAt: millis,
    expiresAt: millis,
    lifetime: lifetimes,
    schema: fc.constant(1),
    data: fc.constant({ views: 0, theme: 'light' }),
    flash: flashes,
  },
  {
    requiredKeys: [
      '_tag',
      'format',
      'revision',
      'trail',
      'epoch',
      'fence',
      'credential',
      'createdAt',
      'touchedAt',
      'expiresAt',
      'schema',
      'data',
      'flash',
    ],
    noNullPrototype: true,
  },
)

export const tombstones: fc.Arbitrary<Ended> = millis.map((until) => ({ _tag: 'Ended', until }))
