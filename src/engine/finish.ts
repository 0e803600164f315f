/**
 * ```ts
 * finish: (request, ending) => Finished | Promise<Finished> | undefined
 * ```
 * The commit that precedes a response (promise 4), and what a response's status means for the updates that wait for it
 * (design §5, §6): a failed response discards them, but never undoes a logout.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isLeft } from '../core/tagged.ts'
import type { DropReason } from '../core/Event.ts'
import { isLogout, plan } from '../core/Plan.ts'
import type { Session } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import type { Soon } from '../effects/atOnce.ts'
import { store } from './commit.ts'
import { load } from './load.ts'
import type { Request } from './request.ts'
import { applied, besideOf, isOld, isUnused, serial } from './request.ts'
import type { Ending, Finished, Reply } from './SessionRef.ts'

const dropped = <A>(req: Request<A>, reason: DropReason): void => {
  if (req.pending.length === 0) return
  req.engine.emit?.({ _tag: 'dropped', reason, updates: req.pending.length })
  req.pending = []
}

/** Stores what was recorded. What was carried leaves the record of pending updates; what is Left stays. */
export const commitPending = <A>(req: Request<A>): Soon<Either<SessionError, Session<A>>> => {
  const carried = req.pending
  const kept = (stored: Either<SessionError, Session<A>>): typeof stored => {
    if (!isLeft(stored)) req.pending = req.pending.slice(carried.length)
    return stored
  }
  const stored = store(req, carried)
  return stored instanceof Promise ? stored.then(kept) : kept(stored)
}

/** Why updates of a request without a live session may be dropped rather than reported; undefined = report. */
const dropReason = <A>(req: Request<A>, error: SessionError, status: number): DropReason | undefined => {
  if (error._tag !== 'Superseded' && error._tag !== 'SessionEnded') return undefined
  if (req.destroyed) return 'destroyed'
  const admitted = req.grant !== undefined
  const lost = req.status === 'superseded' || req.status === 'ended'
  if (!lost) return 'no-session'
  const reason = req.status === 'superseded' ? 'superseded' : 'ended'
  return req.engine.limits.onDropped === 'drop' || (!admitted && status >= 300) ? reason : undefined
}

/** What the commit of an answered request ended in; undefined = it goes out. */
const verdict = <A>(
  req: Request<A>,
  stored: Either<SessionError, Session<A>>,
  status: number,
): SessionError | undefined => {
  if (!isLeft(stored)) return undefined
  const reason = dropReason(req, stored.left, status)
  if (reason === undefined) {
    req.pending = []
    return stored.left
  }
  dropped(req, reason)
  return undefined
}

// The handler failed: only a logout is stored. Its own error is what the client hears of, so ours are events here.
const failed = async <A>(req: Request<A>): Promise<void> => {
  if (req.pending.length > 0) {
    const loaded = await load(req)
    if (isLeft(loaded)) return dropped(req, 'response-failed')
    const base = loaded.right
    if (!isLogout(base.session, applied(req, base, req.pending, req.engine.clock()).session))
      dropped(req, 'response-failed')
  }
  await commitPending(req)
  req.pending = []
}

const replyOf = <A>(req: Request<A>): Reply => ({ setCookie: req.cookie, vary: true, ...besideOf(req) })

const closed = <A>(req: Request<A>, error: SessionError | undefined, defect: Finished['defect']): Finished => {
  req.canSetCookie = false
  return { reply: replyOf(req), error, defect }
}

const concluded = <A>(req: Request<A>, error?: SessionError, defect?: Finished['defect']): Soon<Finished> =>
  req.lock === undefined ? closed(req, error, defect) : req.lock.leave().then(() => closed(req, error, defect))

const committed = <A>(req: Request<A>, { status }: Ending): Soon<Finished> => {
  // A recorded function's exception. What was stored before keeps its cookie.
  const threw = (thrown: unknown): Soon<Finished> => {
    dropped(req, 'response-failed')
    return concluded(req, undefined, status < 500 ? { error: thrown } : undefined)
  }
  const told = (stored: Either<SessionError, Session<A>>): Soon<Finished> =>
    concluded(req, verdict(req, stored, status))
  try {
    if (status >= 500) return failed(req).then(() => concluded(req), threw)
    const stored = commitPending(req)
    return stored instanceof Promise ? stored.then(told, threw) : told(stored)
  } catch (thrown) {
    return threw(thrown)
  }
}

// Most requests only read: what is due without a store call is known at once.
const readOnly = <A>(req: Request<A>): boolean => {
  const { base, engine } = req
  if (base === undefined || req.pending.length > 0 || req.tail !== undefined || req.lock?.fence !== undefined)
    return false
  if (isOld(req, base)) return false
  const { record, via, session } = base
  const planned = plan(engine.policy, engine.clock())
  return (
    planned({ record, via, base: session, result: session, passive: req.passive, cookie: req.canSetCookie }).action
      ._tag === 'Nothing'
  )
}

/** Commits before the headers leave; at once where nothing is to be stored, undefined when the request did not use its session. */
export const finish = <A>(req: Request<A>, ending: Ending): Soon<Finished> | undefined => {
  // From here on an update comes too late for the response.
  req.finished = true
  if (isUnused(req) && req.tail === undefined) {
    req.canSetCookie = false
    return undefined
  }
  return readOnly(req) ? closed(req, undefined, undefined) : serial(req, () => committed(req, ending))
}
