/**
 * ```ts
 * interface Line { join: (wait, lease) => Promise<Acquired | Busy | Gone>; settle: () => void }
 * ```
 * Who waits for the lease of a session, first come, first served, in the memory of its object: whoever waits keeps a
 * request open, so the object stays for as long as anybody does. The leases themselves are on disk.
 *
 * Laws: each who joins gets exactly one answer, when its wait is over or before; nobody passes one who came earlier.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Millis } from '../../core/Millis.ts'
import { systemClock } from '../../effects/Clock.ts'
import type { Acquired, Busy, Gone } from '../../effects/Store.ts'
import { systemTimer } from '../../effects/Timer.ts'

/** See the module's head. */
export interface Line {
  /** The lease for `lease` ms, after at most `wait` ms. */
  readonly join: (wait: Millis, lease: Millis) => Promise<Acquired | Busy | Gone>
  /** To be called when the lease may be free, or the record is gone. */
  readonly settle: IO<void>
}

interface Waiter {
  readonly deadline: Millis
  readonly lease: Millis
  readonly answer: (answer: Acquired | Busy | Gone) => void
}

/** Nobody waits. `seize` takes the lease if it is free. */
export const line = (seize: (lease: Millis) => Acquired | Busy | Gone): Line => {
  const waiters = new Set<Waiter>()
  let disarm: IO<void> = () => undefined

  const settle = (): void => {
    disarm()
    const now = systemClock()
    let wake = Infinity
    for (const waiter of waiters) {
      const answer = seize(waiter.lease)
      if (answer._tag === 'Busy' && waiter.deadline > now) wake = Math.min(wake, answer.until, waiter.deadline)
      else {
        waiters.delete(waiter)
        waiter.answer(answer)
      }
    }
    if (waiters.size > 0) disarm = systemTimer(wake - now, settle)
  }

  return {
    join: (wait, lease) =>
      new Promise((answer) => {
        waiters.add({ deadline: systemClock() + wait, lease, answer })
        settle()
      }),
    settle,
  }
}
