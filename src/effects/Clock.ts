/**
 * ```ts
 * type Clock = IO<Millis>
 * ```
 * The only source of time. Passed in, so that a test can hold it still.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Millis } from '../core/Millis.ts'

/** Answers the present time, ms since the epoch. */
export type Clock = IO<Millis>

/** The clock of the machine. It may step back when the machine's time is corrected. */
export const systemClock: Clock = () => Date.now()
