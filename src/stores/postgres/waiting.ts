/**
 * ```ts
 * waiting: () => { enter: (id) => Waiter; wake: (id) => void; wakeAll: () => void }
 * ```
 * Who in this process waits for a session's lease. To be woken means to ask again; a waiter that was woken before it
 * sleeps does not sleep.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Millis } from '../../core/Millis.ts'

/** One who waits. */
export interface Waiter {
  /** Resolves after `ms`, or when it is woken. */
  readonly sleep: (ms: Millis) => Promise<void>
  /** To be called once, when the waiting is over. */
  readonly leave: IO<void>
}

/** See the module's head. */
export interface Waiting {
  readonly enter: (id: string) => Waiter
  readonly wake: (id: string) => void
  readonly wakeAll: IO<void>
}

// More than this, and timers fire at once.
const LONGEST_TIMER = 2_147_483_647

/** Nobody waits yet. */
export const waiting = (): Waiting => {
  const waiters = new Map<string, Set<IO<void>>>()

  const wake = (id: string): void => {
    for (const rouse of waiters.get(id) ?? []) rouse()
  }

  return {
    enter: (id) => {
      let awake = false
      let resume: IO<void> | undefined
      const rouse = (): void => {
        awake = true
        resume?.()
      }
      const others = waiters.get(id) ?? new Set<IO<void>>()
      waiters.set(id, others.add(rouse))
      return {
        sleep: (ms) =>
          new Promise((resolve) => {
            const timer = setTimeout(rouse, Math.min(ms, LONGEST_TIMER))
            resume = () => {
              clearTimeout(timer)
              resume = undefined
              awake = false
              resolve()
            }
            if (awake) resume()
          }),
        leave: () => {
          others.delete(rouse)
          if (others.size === 0 && waiters.get(id) === others) waiters.delete(id)
        },
      }
    },
    wake,
    wakeAll: () => {
      for (const id of waiters.keys()) wake(id)
    },
  }
}
