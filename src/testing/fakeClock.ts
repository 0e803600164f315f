/**
 * ```ts
 * interface FakeClock { now: Clock; advance: (ms) => void; set: (time) => void; timer: Timer }
 * ```
 * A clock that stands still until a test moves it, and the timers that go by it.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Millis } from '../core/Millis.ts'
import type { Clock } from '../effects/Clock.ts'
import type { Timer } from '../stores/memory.ts'

/** See the module's head. */
export interface FakeClock {
  /** The present time. Give it wherever a `clock` is asked for. */
  readonly now: Clock
  /** Lets `ms` pass, which is 0 or more. Timers fire at their times, in order, before it returns. */
  readonly advance: (ms: Millis) => void
  /** Jumps to a time, an earlier one too, as a corrected clock does. Timers that are due then fire. */
  readonly set: (time: Millis) => void
  /** Fires by this clock. Give it wherever a `timer` is asked for. */
  readonly timer: Timer
}

interface Alarm {
  readonly at: Millis
  readonly wake: IO<void>
}

/** A clock that shows `start`, ms since the epoch. Default: 2026-01-01T00:00:00Z. */
export const fakeClock = (start: Millis = Date.UTC(2026, 0, 1)): FakeClock => {
  const alarms = new Set<Alarm>()
  let present = start

  const nextBy = (time: Millis): Alarm | undefined =>
    [...alarms]
      .filter(({ at }) => at <= time)
      .reduce<Alarm | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined)

  const fireBy = (time: Millis): void => {
    for (let alarm = nextBy(time); alarm !== undefined; alarm = nextBy(time)) {
      alarms.delete(alarm)
      present = Math.max(present, alarm.at)
      alarm.wake()
    }
  }

  return {
    now: () => present,
    advance: (ms) => {
      const target = present + ms
      fireBy(target)
      present = target
    },
    set: (time) => {
      present = time
      fireBy(time)
    },
    timer: (ms, wake) => {
      const alarm = { at: present + ms, wake }
      alarms.add(alarm)
      return () => {
        alarms.delete(alarm)
      }
    },
  }
}
