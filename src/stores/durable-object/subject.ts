/**
 * ```ts
 * subjectVerbs: (storage) => SubjectVerbs
 * ```
 * What the object of one subject does: it knows which sessions the subject has, and the subject's epoch.
 *
 * **An entry too many, never one too few.** Index and records are in different objects, so they are two steps: the entry
 * first, the record second; on removal the record first. Each entry has a *horizon*, the time until which it is sure to
 * stand, and the object of a session writes a record of a subject only if it would be removed before that (else it asks
 * for a later entry). So an entry goes when its horizon has passed: no record can stand there any more. It goes earlier in
 * two cases. The session is ended: it never comes back. Or the session left the subject: then only if the entry was not
 * written again since, which a horizon that rises with each writing tells.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { SubjectEpoch } from '../../core/Stored.ts'
import { idFrom } from '../../core/Token.ts'
import { systemClock } from '../../effects/Clock.ts'
import { SWEEP_SLACK } from '../../effects/Store.ts'
import type { ObjectStorage } from './platform.ts'
import type { SubjectCalls, Verbs } from './wire.ts'

/** See the module's head. */
export interface SubjectVerbs extends Verbs<SubjectCalls> {
  /** Removes what is past its time. */
  readonly alarm: () => Promise<void>
}

const HOUR: Millis = 3_600_000
/** How much longer than its record an entry stands: one that is touched all day asks for a new entry once in so long. */
const MARGIN: Millis = HOUR
/** An epoch matters for as long as a request may run that read the one before. */
const EPOCH_KEPT: Millis = 2 * HOUR
/** How long alarms leave at least between them. */
const PAUSE: Millis = HOUR

const ENTRY = 'entry:'
const EPOCH = 'epoch'
/** When the alarm is set for: the platform tells that only to who awaits it. */
const ALARM = 'alarm'

interface Raised {
  readonly epoch: SubjectEpoch
  readonly until: Millis
}

/** See the module's head. */
export const subjectVerbs = (storage: ObjectStorage): SubjectVerbs => {
  const horizonAt = (key: string): Millis | undefined => storage.kv.get(key) as Millis | undefined
  const raised = (): Raised | undefined => storage.kv.get(EPOCH) as Raised | undefined
  const entries = (): ReadonlyArray<[key: string, horizon: Millis]> =>
    Array.from(storage.kv.list({ prefix: ENTRY }) as Iterable<[string, Millis]>)

  const setAlarm = (at: Millis): Promise<void> => {
    storage.kv.put(ALARM, at)
    return storage.setAlarm(at)
  }

  const arm = (at: Millis): void => {
    const armed = storage.kv.get(ALARM) as Millis | undefined
    // One that is past was given up by the platform, or is about to come and to set itself anew.
    if (armed === undefined || at < armed || armed <= systemClock()) void setAlarm(at)
  }

  return {
    enter: (id, expiresAt) => {
      const key = ENTRY + id
      const before = horizonAt(key)
      const enough = expiresAt + SWEEP_SLACK + MARGIN
      const horizon = before === undefined ? enough : Math.max(enough, before + 1)
      storage.kv.put(key, horizon)
      arm(horizon)
      return [horizon]
    },

    forget: (horizon, ids) => {
      for (const key of ids.map((id) => ENTRY + id)) {
        const present = horizonAt(key)
        if (present !== undefined && present <= horizon) storage.kv.delete(key)
      }
      return [null]
    },

    members: () => [entries().map(([key]) => idFrom(key.slice(ENTRY.length)))],

    raise: (now) => {
      const epoch = Math.max((raised()?.epoch ?? 0) + 1, now)
      const until = Math.max(now, systemClock()) + EPOCH_KEPT
      storage.kv.put(EPOCH, { epoch, until } satisfies Raised)
      arm(until)
      return [epoch]
    },

    read: () => [raised()?.epoch ?? 0],

    alarm: async () => {
      const now = systemClock()
      const due: ReadonlyArray<[key: string, horizon: Millis]> = [...entries(), [EPOCH, raised()?.until ?? 0]]
      let next = Infinity
      for (const [key, horizon] of due) {
        if (horizon <= now) storage.kv.delete(key)
        else next = Math.min(next, horizon)
      }
      await (next === Infinity ? storage.deleteAll() : setAlarm(Math.max(next, now + PAUSE)))
    },
  }
}
