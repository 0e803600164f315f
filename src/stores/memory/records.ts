/**
 * ```ts
 * interface Records { get; add; replace; entomb; drop; of: (subject) => Entry[]; overdue; oldestAnonymous; … }
 * ```
 * What stands under each id, and beside it, always in step: who has which sessions, which anonymous session was without
 * activity for longest, and what is due for removal.
 *
 * Laws: no operation takes longer for many records than for few, but for the moment in which an array or a map grows; an
 * entry is in `of(subject)` exactly while its record is live and that subject's; in the anonymous order exactly while it is
 * live and nobody's.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { Live, Stored } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import { SWEEP_SLACK } from '../../effects/Store.ts'
import { agenda } from './agenda.ts'
import { ids } from './ids.ts'
import { numbers, type Place, ring } from './ring.ts'
import { slots } from './slots.ts'

/** What stood under one id when it was asked for: good until the next change of that record. */
export interface Entry {
  readonly id: SessionId
  readonly stored: Stored
  readonly at: Place
}

/** See the module's head. */
export interface Records {
  readonly get: (id: SessionId) => Entry | undefined
  /** What stands there, no more: what a load needs. */
  readonly stored: (id: SessionId) => Stored | undefined
  readonly add: (id: SessionId, live: Live) => void
  readonly replace: (entry: Entry, live: Live) => void
  /** Leaves a tombstone in the record's place. */
  readonly entomb: (entry: Entry, until: Millis) => void
  readonly drop: (entry: Entry) => void
  /** How many live records there are. */
  readonly size: () => number
  /** The subject's live records, in the order in which they became the subject's. */
  readonly of: (subject: string) => ReadonlyArray<Entry>
  /** How many those are. */
  readonly count: (subject: string) => number
  /** The anonymous record that was created, written or touched the longest time ago. */
  readonly oldestAnonymous: () => Entry | undefined
  /** An entry that may be removed for a minute or longer. */
  readonly overdue: (now: Millis) => Entry | undefined
  /** At most `limit` entries that may be removed. */
  readonly due: (now: Millis, limit: number) => ReadonlyArray<Entry>
}

/** No records. `now`: the time by which `overdue` will be asked. */
export const records = (now: Millis): Records => {
  const places = numbers()
  const rows = slots()
  const entries = ids(rows.id)
  const subjects = new Map<string, Set<Place>>()
  const order = ring()
  const anonymous = places.take()
  const removals = agenda(now, places)
  let live = 0

  const entryAt = (at: Place): Entry => ({ id: rows.id(at), stored: rows.stored(at), at })

  const dueAt = (at: Place): Millis => (rows.isLive(at) ? rows.endAt(at) + SWEEP_SLACK : rows.endAt(at))

  const index = (at: Place, before: string | undefined, after: string | undefined): void => {
    if (before === after) return
    if (before !== undefined) {
      const set = subjects.get(before)
      set?.delete(at)
      if (set?.size === 0) subjects.delete(before)
    }
    if (after !== undefined) {
      const set = subjects.get(after)
      if (set === undefined) subjects.set(after, new Set([at]))
      else set.add(at)
    }
  }

  /** Brings everything beside the record into step with it. */
  const settle = (at: Place, before: string | undefined): void => {
    const subject = rows.subjectAt(at)
    index(at, before, subject)
    if (subject === undefined && rows.isLive(at)) order.join(anonymous, at)
    else order.leave(at)
    removals.set(at, dueAt(at))
  }

  return {
    get: (id) => {
      const at = entries.find(id)
      return at === undefined ? undefined : { id, stored: rows.stored(at), at }
    },
    stored: (id) => {
      const at = entries.find(id)
      return at === undefined ? undefined : rows.stored(at)
    },
    add: (id, stored) => {
      const at = places.take()
      rows.put(at, id, stored)
      entries.add(id, at)
      live += 1
      settle(at, undefined)
    },
    replace: ({ at, id }, stored) => {
      const before = rows.subjectAt(at)
      rows.put(at, id, stored)
      settle(at, before)
    },
    entomb: ({ at }, until) => {
      const before = rows.subjectAt(at)
      rows.bury(at, until)
      live -= 1
      settle(at, before)
    },
    drop: ({ at, id }) => {
      index(at, rows.subjectAt(at), undefined)
      order.leave(at)
      removals.off(at)
      entries.drop(id)
      if (rows.isLive(at)) live -= 1
      rows.clear(at)
      places.give(at)
    },
    size: () => live,
    of: (subject) => Array.from(subjects.get(subject) ?? [], entryAt),
    count: (subject) => subjects.get(subject)?.size ?? 0,
    oldestAnonymous: () => {
      const at = order.after(anonymous)
      return at === anonymous ? undefined : entryAt(at)
    },
    overdue: (time) => {
      const at = removals.next(time)
      return at === undefined ? undefined : entryAt(at)
    },
    due: (time, limit) => {
      const found: Array<Entry> = []
      removals.each(time, (at) => found.length < limit && (dueAt(at) >= time || found.push(entryAt(at)) > 0))
      return found
    },
  }
}
