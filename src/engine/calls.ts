/**
 * ```ts
 * read:  (engine, operation, task) => Promise<Either<SessionError, A>>
 * write: (engine, operation, task) => Promise<Either<SessionError, A>>
 * ```
 * Store calls as the manager makes them: bounded in time, faults reported, and a write whose answer was lost repeated
 * once. Repeating is safe by the contract (`Store`, law 3): the same revision is never applied twice.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isRight, left } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Millis } from '../core/Millis.ts'
import type { Outcome, SessionError } from '../core/SessionError.ts'
import { invalidData, isSessionException, storeTimeout, storeUnavailable } from '../core/SessionError.ts'
import type { StoreError, StoreOperation } from '../effects/Store.ts'
import { storeError } from '../effects/Store.ts'
import { legible } from './answers.ts'
import type { Engine } from './Engine.ts'

interface TimedOut {
  readonly _tag: 'TimedOut'
}
type Fault = StoreError | TimedOut
const timedOut: TimedOut = { _tag: 'TimedOut' }

const within = <A>(ms: number, operation: StoreOperation, task: TaskEither<StoreError, A>): Promise<Either<Fault, A>> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(left(timedOut))
    }, ms)
    const settle = (answer: Either<Fault, A>): void => {
      clearTimeout(timer)
      resolve(answer)
    }
    task().then(settle, (cause: unknown) => {
      settle(left(storeError(operation, cause)))
    })
  })

// Runs a task with the store's time limit, if it has one: a store in this process can not be a black hole. A store that
// throws, rejects or answers what nobody can read breaks its contract; to the request it is a store that failed.
const limited = async <A, B>(
  engine: Engine<B>,
  ms: number,
  operation: StoreOperation,
  task: TaskEither<StoreError, A>,
): Promise<Either<Fault, A>> => {
  const asked = async (): Promise<Either<StoreError, A>> => legible(operation, await task())
  try {
    return await (engine.store.local === true ? asked() : within(ms, operation, asked))
  } catch (cause) {
    return left(storeError(operation, cause))
  }
}

/** The path of an `InvalidData` that speaks of the whole record, which the store could not read. */
export const DAMAGED = 'record'

const sentence = (cause: unknown): string => (cause instanceof Error ? cause.message : 'the store can not read it')

const reported = <B>(
  engine: Engine<B>,
  operation: StoreOperation,
  fault: Fault,
  outcome: Outcome,
  fatal: boolean,
): SessionError => {
  const cause = fault._tag === 'TimedOut' ? 'no answer in time' : fault.cause
  engine.emit?.({ _tag: 'store-failed', operation, cause, fatal })
  if (fault._tag === 'StoreError' && fault.unreadable !== undefined)
    return invalidData('read', fault.unreadable === 'newer' ? 'format' : DAMAGED, sentence(fault.cause))
  // A carrier that refuses knows better than "unavailable".
  if (isSessionException(cause)) return cause.sessionError
  return fault._tag === 'TimedOut'
    ? storeTimeout(operation, outcome, engine.limits.storeTimeout)
    : storeUnavailable(operation, outcome, fault.cause)
}

export const pause = (ms: Millis): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** The longest pause before a leased record is asked for again. */
const LONGEST_LEASE_PAUSE: Millis = 50

/** Waits a while for a lease that somebody else holds until `until`, and answers how long. */
export const leasePause = async <B>({ clock, random }: Engine<B>, until: Millis): Promise<Millis> => {
  const ms = Math.min(Math.max(until - clock(), 1), 1 + random.unit() * LONGEST_LEASE_PAUSE)
  await pause(ms)
  return ms
}

/** A call that changes nothing, or whose effect nobody waits for (touch). One attempt within `limit` ms. */
export const read = async <A, B>(
  engine: Engine<B>,
  operation: StoreOperation,
  task: TaskEither<StoreError, A>,
  fatal = true,
  limit = engine.limits.storeTimeout,
): Promise<Either<SessionError, A>> => {
  const answer = await limited(engine, limit, operation, task)
  return isRight(answer) ? answer : left(reported(engine, operation, answer.left, 'none', fatal))
}

/**
 * A write. An attempt whose outcome is unknown is repeated once; both together stay within `storeTimeout`. `uncertain` is
 * called before the repetition: from then on the answer may speak of what the first attempt did.
 */
export const write = async <A, B>(
  engine: Engine<B>,
  operation: StoreOperation,
  task: TaskEither<StoreError, A>,
  uncertain: () => void,
  fatal = true,
): Promise<Either<SessionError, A>> => {
  const half = engine.limits.storeTimeout / 2
  let answer = await limited(engine, half, operation, task)
  if (isRight(answer)) return answer
  if (answer.left._tag === 'StoreError' && answer.left.unchanged === true)
    return left(reported(engine, operation, answer.left, 'none', fatal))
  uncertain()
  answer = await limited(engine, half, operation, task)
  return isRight(answer) ? answer : left(reported(engine, operation, answer.left, 'unknown', fatal))
}
