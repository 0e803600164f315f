/**
 * ```ts
 * withRetry: (options?) => <S extends Store>(store: S) => S
 * ```
 * Asks again when a store fails, for a while, where the contract says that repeating is safe (`Store`, law 3). Only
 * faults of the system are repeated, never an answer.
 *
 * Laws (`fault` is a `StoreError`):
 * 1. A call is made at most `attempts` times, and never begun later than `within` after the first.
 * 2. `sweep` is made once: the sweeper comes again. `acquire` is repeated only after a fault that certainly changed
 *    nothing: a lease whose grant was lost would be waited for in vain.
 * 3. What is answered never claims more than is known. After a fault whose effect is unknown, a repeated `end` that is
 *    `Gone` is `Done`, and a repeated `release` that is `Lost` is `Released`: the state that was asked for holds. A
 *    repeated `update` answers `Updated`, `Gone`, or the fault: then the engine looks in the record's trail whether the
 *    first attempt was applied, as it does without this combinator, and never applies it twice.
 * 4. If all fail, the fault says `unchanged` only if each attempt's did.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isRight, left, right } from '../../core/tagged.ts'
import type { Millis } from '../../core/Millis.ts'
import { misconfigured, toError } from '../../core/SessionError.ts'
import type { Clock } from '../Clock.ts'
import { systemClock } from '../Clock.ts'
import type { Random } from '../Random.ts'
import { systemRandom } from '../Random.ts'
import type { Store, StoreError, StoreOperation } from '../Store.ts'
import { done, released, storeError } from '../Store.ts'
import type { Timer } from '../Timer.ts'
import { systemTimer } from '../Timer.ts'
import { around } from './around.ts'

/** How often, and for how long. */
export interface RetryOptions {
  /** How many times a call is made at most, the first one included: a whole number from 1. Default 3. */
  readonly attempts?: number
  /** The pause before the second attempt, doubled before each further one. ms, 0 or more. Default 50. */
  readonly delay?: Millis
  /** The part of each pause that is drawn by lot, from 0 (none of it) to 1 (all of it, "full jitter"). Default 1. */
  readonly jitter?: number
  /**
   * No attempt begins later than this after the first one. ms, above 0. Default 2 000: the manager waits for the first
   * answer of a write for half of its `storeTimeout` (2 500) and then asks once more by itself.
   */
  readonly within?: Millis
  /** The present time. Default: the machine's clock. */
  readonly clock?: Clock
  /** What ends a pause. Default: the runtime's `setTimeout`. */
  readonly timer?: Timer
  /** What draws lots. Default: `Math.random`. */
  readonly random?: Pick<Random, 'unit'>
}

const demand = (option: string, value: number, holds: boolean, rule: string): void => {
  if (!holds) throw toError(misconfigured(`withRetry.${option}`, value, rule))
}

const mayRepeat = (operation: StoreOperation, fault: StoreError): boolean =>
  operation === 'acquire' ? fault.unchanged === true : operation !== 'sweep'

/** What an answer says after an earlier attempt whose effect is unknown (law 3). */
const settled = <A>(operation: StoreOperation, answer: A, fault: Either<StoreError, never>): Either<StoreError, A> => {
  const tag = (answer as { readonly _tag?: string } | undefined)?._tag
  // The answer's type has both tags: it is that of the verb.
  if (operation === 'end' && tag === 'Gone') return right(done as A)
  if (operation === 'release' && tag === 'Lost') return right(released as A)
  if (operation === 'update' && tag !== 'Updated' && tag !== 'Gone') return fault
  return right(answer)
}

/** See the module's head. Throws `Misconfigured` when an option breaks its rule. */
export const withRetry = (options: RetryOptions = {}): (<S extends Store>(store: S) => S) => {
  const { attempts = 3, delay = 50, jitter = 1, within = 2_000 } = options
  const { clock = systemClock, timer = systemTimer, random = systemRandom } = options
  demand('attempts', attempts, Number.isInteger(attempts) && attempts >= 1, 'it must be a whole number from 1')
  demand('delay', delay, Number.isFinite(delay) && delay >= 0, 'it must be a finite number of milliseconds, 0 or more')
  demand('jitter', jitter, jitter >= 0 && jitter <= 1, 'it must be a number from 0 to 1')
  demand('within', within, Number.isFinite(within) && within > 0, 'it must be a finite number of milliseconds above 0')

  const pauseAfter = (attempt: number): Millis => delay * 2 ** (attempt - 1) * (1 - jitter * random.unit())
  const pause = (ms: Millis): Promise<void> =>
    new Promise((resolve) => {
      timer(ms, resolve)
    })

  return (store) =>
    around(store, (operation, task) => async () => {
      const began = clock()
      let unknown: Either<StoreError, never> | undefined
      for (let attempt = 1; ; attempt++) {
        let answer: Awaited<ReturnType<typeof task>>
        try {
          answer = await task()
        } catch (cause) {
          // A store that rejects breaks its contract; it is one that failed.
          answer = left(storeError(operation, cause))
        }
        if (isRight(answer)) return unknown === undefined ? answer : settled(operation, answer.right, unknown)
        const fault = answer.left
        if (unknown !== undefined || fault.unchanged !== true) unknown = left(storeError(operation, fault.cause))
        const failed = unknown ?? answer
        if (attempt >= attempts || !mayRepeat(operation, fault)) return failed
        const ms = pauseAfter(attempt)
        if (clock() - began + ms > within) return failed
        await pause(ms)
      }
    })
}
