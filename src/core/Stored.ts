/**
 * ```ts
 * type Stored = Live | Ended
 * ```
 * What a store holds for one session id: a live record, or the tombstone of an ended one. Plain JSON values only.
 *
 * A record holds the digest of the credential, never the credential (promise 6).
 *
 * @since 0.1.0
 */
import type { Json } from './Json.ts'
import type { Millis } from './Millis.ts'

/** The format of a `Live` record that this version writes. A record of a newer format is never overwritten. */
export const FORMAT = 1

/** How many replaced revisions a record remembers. */
export const TRAIL_LENGTH = 8

/** A random tag that a writer mints for each write. Two writes never share one, so a lost answer can be settled. */
export type Revision = string

/** A counter per subject, raised by "end all sessions of this subject"; 0 when it was never raised. */
export type SubjectEpoch = number

/** Who is signed in. */
export interface Subject {
  /** The application's own identifier of the user, compared exactly. */
  readonly id: string
  /** When the subject proved who they are, ms since the epoch, by the server's clock. */
  readonly authenticatedAt: Millis
  /** How strongly they did, for step-up (ASVS 7.5.3, NIST AAL); higher is stronger. Absent means 0. */
  readonly level?: number
}

/** What one sign-in asked for beyond the policy ("remember me"). Absent members are the policy's; all are capped by it. */
export interface Lifetime {
  /** Whether the cookie outlives the browser session. */
  readonly persistent?: boolean
  /** ms without activity after which the session is over. */
  readonly idleTimeout?: Millis
  /** ms after the sign-in at which the session is over whatever happens. */
  readonly absoluteTimeout?: Millis
}

/** The digest before the current one, kept while a renewal is in its grace (design §4). */
export interface Renewed {
  readonly digest: string
  /** When the current secret was first presented; absent while it is still on its way. */
  readonly confirmedAt?: Millis
}

/** What a request's secret is compared with. */
export interface Credential {
  /** SHA-256 of the current secret, base64url. */
  readonly digest: string
  /** When the current secret was minted, ms. */
  readonly mintedAt: Millis
  /** When signIn, signOut or regenerate last replaced the secret, ms; absent before the first time. */
  readonly rotatedAt?: Millis
  /** Present after a renewal, until the next rotation. */
  readonly renewed?: Renewed
}

/** Messages that wait to be shown once. */
export type Flash = Readonly<Record<string, Json>>

/** A live session as a store holds it. */
export interface Live {
  readonly _tag: 'Live'
  readonly format: number
  readonly revision: Revision
  /** The revisions before this one, newest first, at most `TRAIL_LENGTH`. */
  readonly trail: ReadonlyArray<Revision>
  /** Raised by signIn, signOut and regenerate, not by renewal: what a request is admitted to. */
  readonly epoch: number
  /** Raised by each lease. The store owns it: the value in a written record is ignored. */
  readonly fence: number
  readonly credential: Credential
  readonly subject?: Subject
  readonly createdAt: Millis
  readonly touchedAt: Millis
  /** The earlier of both deadlines. Only sweeping and TTLs read it, with slack; admission computes its own. */
  readonly expiresAt: Millis
  readonly lifetime?: Lifetime
  /** The version of the application's data schema. */
  readonly schema: number
  readonly data: Json
  readonly flash: Flash
}

/** The tombstone of an ended session: why a late request is told `ended` and can not bring it back (promise 3). */
export interface Ended {
  readonly _tag: 'Ended'
  /** Until when the tombstone stays, ms. */
  readonly until: Millis
}

/** What stands under one session id. */
export type Stored = Live | Ended

/** Constructs a tombstone. */
export const ended = (until: Millis): Ended => ({ _tag: 'Ended', until })

/** The trail of the record that replaces `live`. */
export const nextTrail = (live: Live): ReadonlyArray<Revision> => {
  const trail: Array<Revision> = [live.revision]
  // A loop: spreading or slicing a frozen array costs 1 µs.
  for (let i = 0; i < live.trail.length && i < TRAIL_LENGTH - 1; i++) trail.push(live.trail[i] as Revision)
  return trail
}

/** Whether a write with this tag is, or was lately, part of the record. */
export const holdsRevision =
  (revision: Revision) =>
  (live: Live): boolean =>
    live.revision === revision || live.trail.includes(revision)
