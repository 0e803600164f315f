/**
 * ```ts
 * effectOf: (request) => SessionEffect<A>      // the functional face
 * refOf:    (request) => SessionRef<A>         // the promise face: a thin unwrapping
 * ```
 * The two faces of one request's handle.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isLeft, left, right } from '#fp-ts/Either'
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { IO } from '#fp-ts/IO'
import { fromNullable, some } from '#fp-ts/Option'
import type { State } from '#fp-ts/State'
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLogout } from '../core/Plan.ts'
import type { Change } from '../core/Replay.ts'
import type { Session } from '../core/Session.ts'
import { destroy } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import { misconfigured, sessionEnded, superseded, toError } from '../core/SessionError.ts'
import type { Status } from '../core/Status.ts'
import type { SubjectEpoch } from '../core/Stored.ts'
import { read as readStore } from './calls.ts'
import { store } from './commit.ts'
import { commitPending } from './finish.ts'
import { load } from './load.ts'
import type { Lock, Request } from './request.ts'
import { applied, besideOf, mustSignIn, serial } from './request.ts'
import type { Committed, Leasing, ReadOptions, SessionEffect, SessionRef, UpdateOptions } from './SessionRef.ts'

type Outcome<B> = Promise<Either<SessionError, B>>

/** Takes the lease; what was recorded before it is judged again on the record that others left meanwhile. */
const entered = async <A>(req: Request<A>, lock: Lock<A>, byHand: boolean): Outcome<void> => {
  const carried = req.pending
  const changes = await lock.enter(carried, byHand)
  if (isLeft(changes)) return changes
  req.pending = [...changes.right, ...req.pending.slice(carried.length)]
  return right(undefined)
}

const current = async <A>(req: Request<A>): Outcome<Session<A>> => {
  if (req.lock !== undefined) {
    const held = await entered(req, req.lock, false)
    if (isLeft(held)) return held
  }
  const loaded = req.base === undefined ? await load(req) : right(req.base)
  if (isLeft(loaded)) return loaded
  const base = loaded.right
  if (base.unreadable !== undefined) return left(base.unreadable)
  return right(applied(req, base, req.pending, req.engine.clock()).session)
}

const read = <A>(req: Request<A>, passive: boolean): Outcome<Session<A>> => {
  if (passive) req.passive = true
  return req.tail === undefined && req.lock === undefined ? current(req) : serial(req, () => current(req))
}

const record = <A>(req: Request<A>, f: Endomorphism<Session<A>>, options?: UpdateOptions): void => {
  const { limits, emit } = req.engine
  // Adapters wait for the first use: they hold the response from then on.
  if (req.loading === undefined && req.pending.length === 0) req.cookieHeader()
  if (req.finished) {
    if (limits.development)
      throw new Error(
        'session.update() was called after the response was committed, where nothing stores it. Use session.transact().',
      )
    // Still stored if commit() follows.
    emit?.({ _tag: 'dropped', reason: 'after-commit', updates: 1 })
  }
  req.pending = [...req.pending, { f, ifUnchanged: options?.ifUnchanged ?? limits.onConflict === 'fail' }]
}

const isPair = <A, B>(answer: Session<A> | readonly [B, Session<A>]): answer is readonly [B, Session<A>] =>
  Array.isArray(answer)

/** Whether a change is a logout, asked of a session that has a subject: on an anonymous one `signOut` is the identity. */
const signsOut = <A>(session: Session<A>, { f }: Change<A>): boolean => {
  const signedIn: Session<A> = { ...session, subject: some({ id: 'anybody', authenticatedAt: session.createdAt }) }
  return isLogout(signedIn, f(signedIn))
}

const transact = async <A, B>(
  req: Request<A>,
  f: State<Session<A>, B> | Endomorphism<Session<A>>,
): Outcome<Session<A> | B> => {
  let result: { readonly value: B } | undefined
  const change: Change<A> = {
    f: (session) => {
      const answer = f(session)
      if (!isPair(answer)) return answer
      result = { value: answer[0] }
      return answer[1]
    },
    ifUnchanged: false,
  }
  const carried = req.pending
  let changes: ReadonlyArray<Change<A>> = [...carried, change]
  if (req.lock !== undefined) {
    const held = await req.lock.enter(changes, false)
    if (isLeft(held)) return held
    changes = held.right
  }
  const stored = await store(req, changes)
  if (isLeft(stored)) return stored
  // Taken now: to ask below whether it was a logout applies the function to a session that is nobody's.
  const answered = result
  // Right means stored: on a lost session only a logout, which has nothing left to do, is Right without a write.
  if (mustSignIn(req.status) && req.base?.record === undefined && !signsOut(stored.right, change))
    return left(req.status === 'superseded' ? superseded : sessionEnded)
  req.pending = req.pending.slice(carried.length)
  return right(answered === undefined ? stored.right : answered.value)
}

const end = async <A>(req: Request<A>): Outcome<void> => {
  const carried = req.pending
  const stored = await store(req, [{ f: destroy, ifUnchanged: false }])
  if (isLeft(stored)) return stored
  req.pending = req.pending.slice(carried.length)
  // Also where nothing was left to end: what follows in this request is ignored all the same.
  req.destroyed = true
  return right(undefined)
}

const NO_LOCK = misconfigured('lock', 'none', "a request that calls lock() must be mounted with lock: 'explicit'")

const lock = async <A>(req: Request<A>): Outcome<Session<A>> => {
  if (req.lock === undefined) return left(NO_LOCK)
  const held = await entered(req, req.lock, true)
  return isLeft(held) ? held : current(req)
}

const release = async <A>(req: Request<A>): Outcome<void> => {
  if (req.lock?.fence !== undefined && req.pending.length > 0) {
    const stored = await commitPending(req)
    if (isLeft(stored)) return stored
  }
  await req.lock?.leave()
  return right(undefined)
}

const status = async <A>(req: Request<A>): Outcome<Status> => {
  const loaded = await load(req)
  return isLeft(loaded) ? loaded : right(req.status)
}

const subjectEpoch = <A>(req: Request<A>, subject: string): Outcome<SubjectEpoch> => {
  const { readEpoch } = req.engine.store
  return readEpoch === undefined
    ? Promise.resolve(left(misconfigured('store', 'without Directory', 'subjectEpoch needs a store with a Directory')))
    : readStore(req.engine, 'readEpoch', readEpoch(subject))
}

const committed = async <A>(req: Request<A>): Outcome<Committed<A>> => {
  let stored: Either<SessionError, Session<A>>
  try {
    stored = await commitPending(req)
  } finally {
    if (req.lock?.alone === true) await req.lock.leave()
  }
  return isLeft(stored)
    ? stored
    : right({
        session: stored.right,
        setCookie: fromNullable(req.cookie),
        headers: { 'cache-control': req.cookie === undefined ? 'private' : 'no-store', vary: 'Cookie' },
        ...besideOf(req),
      })
}

/** The functional face. */
export const effectOf = <A>(req: Request<A>): SessionEffect<A, 'cas' & Leasing> => ({
  read: () => read(req, false),
  readPassive: () => read(req, true),
  update:
    (f: Endomorphism<Session<A>>, options?: UpdateOptions): IO<void> =>
    () => {
      record(req, f, options)
    },
  transact: (<B>(f: State<Session<A>, B>): TaskEither<SessionError, Session<A> | B> =>
    () =>
      serial(req, () => transact(req, f))) as SessionEffect<A>['transact'],
  commit: () => serial(req, () => committed(req)),
  destroy: () => serial(req, () => end(req)),
  status: () => serial(req, () => status(req)),
  subjectEpoch: (subject) => () => subjectEpoch(req, subject),
  lock: () => serial(req, () => lock(req)),
  release: () => serial(req, () => release(req)),
})

const unwrapped = async <B>(outcome: Outcome<B>): Promise<B> => {
  const settled = await outcome
  if (isLeft(settled)) throw toError(settled.left)
  return settled.right
}

const ignore = (): void => undefined

// A rejection that nobody awaits must not end the process.
const handled = <B>(promise: Promise<B>): Promise<B> => {
  promise.then(undefined, ignore)
  return promise
}

const REQUEST = Symbol('request')

interface Owned<A> {
  readonly [REQUEST]: Request<A>
}

// An accessor in the literal below would be defined anew for each request, at a cost above all the rest. What few requests
// ask for costs the others nothing here.
const face = {
  get effect(): SessionEffect<unknown> {
    return effectOf((this as unknown as Owned<unknown>)[REQUEST])
  },
  get lock(): SessionRef<unknown, 'cas' & Leasing>['lock'] {
    const req = (this as unknown as Owned<unknown>)[REQUEST]
    return () => handled(unwrapped(serial(req, () => lock(req))))
  },
  get release(): SessionRef<unknown, 'cas' & Leasing>['release'] {
    const req = (this as unknown as Owned<unknown>)[REQUEST]
    return () => handled(unwrapped(serial(req, () => release(req))))
  },
}

type Own<A> = Omit<SessionRef<A, 'cas' & Leasing>, keyof typeof face> & Owned<A> & { readonly __proto__: typeof face }

/** The promise face. */
export const refOf = <A>(req: Request<A>): SessionRef<A, 'cas' & Leasing> => {
  const ref: Own<A> = {
    __proto__: face,
    [REQUEST]: req,
    read: (options?: ReadOptions) => handled(unwrapped(read(req, options?.passive === true))),
    update: (f: Endomorphism<Session<A>>, options?: UpdateOptions) => {
      record(req, f, options)
    },
    transact: (<B>(f: State<Session<A>, B>): Promise<Session<A> | B> =>
      handled(unwrapped(serial(req, () => transact(req, f))))) as SessionRef<A>['transact'],
    commit: () => handled(unwrapped(serial(req, () => commitPending(req)))),
    destroy: () => handled(unwrapped(serial(req, () => end(req)))),
    status: () => handled(unwrapped(serial(req, () => status(req)))),
    subjectEpoch: (subject) => unwrapped(subjectEpoch(req, subject)),
  }
  return ref as unknown as SessionRef<A, 'cas' & Leasing>
}

/** Takes the session before the handler runs (lock mode 'early'). */
export const early = <A>(req: Request<A>, lock: Lock<A>): Promise<void> =>
  unwrapped(serial(req, () => entered(req, lock, false)))
