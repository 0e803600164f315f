/**
 * ```ts
 * interface Carrier { bind: (cookieName) => Bound; begin: (terms) => Carriage }
 * interface Bound   { open: (cookieHeader) => Opened; seal: (Carried) => Either<CookieTooLarge, string[]> }
 * ```
 * Where sessions travel instead of living in a store: the browser brings the record along, and takes the next one with
 * it. What follows from that no carrier can mend: whoever keeps a copy of an earlier cookie has that earlier session
 * (until it is over by its times, or by its subject's epoch), and of two responses the one that arrives last wins.
 *
 * `open` and `seal` answer at once where the runtime's cryptography does (node:crypto), and in a promise elsewhere.
 *
 * Laws:
 * 1. What `seal` gives, brought back under its names, `open`s to the same record: `format`, times, subject, lifetime,
 *    schema, data and flash. Revisions, fence and credential stay behind: they mean nothing outside of a store.
 * 2. Everything else opens to no session and says why. `open` never throws or rejects because of what it is given.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Cookie, CookieTooLarge } from '../core/Cookie.ts'
import type { Policy } from '../core/Policy.ts'
import type { Live, Revision, SubjectEpoch } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import type { Clock } from './Clock.ts'
import type { Created, Exists, Gone, Near, Store, StoreError, Updated } from './Store.ts'

/** One session on its way. */
export interface Carried {
  readonly id: SessionId
  readonly live: Live
  /** The subject's epoch at its sign-in; 0 without a subject, and where nobody asks. */
  readonly epoch: SubjectEpoch
}

/** Why a cookie did not open: not our form, changed on its way (or another cookie's), an unknown key, pieces missing. */
export type Unsealed = 'malformed' | 'altered' | 'unknown-key' | 'incomplete'

/** One that opened. */
export interface Unfolded extends Carried {
  /** Whether it is as `seal` would write it now; if not (an older key, say), it is to be sealed again. */
  readonly newest: boolean
}

/** What the cookies of a request came to. */
export interface Opened {
  /** Each session that a cookie holds: of two copies of one session the one that was touched later, of three the request was tampered with and there is none. */
  readonly found: ReadonlyArray<Unfolded>
  /** Why there is none, though there was a cookie. */
  readonly rejected: Unsealed | 'ambiguous' | undefined
  /** The names, of those that may be cleared one day, under which the request brought anything. */
  readonly brought: ReadonlyArray<string>
}

/** The cookies' values, in the order of `Bound.names`; Left when they would take more than all of them hold. */
export type Sealed = Either<CookieTooLarge, ReadonlyArray<string>>

/** A carrier under one cookie's name. */
export interface Bound {
  /** Whether both answer at once, and never in a promise. */
  readonly atOnce: boolean
  /** Every name that it sets: the cookie's own, then those of further pieces. */
  readonly names: ReadonlyArray<string>
  readonly open: (cookieHeader: string) => Opened | Promise<Opened>
  /** The values that the session is to leave in. */
  readonly seal: (carried: Carried) => Sealed | Promise<Sealed>
}

/**
 * Where the epochs of subjects are kept: a number for each, raised when all of the subject's sessions are to end. It is to
 * be kept for as long as a session may live: longer than the manager's `maxLifetime`.
 */
export interface Epochs {
  /** The subject's epoch; 0 when it was never raised. */
  readonly readEpoch: (subject: string) => TaskEither<StoreError, SubjectEpoch>
}

/** What a carriage needs of its manager. */
export interface Terms {
  readonly cookie: Cookie
  readonly policy: Policy
  readonly clock: Clock
}

/** What a request's cookies came to, for the engine. */
export interface Brought {
  /** The ids of the sessions that they hold: no secret, for the seal is the proof. */
  readonly values: ReadonlyArray<SessionId>
  readonly rejected: Opened['rejected']
}

/** Verbs of a carriage that answer at once. */
export interface CarriageNow {
  readonly create: (id: SessionId, live: Live) => Either<StoreError, Created | Exists>
  readonly update: (id: SessionId, expected: Revision, live: Live) => Either<StoreError, Updated | Gone>
}

/** A carrier as the store of one request: what the request brought is there, and what is written leaves with the response. `peek` gives what no epoch has to be asked about. */
export interface Carriage extends Store<'last-write-wins'>, Near, Partial<Epochs> {
  /** Another one, for another request. */
  readonly anew: () => Carriage
  /** `create` and `update` without the promises; undefined where the carrier has to wait, for its cipher or for an epoch. */
  readonly now: CarriageNow | undefined
  /** Every cookie name that it sets. */
  readonly names: ReadonlyArray<string>
  /** Opens what the request brought. To be called once. */
  readonly open: (cookieHeader: string) => Brought | Promise<Brought>
  /** Whether a session should be sealed again although nothing changed. */
  readonly isOld: (id: SessionId) => boolean
  /** The Set-Cookie text of the last write. */
  readonly line: () => string | undefined
  /** The Set-Cookie texts that must leave together with this one: further pieces, and stale ones cleared. */
  readonly beside: (line: string | undefined) => ReadonlyArray<string>
}

/** See the module's head. */
export interface Carrier {
  /** Makes it ready for the manager's cookie. Values are bound to this name: under another one they do not open. */
  readonly bind: (cookieName: string) => Bound
  /** Its carriages, under the terms of one manager: the first of them, which brings nothing. */
  readonly begin: (terms: Terms) => Carriage
}
