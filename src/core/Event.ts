/**
 * ```ts
 * type Event = Created | Loaded | Committed | Replayed | RenewedSecret | Rotated | SignedIn | SignedOut | EndedSession
 *            | Expired | Rejected | TokenReused | Dropped | LockWaited | SweptRecords | StoreFailed | Warned
 * ```
 * What happened, as plain values for an observer (ASVS 16.3.3, OWASP "Logging Sessions Life Cycle"): never a token, a
 * secret or data. An observer is called synchronously; what it throws is swallowed and counted.
 *
 * @since 0.1.0
 */
import type { SessionId } from './Token.ts'

/** Why a cookie was not accepted. The last three are a carrier's. */
export type Rejection =
  | 'malformed'
  | 'unknown'
  | 'unknown-secret'
  | 'superseded'
  | 'ended'
  | 'ambiguous'
  | 'altered'
  | 'unknown-key'
  | 'incomplete'

/** Why recorded updates were not stored. */
export type DropReason = 'superseded' | 'ended' | 'no-session' | 'destroyed' | 'after-commit' | 'response-failed'

/** A new session was stored. */
export interface Created {
  readonly _tag: 'created'
  readonly id: SessionId
}
/** A live session was loaded and admitted. */
export interface Loaded {
  readonly _tag: 'loaded'
  readonly id: SessionId
}
/** Changes were stored; `attempts` counts the writes it took, 1 without a conflict. */
export interface Committed {
  readonly _tag: 'committed'
  readonly id: SessionId
  readonly attempts: number
}
/** The recorded functions were applied again to a newer record. */
export interface Replayed {
  readonly _tag: 'replayed'
  readonly id: SessionId
  readonly attempt: number
}
/** The secret was renewed by age. */
export interface RenewedSecret {
  readonly _tag: 'renewed'
  readonly id: SessionId
}
/** The secret was replaced by signIn, signOut or regenerate. */
export interface Rotated {
  readonly _tag: 'rotated'
  readonly id: SessionId
}
/** A subject signed in. `replaced` is the id of the session of another subject that was ended for it. */
export interface SignedIn {
  readonly _tag: 'signed-in'
  readonly id: SessionId
  readonly subject: string
  readonly replaced?: SessionId
}
/** A subject signed out; the session lives on without one. */
export interface SignedOut {
  readonly _tag: 'signed-out'
  readonly id: SessionId
  readonly subject: string
}
/** Sessions were ended: by the request itself, by the directory, by reuse of a renewed secret, or by a raised epoch. */
export interface EndedSession {
  readonly _tag: 'ended'
  readonly id: SessionId
  readonly by: 'destroy' | 'replace' | 'directory' | 'reuse' | 'epoch'
}
/** A session was met past a deadline. */
export interface Expired {
  readonly _tag: 'expired'
  readonly id: SessionId
  readonly deadline: 'idle' | 'absolute'
}
/** A cookie was not accepted. The id is there when the cookie had the shape of a token. */
export interface Rejected {
  readonly _tag: 'rejected'
  readonly reason: Rejection
  readonly id?: SessionId
}
/** A renewed secret's predecessor was presented after the grace: a sign of theft. */
export interface TokenReused {
  readonly _tag: 'token-reused'
  readonly id: SessionId
}
/** Recorded updates were not stored. */
export interface Dropped {
  readonly _tag: 'dropped'
  readonly reason: DropReason
  readonly updates: number
  readonly id?: SessionId
}
/** A request waited for a lease, ms. */
export interface LockWaited {
  readonly _tag: 'lock-waited'
  readonly id: SessionId
  readonly waited: number
}
/** A batch of dead records was removed. */
export interface SweptRecords {
  readonly _tag: 'swept'
  readonly removed: number
}
/** A store call failed. `fatal` is false where the request goes on without it (touch, renewal, confirmation). */
export interface StoreFailed {
  readonly _tag: 'store-failed'
  readonly operation: string
  readonly cause: unknown
  readonly fatal: boolean
}
/** Something that a developer should change; reported once per manager. */
export interface Warned {
  readonly _tag: 'warned'
  readonly message: string
}

/** Everything an observer may hear of. */
export type Event =
  | Created
  | Loaded
  | Committed
  | Replayed
  | RenewedSecret
  | Rotated
  | SignedIn
  | SignedOut
  | EndedSession
  | Expired
  | Rejected
  | TokenReused
  | Dropped
  | LockWaited
  | SweptRecords
  | StoreFailed
  | Warned

/** Receives each event, synchronously. */
export type Observer = (event: Event) => void
