/**
 * ```ts
 * interface Records { get; add; replace; entomb; drop; of: (subject) => Set<Entry>; overdue; oldestAnonymous; … }
 * ```
 * What stands under each id, and beside it, always in step: who has which sessions, which anonymous session was without
 * activity for longest, and what is due for removal.
 *
 * Laws: no operation takes longer for many records than for few; an entry is in `of(subject)` exactly while its record
 * is live and that subject's; in the anonymous order exactly while it is live and nobody's.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { Live, Stored } from '../../core/Stored.ts'
import { ended } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import { SWEEP_SLACK } from '../../effects/Store.ts'
import { agenda } from './agenda.ts'
import { first, join, leave, place, type Place } from './ring.ts'

/** What stands under one id. */
export interface Entry {
  readonly id: SessionId
  stored: Stored
  /** Its place on the agenda of removals. */
  due: Place<Entry>
  /** Its place among the anonymous sessions; alone when it is none. */
  order: Place<Entry>
}

/** See the module's head. */
export interface Records {
  readonly get: (id: SessionId) => Entry | undefined
  readonly add: (id: SessionId, live: Live) => void
  readonly replace: (entry: Entry, live: Live) => void
  /** Leaves a tombstone in the record's place. */
  readonly entomb: (entry: Entry, until: Millis) => void
  readonly drop: (entry: Entry) => void
  /** How many live records there are. */
  readonly size: () => number
  /** The subject's live records, in the order in which they became the subject's. */
  readonly of: (subject: string) => ReadonlySet<Entry>
  /** The anonymous record that was created, written or touched the longest time ago. */
  readonly oldestAnonymous: () => Entry | undefined
  /** An entry that may be removed for a minute or longer. */
  readonly overdue: (now: Millis) => Entry | undefined
  /** At most `limit` entries that may be removed. */
  readonly due: (now: Millis, limit: number) => ReadonlyArray<Entry>
}

const dueOf = (stored: Stored): Millis => (stored._tag === 'Live' ? stored.expiresAt + SWEEP_SLACK : stored.until)

const subjectOf = (stored: Stored): string | undefined => (stored._tag === 'Live' ? stored.subject?.id : undefined)

const NOBODY: ReadonlySet<Entry> = new Set()

/** No records. `now`: the time by which `overdue` will be asked. */
export const records = (now: Millis): Records => {
  const entries = new Map<SessionId, Entry>()
  const subjects = new Map<string, Set<Entry>>()
  const anonymous = place<Entry>()
  const removals = agenda<Entry>(now)
  let live = 0

  const index = (entry: Entry, before: string | undefined, after: string | undefined): void => {
    if (before === after) return
    if (before !== undefined) {
      const set = subjects.get(before)
      set?.delete(entry)
      if (set?.size === 0) subjects.delete(before)
    }
    if (after !== undefined) {
      const set = subjects.get(after)
      if (set === undefined) subjects.set(after, new Set([entry]))
      else set.add(entry)
    }
  }

  const put = (entry: Entry, before: string | undefined): void => {
    const { stored } = entry
    const subject = subjectOf(stored)
    index(entry, before, subject)
    if (stored._tag === 'Live' && subject === undefined) join(anonymous, entry.order)
    else leave(entry.order)
    removals.set(entry.due, dueOf(stored))
  }

  return {
    get: (id) => entries.get(id),
    add: (id, stored) => {
      const entry = { id, stored, due: undefined, order: undefined } as unknown as Entry
      entry.due = place(entry)
      entry.order = place(entry)
      entries.set(id, entry)
      live += 1
      put(entry, undefined)
    },
    replace: (entry, stored) => {
      const before = subjectOf(entry.stored)
      entry.stored = stored
      put(entry, before)
    },
    entomb: (entry, until) => {
      const before = subjectOf(entry.stored)
      entry.stored = Object.freeze(ended(until))
      live -= 1
      put(entry, before)
    },
    drop: (entry) => {
      index(entry, subjectOf(entry.stored), undefined)
      leave(entry.order)
      leave(entry.due)
      entries.delete(entry.id)
      if (entry.stored._tag === 'Live') live -= 1
    },
    size: () => live,
    of: (subject) => subjects.get(subject) ?? NOBODY,
    oldestAnonymous: () => first(anonymous),
    overdue: (time) => removals.next(time),
    due: (time, limit) => {
      const found: Array<Entry> = []
      removals.each(time, (entry) => found.length < limit && (dueOf(entry.stored) >= time || found.push(entry) > 0))
      return found
    },
  }
}
