/**
 * ```ts
 * cached: (options) => <S extends Store<'cas'>>(store: S) => S & Near
 * ```
 * A small near cache: reads of a session that this process loaded lately need no store call.
 *
 * The cache answers one question only, that of a request which begins: "is this session live, and what is in it?" (`peek`).
 * If the record that is kept near does not admit the request, the manager asks the store. `load`, which comes after every
 * conflict and lease, and all writes go to the store, where compare-and-set decides: no update is lost (promise 2), and
 * nothing that was ended comes back (promise 3).
 *
 * What it costs: **a request that reads may see a session as it was up to `ttl` ago**, a logout, revocation, rotation or
 * change in *another* process included. In this process a write is seen at once.
 *
 * Laws:
 * 1. What `peek` gives is a live record that the store held at some time in the last `ttl`, not past its `expiresAt`.
 * 2. After a write of this process was answered, `peek` gives nothing that was read before it, also if the read was still
 *    on its way; after a write that failed, neither; nor while one is under way.
 * 3. At most `max` records are kept; the one that was used longest ago leaves.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Option } from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import { isRight } from '../../core/tagged.ts'
import type { Millis } from '../../core/Millis.ts'
import { misconfigured, toError } from '../../core/SessionError.ts'
import type { Live, Stored } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Clock } from '../Clock.ts'
import { systemClock } from '../Clock.ts'
import type { Directory, Guarantee, Locking, Near, Store, StoreError, Sweeping } from '../Store.ts'

/** How long, how many. */
export interface CachedOptions {
  /** The longest that a read may be behind, ms, above 0, counted from when the record was asked for. */
  readonly ttl: Millis
  /** How many records are kept: a whole number from 1. Default 1 000. */
  readonly max?: number
  /** The present time. Default: the machine's clock. */
  readonly clock?: Clock
}

interface Entry {
  readonly live: Live
  /** When it was asked for. */
  readonly asked: Millis
}

/** A load under way; what it brings may be kept unless something was written meanwhile. */
interface Fill {
  valid: boolean
}

const demand = (option: string, value: unknown, holds: boolean, rule: string): void => {
  if (!holds) throw toError(misconfigured(`cached.${option}`, value, rule))
}

/** See the module's head. Goes around all other combinators. Throws `Misconfigured` when an option breaks its rule. */
export const cached = ({ ttl, max = 1_000, clock = systemClock }: CachedOptions) => {
  demand('ttl', ttl, Number.isFinite(ttl) && ttl > 0, 'it must be a finite number of milliseconds above 0')
  demand('max', max, Number.isInteger(max) && max >= 1, 'it must be a whole number from 1')

  return <S extends Store<'cas'> & Partial<Sweeping & Locking & Directory>>(store: S): S & Near => {
    demand('store', store.guarantee, (store.guarantee as Guarantee) === 'cas', 'it must compare before it sets')
    // In the order of their last use: a Map remembers it.
    const entries = new Map<SessionId, Entry>()
    const fills = new Map<SessionId, Set<Fill>>()
    const writing = new Map<SessionId, number>()
    /** Writes under way of which nobody knows beforehand which records they meet. */
    let writingMany = 0

    const forget = (id: SessionId): void => {
      entries.delete(id)
      for (const fill of fills.get(id) ?? []) fill.valid = false
    }

    const forgetWhere = (holds: (live: Live) => boolean): void => {
      for (const [id, { live }] of entries) if (holds(live)) entries.delete(id)
      for (const those of fills.values()) for (const fill of those) fill.valid = false
    }

    const keep = (id: SessionId, entry: Entry): void => {
      const present = entries.get(id)
      if (present !== undefined && present.asked > entry.asked) return
      entries.delete(id)
      entries.set(id, entry)
      for (const [oldest] of entries) if (entries.size > max) entries.delete(oldest)
    }

    /** A write to one record: it is forgotten before; what is on its way then, or read while the write is, is not kept. */
    const write =
      <A>(id: SessionId, task: TaskEither<StoreError, A>): TaskEither<StoreError, A> =>
      async () => {
        writing.set(id, (writing.get(id) ?? 0) + 1)
        forget(id)
        try {
          return await task()
        } finally {
          const others = (writing.get(id) ?? 1) - 1
          if (others === 0) writing.delete(id)
          else writing.set(id, others)
        }
      }

    const writeMany =
      <A>(holds: (live: Live) => boolean, task: TaskEither<StoreError, A>): TaskEither<StoreError, A> =>
      async () => {
        writingMany++
        forgetWhere(holds)
        try {
          return await task()
        } finally {
          writingMany--
        }
      }

    const filling = async (id: SessionId): Promise<Either<StoreError, Option<Stored>>> => {
      const fill: Fill = { valid: !writing.has(id) && writingMany === 0 }
      const asked = clock()
      const those = fills.get(id) ?? new Set()
      fills.set(id, those.add(fill))
      try {
        const found = await store.load(id)()
        if (isRight(found)) {
          if (found.right._tag === 'None' || found.right.value._tag === 'Ended') forget(id)
          else if (fill.valid) keep(id, { live: found.right.value, asked })
        }
        return found
      } finally {
        those.delete(fill)
        if (those.size === 0) fills.delete(id)
      }
    }

    const { sweep, acquire, endOne, endAll } = store
    return {
      ...store,
      peek: (id) => {
        const entry = entries.get(id)
        if (entry === undefined) return undefined
        entries.delete(id)
        const now = clock()
        // A clock that was set back does not prolong it.
        if (now < entry.asked || now >= entry.asked + ttl || now >= entry.live.expiresAt) return undefined
        entries.set(id, entry)
        return entry.live
      },
      load: (id) => () => filling(id),
      create: (id, live) => write(id, store.create(id, live)),
      update: (id, expected, live, fence) => write(id, store.update(id, expected, live, fence)),
      touch: (id, epoch, touchedAt, expiresAt) => write(id, store.touch(id, epoch, touchedAt, expiresAt)),
      end: (id, expected, until, fence) => write(id, store.end(id, expected, until, fence)),
      ...(acquire && {
        // Whoever held the lease before has written.
        acquire: (id, wish) => write(id, acquire(id, wish)),
      }),
      ...(endOne && { endOne: (subject, id, until) => write(id, endOne(subject, id, until)) }),
      ...(endAll && {
        endAll: (subject, until, except) =>
          writeMany(({ subject: holder }) => holder?.id === subject, endAll(subject, until, except)),
      }),
      ...(sweep && {
        sweep: (now, limit) => writeMany(({ expiresAt }) => expiresAt < now, sweep(now, limit)),
      }),
    }
  }
}
