/** The cases of docs/plan.md: every combination of its columns, each in every way in which it comes about. */
import { flow } from '#fp-ts/function'
import { none, some } from '#fp-ts/Option'
import type { Plan } from '../../src/core/Plan.ts'
import { plan } from '../../src/core/Plan.ts'
import { touchEveryOf } from '../../src/core/Policy.ts'
import { sessionOf } from '../../src/core/Record.ts'
import * as Session from '../../src/core/Session.ts'
import type { Credential, Live } from '../../src/core/Stored.ts'
import { FORMAT } from '../../src/core/Stored.ts'
import type { Data, S } from '../core/arbitraries.ts'
import { DAY, DIGESTS, HOUR, ID, INITIAL, MINUTE, NOW, policyOf } from '../core/arbitraries.ts'
import type { Row } from './markdown.ts'
import { product } from './markdown.ts'

const p = policyOf({ renewAfter: HOUR, renewGrace: 2 * MINUTE, idleTimeout: 2 * HOUR })
const [CURRENT, PREDECESSOR] = DIGESTS as [string, string]

const ada = { id: 'ada', authenticatedAt: NOW - 2 * HOUR }
const record: Live = {
  _tag: 'Live',
  format: FORMAT,
  revision: 'r1',
  trail: [],
  epoch: 0,
  fence: 0,
  credential: { digest: CURRENT, mintedAt: NOW },
  subject: ada,
  createdAt: NOW - 2 * HOUR,
  touchedAt: NOW,
  expiresAt: NOW + HOUR,
  schema: 1,
  data: {},
  flash: {},
}
const { subject: _ada, ...anonymous } = record
/** Signed in lately, created longer ago than an anonymous session may live. */
const old: Live = { ...record, createdAt: NOW - 25 * HOUR }

type F = (s: S) => S

/** Functions, each with the records that they are applied to; undefined is none. */
const FUNCTIONS: Readonly<Record<string, ReadonlyArray<readonly [F, ReadonlyArray<Live | undefined>]>>> = {
  nothing: [
    [(s) => s, [record, anonymous, old, undefined]],
    [Session.set<Data, 'views'>('views', 0), [record, anonymous, undefined]],
    [Session.signOut, [anonymous]],
  ],
  change: [
    [Session.set<Data, 'views'>('views', 9), [record, anonymous, old, undefined]],
    [Session.flash('notice', 'x'), [record, anonymous, undefined]],
    [(s) => ({ ...s, lifetime: some({ persistent: true }) }), [record]],
  ],
  regenerate: [
    [Session.regenerate, [record, anonymous, old, undefined]],
    [flow(Session.regenerate, Session.regenerate), [record, undefined]],
  ],
  'sign-in': [
    [Session.signIn<Data>('ada'), [record, anonymous, old, undefined]],
    [flow(Session.signIn('ada'), Session.set('views', 9)), [record, anonymous, undefined]],
    [(s) => ({ ...s, subject: some({ id: 'eve', authenticatedAt: NOW }) }), [anonymous, undefined]],
  ],
  'another subject': [
    [Session.signIn<Data>('bob'), [record, old]],
    [flow(Session.signOut, Session.signIn('bob')), [record]],
    [flow(Session.signIn('ada'), Session.signIn('bob')), [record, anonymous, undefined]],
    [flow(Session.destroy, Session.signIn('ada')), [record, anonymous, undefined]],
    [(s) => ({ ...s, subject: some({ id: 'bob', authenticatedAt: NOW }) }), [record]],
  ],
  'sign-out': [
    [Session.signOut, [record, undefined]],
    [flow(Session.signOut, Session.flash('notice', 'bye')), [record]],
    [(s) => ({ ...s, subject: none }), [record]],
  ],
  'late sign-out': [
    [Session.signOut, [old, undefined]],
    [flow(Session.signOut, Session.flash('notice', 'bye')), [old]],
  ],
  destroy: [
    [Session.destroy, [record, anonymous, old, undefined]],
    [flow(Session.set('views', 9), Session.destroy, Session.set('views', 8)), [record, undefined]],
  ],
}

type Via = 'current' | 'renewed'
const at = (mintedAt: number, confirmedAt?: number | 'unused'): Credential => ({
  digest: CURRENT,
  mintedAt,
  ...(confirmedAt === undefined
    ? {}
    : { renewed: { digest: PREDECESSOR, ...(confirmedAt === 'unused' ? {} : { confirmedAt }) } }),
})

/** Credentials, by what is to be done with them, and the secret that the request was admitted by. */
const SECRETS: Readonly<Record<string, ReadonlyArray<readonly [Credential, Via]>>> = {
  settled: [
    [at(NOW), 'current'],
    [at(NOW - HOUR + 1), 'current'],
    [at(NOW - HOUR + 1, 'unused'), 'renewed'],
    [at(NOW - DAY, NOW - 2 * MINUTE + 1), 'current'],
    [at(NOW - DAY, NOW - 2 * MINUTE + 1), 'renewed'],
  ],
  'to confirm': [
    [at(NOW, 'unused'), 'current'],
    [at(NOW - DAY, 'unused'), 'current'],
  ],
  due: [
    [at(NOW - HOUR), 'current'],
    [at(NOW - HOUR, 'unused'), 'renewed'],
    [at(NOW - HOUR, NOW - 2 * MINUTE), 'current'],
  ],
}

const REQUESTS: Readonly<Record<string, { readonly passive: boolean; readonly cookie: boolean }>> = {
  ordinary: { passive: false, cookie: true },
  passive: { passive: true, cookie: true },
  'no cookie': { passive: false, cookie: false },
  'passive and no cookie': { passive: true, cookie: false },
}

const EVERY = touchEveryOf(p, undefined)
const UNTOUCHED: Readonly<Record<string, ReadonlyArray<number>>> = { lately: [0, EVERY - 1], due: [EVERY, HOUR] }

export const planColumns = {
  Record: ['none', 'live'],
  Functions: Object.keys(FUNCTIONS),
  Secret: Object.keys(SECRETS),
  Request: Object.keys(REQUESTS),
  Activity: Object.keys(UNTOUCHED),
}

const baseOf = (of: Live | undefined): S =>
  of === undefined ? Session.fresh(ID, INITIAL, NOW) : sessionOf(ID, of, INITIAL, {}, INITIAL)

/** A plan in the words of the page. */
const shown = ({ action, cookie }: Plan): Row => {
  const empty = { Action: action._tag, 'New secret': '', Confirms: '', 'If it fails': '', Cookie: cookie }
  if (action._tag !== 'Update') return empty
  return {
    ...empty,
    'New secret': action.secret,
    Confirms: action.confirm ? 'yes' : 'no',
    'If it fails': action.essential ? 'the request fails' : 'it goes on',
  }
}

export interface PlanCase {
  readonly row: Row
  /** What the code says, for each way in which the combination comes about. */
  readonly plans: ReadonlyArray<Row>
}

const plansOf = (row: Readonly<Record<keyof typeof planColumns, string>>): ReadonlyArray<Row> =>
  product({
    of: FUNCTIONS[row.Functions]!.flatMap(([f, records]) => records.map((one) => ({ f, one }))),
    secret: SECRETS[row.Secret]!,
    untouched: UNTOUCHED[row.Activity]!,
  })
    .filter(({ of: { one } }) => (one === undefined) === (row.Record === 'none'))
    // Nobody's secret is never due.
    .filter(({ of: { one } }) => !(row.Secret === 'due' && one !== undefined && one.subject === undefined))
    .map(({ of: { f, one }, secret: [credential, via], untouched }) => {
      const live = one === undefined ? undefined : { ...one, credential, touchedAt: NOW - untouched }
      const base = baseOf(live)
      return shown(plan(p, NOW)({ record: live, via, base, result: f(base), ...REQUESTS[row.Request]! }))
    })

export const planCases: ReadonlyArray<PlanCase> = product(planColumns).map((row) => ({ row, plans: plansOf(row) }))
