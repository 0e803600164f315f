/**
 * ```ts
 * startSweeper: (store, options) => IO<IO<void>>
 * ```
 * Removes dead records at intervals (CherryPy: clean_freq, clean_interrupt). Starting it is an effect whose result stops
 * it. It outlives errors, waits with jitter so that many processes spread, and works in bounded batches.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import { isLeft } from '#fp-ts/Either'
import type { Observer } from '../core/Event.ts'
import type { Millis } from '../core/Millis.ts'
import type { Clock } from '../effects/Clock.ts'
import { systemClock } from '../effects/Clock.ts'
import type { Sweeping } from '../effects/Store.ts'

/** How often, how much. */
export interface SweeperOptions {
  /** ms from the end of one sweep to the next, give or take a fifth. Default 5 min (CherryPy's clean_freq). */
  readonly every?: Millis
  /** The most records that one batch removes; batches follow each other until one is not full. Default 1 000. */
  readonly batch?: number
  /** Hears `swept` and `store-failed`. */
  readonly observer?: Observer
  /** The present time. Default: the machine's clock. */
  readonly clock?: Clock
}

// A timer must not keep a process alive that has nothing else to do; browsers' and workers' timers can not.
const unref = (timer: number | { readonly unref?: () => unknown }): void => {
  if (typeof timer !== 'number') timer.unref?.()
}

/** Starts sweeping when run; run the result to stop. One per process is harmless. */
export const startSweeper =
  (store: Sweeping, options: SweeperOptions = {}): IO<IO<void>> =>
  () => {
    const { every = 300_000, batch = 1_000, observer, clock = systemClock } = options
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
        const swept = await store.sweep(clock(), batch)()
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
          void sweep()
            .catch((cause: unknown) => {
              tell({ _tag: 'store-failed', operation: 'sweep', cause, fatal: false })
            })
            .then(() => {
              if (!stopped) schedule()
            })
        },
        every * (0.8 + Math.random() * 0.4),
      )
      unref(timer)
    }

    schedule()
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }
