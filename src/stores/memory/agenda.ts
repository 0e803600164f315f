/**
 * ```ts
 * interface Agenda<A> { set: (at, due) => void; next: (now) => A | undefined; each: (now, visit) => void }
 * ```
 * What is due when, by the minute: setting, moving and finding the next due item take constant time, however many there
 * are. Nothing scans.
 *
 * Laws: `next(now)` gives only items whose minute is over at `now`, and undefined only if there are none; `each(now, …)`
 * visits every item that is due before `now` (and others of the last minute: the visitor looks again).
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import { first, join, place, type Place } from './ring.ts'

/** See the module's head. */
export interface Agenda<A> {
  /** Puts an item on the agenda, or moves it. `leave` of its place takes it off. */
  readonly set: (at: Place<A>, due: Millis) => void
  /** An item whose minute is over; the same one until it is moved or taken off. */
  readonly next: (now: Millis) => A | undefined
  /** Visits items that may be due before `now`, until a visit answers false. A visit may take its item off. */
  readonly each: (now: Millis, visit: (item: A) => boolean) => void
}

const MINUTE = 60_000

const minuteOf = (time: Millis): number => Math.floor(time / MINUTE)

/** An empty agenda that begins at `start`. */
export const agenda = <A>(start: Millis): Agenda<A> => {
  const minutes = new Map<number, Place<A>>()
  // Every minute before this one is empty. It moves on with time, once for each minute that passes, and never back.
  let hand = minuteOf(start)

  return {
    set: (at, due) => {
      const minute = Math.max(hand, minuteOf(due))
      const list = minutes.get(minute) ?? place<A>()
      if (list.after === list) minutes.set(minute, list)
      join(list, at)
    },
    next: (now) => {
      const present = minuteOf(now)
      while (hand < present) {
        const list = minutes.get(hand)
        const item = list === undefined ? undefined : first(list)
        if (item !== undefined) return item
        minutes.delete(hand)
        hand = minutes.size === 0 ? present : hand + 1
      }
      return undefined
    },
    each: (now, visit) => {
      const last = Math.max(hand, minuteOf(now))
      for (const [minute, list] of minutes) {
        if (minute > last) continue
        for (let at = list.after; at.item !== undefined;) {
          const { item, after } = at
          if (!visit(item)) return
          at = after
        }
      }
    },
  }
}
