/**
 * ```ts
 * memoryStore: (options?) => Store<'cas'> & Sweeping & Directory & Locking
 * ```
 * Sessions in the memory of one process: for one server, for development, for tests. They are gone when it stops.
 *
 * Bounded: when `maxSessions` live ones stand, the anonymous one that was without activity for longest leaves for a new
 * one. A signed-in session never leaves: when nobody else is left to, `create` fails. Needs no sweeper: each `create`
 * removes a few records and tombstones that are past their time. No verb takes longer for many sessions than for few.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import { left, none, right, some } from '../core/tagged.ts'
import type { Millis } from '../core/Millis.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Live, Revision } from '../core/Stored.ts'
import { holdsRevision } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import { atOnce } from '../effects/atOnce.ts'
import { type Clock, systemClock } from '../effects/Clock.ts'
import type {
  Conflict,
  Directory,
  Gone,
  Leased,
  Listed,
  Locking,
  Store,
  StoreError,
  Sweeping,
  Updated,
} from '../effects/Store.ts'
import { conflict, created, done, exists, gone, leased, refused, touched, updated } from '../effects/Store.ts'
import { systemTimer, type Timer } from '../effects/Timer.ts'
import { epochs } from './memory/epochs.ts'
import { kept } from './memory/kept.ts'
import { leases } from './memory/leases.ts'
import { type Entry, records } from './memory/records.ts'

export type { Timer } from '../effects/Timer.ts'

/** Everything that a store can do, at once. */
export type MemoryStore = Store<'cas'> & Sweeping & Directory & Locking

/** The options of `memoryStore`. */
export interface MemoryStoreOptions {
  /**
   * How many live sessions there may be: a positive integer. Default 100,000, which is 40 to 100 MB of small sessions.
   * Tombstones (an id and a time, an hour each) are not counted and never leave early.
   */
  readonly maxSessions?: number
  /**
   * Called with the id of each anonymous session that leaves for a new one: a sign that `maxSessions` is small, or that
   * somebody creates sessions in bulk. What it throws is ignored. Default: nothing.
   */
  readonly onEvicted?: (id: SessionId) => void
  /** Decides about leases, and when removal is due. Default: `systemClock`. */
  readonly clock?: Clock
  /** Wakes who waits for a lease. To be given together with `clock`. Default: the runtime's `setTimeout`. */
  readonly timer?: Timer
}

type UpdateAnswer = Either<StoreError, Updated | Conflict | Leased | Gone>

/** Removing more than one per creation lets a backlog shrink. */
const REMOVED_PER_CREATE = 2

/** A verb of this store: it works when run, at once, and a promise carries the answer. */
const task =
  <A>(work: () => A): TaskEither<StoreError, A> =>
  () =>
    Promise.resolve(right(work()))

const full = (maxSessions: number): Error =>
  new Error(`All ${maxSessions} sessions of the memory store are signed in (maxSessions), and those are never evicted.`)

const listed = ({ id, stored }: Entry): Listed => {
  const { createdAt, touchedAt, expiresAt, subject } = stored as Live
  return { id, createdAt, touchedAt, expiresAt, authenticatedAt: subject?.authenticatedAt ?? createdAt }
}

/** A store that holds nothing yet. Throws `Misconfigured` when an option breaks its rule. */
export const memoryStore = (options: MemoryStoreOptions = {}): MemoryStore => {
  const { maxSessions = 100_000, onEvicted, clock = systemClock, timer = systemTimer } = options
  if (!Number.isInteger(maxSessions) || maxSessions < 1)
    throw toError(misconfigured('maxSessions', maxSessions, 'must be a positive integer'))

  const table = records(clock())
  const raised = epochs(clock)

  const find = (id: SessionId): (Entry & { stored: Live }) | undefined => {
    const entry = table.get(id)
    return entry?.stored._tag === 'Live' ? (entry as Entry & { stored: Live }) : undefined
  }

  const locks = leases(clock, timer, (id) => {
    const entry = find(id)
    if (entry === undefined) return undefined
    const fence = entry.stored.fence + 1
    table.replace(entry, kept(entry.stored, fence, entry.stored.touchedAt, entry.stored.expiresAt))
    return fence
  })

  const drop = (entry: Entry): void => {
    table.drop(entry)
    locks.abandon(entry.id)
  }

  const entomb = (entry: Entry, until: number): void => {
    table.entomb(entry, until)
    locks.abandon(entry.id)
  }

  const removeOverdue = (now: Millis): boolean => {
    const entry = table.overdue(now)
    if (entry !== undefined) drop(entry)
    return entry !== undefined
  }

  const evict = (): boolean => {
    const entry = table.oldestAnonymous()
    if (entry === undefined) return false
    drop(entry)
    try {
      onEvicted?.(entry.id)
    } catch {
      // An observer's failure is not the request's.
    }
    return true
  }

  const makeRoom = (): boolean => {
    const now = clock()
    raised.forget(now)
    for (let most = REMOVED_PER_CREATE; most > 0 && removeOverdue(now); most -= 1);
    while (table.size() >= maxSessions) if (!removeOverdue(now)) return evict()
    return true
  }

  /** What a lease, or the lack of one, says to a write. */
  const barred = (id: SessionId, live: Live, fence: number | undefined): Leased | Conflict | undefined => {
    const held = locks.held(id)
    if (fence === undefined) return held === undefined ? undefined : leased(held.until)
    return held?.fence === fence ? undefined : conflict(live)
  }

  const create = (id: SessionId, live: Live): Either<StoreError, typeof created | typeof exists> => {
    const stored = table.stored(id)
    if (stored !== undefined)
      return right(stored._tag === 'Live' && stored.revision === live.revision ? created : exists)
    const record = kept(live, 0, live.touchedAt, live.expiresAt)
    if (!makeRoom()) return left(refused('create', full(maxSessions)))
    table.add(id, record)
    return right(created)
  }

  const update = (id: SessionId, expected: Revision, live: Live, fence?: number): UpdateAnswer => {
    const entry = find(id)
    if (entry === undefined) return right(gone)
    const present = entry.stored
    if (holdsRevision(live.revision)(present)) return right(updated)
    const bar = barred(id, present, fence)
    if (bar !== undefined) return right(bar)
    if (present.revision !== expected) return right(conflict(present))
    // Activity that this writer had not seen keeps the record's time, its removal included.
    const later = present.touchedAt > live.touchedAt
    const expiresAt = later ? Math.max(present.expiresAt, live.expiresAt) : live.expiresAt
    table.replace(entry, kept(live, present.fence, later ? present.touchedAt : live.touchedAt, expiresAt))
    return right(updated)
  }

  return {
    guarantee: 'cas',
    local: true,

    load: atOnce((id: SessionId) => {
      const stored = table.stored(id)
      return right(stored === undefined ? none : some(stored))
    }),
    create: atOnce(create),
    update: atOnce(update),

    touch: (id, epoch, touchedAt, expiresAt) =>
      task(() => {
        const entry = find(id)
        if (entry === undefined) return gone
        const present = entry.stored
        if (present.epoch !== epoch || touchedAt > present.expiresAt) return gone
        const latest = Math.max(present.touchedAt, touchedAt)
        table.replace(entry, kept(present, present.fence, latest, Math.max(present.expiresAt, expiresAt)))
        return touched
      }),

    end: (id, expected, until, fence) =>
      task(() => {
        const entry = find(id)
        if (entry === undefined) return gone
        const bar = barred(id, entry.stored, fence)
        if (bar !== undefined) return bar
        if (entry.stored.revision !== expected) return conflict(entry.stored)
        entomb(entry, until)
        return done
      }),

    sweep: (now, limit) =>
      task(() => {
        const due = table.due(now, limit)
        for (const entry of due) drop(entry)
        return { removed: due.length, more: due.length === limit }
      }),

    acquire: (id, wish) => async () => right(await locks.acquire(id, wish)),
    renew: (id, fence, lease) => task(() => locks.renew(id, fence, lease)),
    release: (id, fence) => task(() => locks.release(id, fence)),

    list: (subject) =>
      task(() =>
        table
          .of(subject)
          .map(listed)
          .sort((a, b) => a.createdAt - b.createdAt),
      ),
    count: (subject) => task(() => table.count(subject)),
    endOne: (subject, id, until) =>
      task(() => {
        const entry = find(id)
        if (entry?.stored.subject?.id !== subject) return gone
        entomb(entry, until)
        return done
      }),
    endAll: (subject, until, except) =>
      task(() => {
        const others = table.of(subject).filter(({ id }) => id !== except)
        for (const entry of others) entomb(entry, until)
        return others.length
      }),
    raiseEpoch: (subject, now) => task(() => raised.raise(subject, now)),
    readEpoch: (subject) => task(() => raised.read(subject)),
  }
}
