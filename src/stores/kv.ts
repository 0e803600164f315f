/**
 * ```ts
 * kvStore: (options) => Store<'last-write-wins'>
 * ```
 * Sessions in Cloudflare KV, or in whatever `unstorage` has a driver for: stores that can not compare and set, and whose
 * reads may be a minute old. A manager over it has no `transact`, no `ifUnchanged`, no locks and no directory: they do not
 * type-check.
 *
 * A record and its tombstone have keys of their own. A late writer that never saw the end of a session can write its
 * record once more, and can not remove the tombstone, which outlives it: whoever sees the tombstone is told that the
 * session has ended.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { left, none, right, some } from '../core/tagged.ts'
import type { Millis } from '../core/Millis.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import { type Ended, holdsRevision, type Live } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import { systemClock } from '../effects/Clock.ts'
import type { Store, StoreError, StoreOperation } from '../effects/Store.ts'
import { conflict, created, done, exists, gone, SWEEP_SLACK, touched, unreadable, updated } from '../effects/Store.ts'
import { damagedError, faultOf } from './kv/errors.ts'
import { type CloudflareKV, entriesOf, type Unstorage } from './kv/namespace.ts'
import { endedOf, endedText, liveOf, liveText } from './kv/value.ts'

export type { CloudflareKV, Unstorage } from './kv/namespace.ts'

/** The options of `kvStore`. */
export interface KvStoreOptions {
  /** A KV binding of Cloudflare (`env.SESSIONS`), or a storage of `unstorage` (`createStorage({ driver })`). */
  readonly namespace: CloudflareKV | Unstorage
  /** Begins every key. At most 400 bytes of the 512 that Cloudflare allows a key. Default `sessions:`. */
  readonly prefix?: string
  /**
   * How long past its time a tombstone stays: at least as long as a session may live by the manager's `absoluteTimeout`
   * and by what `signIn` asks for, since a record that was written once more may stand for that long. ms. Default 30 days.
   */
  readonly keepTombstones?: Millis
  /**
   * How old what Cloudflare KV answers may be: how long a location keeps what it has read. Whole seconds, 30 or more.
   * Default: Cloudflare's own 60. Not for `unstorage`.
   */
  readonly cacheTtl?: number
}

const LONGEST_PREFIX = 400
const THIRTY_DAYS: Millis = 2_592_000_000

/** Cloudflare KV refuses a shorter time to live (`expirationTtl`), s. */
const SHORTEST_TTL = 60

/** 68 years: the most that workerd's interface takes, s. */
const LONGEST_TTL = 2_147_483_647

/** Whole seconds from now until `at`. Relative, so that the namespace's clock need not agree with this one. */
const ttlUntil = (at: Millis): number =>
  Math.min(LONGEST_TTL, Math.max(SHORTEST_TTL, Math.ceil((at - systemClock()) / 1_000)))

/** What stands under both keys of an id. */
interface Found {
  readonly live: Live | undefined
  readonly ended: Ended | undefined
}

/** Somebody else's text stands under this key. */
interface Damaged {
  readonly damaged: string
}

/** A store over a namespace. Throws `Misconfigured` when an option breaks its rule. */
export const kvStore = (options: KvStoreOptions): Store<'last-write-wins'> => {
  const { namespace, prefix = 'sessions:', keepTombstones = THIRTY_DAYS, cacheTtl } = options
  if (typeof prefix !== 'string' || new TextEncoder().encode(prefix).length > LONGEST_PREFIX)
    throw toError(misconfigured('prefix', prefix, `it must be a text of at most ${LONGEST_PREFIX} bytes`))
  if (!(Number.isFinite(keepTombstones) && keepTombstones > 0))
    throw toError(misconfigured('keepTombstones', keepTombstones, 'it must be a finite number of milliseconds above 0'))
  const entries = entriesOf(namespace, cacheTtl)
  const liveKey = (id: SessionId): string => `${prefix}live:${id}`
  const endedKey = (id: SessionId): string => `${prefix}ended:${id}`

  const find = async (id: SessionId): Promise<Found | Damaged> => {
    const [liveIs, endedIs] = await Promise.all([entries.get(liveKey(id)), entries.get(endedKey(id))])
    const ended = endedOf(endedIs)
    if (ended === undefined && endedIs != null) return { damaged: endedKey(id) }
    const live = liveOf(liveIs)
    if (live === undefined && liveIs != null && ended === undefined) return { damaged: liveKey(id) }
    return { live, ended }
  }

  const keep = (id: SessionId, live: Live): Promise<void> =>
    entries.put(liveKey(id), liveText(live), ttlUntil(live.expiresAt + SWEEP_SLACK))

  const verb = async <A>(
    operation: StoreOperation,
    id: SessionId,
    work: (found: Found) => A | Promise<A>,
  ): Promise<Either<StoreError, A>> => {
    try {
      const found = await find(id)
      if ('damaged' in found) return left(unreadable(operation, damagedError(found.damaged)))
      return right(await work(found))
    } catch (thrown) {
      return left(faultOf(operation, thrown))
    }
  }

  return {
    guarantee: 'last-write-wins',

    load: (id) => () =>
      verb('load', id, ({ live, ended }) => {
        const stored = ended ?? live
        return stored === undefined ? none : some(stored)
      }),

    create: (id, record) => () =>
      verb('create', id, async ({ live, ended }) => {
        if (ended !== undefined) return exists
        if (live !== undefined) return live.revision === record.revision ? created : exists
        await keep(id, record)
        return created
      }),

    // What it sees it compares, so that most conflicts are found; what it does not see yet, it overwrites.
    update: (id, expected, record) => () =>
      verb('update', id, async ({ live, ended }) => {
        if (ended !== undefined || live === undefined) return gone
        if (holdsRevision(record.revision)(live)) return updated
        if (live.revision !== expected) return conflict(live)
        // Activity that this writer had not seen keeps the record's time, its removal included.
        const later = live.touchedAt > record.touchedAt
        const expiresAt = later ? Math.max(live.expiresAt, record.expiresAt) : record.expiresAt
        await keep(id, { ...record, touchedAt: Math.max(live.touchedAt, record.touchedAt), expiresAt })
        return updated
      }),

    touch: (id, epoch, touchedAt, expiresAt) => () =>
      verb('touch', id, async ({ live, ended }) => {
        if (ended !== undefined || live?.epoch !== epoch || touchedAt > live.expiresAt) return gone
        await keep(id, {
          ...live,
          touchedAt: Math.max(live.touchedAt, touchedAt),
          expiresAt: Math.max(live.expiresAt, expiresAt),
        })
        return touched
      }),

    end: (id, expected, until) => () =>
      verb('end', id, async ({ live, ended }) => {
        if (ended !== undefined || live === undefined) return gone
        if (live.revision !== expected) return conflict(live)
        const latest = Math.max(until + keepTombstones, live.expiresAt + SWEEP_SLACK)
        await entries.put(endedKey(id), endedText(until), ttlUntil(latest))
        // The session has ended by now. What is left of its record nobody is shown, and its time to live removes it.
        await entries.remove(liveKey(id)).catch(() => undefined)
        return done
      }),
  }
}
