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
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { IO } from '#fp-ts/IO'
import type { State } from '#fp-ts/State'
import type { TaskEither } from '#fp-ts/TaskEither'
import { fromNullable, isLeft, left, right, some } from '../core/tagged.ts'
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
import type { Base, Lock, Request } from './request.ts'
import { applied, besideOf, isUnused, mustSignIn, serial } from './request.ts'
import type { Committed, Leasing, SessionEffect, SessionRef, UpdateOptions } from './SessionRef.ts'

type Outcome<B> = Promise<Either<SessionError, B>>

/** Takes the lease; what was recorded before it is judged again on the record that others left meanwhile. */
const entered = async <A>(req: Request<A>, lock: Lock<A>, byHand: boolean): Outcome<void> => {
  const carried = req.pending
  const changes = await lock.enter(carried, byHand)
  if (isLeft(changes)) return changes
  req.pending = [...changes.right, ...req.pending.slice(carried.length)]
  return right(undefined)
}

type Seen<A> = Either<SessionError, Session<A>>

const seen = <A>(req: Request<A>, loaded: Either<SessionError, Base<A>>): Seen<A> => {
  if (isLeft(loaded)) return loaded
  const base = loaded.right
  if (base.unreadable !== undefined) return left(base.unreadable)
  return right(req.pending.length === 0 ? base.session : applied(req, base, req.pending, req.engine.clock()).session)
}

const loadedNow = <A>(req: Request<A>): Seen<A> | Promise<Seen<A>> => {
  const loaded = load(req)
  return loaded instanceof Promise ? loaded.then((late) => seen(req, late)) : seen(req, loaded)
}

const current = async <A>(req: Request<A>): Outcome<Session<A>> => {
  if (req.lock !== undefined) {
    const held = await entered(req, req.lock, false)
    if (isLeft(held)) return held
  }
  return loadedNow(req)
}

/** At once where it can be known at once. */
const read = <A>(req: Request<A>, passive: boolean): Seen<A> | Promise<Seen<A>> => {
  if (passive) req.passive = true
  if (req.tail !== undefined || req.lock !== undefined) return serial(req, () => current(req))
  // What was recorded is the application's, and may throw: into a promise.
  return req.pending.length === 0 ? loadedNow(req) : current(req)
}

const record = <A>(req: Request<A>, f: Endomorphism<Session<A>>, options?: UpdateOptions): void => {
  const { limits, emit } = req.engine
  // Adapters wait for the first use: they hold the response from then on.
  if (isUnused(req)) req.cookieHeader()
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
  read: async () => read(req, false),
  readPassive: async () => read(req, true),
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

/** What an operation settles to, unwrapped. */
const unwrapped = <A, B>(req: Request<A>, running: Outcome<B>): Promise<B> => {
  const over = (): void => {
    if (req.tail === running) req.tail = undefined
  }
  const failed = (error: unknown): never => {
    over()
    // A rejection that nobody awaits must not end the process.
    promise.catch(() => undefined)
    throw error
  }
  const promise: Promise<B> = running.then((answer) => {
    if (isLeft(answer)) return failed(toError(answer.left))
    over()
    return answer.right
  }, failed)
  return promise
}

/** What a read gives, unwrapped. */
const session = <A>(req: Request<A>, answer: Seen<A> | Promise<Seen<A>>): Promise<Session<A>> =>
  answer instanceof Promise || isLeft(answer) ? unwrapped(req, Promise.resolve(answer)) : Promise.resolve(answer.right)

/** As `serial`, unwrapped. */
const promised = <A, B>(req: Request<A>, operation: () => Outcome<B>): Promise<B> => {
  const running = req.tail === undefined ? operation() : req.tail.then(operation, operation)
  req.tail = running
  return unwrapped(req, running)
}

const REQUEST = Symbol('request')

// A function, so that a handle that is printed or copied tells nothing of its request.
interface Owned {
  [REQUEST]: () => Request<unknown>
}

type Face = SessionRef<unknown, 'cas' & Leasing>

// Each member is made when it is asked for, and keeps working when it is taken off its handle.
const face: Face = {
  get effect(): Face['effect'] {
    return effectOf((this as unknown as Owned)[REQUEST]())
  },
  get read(): Face['read'] {
    const req = (this as unknown as Owned)[REQUEST]()
    return (options) => session(req, read(req, options?.passive === true))
  },
  get update(): Face['update'] {
    const req = (this as unknown as Owned)[REQUEST]()
    return (f, options) => {
      record(req, f, options)
    }
  },
  get transact(): Face['transact'] {
    const req = (this as unknown as Owned)[REQUEST]()
    return (<B>(f: State<Session<unknown>, B>) => promised(req, () => transact(req, f))) as Face['transact']
  },
  get commit(): Face['commit'] {
    const req = (this as unknown as Owned)[REQUEST]()
    return () => promised(req, () => commitPending(req))
  },
  get destroy(): Face['destroy'] {
    const req = (this as unknown as Owned)[REQUEST]()
    return () => promised(req, () => end(req))
  },
  get status(): Face['status'] {
    const req = (this as unknown as Owned)[REQUEST]()
    return () => promised(req, () => status(req))
  },
  get subjectEpoch(): Face['subjectEpoch'] {
    const req = (this as unknown as Owned)[REQUEST]()
    return (subject) => unwrapped(req, subjectEpoch(req, subject))
  },
  get lock(): Face['lock'] {
    const req = (this as unknown as Owned)[REQUEST]()
    return () => promised(req, () => lock(req))
  },
  get release(): Face['release'] {
    const req = (this as unknown as Owned)[REQUEST]()
    return () => promised(req, () => release(req))
  },
}

/** The promise face. */
export const refOf = <A>(req: Request<A>): SessionRef<A, 'cas' & Leasing> => {
  const ref = Object.create(face) as Owned
  ref[REQUEST] = () => req as Request<unknown>
  return ref as unknown as SessionRef<A, 'cas' & Leasing>
}

/** Takes the session before the handler runs (lock mode 'early'). */
export const early = <A>(req: Request<A>, lock: Lock<A>): Promise<void> =>
  promised(req, () => entered(req, lock, false))
