/**
 * ```ts
 * interface Waiting { join: (hex) => Waiter; ring: (hex) => void }
 * ```
 * Who waits for a lease looks again when a release of this process rings, when the lease runs out, and at short
 * intervals, for a release of another process.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Millis } from '../../core/Millis.ts'
import type { Timer } from '../../effects/Timer.ts'
import type { Hex } from './places.ts'

/** One who waits. */
export interface Waiter {
  /** Until it rings, or `ms` have passed; at once if it rang since the last time. */
  readonly sleep: (ms: Millis) => Promise<void>
  readonly leave: IO<void>
}

/** See the module's head. */
export interface Waiting {
  readonly join: (hex: Hex) => Waiter
  readonly ring: (hex: Hex) => void
}

/** How often another process's release is looked for, ms. */
const INTERVAL = 25

/** Nobody waits. */
export const waiting = (timer: Timer): Waiting => {
  const bells = new Map<Hex, Set<IO<void>>>()

  return {
    join: (hex) => {
      const set = bells.get(hex) ?? new Set()
      bells.set(hex, set)
      let rung = false
      let wake: IO<void> | undefined
      const bell = (): void => {
        rung = true
        wake?.()
      }
      set.add(bell)
      return {
        sleep: async (ms) => {
          if (!rung)
            await new Promise<void>((resolve) => {
              const disarm = timer(Math.max(1, Math.min(ms, INTERVAL)), resolve)
              wake = () => {
                disarm()
                resolve()
              }
            })
          rung = false
          wake = undefined
        },
        leave: () => {
          set.delete(bell)
          if (set.size === 0) bells.delete(hex)
        },
      }
    },
    ring: (hex) => {
      for (const bell of bells.get(hex) ?? []) bell()
    },
  }
}
