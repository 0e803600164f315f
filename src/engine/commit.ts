/**
 * ```ts
 * store: (request, changes) => Promise<Either<SessionError, Session<A>>>
 * ```
 * Compare and set until it holds: load, apply the functions, plan, write; on a conflict adopt the newer record and apply
 * them again (promise 2). Whoever waits in the process-wide queue of the session gets the last winner's record handed.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Option } from '#fp-ts/Option'
import { isLeft, left, none, right, some } from '../core/tagged.ts'
import type { Millis } from '../core/Millis.ts'
import { plan } from '../core/Plan.ts'
import { expiresAt } from '../core/Policy.ts'
import type { Change } from '../core/Replay.ts'
import type { Session } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import { conflictExhausted, lockTimeout } from '../core/SessionError.ts'
import type { Live, Stored, SubjectEpoch } from '../core/Stored.ts'
import { holdsRevision } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import { adopt, isOwn, outlived, reloaded, settle } from './adopt.ts'
import { leasePause, pause, read } from './calls.ts'
import { load } from './load.ts'
import type { Step } from './perform.ts'
import { perform } from './perform.ts'
import { refusal, stores } from './refusal.ts'
import type { Base, Request } from './request.ts'
import { applied, freshBase, isOld } from './request.ts'
import { baselineOf, signsIn, verified } from './revocation.ts'
import type { Turn } from './turns.ts'

/** Bounds of the retries: attempts, and ms. */
const MAX_ATTEMPTS = 50
const MAX_RETRYING: Millis = 5_000
/** Full jitter between attempts: below 2 ms at first, doubling up to 100 ms. */
const FIRST_PAUSE: Millis = 2
const LONGEST_PAUSE: Millis = 100

type Changes<A> = ReadonlyArray<Change<A>>

const jitter = <A>(req: Request<A>, attempts: number): Millis =>
  req.engine.random.unit() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempts)

const touch = async <A>(req: Request<A>, base: Base<A>, record: Live, now: Millis): Promise<void> => {
  const { engine } = req
  // A carrier has no other way to note it than a cookie.
  if (engine.carriage !== undefined && !req.canSetCookie) return
  const until = expiresAt(engine.policy)({ ...record, touchedAt: now })
  const answer = await read(engine, 'touch', engine.store.touch(base.id, record.epoch, now, until), false)
  if (answer._tag === 'Left' || answer.right._tag === 'Gone') return
  req.cookie = engine.carriage?.line() ?? req.cookie
  req.base = {
    ...base,
    record: { ...record, touchedAt: now, expiresAt: until },
    session: { ...base.session, touchedAt: now },
  }
}

interface Progress<A> {
  changes: Changes<A>
  attempts: number
  /** Another's lease that the commit waits for, or did, and since when. */
  leased: { readonly id: SessionId; readonly since: Millis } | undefined
  /** For how long, ms. */
  waited: Millis
  /** The queue that this commit leaves when it is done. */
  queue: { readonly id: SessionId; readonly turn: Turn } | undefined
  baseline: SubjectEpoch | undefined
  /** When the retries began: at the first attempt, or after the last wait for a lease, which counts as none. */
  started: Millis | undefined
}

const tooLong = <A>(req: Request<A>, progress: Progress<A>): boolean =>
  progress.attempts >= MAX_ATTEMPTS || req.engine.clock() - (progress.started ?? 0) >= MAX_RETRYING

const onConflict = async <A>(
  req: Request<A>,
  base: Base<A>,
  step: Extract<Step<A>, { _tag: 'Conflict' }>,
  progress: Progress<A>,
): Promise<SessionError | undefined> => {
  const { engine } = req
  if (base.record === undefined) return tooLong(req, progress) ? exhausted(req, progress) : undefined
  let stored: Option<Stored> = step.present === undefined ? none : some(step.present)
  if (step.present === undefined) {
    const loaded = await read(engine, 'load', engine.store.load(base.id))
    if (isLeft(loaded)) return loaded.left
    stored = loaded.right
  }
  const settled = settle(req, stored, step.attempt, progress.changes)
  // With the fence of a live lease there are no other writers: but an earlier write of its own whose answer was lost.
  if (req.lock?.fence !== undefined && !isOwn(req, base, stored)) req.lock.lose()
  if (isLeft(settled)) return settled.left
  const adopted = adopt(req, req.base ?? base, stored, settled.right)
  if (isLeft(adopted)) return adopted.left
  progress.changes = adopted.right
  if (adopted.right.length === 0) return undefined
  if (tooLong(req, progress)) return exhausted(req, progress)
  engine.emit?.({ _tag: 'replayed', id: base.id, attempt: progress.attempts })
  await pause(jitter(req, progress.attempts))
  return undefined
}

const exhausted = <A>(req: Request<A>, progress: Progress<A>): SessionError =>
  conflictExhausted(progress.attempts, req.engine.clock() - (progress.started ?? 0))

const leave = <A>(req: Request<A>, progress: Progress<A>): void => {
  if (progress.queue !== undefined) req.engine.turns.leave(progress.queue.id, progress.queue.turn)
  progress.queue = undefined
}

/** Whether a record is one that this one replaced, or is this one. */
const isPast = (stored: Stored, present: Live | undefined): boolean =>
  stored._tag === 'Live' && present !== undefined && holdsRevision(stored.revision)(present)

/** Waits for the session's turn and adopts what the winner before left. True when the work must be planned anew. */
const queued = async <A>(
  req: Request<A>,
  base: Base<A>,
  progress: Progress<A>,
): Promise<Either<SessionError, boolean>> => {
  const entered = req.engine.turns.enter(base.id)
  const turn = entered instanceof Promise ? await entered : entered
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

const run = async <A>(req: Request<A>, progress: Progress<A>): Promise<Either<SessionError, Session<A>>> => {
  const { engine } = req
  let inQueue = false
  let inspected = false
  for (;;) {
    if (req.base === undefined) {
      const loading = load(req)
      const loaded = loading instanceof Promise ? await loading : loading
      if (isLeft(loaded)) return loaded
    }
    const base = req.base ?? freshBase(engine)
    const now = engine.clock()
    progress.started ??= now
    const { session: result, ignored } = applied(req, base, progress.changes, now)
    const planned = plan(
      engine.policy,
      now,
    )({
      record: base.record,
      via: base.via,
      base: base.session,
      result,
      passive: req.passive,
      cookie: req.canSetCookie,
    })
    const { action } = planned
    const refused = refusal(req, base, result, planned, progress.changes)
    if (refused !== undefined) return left(refused)
    if (!stores(action)) {
      if ((action._tag === 'Touch' || isOld(req, base)) && base.record !== undefined)
        await touch(req, base, base.record, now)
      return right(base.session)
    }
    const essential = action._tag !== 'Update' || action.essential
    // What could not be decoded is not written over by the way.
    if (!essential && base.unreadable !== undefined) return right(base.session)
    if (!inspected && outlived(req, base, now)) {
      inspected = true
      const changes = await reloaded(req, base, progress.changes)
      if (isLeft(changes)) return essential ? changes : right(base.session)
      progress.changes = changes.right
      continue
    }
    // Who holds the lease writes alone; whoever queues would wait for the lease, and the holder for the queue.
    if (essential && base.record !== undefined && !inQueue && req.lock?.fence === undefined && !engine.carriage) {
      inQueue = true
      const again = await queued(req, base, progress)
      if (isLeft(again)) return again
      if (again.right) continue
    }
    if (progress.baseline === undefined && signsIn(base.session, result)) {
      const baseline = await baselineOf(req, result)
      if (isLeft(baseline)) return baseline
      progress.baseline = baseline.right
    }
    const { changes, attempts, baseline } = progress
    const performed = perform(req, { base, result, changes, now, attempts, baseline }, action)
    const step = performed instanceof Promise ? await performed : performed
    progress.attempts++
    switch (step._tag) {
      case 'Stored':
        if (progress.queue !== undefined) progress.queue.turn.latest = step.latest
        if (step.latest._tag === 'Ended') req.lock?.forget()
        if (ignored > 0) engine.emit?.({ _tag: 'dropped', reason: 'destroyed', updates: ignored, id: base.id })
        return right(req.base?.session ?? result)
      case 'Failed':
        return essential ? left(step.error) : right(base.session)
      case 'Conflict': {
        if (!essential) return right(base.session)
        const error = await onConflict(req, base, step, progress)
        if (error !== undefined) return left(error)
        break
      }
      case 'Gone': {
        if (!essential) return right(base.session)
        const adopted = adopt(req, base, none, progress.changes)
        if (isLeft(adopted)) return adopted
        progress.changes = adopted.right
        break
      }
      case 'Leased':
        if (!essential) return right(base.session)
        progress.attempts--
        // Others may have more luck, and come to wait as long as this one.
        leave(req, progress)
        inQueue = false
        if (progress.waited >= engine.limits.lockTimeout) return left(lockTimeout(engine.limits.lockTimeout))
        progress.leased ??= { id: base.id, since: engine.clock() }
        progress.waited += await leasePause(engine, step.until)
        progress.started = engine.clock()
        // The time that the store took to answer counts, too.
        progress.waited = Math.max(progress.waited, progress.started - progress.leased.since)
        break
    }
  }
}

const over = <A>(req: Request<A>, progress: Progress<A>): void => {
  leave(req, progress)
  if (progress.leased !== undefined)
    req.engine.emit?.({ _tag: 'lock-waited', id: progress.leased.id, waited: Math.round(progress.waited) })
}

// A sign-in that was settled is verified whatever became of the rest: its cookie would leave with the error.
const checked = async <A>(
  req: Request<A>,
  progress: Progress<A>,
  stored: Either<SessionError, Session<A>>,
): Promise<Either<SessionError, Session<A>>> => {
  try {
    const error = await verified(req)
    return error === undefined ? stored : left(error)
  } finally {
    over(req, progress)
  }
}

/** Stores changes, in order, in one write; Right only when they are stored, or when nothing had to be. */
export const store = <A>(req: Request<A>, changes: Changes<A>): Promise<Either<SessionError, Session<A>>> => {
  const progress: Progress<A> = {
    changes,
    attempts: 0,
    waited: 0,
    leased: undefined,
    queue: undefined,
    baseline: undefined,
    started: undefined,
  }
  return run(req, progress).then(
    (stored) => {
      if (req.unverified !== undefined) return checked(req, progress, stored)
      over(req, progress)
      return stored
    },
    (defect: unknown) => {
      over(req, progress)
      throw defect
    },
  )
}
