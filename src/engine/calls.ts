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
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLeft, left } from '../core/tagged.ts'
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

type Told<E, A> = Either<E, A> | Promise<Either<E, A>>

// A store that throws, rejects or answers what nobody can read breaks its contract; to the request it is a store that failed.
const asked = <E, A>(
  operation: StoreOperation,
  task: TaskEither<StoreError, A>,
  onFault: (fault: StoreError) => Told<E, A>,
): Promise<Either<E, A>> => {
  try {
    return task().then(
      (answer) => {
        const told = legible(operation, answer)
        return isLeft(told) ? onFault(told.left) : told
      },
      (cause: unknown) => onFault(storeError(operation, cause)),
    )
  } catch (cause) {
    return Promise.resolve(onFault(storeError(operation, cause)))
  }
}

const within = <E, A>(
  ms: number,
  operation: StoreOperation,
  task: TaskEither<StoreError, A>,
  onFault: (fault: Fault) => Told<E, A>,
): Promise<Either<E, A>> =>
  new Promise((resolve) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      resolve(onFault(timedOut))
    }, ms)
    void asked<StoreError, A>(operation, task, left).then((answer) => {
      if (late) return
      clearTimeout(timer)
      resolve(isLeft(answer) ? onFault(answer.left) : answer)
    })
  })

// Runs a task with the store's time limit, if it has one: a store in this process can not be a black hole.
const limited = <A, B>(
  engine: Engine<B>,
  ms: number,
  operation: StoreOperation,
  task: TaskEither<StoreError, A>,
  onFault: (fault: Fault) => Told<SessionError, A>,
): Promise<Either<SessionError, A>> =>
  engine.store.local === true ? asked(operation, task, onFault) : within(ms, operation, task, onFault)

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

export const pause = (ms: Millis): Promise<undefined> =>
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

// What answers at once has no limit to keep to.
const told = <A>(operation: StoreOperation, now: () => Either<StoreError, A>): Either<StoreError, A> => {
  try {
    return legible(operation, now())
  } catch (cause) {
    return left(storeError(operation, cause))
  }
}

/** As `read`, of a verb that answers at once. */
export const readNow = <A, B>(
  engine: Engine<B>,
  operation: StoreOperation,
  now: () => Either<StoreError, A>,
): Either<SessionError, A> => {
  const answer = told(operation, now)
  return isLeft(answer) ? left(reported(engine, operation, answer.left, 'none', true)) : answer
}

/** As `write`, of a verb that answers at once. */
export const writeNow = <A, B>(
  engine: Engine<B>,
  operation: StoreOperation,
  now: () => Either<StoreError, A>,
  uncertain: () => void,
  fatal = true,
): Either<SessionError, A> => {
  const answer = told(operation, now)
  if (!isLeft(answer)) return answer
  if (answer.left.unchanged === true) return left(reported(engine, operation, answer.left, 'none', fatal))
  uncertain()
  const again = told(operation, now)
  return isLeft(again) ? left(reported(engine, operation, again.left, 'unknown', fatal)) : again
}

/** A call that changes nothing, or whose effect nobody waits for (touch). One attempt within `limit` ms. */
export const read = <A, B>(
  engine: Engine<B>,
  operation: StoreOperation,
  task: TaskEither<StoreError, A>,
  fatal = true,
  limit = engine.limits.storeTimeout,
): Promise<Either<SessionError, A>> =>
  limited(engine, limit, operation, task, (fault) => left(reported(engine, operation, fault, 'none', fatal)))

/**
 * A write. An attempt whose outcome is unknown is repeated once; both together stay within `storeTimeout`. `uncertain` is
 * called before the repetition: from then on the answer may speak of what the first attempt did.
 */
export const write = <A, B>(
  engine: Engine<B>,
  operation: StoreOperation,
  task: TaskEither<StoreError, A>,
  uncertain: () => void,
  fatal = true,
): Promise<Either<SessionError, A>> => {
  const half = engine.limits.storeTimeout / 2
  return limited(engine, half, operation, task, (fault) => {
    if (fault._tag === 'StoreError' && fault.unchanged === true)
      return left(reported(engine, operation, fault, 'none', fatal))
    uncertain()
    return limited(engine, half, operation, task, (again) => left(reported(engine, operation, again, 'unknown', fatal)))
  })
}
