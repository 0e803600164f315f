/**
 * ```ts
 * settle: (request, stored, attempt, changes) => Either<SessionError, changes>   // which of our writes does the record hold?
 * adopt:  (request, stored, changes)          => Either<SessionError, changes>   // may this request go on, on that record?
 * reloaded: (request, base, changes) => Promise<Either<SessionError, changes>>   // the same, of what the store holds now
 * ```
 * What a request does with a record that is newer than its own: recognise its own writes by their revisions, be admitted
 * again, and go on, or lose its session (design §4, §7).
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Option } from '#fp-ts/Option'
import { isLeft, left, right } from '../core/tagged.ts'
import { maySignOut, readmit } from '../core/Admission.ts'
import type { Millis } from '../core/Millis.ts'
import { isLogout } from '../core/Plan.ts'
import { expiresAt } from '../core/Policy.ts'
import { sameContent } from '../core/Record.ts'
import type { Change } from '../core/Replay.ts'
import type { SessionError } from '../core/SessionError.ts'
import { leaseLost, staleRead, storeTimeout, superseded } from '../core/SessionError.ts'
import type { Session } from '../core/Session.ts'
import { destroy, signOut } from '../core/Session.ts'
import type { Stored } from '../core/Stored.ts'
import { holdsRevision } from '../core/Stored.ts'
import { read } from './calls.ts'
import { baseOf, standIn } from './load.ts'
import type { Attempt, Base, Request } from './request.ts'
import { applied, freshBase } from './request.ts'

type Changes<A> = ReadonlyArray<Change<A>>

/**
 * Looks for the request's own writes in a record: those that it holds were applied, and are not applied again. One whose
 * outcome is unknown and that the record's trail can not tell of any more is an error, never a replay.
 */
export const settle = <A>(
  req: Request<A>,
  stored: Option<Stored>,
  attempt: Attempt<A> | undefined,
  changes: Changes<A>,
): Either<SessionError, Changes<A>> => {
  const record = stored._tag === 'Some' && stored.value._tag === 'Live' ? stored.value : undefined
  if (record === undefined) return right(changes)
  const { unsettled } = req
  // One that still expects this very revision may yet arrive.
  req.unsettled = unsettled.filter(({ expected }) => expected === record.revision)
  let rest = changes
  for (const one of attempt === undefined || unsettled.includes(attempt) ? unsettled : [...unsettled, attempt]) {
    if (holdsRevision(one.revision)(record)) {
      one.apply()
      rest = rest.filter((change) => !one.carried.includes(change))
    } else if (unsettled.includes(one) && !holdsRevision(one.expected)(record)) {
      // Nobody can tell any more: it must not be applied by a later commit either.
      req.pending = req.pending.filter((change) => !one.carried.includes(change))
      return left(storeTimeout('update', 'unknown', req.engine.limits.storeTimeout))
    }
  }
  return right(rest)
}

const lose = <A>(req: Request<A>, status: 'superseded' | 'ended'): void => {
  req.status = status
  req.base = freshBase(req.engine)
  // One that was to leave would overwrite the newer one.
  req.cookie = undefined
  req.engine.emit?.({ _tag: 'rejected', reason: status })
}

/** Of changes that log out, what may be applied to a record that they were not meant for. */
const logoutOf = <A>({ intent }: Session<A>): Changes<A> => [
  { f: intent === 'end' ? destroy : signOut, ifUnchanged: false },
]

/** Admits the request again on a newer record, or takes its session from it. A logout still applies while the subject is the same. */
export const adopt = <A>(
  req: Request<A>,
  base: Base<A>,
  stored: Option<Stored>,
  changes: Changes<A>,
): Either<SessionError, Changes<A>> => {
  const { engine, grant } = req
  const now = engine.clock()
  if (grant === undefined) return right(changes)
  const verdict = readmit(engine.policy, now)(stored, grant)
  if (verdict._tag === 'Readmitted') {
    const { record } = verdict
    if (base.record !== undefined && record.revision === base.record.revision) return right(changes)
    const unheld = req.lock?.lost === true
    const stale = unheld || changes.some(({ ifUnchanged }) => ifUnchanged)
    // Renewed meanwhile: what this request presented is now the predecessor.
    const via = record.credential.digest === base.record?.credential.digest ? base.via : 'renewed'
    req.base = baseOf(engine, base.id, record, via)
    if (!stale || base.record === undefined || sameContent(base.record, record)) return right(changes)
    const { session } = applied(req, base, changes, now)
    if (unheld && isLogout(base.session, session)) return right(logoutOf(session))
    // Decided on what is no more: a later commit must not apply it to what is.
    req.pending = unheld ? [] : req.pending.filter(({ ifUnchanged }) => !ifUnchanged)
    return left(unheld ? leaseLost : staleRead)
  }
  const { session } = applied(req, base, changes, now)
  const logout = isLogout(base.session, session)
  if (verdict._tag === 'Superseded' && logout && maySignOut(verdict.record, grant)) {
    // The grant stays as it was: should the logout fail, nothing else may be written.
    req.base = { ...standIn(engine, base.id, verdict.record), unreadable: superseded }
    return right(logoutOf(session))
  }
  lose(req, verdict._tag === 'Superseded' ? 'superseded' : 'ended')
  return right(logout ? [] : changes)
}

/** Whether the record was over before this handle writes again: only a stream or a WebSocket lives that long. */
export const outlived = <A>({ engine: { policy } }: Request<A>, { record }: Base<A>, now: Millis): boolean =>
  record !== undefined && now >= expiresAt(policy)(record) + policy.supersededFor

/** Loads the record anew, which others may have kept alive, and is admitted to it again or loses it. */
export const reloaded = async <A>(
  req: Request<A>,
  base: Base<A>,
  changes: Changes<A>,
): Promise<Either<SessionError, Changes<A>>> => {
  const loaded = await read(req.engine, 'load', req.engine.store.load(base.id))
  if (isLeft(loaded)) return loaded
  const settled = settle(req, loaded.right, undefined, changes)
  return isLeft(settled) ? settled : adopt(req, req.base ?? base, loaded.right, settled.right)
}

/** Whether the record that a write met is one that this request stored itself, as settling it has shown. */
export const isOwn = <A>(req: Request<A>, met: Base<A>, stored: Option<Stored>): boolean =>
  req.base !== met &&
  stored._tag === 'Some' &&
  stored.value._tag === 'Live' &&
  stored.value.revision === req.base?.record?.revision
