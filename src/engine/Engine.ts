/**
 * ```ts
 * interface Engine<A> { store, lock, schema, policy, cookie, clock, random, digest, limits, emit, turns, endings }
 * ```
 * The fixed parts that every request of one manager shares.
 *
 * @since 0.1.0
 */
import type { Codec, Schema } from '../core/Codec.ts'
import type { Cookie } from '../core/Cookie.ts'
import type { Event } from '../core/Event.ts'
import type { Policy } from '../core/Policy.ts'
import type { Flash } from '../core/Stored.ts'
import type { Carriage } from '../effects/Carrier.ts'
import type { Clock } from '../effects/Clock.ts'
import type { Digest } from '../effects/Digest.ts'
import type { Random } from '../effects/Random.ts'
import type { Directory, Locking, Near, Store } from '../effects/Store.ts'
import type { Endings } from './endings.ts'
import type { LockMode } from './SessionRef.ts'
import type { Turns } from './turns.ts'

/** See the module's head. */
export interface Engine<A> {
  readonly store: Store & Partial<Directory & Locking & Near>
  /** The store, where it is a carriage: one that brings nothing, or a request's own. */
  readonly carriage: Carriage | undefined
  /** The lock mode of requests whose mount names none. */
  readonly lock: LockMode
  readonly schema: Schema<A>
  readonly flash: Codec<Flash>
  /** What a fresh session holds: decoded from its own encoding, frozen. */
  readonly initial: A
  readonly policy: Policy
  readonly cookie: Cookie
  readonly clock: Clock
  readonly random: Random
  readonly digest: Digest
  readonly limits: Limits
  /** Undefined without an observer, so that events then cost nothing. */
  readonly emit: ((event: Event) => void) | undefined
  readonly turns: Turns
  readonly endings: Endings
}

/** Bounds and reactions that the options set. */
export interface Limits {
  /** Bytes of encoded data and flash. */
  readonly maxBytes: number
  /** ms for one store operation, settling included. */
  readonly storeTimeout: number
  readonly onStoreFailure: 'fail' | 'anonymous'
  readonly onDropped: 'fail' | 'drop'
  readonly onConflict: 'replay' | 'fail'
  readonly onUndecodable: 'fail' | 'discard'
  readonly development: boolean
  /** ms that a request waits for another's lease. */
  readonly lockTimeout: number
  /** ms that a lease lasts without renewal. */
  readonly lockLease: number
  /** ms that one request may hold a session. */
  readonly maxHold: number
  /** ms that a tombstone stays: max(supersededFor, 1 h). */
  readonly tombstoneFor: number
}
