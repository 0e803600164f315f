/**
 * ```ts
 * interface Request<A> { engine, status, grant, base, pending, cookie, … }
 * ```
 * What the engine remembers of one request. The only mutable state of the library outside of stores: one request owns it,
 * and operations on it run one after another.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Grant } from '../core/Admission.ts'
import type { Millis } from '../core/Millis.ts'
import type { Change, Replayed } from '../core/Replay.ts'
import { replay, replaySignIn } from '../core/Replay.ts'
import { dated } from '../core/Record.ts'
import type { Session } from '../core/Session.ts'
import { fresh } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import type { Status } from '../core/Status.ts'
import type { Live, Revision, SubjectEpoch } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import type { Soon } from '../effects/atOnce.ts'
import type { Engine } from './Engine.ts'
import type { LockMode } from './SessionRef.ts'

/** How an adapter or a caller mounts the session. */
export interface OpenOptions<M extends LockMode = 'none'> {
  /** Whether this request may start a session. False for background routes: parallel ones would each create one. Default true. */
  readonly create?: boolean
  /** This request's presence is not activity: it never touches, renews or creates. Default false. */
  readonly passive?: boolean
  /** Whether the response can carry a cookie. False for a WebSocket upgrade. Default true. */
  readonly canSetCookie?: boolean
  /**
   * When this request takes its session for itself alone. A passive one, and one whose response can not carry a cookie, does
   * so by `lock()` alone. Default: the manager's `lock`.
   */
  readonly lock?: M
}

/** The record that the request stands on, and the session that it tells of. */
export interface Base<A> {
  readonly id: SessionId
  readonly record: Live | undefined
  readonly via: 'current' | 'renewed'
  readonly session: Session<A>
  /** Whether the session's data was decoded from the record's; if not, a write encodes it anew. */
  readonly faithful: boolean
  /** Why the stored data could not be decoded; the session then holds the initial data and can only be ended. */
  readonly unreadable: SessionError | undefined
}

/** A write and what follows from it. While its outcome is unknown the record's trail will tell. */
export interface Attempt<A> {
  readonly revision: Revision
  readonly expected: Revision
  readonly carried: ReadonlyArray<Change<A>>
  /** Makes the request stand on what was written: base, grant, cookie, events. */
  readonly apply: () => void
}

/** A request's exclusive hold on its session, or its wish for one (exclusive.ts). */
export interface Lock<A> {
  /** What its writes carry while it holds the lease. */
  fence: number | undefined
  /** Whether the lease ran out under it: what was decided meanwhile must not be applied to a record that others changed. */
  lost: boolean
  /** Whether the commit by hand is the one that precedes the headers: no adapter makes another. */
  readonly alone: boolean
  /** Takes the lease if it is due, or asked for by hand, and loads again. Answers what is left of the changes. */
  readonly enter: (
    changes: ReadonlyArray<Change<A>>,
    byHand: boolean,
  ) => Promise<Either<SessionError, ReadonlyArray<Change<A>>>>
  /** Gives the lease back, if it is held, and asks for none any more. Never fails. */
  readonly leave: () => Promise<void>
  /** The lease ran out. */
  readonly lose: () => void
  /** The lease is gone with its record. */
  readonly forget: () => void
}

/** A stored sign-in that a revocation may have overtaken (design §7, subject's epoch). */
export interface Unverified {
  readonly id: SessionId
  readonly subject: string
  readonly baseline: SubjectEpoch
  /** The cookie that would leave if the sign-in does not stand. */
  readonly cookieBefore: string | undefined
}

/** See the module's head. */
export interface Request<A> {
  /** Over a carrier, from the first use on, with a carriage of its own. */
  engine: Engine<A>
  /** Where the Cookie header is. */
  readonly source: unknown
  /** Called with it at the first use, before anything else of it, whatever it is. */
  readonly cookieHeaderOf: (source: unknown) => string | undefined
  readonly create: boolean
  passive: boolean
  canSetCookie: boolean
  /** The first use, while it waits. */
  loading: Promise<Either<SessionError, Base<A>>> | undefined
  status: Status
  /** What a degraded request's writes are refused with. */
  degraded: SessionError | undefined
  /** What the request was admitted to; kept when it loses its session. */
  grant: Grant | undefined
  base: Base<A> | undefined
  pending: ReadonlyArray<Change<A>>
  unsettled: ReadonlyArray<Attempt<A>>
  unverified: Unverified | undefined
  /** Whether an end of the session was sent whose outcome is unknown. */
  ending: boolean
  /** Undefined under the lock mode 'none'. */
  lock: Lock<A> | undefined
  /** The Set-Cookie value that must leave with the response. */
  cookie: string | undefined
  /** The last operation that was begun on this handle; undefined when none runs. */
  tail: Promise<unknown> | undefined
  /** Whether this request destroyed its session: what it changes afterwards is ignored, save for a sign-in. */
  destroyed: boolean
  /** Whether the response's commit is behind it. */
  finished: boolean
}

/** A handle that did nothing yet: no clock, no header, no randomness (promise 5). */
export const request = <A, S>(
  engine: Engine<A>,
  source: S,
  cookieHeaderOf: (source: S) => string | undefined,
  options: OpenOptions<LockMode>,
): Request<A> => ({
  engine,
  source,
  // Sound: it is called with this source alone.
  cookieHeaderOf: cookieHeaderOf as (source: unknown) => string | undefined,
  create: options.create !== false && options.passive !== true,
  passive: options.passive === true,
  canSetCookie: options.canSetCookie !== false,
  loading: undefined,
  status: 'none',
  degraded: undefined,
  grant: undefined,
  base: undefined,
  pending: [],
  unsettled: [],
  unverified: undefined,
  ending: false,
  lock: undefined,
  cookie: undefined,
  tail: undefined,
  destroyed: false,
  finished: false,
})

/** What the browser sent. */
export const cookieHeader = <A>({ source, cookieHeaderOf }: Request<A>): string | undefined => cookieHeaderOf(source)

/** A base that nothing is stored of, under a new id. */
export const freshBase = <A>(engine: Engine<A>): Base<A> => {
  const id = engine.random.id()
  return {
    id,
    record: undefined,
    via: 'current',
    session: fresh(id, engine.initial, engine.clock()),
    faithful: true,
    unreadable: undefined,
  }
}

/** Whether a carrier's session is to be sealed anew, although it only was read. */
export const isOld = <A>(req: Request<A>, { id }: Base<A>): boolean =>
  req.engine.carriage?.isOld(id) === true && !req.passive && req.canSetCookie

/** What must leave beside the request's Set-Cookie. */
export const besideOf = <A>({ engine, cookie }: Request<A>): { readonly beside?: ReadonlyArray<string> } => {
  const beside = engine.carriage?.beside(cookie)
  return beside === undefined || beside.length === 0 ? NOTHING : { beside }
}

const NOTHING = Object.freeze({})

/** Whether nothing was asked of the handle yet. */
export const isUnused = <A>(req: Request<A>): boolean =>
  req.loading === undefined && req.base === undefined && req.pending.length === 0

/** Whether writes of this status must begin with a sign-in. */
export const mustSignIn = (status: Status): boolean => status === 'superseded' || status === 'ended'

/** The session with changes applied, dated now, and how many were ignored. */
export const applied = <A>(
  req: Request<A>,
  base: Base<A>,
  changes: ReadonlyArray<Change<A>>,
  now: Millis,
): Replayed<A> => {
  if (changes.length === 0) return { session: base.session, ignored: 0 }
  const run = mustSignIn(req.status) && base.record === undefined ? replaySignIn : replay
  const { session, ignored } = run(base.session, changes)
  return { session: dated(now)(session), ignored }
}

/** Runs an operation after those that were begun before it on the same handle, whatever became of them. Throws what it throws. */
export const serial = <A, B>(req: Request<A>, operation: () => Soon<B>): Soon<B> => {
  const running = req.tail === undefined ? operation() : req.tail.then(operation, operation)
  if (!(running instanceof Promise)) return running
  req.tail = running
  const done = (): void => {
    if (req.tail === running) req.tail = undefined
  }
  running.then(done, done)
  return running
}
