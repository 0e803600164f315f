/**
 * ```ts
 * sessionVerbs: (storage) => SessionVerbs
 * ```
 * What the object of one session does: the store's verbs on one record, none of them with an `await` between what it
 * reads and what it writes. Nothing else runs in the object meanwhile, so each is one atomic step (promise 2), and the
 * platform holds an answer back until what it tells of is on disk (promise 4).
 *
 * The record is one text under one key: a write is one row, and `load` passes the text on as it is. The alarm is set when
 * the record is made, when it is ended, and when its end comes nearer. Activity moves the end away and leaves the alarm
 * alone: one that finds nothing to remove yet sets itself anew.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { Live, Stored } from '../../core/Stored.ts'
import { ended, holdsRevision } from '../../core/Stored.ts'
import { systemClock } from '../../effects/Clock.ts'
import type { Acquired, Busy, Conflict, Gone, Leased } from '../../effects/Store.ts'
import { conflict, created, done, exists, gone, leased, lost, released } from '../../effects/Store.ts'
import { SWEEP_SLACK, touched, updated } from '../../effects/Store.ts'
import type { ObjectStorage } from './platform.ts'
import { line } from './waiting.ts'
import type { Mark, Maybe, Reply, SessionCalls, Verbs } from './wire.ts'
import { EVER } from './wire.ts'

/** See the module's head. */
export interface SessionVerbs extends Omit<Verbs<SessionCalls>, 'load'> {
  /** The JSON of what `load` answers. */
  readonly load: () => string
  /** Removes what is past its time. Answers whether this is the object of a session. */
  readonly alarm: () => Promise<boolean>
}

/** The record as it is stored. */
interface Kept {
  /** The JSON of a `Stored`. */
  readonly text: string
  /** Until when the lease of the record's fence runs; 0 when there is none. */
  readonly lease: Millis
  /** Until when the index of the record's subject is sure to have its entry; 0 for an anonymous one. */
  readonly horizon: Millis
}

interface Found extends Kept {
  readonly live: Live
}

const KEY = 'session'

/** When a record may be removed. */
const dueOf = (stored: Stored): Millis => (stored._tag === 'Live' ? stored.expiresAt + SWEEP_SLACK : stored.until)

const acquired = (fence: number, until: Millis): Acquired => ({ _tag: 'Acquired', fence, until })

/** What a lease, or the lack of one, says to a write. */
const barred = ({ live, lease }: Found, fence: Maybe<number>): Leased | Conflict | undefined => {
  const held = lease > systemClock()
  if (fence == null) return held ? leased(lease) : undefined
  return held && live.fence === fence ? undefined : conflict(live)
}

/** The horizon of the entry that stands for a record in its subject's index; undefined when that must have a later one. */
const horizonOf = (live: Live, before: Found | undefined, entry: Maybe<Mark>): Millis | undefined => {
  const subject = live.subject?.id
  if (subject === undefined) return 0
  const written = entry?.[0] === subject ? entry[1] : 0
  const horizon = before?.live.subject?.id === subject ? Math.max(before.horizon, written) : written
  return horizon < dueOf(live) ? undefined : horizon
}

/** See the module's head. */
export const sessionVerbs = (storage: ObjectStorage): SessionVerbs => {
  const kept = (): Kept | undefined => storage.kv.get(KEY) as Kept | undefined

  const stored = (at = kept()): Stored | undefined => (at === undefined ? undefined : (JSON.parse(at.text) as Stored))

  const find = (): Found | undefined => {
    const at = kept()
    const live = stored(at)
    return at === undefined || live?._tag !== 'Live' ? undefined : { ...at, live }
  }

  const write = (record: Stored, lease: Millis, horizon: Millis): void =>
    storage.kv.put(KEY, { text: JSON.stringify(record), lease, horizon } satisfies Kept)

  // Not awaited: it is part of the same step as the write before it, and a failure of either fails the answer.
  const arm = (at: Millis): void => void storage.setAlarm(at)

  const seize = (lease: Millis): Acquired | Busy | Gone => {
    const now = systemClock()
    const found = find()
    if (found === undefined) return gone
    if (found.lease > now) return { _tag: 'Busy', until: found.lease }
    const fence = found.live.fence + 1
    write({ ...found.live, fence }, now + lease, found.horizon)
    return acquired(fence, now + lease)
  }

  const waiting = line(seize)

  /** Writes a live record, if the index of its subject is ready for it. */
  const put = <A>(answer: A, live: Live, before: Found | undefined, entry: Maybe<Mark>): Reply<A> => {
    const horizon = horizonOf(live, before, entry)
    if (horizon === undefined) return [null, [live.subject?.id ?? '', live.expiresAt]]
    write(live, before?.lease ?? 0, horizon)
    if (before === undefined || live.expiresAt < before.live.expiresAt) arm(dueOf(live))
    const left = before?.live.subject?.id
    return before === undefined || left === undefined || left === live.subject?.id
      ? [answer]
      : [answer, [left, before.horizon]]
  }

  const entomb = ({ live }: Found, until: Millis): Reply<typeof done> => {
    write(ended(until), 0, 0)
    arm(until)
    waiting.settle()
    return live.subject === undefined ? [done] : [done, [live.subject.id, EVER]]
  }

  /** What is found under a lease that runs, for its holder. */
  const heldBy = (fence: number): Found | undefined => {
    const found = find()
    return found?.live.fence === fence && found.lease > systemClock() ? found : undefined
  }

  const hold = ({ text, horizon }: Found, lease: Millis): void =>
    storage.kv.put(KEY, { text, lease, horizon } satisfies Kept)

  return {
    load: () => kept()?.text ?? 'null',

    create: (entry, live) => {
      const present = stored()
      if (present !== undefined)
        return [present._tag === 'Live' && present.revision === live.revision ? created : exists]
      return put(created, { ...live, fence: 0 }, undefined, entry)
    },

    update: (entry, expected, live, fence) => {
      const found = find()
      if (found === undefined) return [gone]
      const present = found.live
      if (holdsRevision(live.revision)(present)) return [updated]
      const bar = barred(found, fence)
      if (bar !== undefined) return [bar]
      if (present.revision !== expected) return [conflict(present)]
      // Activity that this writer had not seen keeps the record's time, its removal included.
      const later = present.touchedAt > live.touchedAt
      const touchedAt = later ? present.touchedAt : live.touchedAt
      const expiresAt = later ? Math.max(present.expiresAt, live.expiresAt) : live.expiresAt
      return put(updated, { ...live, fence: present.fence, touchedAt, expiresAt }, found, entry)
    },

    touch: (entry, epoch, touchedAt, expiresAt) => {
      const found = find()
      if (found === undefined || found.live.epoch !== epoch || touchedAt > found.live.expiresAt) return [gone]
      const { live } = found
      const times = {
        touchedAt: Math.max(live.touchedAt, touchedAt),
        expiresAt: Math.max(live.expiresAt, expiresAt),
      }
      return put(touched, { ...live, ...times }, found, entry)
    },

    end: (expected, until, fence) => {
      const found = find()
      if (found === undefined) return [gone]
      const bar = barred(found, fence)
      if (bar !== undefined) return [bar]
      return found.live.revision === expected ? entomb(found, until) : [conflict(found.live)]
    },

    endOne: (subject, until) => {
      const found = find()
      if (found?.live.subject?.id === subject) return entomb(found, until)
      return stored()?._tag === 'Ended' ? [gone, [subject, EVER]] : [gone]
    },

    listed: (subject) => {
      const present = stored()
      if (present?._tag === 'Ended') return [gone]
      if (present?.subject?.id !== subject) return [null]
      const { createdAt, touchedAt, expiresAt } = present
      return [{ createdAt, touchedAt, expiresAt, authenticatedAt: present.subject.authenticatedAt }]
    },

    acquire: async (wait, lease) => [await waiting.join(wait, lease)],

    renew: (fence, lease) => {
      const found = heldBy(fence)
      if (found === undefined) return [lost]
      const until = systemClock() + lease
      hold(found, until)
      return [acquired(fence, until)]
    },

    release: (fence) => {
      const found = heldBy(fence)
      if (found === undefined) return [lost]
      hold(found, 0)
      waiting.settle()
      return [released]
    },

    alarm: async () => {
      const present = stored()
      if (present === undefined) return false
      const due = dueOf(present)
      if (due > systemClock()) await storage.setAlarm(due)
      else {
        await storage.deleteAll()
        waiting.settle()
      }
      return true
    },
  }
}
