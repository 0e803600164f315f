/**
 * ```ts
 * interface Epochs { raise: (subject, now) => SubjectEpoch; read: (subject) => SubjectEpoch; forget: (now) => void }
 * ```
 * The subjects' epochs, each kept for an hour or longer after it was last raised.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { SubjectEpoch } from '../../core/Stored.ts'
import type { Clock } from '../../effects/Clock.ts'
import { agenda } from './agenda.ts'
import { numbers, type Place } from './ring.ts'

/** See the module's head. */
export interface Epochs {
  readonly raise: (subject: string, now: Millis) => SubjectEpoch
  readonly read: (subject: string) => SubjectEpoch
  /** Removes a few that are too old to matter. `now` is the clock's. */
  readonly forget: (now: Millis) => void
}

interface Raised {
  readonly subject: string
  epoch: SubjectEpoch
  readonly due: Place
}

const HOUR = 3_600_000

/** Removing more than one each time lets a backlog shrink. */
const FORGOTTEN = 2

/** No epochs. `clock` decides when one may be forgotten. */
export const epochs = (clock: Clock): Epochs => {
  const subjects = new Map<string, Raised>()
  const places = numbers()
  const at = new Map<Place, Raised>()
  const removals = agenda(clock(), places)

  const forget = (now: Millis): void => {
    for (let most = FORGOTTEN; most > 0; most -= 1) {
      const due = removals.next(now)
      if (due === undefined) return
      subjects.delete(at.get(due)?.subject as string)
      at.delete(due)
      removals.off(due)
      places.give(due)
    }
  }

  return {
    raise: (subject, now) => {
      const present = clock()
      forget(present)
      const raised = subjects.get(subject) ?? { subject, epoch: 0, due: places.take() }
      raised.epoch = Math.max(raised.epoch + 1, now)
      subjects.set(subject, raised)
      at.set(raised.due, raised)
      removals.set(raised.due, Math.max(now, present) + HOUR)
      return raised.epoch
    },
    read: (subject) => subjects.get(subject)?.epoch ?? 0,
    forget,
  }
}
