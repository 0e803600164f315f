/**
 * ```ts
 * interface Session<A> { id, data: A, subject: Option<Subject>, flash, createdAt, touchedAt, initial: A, lifetime, intent, … }
 * ```
 * One visitor's session: an immutable record, and the pure functions from session to session. Those on its data, as a
 * dictionary, are in SessionData.ts and re-exported here: `import * as Session from 'coatcheck/Session'` has all.
 *
 * Laws (`f` any transformation here, `s` any session; each is a property in test/core/Session.test.ts):
 * 1. `regenerate(regenerate(s)) = regenerate(s)`; it changes nothing but the intent.
 * 2. `f(destroy(s)) = destroy(s)`, save for `signIn`, which starts anew from the initial data.
 * 3. `signOut(s)` has the initial data, no subject, the same flash; `signOut(signOut(s)) = signOut(s)`; on an anonymous
 *    session it is the identity: there is nothing to sign out of.
 * 4. `signIn(b)` after `signIn(a)`, `a ≠ b`, has the initial data and no flash: nothing of `a` is left.
 * 5. `signIn(a)` where `a` is signed in keeps data, flash and, unless options name another, lifetime.
 *
 * @since 0.1.0
 */
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { Option } from '#fp-ts/Option'
import { isSome, none, some } from './tagged.ts'
import type { Millis } from './Millis.ts'
import type { Deadlines, Policy } from './Policy.ts'
import { deadlines as deadlinesOf } from './Policy.ts'
import type { SignIn, SignInOptions } from './SignIn.ts'
import { checkedSignIn } from './SignIn.ts'
import type { Flash, Lifetime, Revision, Subject, SubjectEpoch } from './Stored.ts'
import type { SessionId } from './Token.ts'

export * from './SessionData.ts'
export type { SignIn, SignInOptions } from './SignIn.ts'

/**
 * What the engine must do beyond storing data. `rotate`: a new secret for the same id. `replace`: end this record, and
 * start another under a new id. `end`: destroy.
 */
export type Intent = 'none' | 'rotate' | 'replace' | 'end'

/** See the module's head. */
export interface Session<A> {
  /** Stable, random, public: safe to log, list and compare; proves nothing. Of a session that is not stored yet it is provisional. */
  readonly id: SessionId
  /** The application's own record. */
  readonly data: A
  /** Who is signed in; None = anonymous. */
  readonly subject: Option<Subject>
  /** Messages that stay until they are taken; they survive `signOut`. */
  readonly flash: Flash
  /** ms since the epoch, by the server's clock. */
  readonly createdAt: Millis
  /** When activity was last recorded, ms. */
  readonly touchedAt: Millis
  /** What `signOut`, `clear` and another subject start from. */
  readonly initial: A
  /** What the last sign-in asked for. */
  readonly lifetime: Option<Lifetime>
  readonly intent: Intent
  /** The stored record's revision; None while nothing is stored (CherryPy: no counterpart). */
  readonly revision: Option<Revision>
  /** The subject epoch that was handed to `signIn`. */
  readonly proof: Option<SubjectEpoch>
}

const NO_FLASH: Flash = Object.freeze({})

/** A session that nothing was stored of. */
export const fresh = <A>(id: SessionId, initial: A, now: Millis): Session<A> => ({
  id,
  data: initial,
  subject: none,
  flash: NO_FLASH,
  createdAt: now,
  touchedAt: now,
  initial,
  lifetime: none,
  intent: 'none',
  revision: none,
  proof: none,
})

const keeping = <A>(session: Session<A>, keep: ReadonlyArray<keyof A> | undefined): A => {
  if (keep === undefined) return session.data
  const there = keep.filter((key) => Object.hasOwn(session.data as object, key))
  // From entries: a key `__proto__` is one like any other.
  return { ...session.initial, ...Object.fromEntries(there.map((key) => [key, session.data[key]])) }
}

interface SignInWith {
  /** Signs a subject in, whatever the data is: `const login = signIn('u1')` fits every session. */
  (who: SignIn, options?: SignInOptions<unknown>): <A>(session: Session<A>) => Session<A>
  /** The same where `keep` names keys of the data. */
  <A>(who: SignIn, options?: SignInOptions<A>): Endomorphism<Session<A>>
}

/**
 * Signs a subject in, and rotates the secret by itself (ASVS 7.2.4, OWASP "Renew the Session ID After Any Privilege
 * Level Change"). The data is kept when the session is anonymous or this subject's already; another subject starts from
 * the initial data under a new id. Signing in the same subject again dates it anew and keeps its lifetime unless the
 * options name another. A subject that is no text, or a timeout that is not above 0, is an exception (`Misconfigured`).
 */
export const signIn: SignInWith = <A>(who: SignIn, options: SignInOptions<A> = {}): Endomorphism<Session<A>> => {
  const { subject, lifetime, proof } = checkedSignIn(who, options)
  return (session) => {
    const signedIn = { ...session, subject: some(subject), proof }
    const again = isSome(session.subject)
    if (session.intent === 'end' || (again && session.subject.value.id !== subject.id))
      return { ...signedIn, data: session.initial, flash: NO_FLASH, lifetime, intent: 'replace' }
    return {
      ...signedIn,
      data: again ? session.data : keeping(session, options.keep),
      lifetime: again && lifetime._tag === 'None' ? session.lifetime : lifetime,
      intent: session.intent === 'replace' ? 'replace' : 'rotate',
    }
  }
}

/** Signs the subject out, and rotates the secret: the initial data, no subject, the flash stays. The identity on an anonymous session. */
export const signOut = <A>(session: Session<A>): Session<A> =>
  session.intent === 'end' || session.subject._tag === 'None'
    ? session
    : {
        ...session,
        data: session.initial,
        subject: none,
        lifetime: none,
        intent: session.intent === 'replace' ? 'replace' : 'rotate',
        proof: none,
      }

/** Asks for a new secret under the same id (CherryPy: `regenerate`); the old one is refused at once. Data stays. */
export const regenerate = <A>(session: Session<A>): Session<A> =>
  session.intent === 'none' ? { ...session, intent: 'rotate' } : session

/** Ends the session and clears the cookie (CherryPy: `delete` and `expire` in one). Later changes in the same request are ignored, save for `signIn`. */
export const destroy = <A>(session: Session<A>): Session<A> =>
  session.intent === 'end'
    ? session
    : {
        ...session,
        data: session.initial,
        flash: NO_FLASH,
        subject: none,
        lifetime: none,
        intent: 'end',
        proof: none,
      }

/** Whether nothing is stored of this session yet. */
export const isFresh = <A>(session: Session<A>): boolean => session.revision._tag === 'None'

/** Whether somebody is signed in. */
export const isSignedIn = <A>(session: Session<A>): boolean => session.subject._tag === 'Some'

/** The subject's id, or undefined. */
export const subjectId = <A>(session: Session<A>): string | undefined =>
  session.subject._tag === 'Some' ? session.subject.value.id : undefined

/** ms since the session was created. */
export const age =
  (now: Millis) =>
  <A>(session: Session<A>): Millis =>
    now - session.createdAt

/** Whether somebody proved who they are at most `maxAge` ms ago, at this level or above (step-up: ASVS 7.5.1, 7.5.3). */
export const isRecent =
  (maxAge: Millis, level = 0) =>
  (now: Millis) =>
  <A>(session: Session<A>): boolean =>
    session.subject._tag === 'Some' &&
    now - session.subject.value.authenticatedAt <= maxAge &&
    (session.subject.value.level ?? 0) >= level

/** When the session will be over, idle and in any case, ms since the epoch. `sessions.policy` is a policy. */
export const deadlines =
  (policy: Policy) =>
  <A>(session: Session<A>): Deadlines =>
    deadlinesOf(policy)({
      createdAt: session.createdAt,
      touchedAt: session.touchedAt,
      ...(session.subject._tag === 'Some' ? { subject: session.subject.value } : {}),
      ...(session.lifetime._tag === 'Some' ? { lifetime: session.lifetime.value } : {}),
    })
