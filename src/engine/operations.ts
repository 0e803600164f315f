/**
 * ```ts
 * read, transact, end, … : (request, …) => Either<SessionError, B> | Promise<…>
 * ```
 * What a handle can be asked for. At once where it can be known at once; the handle's faces (handle.ts) put one after another.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { State } from '#fp-ts/State'
import { fromNullable, isLeft, left, right, some } from '../core/tagged.ts'
import { isLogout } from '../core/Plan.ts'
import type { Change } from '../core/Replay.ts'
import type { Session } from '../core/Session.ts'
import { destroy } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import { misconfigured, sessionEnded, superseded } from '../core/SessionError.ts'
import type { Status } from '../core/Status.ts'
import type { SubjectEpoch } from '../core/Stored.ts'
import type { Soon } from '../effects/atOnce.ts'
import { read as readStore } from './calls.ts'
import { store } from './commit.ts'
import { commitPending } from './finish.ts'
import { load } from './load.ts'
import type { Base, Lock, Request } from './request.ts'
import { applied, besideOf, cookieHeader, isUnused, mustSignIn, serial } from './request.ts'
import type { Committed, UpdateOptions } from './SessionRef.ts'

type Outcome<B> = Promise<Either<SessionError, B>>

/** Takes the lease; what was recorded before it is judged again on the record that others left meanwhile. */
export const entered = async <A>(req: Request<A>, lock: Lock<A>, byHand: boolean): Outcome<void> => {
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

const loadedNow = <A>(req: Request<A>): Soon<Seen<A>> => {
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
export const read = <A>(req: Request<A>, passive: boolean): Soon<Seen<A>> => {
  if (passive) req.passive = true
  if (req.tail !== undefined || req.lock !== undefined) return serial(req, () => current(req))
  // What was recorded is the application's, and may throw: into a promise.
  return req.pending.length === 0 ? loadedNow(req) : current(req)
}

/** Records an update, to be stored by the commit. Throws where nothing will store it and `development` is on. */
export const record = <A>(req: Request<A>, f: Endomorphism<Session<A>>, options?: UpdateOptions): void => {
  const { limits, emit } = req.engine
  // Adapters wait for the first use: they hold the response from then on.
  if (isUnused(req)) cookieHeader(req)
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

/** At once where it can be known at once. Throws, or rejects, with what the function throws. */
export const transact = <A, B>(
  req: Request<A>,
  f: State<Session<A>, B> | Endomorphism<Session<A>>,
): Soon<Either<SessionError, Session<A> | B>> => {
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
  const told = (stored: Either<SessionError, Session<A>>): Either<SessionError, Session<A> | B> => {
    if (isLeft(stored)) return stored
    // Taken now: to ask below whether it was a logout applies the function to a session that is nobody's.
    const answered = result
    // Right means stored: on a lost session only a logout, which has nothing left to do, is Right without a write.
    if (mustSignIn(req.status) && req.base?.record === undefined && !signsOut(stored.right, change))
      return left(req.status === 'superseded' ? superseded : sessionEnded)
    req.pending = req.pending.slice(carried.length)
    return answered === undefined ? stored : right(answered.value)
  }
  const carry = (changes: ReadonlyArray<Change<A>>): Soon<Either<SessionError, Session<A> | B>> => {
    const stored = store(req, changes)
    return stored instanceof Promise ? stored.then(told) : told(stored)
  }
  const changes = carried.length === 0 ? [change] : [...carried, change]
  return req.lock === undefined
    ? carry(changes)
    : req.lock.enter(changes, false).then((held) => (isLeft(held) ? held : carry(held.right)))
}

/** Ends the session, with what nobody stores of it. */
export const end = async <A>(req: Request<A>): Outcome<void> => {
  const carried = req.pending
  const stored = await store(req, [{ f: destroy, ifUnchanged: false }])
  if (isLeft(stored)) return stored
  req.pending = req.pending.slice(carried.length)
  // Also where nothing was left to end: what follows in this request is ignored all the same.
  req.destroyed = true
  return right(undefined)
}

const NO_LOCK = misconfigured('lock', 'none', "a request that calls lock() must be mounted with lock: 'explicit'")

/** Takes the session by hand. Left `Misconfigured` where the request was not mounted for it. */
export const lock = async <A>(req: Request<A>): Outcome<Session<A>> => {
  if (req.lock === undefined) return left(NO_LOCK)
  const held = await entered(req, req.lock, true)
  return isLeft(held) ? held : current(req)
}

/** Gives the session back before the request is over; what was recorded under it is stored first. */
export const release = async <A>(req: Request<A>): Outcome<void> => {
  if (req.lock?.fence !== undefined && req.pending.length > 0) {
    const stored = await commitPending(req)
    if (isLeft(stored)) return stored
  }
  await req.lock?.leave()
  return right(undefined)
}

/** What the request's cookie turned out to be. */
export const status = async <A>(req: Request<A>): Outcome<Status> => {
  const loaded = await load(req)
  return isLeft(loaded) ? loaded : right(req.status)
}

/** The epoch of a subject. Left `Misconfigured` over a store without a Directory. */
export const subjectEpoch = <A>(req: Request<A>, subject: string): Outcome<SubjectEpoch> => {
  const { readEpoch } = req.engine.store
  return readEpoch === undefined
    ? Promise.resolve(left(misconfigured('store', 'without Directory', 'subjectEpoch needs a store with a Directory')))
    : readStore(req.engine, 'readEpoch', readEpoch(subject))
}

/** The commit by hand, and what must leave with the response. */
export const committed = async <A>(req: Request<A>): Outcome<Committed<A>> => {
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
