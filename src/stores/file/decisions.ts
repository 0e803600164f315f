/**
 * ```ts
 * type Decide<A> = (present: Kept | undefined) => Step<A>
 * ```
 * What each verb says about what stands under the id, and what it would put in its place: the store contract, without a
 * file. Decided again whenever somebody else was faster.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import { ended, holdsRevision, type Live, type Revision, type Stored } from '../../core/Stored.ts'
import type {
  Acquired,
  Busy,
  Conflict,
  Done,
  Gone,
  Leased,
  Lost,
  Released,
  Touched,
  Updated,
} from '../../effects/Store.ts'
import { conflict, done, gone, leased, lost, released, SWEEP_SLACK, touched, updated } from '../../effects/Store.ts'
import type { Kept } from './record.ts'

/** What takes the present record's place. */
export interface Next {
  readonly stored: Stored
  readonly leasedUntil: Millis
  /** Whether the answer must survive a power failure. The content always does, once it is there. */
  readonly durable: boolean
}

/** The answer, which holds once `next` was stored; without `next` it holds now. */
export interface Step<A> {
  readonly answer: A
  readonly next?: Next
  /** It speaks of a write whose answer may have been lost: bring that to the disk first. */
  readonly confirm?: true
}

export type Decide<A> = (present: Kept | undefined) => Step<A>

/** From when on a sweep may remove it, ms. */
export const dueOf = (stored: Stored): Millis =>
  stored._tag === 'Live' ? stored.expiresAt + SWEEP_SLACK : stored.until

/** The subject of a record, if it has one. */
export const subjectOf = (stored: Stored | undefined): string | undefined =>
  stored?._tag === 'Live' ? stored.subject?.id : undefined

interface Found {
  readonly kept: Kept
  readonly live: Live
}

const found = (present: Kept | undefined): Found | undefined =>
  present?.stored._tag === 'Live' ? { kept: present, live: present.stored } : undefined

const isHeld = ({ kept }: Found, now: Millis): boolean => kept.leasedUntil > now

/** What a lease, or the lack of one, says to a write. */
const barred = (present: Found, now: Millis, fence: number | undefined): Leased | Conflict | undefined => {
  const held = isHeld(present, now)
  if (fence === undefined) return held ? leased(present.kept.leasedUntil) : undefined
  return held && present.live.fence === fence ? undefined : conflict(present.live)
}

export const update =
  (
    expected: Revision,
    live: Live,
    fence: number | undefined,
    now: Millis,
  ): Decide<Updated | Conflict | Leased | Gone> =>
  (present) => {
    const at = found(present)
    if (at === undefined) return { answer: gone }
    if (holdsRevision(live.revision)(at.live)) return { answer: updated, confirm: true }
    const bar = barred(at, now, fence)
    if (bar !== undefined) return { answer: bar }
    if (at.live.revision !== expected) return { answer: conflict(at.live) }
    // Activity that this writer had not seen keeps the record's time, its removal included.
    const later = at.live.touchedAt > live.touchedAt
    const stored: Live = {
      ...live,
      fence: at.live.fence,
      touchedAt: later ? at.live.touchedAt : live.touchedAt,
      expiresAt: later ? Math.max(at.live.expiresAt, live.expiresAt) : live.expiresAt,
    }
    return { answer: updated, next: { stored, leasedUntil: at.kept.leasedUntil, durable: true } }
  }

export const touch =
  (epoch: number, touchedAt: Millis, expiresAt: Millis): Decide<Touched | Gone> =>
  (present) => {
    const at = found(present)
    if (at?.live.epoch !== epoch || touchedAt > at.live.expiresAt) return { answer: gone }
    const stored: Live = {
      ...at.live,
      touchedAt: Math.max(at.live.touchedAt, touchedAt),
      expiresAt: Math.max(at.live.expiresAt, expiresAt),
    }
    if (stored.touchedAt === at.live.touchedAt && stored.expiresAt === at.live.expiresAt) return { answer: touched }
    // What a power failure takes back is some activity of the last moments.
    return { answer: touched, next: { stored, leasedUntil: at.kept.leasedUntil, durable: false } }
  }

const entomb = (until: Millis): Step<Done> => ({
  answer: done,
  next: { stored: ended(until), leasedUntil: 0, durable: true },
})

export const end =
  (
    expected: Revision,
    until: Millis,
    fence: number | undefined,
    now: Millis,
  ): Decide<Done | Conflict | Leased | Gone> =>
  (present) => {
    const at = found(present)
    if (at === undefined) return { answer: gone, confirm: true }
    const bar = barred(at, now, fence)
    if (bar !== undefined) return { answer: bar }
    return at.live.revision === expected ? entomb(until) : { answer: conflict(at.live) }
  }

export const endOne =
  (subject: string, until: Millis): Decide<Done | Gone> =>
  (present) =>
    subjectOf(present?.stored) === subject ? entomb(until) : { answer: gone, confirm: true }

/** A lease changes neither revision nor trail. When the power fails its holder is gone, too. */
const leasing = (stored: Live, leasedUntil: Millis): Next => ({ stored, leasedUntil, durable: false })

export const acquire =
  (lease: Millis, now: Millis): Decide<Acquired | Busy | Gone> =>
  (present) => {
    const at = found(present)
    if (at === undefined) return { answer: gone }
    if (isHeld(at, now)) return { answer: { _tag: 'Busy', until: at.kept.leasedUntil } }
    const fence = at.live.fence + 1
    const until = Math.ceil(now + lease)
    return { answer: { _tag: 'Acquired', fence, until }, next: leasing({ ...at.live, fence }, until) }
  }

export const renew =
  (fence: number, lease: Millis, now: Millis): Decide<Acquired | Lost> =>
  (present) => {
    const at = found(present)
    if (at === undefined || !isHeld(at, now) || at.live.fence !== fence) return { answer: lost }
    const until = Math.ceil(now + lease)
    return { answer: { _tag: 'Acquired', fence, until }, next: leasing(at.live, until) }
  }

export const release =
  (fence: number, now: Millis): Decide<Released | Lost> =>
  (present) => {
    const at = found(present)
    if (at === undefined || !isHeld(at, now) || at.live.fence !== fence) return { answer: lost }
    return { answer: released, next: leasing(at.live, 0) }
  }
