/**
 * ```ts
 * observed: (observer, clock?) => <S extends Store>(store: S) => S
 * ```
 * Tells how long each store call took and what became of it, as pure values for metrics: no id, no subject, no data.
 *
 * Laws:
 * 1. Every run of an effect is told once, when its answer is there; one that never answers is never told.
 * 2. The answer is the store's, whatever the observer does.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Millis } from '../../core/Millis.ts'
import type { Clock } from '../Clock.ts'
import type { Store, StoreError, StoreOperation } from '../Store.ts'
import { around } from './around.ts'

/**
 * What became of a store call: the tag of the answer (a `load` that found something: the tag of what it found),
 * `Answered` where answers have none (`list`, `count`, `sweep`, `endAll`, the epochs), `Failed` for a fault.
 */
export type CallOutcome =
  | 'Failed'
  | 'Answered'
  | 'None'
  | 'Live'
  | 'Ended'
  | 'Created'
  | 'Exists'
  | 'Updated'
  | 'Conflict'
  | 'Leased'
  | 'Gone'
  | 'Touched'
  | 'Done'
  | 'Acquired'
  | 'Busy'
  | 'Lost'
  | 'Released'

/** One store call that is over. Two labels of few values and a duration: what a histogram wants. */
export interface StoreCalled {
  readonly _tag: 'store-called'
  readonly operation: StoreOperation
  readonly outcome: CallOutcome
  /** From the call to its answer, with fractions. */
  readonly ms: Millis
}

/** Receives each call, synchronously. */
export type CallObserver = (called: StoreCalled) => void

interface Answer {
  readonly _tag?: string
  readonly value?: { readonly _tag: string }
}

const outcomeOf = (answer: Either<StoreError, unknown>): CallOutcome => {
  if (answer._tag === 'Left') return 'Failed'
  if (typeof answer.right !== 'object' || answer.right === null) return 'Answered'
  const { _tag, value } = answer.right as Answer
  return (_tag === 'Some' ? value?._tag : (_tag ?? 'Answered')) as CallOutcome
}

const monotonic: Clock = () => performance.now()

/**
 * Observes a store. What `observer` throws is swallowed. `clock` is asked at the beginning and at the end of each call;
 * default: `performance.now`, which on Cloudflare Workers moves only when something outside has answered.
 */
export const observed =
  (observer: CallObserver, clock: Clock = monotonic) =>
  <S extends Store>(store: S): S =>
    around(store, (operation, task) => async () => {
      const began = clock()
      const tell = (outcome: CallOutcome): void => {
        try {
          observer({ _tag: 'store-called', operation, outcome, ms: clock() - began })
        } catch {
          // An observer's failure is not the store's.
        }
      }
      try {
        const answer = await task()
        tell(outcomeOf(answer))
        return answer
      } catch (cause) {
        tell('Failed')
        throw cause
      }
    })
