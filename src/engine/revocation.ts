/**
 * ```ts
 * baselineOf: (request, result) => Promise<Either<SessionError, SubjectEpoch | undefined>>   // before the write
 * verified:   (request)         => Promise<SessionError | undefined>                          // after it
 * ```
 * A sign-in that races "end all sessions of this subject": the subject's epoch is read before and after the write, and a
 * sign-in that a revocation may have missed is ended again (design §7).
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { right } from '../core/tagged.ts'
import type { Session } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import { sessionEnded } from '../core/SessionError.ts'
import type { SubjectEpoch } from '../core/Stored.ts'
import { read, write } from './calls.ts'
import type { Request } from './request.ts'
import { freshBase } from './request.ts'

/** Whether functions signed a subject in. */
export const signsIn = <A>(base: Session<A>, result: Session<A>): boolean =>
  result.subject._tag === 'Some' && result.subject !== base.subject

/** The subject's epoch from before a sign-in of this write: the proof, or what it is now. Undefined without a Directory. */
export const baselineOf = async <A>(
  req: Request<A>,
  result: Session<A>,
): Promise<Either<SessionError, SubjectEpoch | undefined>> => {
  const { store } = req.engine
  if (result.subject._tag === 'None' || store.readEpoch === undefined) return right(undefined)
  if (result.proof._tag === 'Some') return right(result.proof.value)
  return read(req.engine, 'readEpoch', store.readEpoch(result.subject.value.id))
}

/** Whether the stored sign-in stands: a revocation since its baseline ends it, and its cookie does not leave (design §7). */
export const verified = async <A>(req: Request<A>): Promise<SessionError | undefined> => {
  const { engine, unverified } = req
  if (unverified === undefined || engine.store.readEpoch === undefined) return undefined
  const epoch = await read(engine, 'readEpoch', engine.store.readEpoch(unverified.subject))
  if (epoch._tag === 'Right' && epoch.right === unverified.baseline) {
    req.unverified = undefined
    return undefined
  }
  req.unverified = undefined
  req.cookie = unverified.cookieBefore
  req.base = freshBase(engine)
  req.status = 'ended'
  const { endOne } = engine.store
  if (endOne !== undefined) {
    const until = engine.clock() + engine.limits.tombstoneFor
    const ending = endOne(unverified.subject, unverified.id, until)
    const done = await write(engine, 'endOne', ending, () => undefined, false)
    if (done._tag === 'Right') engine.emit?.({ _tag: 'ended', id: unverified.id, by: 'epoch' })
    engine.endings.tell(unverified.id)
  }
  return epoch._tag === 'Left' ? epoch.left : sessionEnded
}
