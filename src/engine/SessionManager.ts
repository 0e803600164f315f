/**
 * ```ts
 * sessionManager: (options) => SessionManager<A, G>
 * ```
 * One definition for every adapter: data, policy, cookie and store, checked once. A wrong option is an exception at
 * construction (`Misconfigured`) that names the option, its value and the rule; nothing later ever is.
 *
 * @since 0.1.0
 */
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { Option } from '#fp-ts/Option'
import type { State } from '#fp-ts/State'
import { toUndefined } from '../core/tagged.ts'
import type { Access, Requirement } from '../core/Access.ts'
import { access } from '../core/Access.ts'
import type { DataSchema, SchemaOptions } from '../core/Codec.ts'
import type { CookieOptions } from '../core/Cookie.ts'
import type { Event, Observer } from '../core/Event.ts'
import type { Json } from '../core/Json.ts'
import type { Deadlines, Policy, PolicyOptions } from '../core/Policy.ts'
import * as Session from '../core/Session.ts'
import type { Status } from '../core/Status.ts'
import type { Flash } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import type { Carrier } from '../effects/Carrier.ts'
import type { Clock } from '../effects/Clock.ts'
import type { Random } from '../effects/Random.ts'
import type { Directory, Guarantee, Store } from '../effects/Store.ts'
import type { AnyOptions } from './configure.ts'
import { configure } from './configure.ts'
import { exclusive } from './exclusive.ts'
import { finish } from './finish.ts'
import { early, effectOf, refOf } from './handle.ts'
import type { OpenOptions, Request } from './request.ts'
import { request } from './request.ts'
import type { Carrying, GuaranteeOf, Leasing, LockMode, LockModeOf, Opened, SessionEffect } from './SessionRef.ts'
import type { SubjectSessions } from './subject.ts'
import { subjectSessions } from './subject.ts'

export type { OpenOptions } from './request.ts'

/** Everything that a manager is made of. Times in ms, sizes in bytes. */
export interface SessionOptions<A, St extends Store> extends PolicyOptions, Omit<SchemaOptions<A>, 'data' | 'initial'> {
  /** What a session's data is: an io-ts codec, a synchronous Standard Schema (zod, valibot, arktype, …), or a `Codec`. */
  readonly data: DataSchema<A>
  /** What a new session holds, and what `signOut`, `clear` and another subject start from. It must encode and decode under `data`. */
  readonly initial: NoInfer<A>
  /** Where sessions are kept. */
  readonly store: St
  /** The cookie's name and attributes. Default `__Host-id; Secure; HttpOnly; SameSite=Lax; Path=/`. */
  readonly cookie?: CookieOptions
  /** What flash messages may be: a schema of the whole record, from key to message. Default: strings. */
  readonly flash?: DataSchema<Flash>
  /** What to do with stored data that no longer decodes: refuse (`InvalidData`), or start from `initial`. Default 'fail'. Newer versions are never discarded. */
  readonly onUndecodable?: 'fail' | 'discard'
  /** The most that data and flash may take, encoded. Default 65 536 bytes. */
  readonly maxBytes?: number
  /** The longest that one store operation may take. Default 5 000 ms. */
  readonly storeTimeout?: number
  /** When the store fails on a read: report it, or go on with an anonymous session whose writes are refused. Default 'fail'. */
  readonly onStoreFailure?: 'fail' | 'anonymous'
  /** When a request lost its session and its deferred updates with it: answer 409, or drop them with an event. Default 'fail'. */
  readonly onDropped?: 'fail' | 'drop'
  /**
   * On a conflict: apply deferred updates again, or refuse with `StaleRead` (`update`'s `ifUnchanged` overrides it): a type
   * error on a store whose last writer wins, which never has one. Default 'replay'.
   */
  readonly onConflict?: [St['guarantee']] extends ['cas'] ? 'replay' | 'fail' : never
  /**
   * When requests take their session for themselves alone: a type error on a store without leases. A mount's `lock` overrides
   * it. Default 'none': nobody waits, writes compare and set.
   */
  readonly lock?: LockModeOf<GuaranteeOf<St>>
  /** How long a request waits for a session that another one holds, before `LockTimeout`. Default 15 000 ms: longer than `lockLease`. */
  readonly lockTimeout?: number
  /** How long a session stays held when its holder's process dies. At most `maxHold`. Default 10 000 ms. */
  readonly lockLease?: number
  /** The longest that one request may hold a session: its lease is not prolonged beyond. Default 60 000 ms. */
  readonly maxHold?: number
  /** Hears every event, synchronously; what it throws is counted (`observerFailures`) and swallowed. */
  readonly observer?: Observer
  /** Turns mistakes that are dropped with an event in production into exceptions. Default false. */
  readonly development?: boolean
  /** The present time. Default: the machine's clock. */
  readonly clock?: Clock
  /** The source of ids, secrets and revisions. Default: Web Crypto. */
  readonly random?: Random
}

/** What means nothing without a store. */
type OfStore =
  'store' | 'lock' | 'lockTimeout' | 'lockLease' | 'maxHold' | 'onConflict' | 'renewAfter' | 'renewGrace' | 'onReuse'

/** Everything that a manager over a carrier is made of. `storeTimeout` and `onStoreFailure` are about its epochs. */
export interface CarrierOptions<A> extends Omit<SessionOptions<A, Store>, OfStore> {
  /** What carries sessions in place of a store: `sealedCookie({ keys })`. */
  readonly carrier: Carrier
}

/** The transformations, bound to one data type for reuse outside of a context. */
export interface Ops<A> {
  readonly set: <K extends keyof A>(key: K, value: A[K]) => Endomorphism<Session.Session<A>>
  readonly modify: <K extends keyof A>(key: K, f: (value: A[K]) => A[K]) => Endomorphism<Session.Session<A>>
  readonly update: (changes: Partial<A>) => Endomorphism<Session.Session<A>>
  readonly remove: (key: Session.OptionalKey<A>) => Endomorphism<Session.Session<A>>
  readonly setDefault: <K extends keyof A>(key: K, value: Session.Present<A[K]>) => Endomorphism<Session.Session<A>>
  readonly clear: Endomorphism<Session.Session<A>>
  readonly signIn: (who: Session.SignIn, options?: Session.SignInOptions<A>) => Endomorphism<Session.Session<A>>
  readonly signOut: Endomorphism<Session.Session<A>>
  readonly regenerate: Endomorphism<Session.Session<A>>
  readonly destroy: Endomorphism<Session.Session<A>>
  readonly flash: <V extends Json = string>(key: string, value: V) => Endomorphism<Session.Session<A>>
  readonly pop: <K extends Session.OptionalKey<A>>(key: K) => State<Session.Session<A>, Option<Session.Present<A[K]>>>
  readonly popOr: <K extends Session.OptionalKey<A>>(
    key: K,
    otherwise: Session.Present<A[K]>,
  ) => State<Session.Session<A>, Session.Present<A[K]>>
  readonly getOrSetDefault: <K extends keyof A>(
    key: K,
    value: Session.Present<A[K]>,
  ) => State<Session.Session<A>, Session.Present<A[K]>>
  readonly takeFlash: <V extends Json = string>(key: string) => State<Session.Session<A>, Option<V>>
}

const ops = {
  set: Session.set,
  modify: Session.modify,
  update: Session.update,
  remove: Session.remove,
  setDefault: Session.setDefault,
  clear: Session.clear,
  signIn: Session.signIn,
  signOut: Session.signOut,
  regenerate: Session.regenerate,
  destroy: Session.destroy,
  flash: Session.flash,
  pop: Session.pop,
  popOr: Session.popOr,
  getOrSetDefault: Session.getOrSetDefault,
  takeFlash: Session.takeFlash,
}

interface Listening {
  /** Calls `listener` once when this manager ends the session: logout, replacement, revocation. Another process' doing is not heard. Answers how to stop. */
  readonly onEnded: (id: SessionId, listener: () => void) => () => void
}

interface Common<A> {
  /** Whether a request may enter a protected route, now. */
  readonly access: (requirement: Requirement) => (status: Status, session: Session.Session<A>) => Access
  /** When a session will be over, ms since the epoch. */
  readonly deadlines: (session: Session.Session<A>) => Deadlines
  /** The transformations bound to the data type. */
  readonly ops: Ops<A>
  readonly policy: Policy
  readonly cookieName: string
  /** That name, and over a carrier those of further pieces. */
  readonly cookieNames: ReadonlyArray<string>
  readonly clock: Clock
  /** How often the observer, or a listener of `onEnded`, threw. */
  readonly observerFailures: () => number
}

/**
 * One application's sessions. `G` is the store's guarantee, and `Leasing` where it gives leases. An intersection, so that a
 * manager fits where less is asked for: the conditional types inside would hide that of an interface.
 */
export type SessionManager<A, G extends Guarantee = 'cas'> = Common<A> &
  ([G] extends [Carrying] ? unknown : Listening) & {
    /** A handle on the session of a request with this Cookie header. Nothing happens before its first use. */
    readonly open: (cookieHeader: Option<string>, options?: OpenOptions<LockModeOf<G>>) => SessionEffect<A, G>
    /** The same for adapters: the header is read at the first use, and `finish` commits before the response leaves. */
    readonly openRequest: <R>(
      request: R,
      cookieHeaderOf: (request: R) => string | undefined,
      options?: OpenOptions<LockModeOf<G>>,
    ) => Opened<A, G>
  }

/** What a manager has besides when its store finds the sessions of a subject. */
export interface Directed {
  /** All sessions of one subject. */
  readonly subject: (id: string) => SubjectSessions
}

const guarded =
  (observer: Observer, failed: () => void) =>
  (event: Event): void => {
    try {
      observer(event)
    } catch {
      failed()
    }
  }

/** See `sessionManager`. */
export interface ManagerOf {
  /** Sessions that travel in their cookies. What needs a store does not type-check. */
  <A>(options: CarrierOptions<A>): SessionManager<A, 'last-write-wins' & Carrying>
  /** Sessions in a store. */
  <A, St extends Store>(
    options: SessionOptions<A, St>,
  ): SessionManager<A, GuaranteeOf<St>> & (St extends Directory ? Directed : unknown)
}

/** Checks the options and builds a manager. Throws a `SessionException` (`Misconfigured`) that names what is wrong. */
export const sessionManager: ManagerOf = <A>(options: AnyOptions<A>): SessionManager<A, 'cas' & Leasing> => {
  let failures = 0
  const failed = (): void => {
    failures++
  }
  const emit = options.observer === undefined ? undefined : guarded(options.observer, failed)
  const engine = configure(options, emit, failed)
  const opened = (req: Request<A>, { lock: mode = engine.lock }: OpenOptions<LockMode>, alone: boolean): Request<A> => {
    if (mode !== 'none') req.lock = exclusive(req, mode, alone)
    return req
  }
  const manager: SessionManager<A, 'cas' & Leasing> = {
    open: (cookieHeader, opening = {}) =>
      effectOf(opened(request(engine, cookieHeader, toUndefined, opening), opening, true)),
    openRequest: (of, cookieHeaderOf, opening = {}): Opened<A, 'cas' & Leasing> => {
      const req = opened(request(engine, of, cookieHeaderOf, opening), opening, false)
      const { lock } = req
      const isEarly = (opening.lock ?? engine.lock) === 'early'
      return {
        ref: refOf(req),
        ready: lock === undefined || !isEarly ? undefined : () => early(req, lock),
        finish: (ending) => finish(req, ending),
      }
    },
    onEnded: engine.endings.on,
    access: (requirement) => (status, session) => access(requirement, engine.clock())(status, session),
    deadlines: Session.deadlines(engine.policy),
    ops: ops,
    policy: engine.policy,
    cookieName: engine.cookie.name,
    cookieNames: engine.carriage?.names ?? [engine.cookie.name],
    clock: engine.clock,
    observerFailures: () => failures,
  }
  const { store } = engine
  const directed: Partial<Directed> = isDirectory(store) ? { subject: subjectSessions(engine, store) } : {}
  return Object.assign(manager, directed)
}

const isDirectory = (store: Store & Partial<Directory>): store is Store & Directory => store.raiseEpoch !== undefined
