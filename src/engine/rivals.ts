/**
 * ```ts
 * onConflict, leased: (request, progress, …) => Promise<Either<SessionError, …>>
 * ```
 * What a commit does about others who write to its session at the same time: it queues behind them, adopts what they left,
 * waits for their lease, and gives up in the end.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Option } from '#fp-ts/Option'
import { isLeft, right, some } from '../core/tagged.ts'
import type { Millis } from '../core/Millis.ts'
import type { Change } from '../core/Replay.ts'
import type { SessionError } from '../core/SessionError.ts'
import { conflictExhausted, lockTimeout } from '../core/SessionError.ts'
import type { Live, Stored, SubjectEpoch } from '../core/Stored.ts'
import { holdsRevision } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import type { Soon } from '../effects/atOnce.ts'
import { nowOf } from '../effects/atOnce.ts'
import { adopt, isOwn, settle } from './adopt.ts'
import { leasePause, pause, read } from './calls.ts'
import type { Step } from './perform.ts'
import type { Attempt, Base, Request } from './request.ts'
import type { Turn } from './turns.ts'

/** Bounds of the retries: attempts, and ms. */
const MAX_ATTEMPTS = 50
const MAX_RETRYING: Millis = 5_000
/** Full jitter between attempts: below 2 ms at first, doubling up to 100 ms. */
const FIRST_PAUSE: Millis = 2
const LONGEST_PAUSE: Millis = 100

const jitter = <A>(req: Request<A>, attempts: number): Millis =>
  req.engine.random.unit() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempts)

/** One commit: what is left to be stored, and what it has cost so far. */
export interface Progress<A> {
  changes: ReadonlyArray<Change<A>>
  attempts: number
  /** Another's lease that the commit waits for, or did, and since when. */
  leased: { readonly id: SessionId; readonly since: Millis } | undefined
  /** For how long, ms. */
  waited: Millis
  /** The queue that this commit leaves when it is done. */
  queue: { readonly id: SessionId; readonly turn: Turn } | undefined
  /** Whether it stood in line for its turn. */
  queued: boolean
  /** Whether the record was looked at again before the write, as it could be over. */
  inspected: boolean
  baseline: SubjectEpoch | undefined
  /** When the retries began: at the first attempt, or after the last wait for a lease, which counts as none. */
  started: Millis | undefined
}

const tooLong = <A>(req: Request<A>, progress: Progress<A>): boolean =>
  progress.attempts >= MAX_ATTEMPTS || req.engine.clock() - (progress.started ?? 0) >= MAX_RETRYING

/** Settles and adopts what a write met; undefined when the commit is to go on. */
const met = <A>(
  req: Request<A>,
  base: Base<A>,
  stored: Option<Stored>,
  attempt: Attempt<A> | undefined,
  progress: Progress<A>,
): Soon<SessionError | undefined> => {
  const { engine } = req
  const settled = settle(req, stored, attempt, progress.changes)
  // With the fence of a live lease there are no other writers: but an earlier write of its own whose answer was lost.
  if (req.lock?.fence !== undefined && !isOwn(req, base, stored)) req.lock.lose()
  if (isLeft(settled)) return settled.left
  const adopted = adopt(req, req.base ?? base, stored, settled.right)
  if (isLeft(adopted)) return adopted.left
  progress.changes = adopted.right
  if (adopted.right.length === 0) return undefined
  if (tooLong(req, progress)) return exhausted(req, progress)
  engine.emit?.({ _tag: 'replayed', id: base.id, attempt: progress.attempts })
  // A store that answers at once leaves nobody the time to write again in between.
  return nowOf(engine.store.update) === undefined ? pause(jitter(req, progress.attempts)) : undefined
}

/** What follows from a conflict. Answers why the commit is to give up, if it is. */
export const onConflict = <A>(
  req: Request<A>,
  base: Base<A>,
  { present, attempt }: Extract<Step<A>, { _tag: 'Conflict' }>,
  progress: Progress<A>,
): Soon<SessionError | undefined> => {
  const { engine } = req
  if (base.record === undefined) return tooLong(req, progress) ? exhausted(req, progress) : undefined
  return present === undefined
    ? read(engine, 'load', engine.store.load(base.id)).then((loaded) =>
        isLeft(loaded) ? loaded.left : met(req, base, loaded.right, attempt, progress),
      )
    : met(req, base, some(present), attempt, progress)
}

const exhausted = <A>(req: Request<A>, progress: Progress<A>): SessionError =>
  conflictExhausted(progress.attempts, req.engine.clock() - (progress.started ?? 0))

/** Lets the next of the queue go. */
export const leave = <A>(req: Request<A>, progress: Progress<A>): void => {
  if (progress.queue !== undefined) req.engine.turns.leave(progress.queue.id, progress.queue.turn)
  progress.queue = undefined
}

/** Whether a record is one that this one replaced, or is this one. */
const isPast = (stored: Stored, present: Live | undefined): boolean =>
  stored._tag === 'Live' && present !== undefined && holdsRevision(stored.revision)(present)

/** Takes the session's turn and adopts what the winner before left. True when the work must be planned anew. */
export const takes = <A>(
  req: Request<A>,
  base: Base<A>,
  progress: Progress<A>,
  turn: Turn | undefined,
): Either<SessionError, boolean> => {
  if (turn === undefined) return right(false)
  progress.queue = { id: base.id, turn }
  // A holder of the lease does not queue: what it stored may be newer than what the queue knows.
  if (turn.latest === undefined || isPast(turn.latest, base.record)) return right(false)
  const latest = some(turn.latest)
  const settled = settle(req, latest, undefined, progress.changes)
  if (isLeft(settled)) return settled
  const adopted = adopt(req, req.base ?? base, latest, settled.right)
  if (isLeft(adopted)) return adopted
  progress.changes = adopted.right
  return right(true)
}

/** Waits for another's lease on the session, as long as `lockTimeout` in all. Answers why the commit is to give up, if it is. */
export const leased = async <A>(
  req: Request<A>,
  progress: Progress<A>,
  until: Millis,
  id: SessionId,
): Promise<SessionError | undefined> => {
  const { engine } = req
  progress.attempts--
  // Others may have more luck, and come to wait as long as this one.
  leave(req, progress)
  progress.queued = false
  if (progress.waited >= engine.limits.lockTimeout) return lockTimeout(engine.limits.lockTimeout)
  progress.leased ??= { id, since: engine.clock() }
  progress.waited += await leasePause(engine, until)
  progress.started = engine.clock()
  // The time that the store took to answer counts, too.
  progress.waited = Math.max(progress.waited, progress.started - progress.leased.since)
  return undefined
}
