/**
 * ```ts
 * store: (request, changes) => Either<SessionError, Session<A>> | Promise<…>
 * ```
 * Compare and set until it holds: load, apply the functions, plan, write; on a conflict adopt the newer record and apply
 * them again (promise 2). Whoever waits in the process-wide queue of the session gets the last winner's record handed.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isLeft, left, none, right } from '../core/tagged.ts'
import type { Millis } from '../core/Millis.ts'
import { plan } from '../core/Plan.ts'
import { expiresAt } from '../core/Policy.ts'
import type { Change } from '../core/Replay.ts'
import type { Session } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import type { Live } from '../core/Stored.ts'
import type { Soon } from '../effects/atOnce.ts'
import { nowOf } from '../effects/atOnce.ts'
import { adopt, outlived, reloaded } from './adopt.ts'
import { read } from './calls.ts'
import { load } from './load.ts'
import type { Step, Write } from './perform.ts'
import { perform } from './perform.ts'
import { refusal, stores } from './refusal.ts'
import type { Base, Request } from './request.ts'
import { applied, freshBase, isOld } from './request.ts'
import { baselineOf, signsIn, verified } from './revocation.ts'
import type { Progress } from './rivals.ts'
import { leased, leave, onConflict, takes } from './rivals.ts'
import type { Turn } from './turns.ts'

type Changes<A> = ReadonlyArray<Change<A>>

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

type Outcome<A> = Either<SessionError, Session<A>>
/** How a pass ended; undefined: it is to be planned anew. */
type Pass<A> = Outcome<A> | undefined

/** What one pass found to be written. */
interface Due<A> {
  readonly base: Base<A>
  readonly result: Session<A>
  readonly action: Write
  readonly now: Millis
  readonly essential: boolean
  /** Changes that came after the session's end. */
  readonly ignored: number
}

/** Anew, unless there is a reason to give up. */
const unless = (error: SessionError | undefined): Either<SessionError, never> | undefined =>
  error === undefined ? undefined : left(error)

const kept = <A>({ base }: Due<A>): Outcome<A> => right(base.session)

const answered = <A>(req: Request<A>, progress: Progress<A>, due: Due<A>, step: Step<A>): Soon<Pass<A>> => {
  const { base } = due
  progress.attempts++
  if (step._tag === 'Stored') {
    if (progress.queue !== undefined) progress.queue.turn.latest = step.latest
    if (step.latest._tag === 'Ended') req.lock?.forget()
    if (due.ignored > 0) req.engine.emit?.({ _tag: 'dropped', reason: 'destroyed', updates: due.ignored, id: base.id })
    return right(req.base?.session ?? due.result)
  }
  if (!due.essential) return kept(due)
  switch (step._tag) {
    case 'Failed':
      return left(step.error)
    case 'Conflict': {
      const given = onConflict(req, base, step, progress)
      return given instanceof Promise ? given.then(unless) : unless(given)
    }
    case 'Gone': {
      const adopted = adopt(req, base, none, progress.changes)
      if (isLeft(adopted)) return adopted
      progress.changes = adopted.right
      return undefined
    }
    case 'Leased':
      return leased(req, progress, step.until, base.id).then(unless)
  }
}

const written = <A>(req: Request<A>, progress: Progress<A>, due: Due<A>): Soon<Pass<A>> => {
  const { changes, attempts, baseline } = progress
  const { base, result, now, action } = due
  const performed = perform(req, { base, result, changes, now, attempts, baseline }, action)
  return performed instanceof Promise
    ? performed.then((step) => answered(req, progress, due, step))
    : answered(req, progress, due, performed)
}

const proven = async <A>(req: Request<A>, progress: Progress<A>, due: Due<A>): Promise<Pass<A>> => {
  const baseline = await baselineOf(req, due.result)
  if (isLeft(baseline)) return baseline
  progress.baseline = baseline.right
  return written(req, progress, due)
}

const inTurn = <A>(req: Request<A>, progress: Progress<A>, due: Due<A>, turn: Turn | undefined): Soon<Pass<A>> => {
  const again = takes(req, due.base, progress, turn)
  if (isLeft(again)) return again
  return again.right ? undefined : vouched(req, progress, due)
}

const vouched = <A>(req: Request<A>, progress: Progress<A>, due: Due<A>): Soon<Pass<A>> =>
  progress.baseline === undefined && signsIn(due.base.session, due.result)
    ? proven(req, progress, due)
    : written(req, progress, due)

/** Loads, applies, plans and writes, once. At once where the store answers at once. */
const pass = <A>(req: Request<A>, progress: Progress<A>): Soon<Pass<A>> => {
  const { engine } = req
  if (req.base === undefined) {
    const loaded = load(req)
    if (loaded instanceof Promise) return loaded.then((late) => (isLeft(late) ? late : undefined))
    if (isLeft(loaded)) return loaded
  }
  const base = req.base ?? freshBase(engine)
  const now = engine.clock()
  progress.started ??= now
  const { session: result, ignored } = applied(req, base, progress.changes, now)
  const { record, via } = base
  const { passive, canSetCookie: cookie } = req
  const planned = plan(engine.policy, now)({ record, via, base: base.session, result, passive, cookie })
  const { action } = planned
  const refused = refusal(req, base, result, planned, progress.changes)
  if (refused !== undefined) return left(refused)
  if (!stores(action))
    return (action._tag === 'Touch' || isOld(req, base)) && record !== undefined
      ? touch(req, base, record, now).then(() => right(base.session))
      : right(base.session)
  const essential = action._tag !== 'Update' || action.essential
  // What could not be decoded is not written over by the way.
  if (!essential && base.unreadable !== undefined) return right(base.session)
  if (!progress.inspected && outlived(req, base, now)) {
    progress.inspected = true
    return reloaded(req, base, progress.changes).then((changes) => {
      if (isLeft(changes)) return essential ? changes : right(base.session)
      progress.changes = changes.right
      return undefined
    })
  }
  const due: Due<A> = { base, result, action, now, essential, ignored }
  // Who holds the lease writes alone; whoever queues would wait for the lease, and the holder for the queue. A store that
  // answers at once has no line.
  const lines = engine.carriage === undefined && nowOf(engine.store.update) === undefined
  if (lines && essential && record !== undefined && !progress.queued && req.lock?.fence === undefined) {
    progress.queued = true
    const turn = engine.turns.enter(base.id)
    return turn instanceof Promise
      ? turn.then((late) => inTurn(req, progress, due, late))
      : inTurn(req, progress, due, turn)
  }
  return vouched(req, progress, due)
}

const run = <A>(req: Request<A>, progress: Progress<A>): Soon<Outcome<A>> => {
  for (;;) {
    const passed = pass(req, progress)
    if (passed instanceof Promise) return passed.then((late) => late ?? run(req, progress))
    if (passed !== undefined) return passed
  }
}

const over = <A>(req: Request<A>, progress: Progress<A>): void => {
  leave(req, progress)
  if (progress.leased !== undefined)
    req.engine.emit?.({ _tag: 'lock-waited', id: progress.leased.id, waited: Math.round(progress.waited) })
}

// A sign-in that was settled is verified whatever became of the rest: its cookie would leave with the error.
const checked = async <A>(req: Request<A>, progress: Progress<A>, stored: Outcome<A>): Promise<Outcome<A>> => {
  try {
    const error = await verified(req)
    return error === undefined ? stored : left(error)
  } finally {
    over(req, progress)
  }
}

const ended = <A>(req: Request<A>, progress: Progress<A>, stored: Outcome<A>): Soon<Outcome<A>> => {
  if (req.unverified !== undefined) return checked(req, progress, stored)
  over(req, progress)
  return stored
}

/**
 * Stores changes, in order, in one write; Right only when they are stored, or when nothing had to be. Throws, or rejects,
 * with what one of the changes threw.
 */
export const store = <A>(req: Request<A>, changes: Changes<A>): Soon<Outcome<A>> => {
  const progress: Progress<A> = {
    changes,
    attempts: 0,
    waited: 0,
    leased: undefined,
    queue: undefined,
    queued: false,
    inspected: false,
    baseline: undefined,
    started: undefined,
  }
  const failed = (defect: unknown): never => {
    over(req, progress)
    throw defect
  }
  let ran: Soon<Outcome<A>>
  try {
    ran = run(req, progress)
  } catch (defect) {
    return failed(defect)
  }
  return ran instanceof Promise ? ran.then((stored) => ended(req, progress, stored), failed) : ended(req, progress, ran)
}
