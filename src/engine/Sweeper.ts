/**
 * ```ts
 * startSweeper: (store, options) => IO<IO<void>>
 * ```
 * Removes dead records at intervals (CherryPy: clean_freq, clean_interrupt). Starting it is an effect whose result stops
 * it. It outlives errors, waits with jitter so that many processes spread, and works in bounded batches.
 *
 * Laws:
 * 1. Nothing happens before it is run; after it was stopped no batch begins. Each run is a sweeper of its own.
 * 2. Whatever a batch does (fails, throws, never answers), the next sweep comes.
 * 3. Two sweeps of one sweeper never overlap, save where the first has not answered for `LONGEST_BATCH`.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Either } from '#fp-ts/Either'
import { isLeft, left } from '../core/tagged.ts'
import type { Observer } from '../core/Event.ts'
import type { Millis } from '../core/Millis.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Clock } from '../effects/Clock.ts'
import { systemClock } from '../effects/Clock.ts'
import type { Random } from '../effects/Random.ts'
import { systemRandom } from '../effects/Random.ts'
import type { StoreError, Sweeping, Swept } from '../effects/Store.ts'
import { storeError } from '../effects/Store.ts'

/** How often, how much. */
export interface SweeperOptions {
  /** ms from the end of one sweep to the next, give or take a fifth; above 0, at most 20 days. Default 5 min (CherryPy's clean_freq). */
  readonly every?: Millis
  /** The most records that one batch removes; batches follow each other until one is not full. A whole number from 1. Default 1 000. */
  readonly batch?: number
  /** Hears `swept` and `store-failed`. */
  readonly observer?: Observer
  /** The present time. Default: the machine's clock. */
  readonly clock?: Clock
  /** What draws the jitter. Default: `Math.random`. */
  readonly random?: Pick<Random, 'unit'>
}

/** A batch that takes longer than this, ms, is given up: a connection that broke unnoticed must not end all sweeping. */
export const LONGEST_BATCH: Millis = 60_000

// Beyond 24.8 days a timer fires at once; a fifth of jitter stays below.
const LONGEST_WAIT: Millis = 20 * 24 * 3_600_000

const demand = (option: string, value: number, holds: boolean, rule: string): void => {
  if (!holds) throw toError(misconfigured(`startSweeper.${option}`, value, rule))
}

// A timer must not keep a process alive that has nothing else to do; browsers' and workers' timers can not.
const unref = (timer: number | { readonly unref?: () => unknown }): void => {
  if (typeof timer !== 'number') timer.unref?.()
}

/** A batch, which may fail, throw, or never answer. */
const inTime = (batch: () => Promise<Either<StoreError, Swept>>): Promise<Either<StoreError, Swept>> =>
  new Promise((resolve) => {
    const answer = (given: Either<StoreError, Swept>): void => {
      clearTimeout(timer)
      resolve(given)
    }
    const fail = (cause: unknown): void => answer(left(storeError('sweep', cause)))
    const timer = setTimeout(() => fail(new Error(`no answer within ${LONGEST_BATCH} ms`)), LONGEST_BATCH)
    unref(timer)
    // Within a promise: what the store throws at once is no other fault than what it rejects with.
    Promise.resolve().then(batch).then(answer, fail)
  })

/** Starts sweeping when run; run the result to stop. One per process is harmless. Throws `Misconfigured` when an option breaks its rule. */
export const startSweeper = (store: Sweeping, options: SweeperOptions = {}): IO<IO<void>> => {
  const { every = 300_000, batch = 1_000, observer, clock = systemClock, random = systemRandom } = options
  demand('every', every, every > 0 && every <= LONGEST_WAIT, 'it must be a number of ms above 0, at most 20 days')
  demand('batch', batch, Number.isInteger(batch) && batch >= 1, 'it must be a whole number from 1')

  return () => {
    let stopped = false
    let timer: ReturnType<typeof setTimeout>

    const tell: Observer = (event) => {
      try {
        observer?.(event)
      } catch {
        // An observer's failure is not the sweeper's.
      }
    }

    const sweep = async (): Promise<void> => {
      for (let more = true; more && !stopped;) {
        const swept = await inTime(() => store.sweep(clock(), batch)())
        if (isLeft(swept)) {
          tell({ _tag: 'store-failed', operation: 'sweep', cause: swept.left.cause, fatal: false })
          return
        }
        if (swept.right.removed > 0) tell({ _tag: 'swept', removed: swept.right.removed })
        more = swept.right.more
      }
    }

    const schedule = (): void => {
      timer = setTimeout(
        () => {
          void sweep().then(() => {
            if (!stopped) schedule()
          })
        },
        every * (0.8 + random.unit() * 0.4),
      )
      unref(timer)
    }

    schedule()
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }
}
