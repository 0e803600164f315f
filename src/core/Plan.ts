/**
 * ```ts
 * plan: (policy, now) => (situation) => Plan      // Nothing | Touch | Create | Update | Replace | End, and Keep | Set | Clear
 * ```
 * From change to effect (design §5): what the engine must do with a session that functions were applied to. The engine
 * only interprets it. Data is immutable, so "changed" is a comparison of references: no hashing, no JSON.
 *
 * Laws (properties in test/core/Plan.test.ts; the table in docs/plan.md is checked against this code):
 * 1. Unchanged and nothing due: `Nothing`, `Keep`. An unchanged session without a record is never created.
 * 2. `Set` exactly with Create, Replace and an Update that rotates or renews; `Clear` exactly with End.
 * 3. A change of subject always changes the secret, whatever the intent says: the application can not forget (ASVS 7.2.4).
 * 4. Passive requests never touch or renew; where no cookie can be sent nothing is renewed.
 *
 * @since 0.1.0
 */
import type { Millis } from './Millis.ts'
import type { Policy } from './Policy.ts'
import { expired, touchEveryOf } from './Policy.ts'
import type { Intent, Session } from './Session.ts'
import { subjectId } from './Session.ts'
import type { Live } from './Stored.ts'

/** Nothing to do. */
export interface Nothing {
  readonly _tag: 'Nothing'
}
/** Record the activity. Best effort. */
export interface Touch {
  readonly _tag: 'Touch'
}
/** Store a new record under a new id. */
export interface Create {
  readonly _tag: 'Create'
}
/** Replace the record. Best effort where nothing but the credential changes by age. */
export interface Update {
  readonly _tag: 'Update'
  /** What becomes of the secret: `rotate` refuses the old one at once, `renew` after its grace. */
  readonly secret: 'keep' | 'rotate' | 'renew'
  /** Whether to record that a renewed secret was presented. */
  readonly confirm: boolean
  /** Whether the request asked for it, rather than the policy. */
  readonly essential: boolean
}
/** End the record, then create another under a new id. */
export interface Replace {
  readonly _tag: 'Replace'
}
/** Leave a tombstone. */
export interface End {
  readonly _tag: 'End'
}
/** What to do with the store. */
export type Action = Nothing | Touch | Create | Update | Replace | End
/** What to do with the cookie. */
export type CookieAction = 'Keep' | 'Set' | 'Clear'
/** See the module's head. */
export interface Plan {
  readonly action: Action
  readonly cookie: CookieAction
}

/** What a plan is made from. */
export interface Situation<A> {
  /** The record that the request is admitted to, and the secret that it was admitted by. */
  readonly record: Live | undefined
  readonly via: 'current' | 'renewed'
  /** The session before and after the functions. */
  readonly base: Session<A>
  readonly result: Session<A>
  /** A passive request's presence is not activity. */
  readonly passive: boolean
  /** Whether the response can still carry a cookie. */
  readonly cookie: boolean
}

const NOTHING: Plan = { action: { _tag: 'Nothing' }, cookie: 'Keep' }
const TOUCH: Plan = { action: { _tag: 'Touch' }, cookie: 'Keep' }
const CREATE: Plan = { action: { _tag: 'Create' }, cookie: 'Set' }
const REPLACE: Plan = { action: { _tag: 'Replace' }, cookie: 'Set' }
const END: Plan = { action: { _tag: 'End' }, cookie: 'Clear' }

const update = (secret: Update['secret'], confirm: boolean, essential: boolean): Plan => ({
  action: { _tag: 'Update', secret, confirm, essential },
  cookie: secret === 'keep' ? 'Keep' : 'Set',
})
const CHANGE = update('keep', false, true)

/** Whether anything differs that is stored. The intent is looked at apart. */
export const changed = <A>(base: Session<A>, result: Session<A>): boolean =>
  base.data !== result.data ||
  base.subject !== result.subject ||
  base.flash !== result.flash ||
  base.lifetime !== result.lifetime

/** The intent, raised where the subject changed without one. */
export const intentOf = <A>(base: Session<A>, result: Session<A>): Intent => {
  const before = subjectId(base)
  const after = subjectId(result)
  if (result.intent === 'end' || result.intent === 'replace' || before === after) return result.intent
  return before !== undefined && after !== undefined ? 'replace' : 'rotate'
}

/** Whether the functions ended the session or signed its subject out: what a failing response never undoes (design §5). */
export const isLogout = <A>(base: Session<A>, result: Session<A>): boolean =>
  result.intent === 'end' || (subjectId(base) !== undefined && subjectId(result) === undefined)

/** Whether the secret is old enough to be replaced (design §4, renewal). */
export const renewalDue =
  (policy: Policy, now: Millis) =>
  (record: Live, via: 'current' | 'renewed'): boolean => {
    const { renewAfter, renewGrace } = policy
    const { mintedAt, renewed } = record.credential
    if (renewAfter === undefined || record.subject === undefined || now < mintedAt + renewAfter) return false
    if (renewed === undefined) return true
    // Unconfirmed and presented by its predecessor: lost on its way. Confirmed: by who presented it, and only once the
    // predecessor's grace is over.
    return renewed.confirmedAt === undefined
      ? via === 'renewed'
      : via === 'current' && now >= renewed.confirmedAt + renewGrace
  }

/**
 * Whether what a sign-out leaves would be over at once: without its subject the record counts from its creation again.
 * Then the anonymous session with its flash is a new one, under a new id: no deadline is ever moved.
 */
const outlived = <A>(
  policy: Policy,
  now: Millis,
  record: Live,
  { base, result, passive }: Pick<Situation<A>, 'base' | 'result' | 'passive'>,
): boolean =>
  isLogout(base, result) &&
  expired(
    policy,
    now,
  )({
    createdAt: record.createdAt,
    touchedAt: passive ? record.touchedAt : Math.max(record.touchedAt, now),
    ...(result.lifetime._tag === 'Some' ? { lifetime: result.lifetime.value } : {}),
  }) !== undefined

/** Decides what to do with store and cookie. Total. */
export const plan =
  (policy: Policy, now: Millis) =>
  <A>(situation: Situation<A>): Plan => {
    const { record, via, base, result, passive, cookie } = situation
    const intent = intentOf(base, result)
    const differs = changed(base, result)
    if (record === undefined) return intent !== 'end' && differs ? CREATE : NOTHING
    if (intent === 'end') return END
    if (intent === 'replace') return REPLACE
    if (intent === 'rotate') return outlived(policy, now, record, situation) ? REPLACE : update('rotate', false, true)
    const confirm =
      via === 'current' &&
      record.credential.renewed !== undefined &&
      record.credential.renewed.confirmedAt === undefined
    const renew = !passive && cookie && renewalDue(policy, now)(record, via)
    if (renew) return update('renew', false, differs)
    if (confirm) return update('keep', true, differs)
    if (differs) return CHANGE
    return !passive && now >= record.touchedAt + touchEveryOf(policy, record.lifetime) ? TOUCH : NOTHING
  }
