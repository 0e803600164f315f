/**
 * ```ts
 * interface SessionRef<A, G>    { read(), update(f), transact(f), commit(), destroy(), status(), … }   // promises, for adapters' users
 * interface SessionEffect<A, G> { read,   update(f), transact(f), commit,   destroy,   status,   … }   // TaskEither, for fp-ts users and tests
 * ```
 * One request's handle on its session, with two faces. Operations on one handle run one after another. The promise face
 * throws a `SessionException` where the functional one has a Left.
 *
 * @since 0.1.0
 */
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { IO } from '#fp-ts/IO'
import type { Option } from '#fp-ts/Option'
import type { State } from '#fp-ts/State'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Session } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import type { Status } from '../core/Status.ts'
import type { SubjectEpoch } from '../core/Stored.ts'
import type { Guarantee, Locking, Store } from '../effects/Store.ts'

/** Joined to a manager's guarantee where its store gives leases: what needs one does not type-check without. Nothing at run time. */
export interface Leasing {
  readonly leases: true
}

/** Joined to a manager's guarantee where a carrier takes the place of the store. Nothing at run time. */
export interface Carrying {
  readonly carries: true
}

/** What a manager over this store promises and can do. */
export type GuaranteeOf<St extends Store> = St extends Locking ? St['guarantee'] & Leasing : St['guarantee']

/**
 * When a request takes its session for itself alone (CherryPy's `locking`): never; by `lock()` alone; before its handler;
 * or at its handler's first `read` or `transact`.
 */
export type LockMode = 'none' | 'explicit' | 'early' | 'implicit'

/** The lock modes that a guarantee allows. */
export type LockModeOf<G extends Guarantee> = [G] extends ['cas' & Leasing] ? LockMode : 'none'

/** What a commit leaves for the response. */
export interface Committed<A> {
  /** The stored session; a fresh one when nothing is stored. */
  readonly session: Session<A>
  /** The Set-Cookie value that must leave with the response, if any. */
  readonly setCookie: Option<string>
  /** Headers that the response must carry beside it: cache-control and vary (design §9). */
  readonly headers: Readonly<Record<string, string>>
  /** Further Set-Cookie values that must leave together with that one: pieces of a carrier's cookie. Absent where there are none. */
  readonly beside?: ReadonlyArray<string>
}

/** Options of a read. */
export interface ReadOptions {
  /** This request's presence is not activity: it never touches, renews or creates. Once said it holds for the request. Default false. */
  readonly passive?: boolean
}

/** Options of a deferred update, on stores that compare and set. */
export interface UpdateOptions {
  /** Refuse with `StaleRead` instead of applying the function to a record that another request changed meanwhile. Default: the manager's `onConflict`. */
  readonly ifUnchanged?: boolean
}

interface Deferred<A, R> {
  /** Records a change: seen by later reads at once, stored at the commit, applied again on a conflict. */
  (f: Endomorphism<Session<A>>): R
}

interface DeferredIf<A, R> {
  /** Records a change: seen by later reads at once, stored at the commit, applied again on a conflict. */
  (f: Endomorphism<Session<A>>, options?: UpdateOptions): R
}

interface TransactEffect<A> {
  /** Loads, applies, compares and sets, retries; Right only when stored. Carries the updates recorded before it. A `State` gives its own result. */
  <B>(f: State<Session<A>, B>): TaskEither<SessionError, B>
  (f: Endomorphism<Session<A>>): TaskEither<SessionError, Session<A>>
}

interface TransactPromise<A> {
  /** Loads, applies, compares and sets, retries; resolves only when stored. Carries the updates recorded before it. A `State` gives its own result. */
  <B>(f: State<Session<A>, B>): Promise<B>
  (f: Endomorphism<Session<A>>): Promise<Session<A>>
}

/** What exists only where the store compares and sets. */
interface AtomicEffect<A> {
  readonly update: DeferredIf<A, IO<void>>
  readonly transact: TransactEffect<A>
  /** The subject's epoch, to be read before credentials are checked and handed to `signIn` (design §7). `Misconfigured` without a Directory. */
  readonly subjectEpoch: (subject: string) => TaskEither<SessionError, SubjectEpoch>
}

interface AtomicRef<A> {
  readonly update: DeferredIf<A, void>
  readonly transact: TransactPromise<A>
  /** The subject's epoch, to be read before credentials are checked and handed to `signIn` (design §7). `Misconfigured` without a Directory. */
  readonly subjectEpoch: (subject: string) => Promise<SubjectEpoch>
}

/** What exists only where the store gives leases. */
interface ExclusiveEffect<A> {
  /**
   * Takes the session for this request alone, and answers it as it is then. Harmless when it is held already, or when there
   * is none. Left `LockTimeout` when others held it for all of `lockTimeout`; `LeaseLost` when an earlier hold ran out and the
   * session was changed since; `Misconfigured` under the lock mode 'none'.
   */
  readonly lock: TaskEither<SessionError, Session<A>>
  /**
   * Stores the recorded updates and gives the session back; reading goes on, and later changes compare and set. Harmless
   * when it is not held. Left when the updates were not stored: it is held still.
   */
  readonly release: TaskEither<SessionError, void>
}

interface ExclusiveRef<A> {
  /**
   * Takes the session for this request alone, and answers it as it is then. Harmless when it is held already, or when there
   * is none. Throws `LockTimeout` when others held it for all of `lockTimeout`; `LeaseLost` when an earlier hold ran out and
   * the session was changed since; `Misconfigured` under the lock mode 'none'.
   */
  readonly lock: () => Promise<Session<A>>
  /**
   * Stores the recorded updates and gives the session back; reading goes on, and later changes compare and set. Harmless
   * when it is not held. Throws when the updates were not stored: it is held still.
   */
  readonly release: () => Promise<void>
}

interface PlainEffect<A> {
  readonly update: Deferred<A, IO<void>>
}

interface PlainRef<A> {
  readonly update: Deferred<A, void>
}

interface CommonEffect<A> {
  /** The session with the updates recorded so far. Loads at the first use; later uses are free. */
  readonly read: TaskEither<SessionError, Session<A>>
  /** The same, and this request never touches, renews or creates. */
  readonly readPassive: TaskEither<SessionError, Session<A>>
  /** Stores the recorded updates now. More may follow. */
  readonly commit: TaskEither<SessionError, Committed<A>>
  /** Ends the session now. Right, too, when there is nothing left to end. */
  readonly destroy: TaskEither<SessionError, void>
  /** What became of the cookie. */
  readonly status: TaskEither<SessionError, Status>
}

interface CommonRef<A> {
  /** The session with the updates recorded so far. Loads at the first use; later uses are free. */
  readonly read: (options?: ReadOptions) => Promise<Session<A>>
  /** Stores the recorded updates now: before streaming, in a WebSocket, during long work. More may follow. */
  readonly commit: () => Promise<Session<A>>
  /** Ends the session now. Resolves, too, when there is nothing left to end. */
  readonly destroy: () => Promise<void>
  /** What became of the cookie. */
  readonly status: () => Promise<Status>
}

/** The functional face. `G` is the store's guarantee: no `transact` on a last-write-wins store, `lock` and `release` on one with leases. */
export type SessionEffect<A, G extends Guarantee = 'cas'> = CommonEffect<A> &
  ([G] extends ['cas'] ? AtomicEffect<A> : PlainEffect<A>) &
  ([G] extends ['cas' & Leasing] ? ExclusiveEffect<A> : unknown)

/** The promise face that adapters hand out. */
export type SessionRef<A, G extends Guarantee = 'cas'> = CommonRef<A> &
  ([G] extends ['cas'] ? AtomicRef<A> : PlainRef<A>) &
  ([G] extends ['cas' & Leasing] ? ExclusiveRef<A> : unknown) & {
    /** The functional face of the same handle. */
    readonly effect: SessionEffect<A, G>
  }

/** How a handler ended, as the commit needs to know it. */
export type Ending =
  /** It answered with this status. */
  | { readonly _tag: 'Answered'; readonly status: number }
  /** It threw; the framework will answer with this status (500 where the error names none). */
  | { readonly _tag: 'Threw'; readonly status: number }

/** What the response must carry. */
export interface Reply {
  /** The Set-Cookie value; the response is then `Cache-Control: no-store`, whatever the application set (OWASP, ASVS 14.3.2). */
  readonly setCookie: string | undefined
  /** Further Set-Cookie values that leave together with that one: pieces of a carrier's cookie. Absent where there are none. */
  readonly beside?: ReadonlyArray<string>
  /** Whether the session was read: `Vary: Cookie`, and `Cache-Control: private` unless the application set one. */
  readonly vary: boolean
}

/** What an adapter holds of one request: the user's handle, and what must be done before the response leaves. */
export type Opened<A, G extends Guarantee = Guarantee> = Proceedings & { readonly ref: SessionRef<A, G> }

interface Proceedings {
  /** To be awaited before the handler runs, where it is there: takes the session (lock mode 'early'). Rejects with a `SessionException`. */
  readonly ready: (() => Promise<void>) | undefined
  /**
   * Commits before the headers leave. Undefined when the request did not use its session: nothing to wait for, nothing
   * to send. A value when there is nothing to wait for. Otherwise resolves to what the response must carry, or, when the response must not leave as it is, to an
   * `error` or a `defect` (answer that instead, with `reply` all the same: a cookie that follows from what is stored
   * always leaves). Never rejects.
   */
  readonly finish: (ending: Ending) => Finished | Promise<Finished> | undefined
}

/** The answer of `finish`. */
export interface Finished {
  readonly reply: Reply
  readonly error: SessionError | undefined
  /** What a recorded function threw: the application's defect, as it is, to be answered instead. */
  readonly defect: { readonly error: unknown } | undefined
}
