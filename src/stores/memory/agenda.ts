/**
 * ```ts
 * interface Agenda { set: (at, due) => void; off: (at) => void; next: (now) => Place | undefined; each: (now, visit) => void }
 * ```
 * What is due when, by the minute: setting, moving and finding the next due place take constant time, however many there
 * are. Nothing scans.
 *
 * Laws: `next(now)` gives only places whose minute is over at `now`, and undefined only if there are none; `each(now, …)`
 * visits every place that is due before `now` (and others of the last minute: the visitor looks again).
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import { type Numbers, type Place, ring } from './ring.ts'

/** See the module's head. */
export interface Agenda {
  /** Puts a place on the agenda, or moves it. */
  readonly set: (at: Place, due: Millis) => void
  /** Takes a place off, if it is on. */
  readonly off: (at: Place) => void
  /** A place whose minute is over; the same one until it is moved or taken off. */
  readonly next: (now: Millis) => Place | undefined
  /** Visits places that may be due before `now`, until a visit answers false. A visit may take its place off. */
  readonly each: (now: Millis, visit: (at: Place) => boolean) => void
}

const MINUTE = 60_000

const minuteOf = (time: Millis): number => Math.floor(time / MINUTE)

/** An empty agenda that begins at `start`. Minutes take their places from the same numbers as what is due in them. */
export const agenda = (start: Millis, { take, give }: Numbers): Agenda => {
  const { join, leave, after } = ring()
  /** The lists of the minutes that were ever asked for, and are not over. */
  const minutes = new Map<number, Place>()
  // Every minute before this one is empty. It moves on with time, once for each minute that passes, and never back.
  let hand = minuteOf(start)

  return {
    set: (at, due) => {
      const minute = Math.max(hand, minuteOf(due))
      let list = minutes.get(minute)
      if (list === undefined) minutes.set(minute, (list = take()))
      join(list, at)
    },
    off: leave,
    next: (now) => {
      const present = minuteOf(now)
      while (hand < present) {
        const list = minutes.get(hand)
        if (list !== undefined) {
          const at = after(list)
          if (at !== list) return at
          minutes.delete(hand)
          give(list)
        }
        hand = minutes.size === 0 ? present : hand + 1
      }
      return undefined
    },
    each: (now, visit) => {
      const last = Math.max(hand, minuteOf(now))
      for (const [minute, list] of minutes) {
        if (minute > last) continue
        for (let at = after(list); at !== list;) {
          const next = after(at)
          if (!visit(at)) return
          at = next
        }
      }
    },
  }
}
