/**
 * ```ts
 * type Timer = (ms: Millis, wake: IO<void>) => IO<void>
 * ```
 * What wakes somebody who waits. Passed in, so that a test can do it.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Millis } from '../core/Millis.ts'

/** Calls `wake` once, `ms` later; running the result takes that back. */
export type Timer = (ms: Millis, wake: IO<void>) => IO<void>

// More than this, and timers fire at once.
const LONGEST_TIMER = 2_147_483_647

/** The timer of the runtime. It keeps a Node process alive: somebody awaits what it wakes. */
export const systemTimer: Timer = (ms, wake) => {
  const timer = setTimeout(wake, Math.min(ms, LONGEST_TIMER))
  return () => {
    clearTimeout(timer)
  }
}
