/**
 * ```ts
 * interface Store {
 *   load:   (id)                              => TaskEither<StoreError, Option<Stored>>
 *   create: (id, live)                        => TaskEither<StoreError, Created | Exists>
 *   update: (id, expected, live, fence?)      => TaskEither<StoreError, Updated | Conflict | Leased | Gone>
 *   touch:  (id, epoch, touchedAt, expiresAt) => TaskEither<StoreError, Touched | Gone>
 *   end:    (id, expected, until, fence?)     => TaskEither<StoreError, Done | Conflict | Leased | Gone>
 * }
 * ```
 * Where sessions live: one record, one key, one atomic step per verb.
 *
 * **What is an error and what is an answer.** A `StoreError` is a fault of the system: the store could not be reached,
 * refused, or did not understand. Absence, conflict, a lease, an ended session are ordinary answers (Right).
 *
 * Laws, checked by `storeContract` of `coatcheck/testing` on every store:
 * 1. No verb upserts: `create` never replaces, `update`, `touch` and `end` never create (promise 3).
 * 2. Each verb is one atomic step, whatever runs beside it (promise 2).
 * 3. Repeating is safe: `update` with a revision that the record or its trail holds is `Updated` and changes nothing,
 *    `create` with the stored record's revision is `Created`, a second `end` is `Gone`.
 * 4. `load` gives back what was written, as `JSON.parse(JSON.stringify(…))` would, frozen all the way down.
 * 5. `load` and `update` ignore `expiresAt`: a record is there until it is swept. A TTL is `expiresAt` plus `SWEEP_SLACK`.
 * 6. Except for sweeping and leases a store takes times from its arguments only.
 * 7. After `end` (also a Directory's) the id answers `Ended` to `load`, `Gone` to `update`, `touch` and `end`, `Exists`
 *    to `create`, until `until` has passed and a sweep has removed the tombstone.
 *
 * @since 0.1.0
 */
import type { Option } from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Millis } from '../core/Millis.ts'
import type { Live, Revision, Stored, SubjectEpoch } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'

/** How much later than `expiresAt` a record may be removed, at the earliest: 2 minutes, for skewed clocks. ms. */
export const SWEEP_SLACK: Millis = 120_000

/** The verbs and capabilities by name, for errors and events. */
export type StoreOperation =
  | 'load'
  | 'create'
  | 'update'
  | 'touch'
  | 'end'
  | 'sweep'
  | 'acquire'
  | 'renew'
  | 'release'
  | 'list'
  | 'endOne'
  | 'endAll'
  | 'count'
  | 'raiseEpoch'
  | 'readEpoch'

/** What a `Managed` store does beside its verbs, by name, for errors. */
export type ManagedOperation = 'migrate' | 'health' | 'close'

/** A fault of the system behind the store. */
export interface StoreError {
  readonly _tag: 'StoreError'
  readonly operation: StoreOperation | ManagedOperation
  /** What the client library threw or said. Never a token, a secret or session data. */
  readonly cause: unknown
  /** Present when the store is certain that nothing was changed (a refused connection, a full store): no settling needed. */
  readonly unchanged?: true
  /**
   * Present when the store answers well and this one record can not be read: that session's requests fail with `InvalidData`,
   * or start anew (`onUndecodable: 'discard'`) when it is damaged; one that a newer version wrote is never discarded. The
   * record is left for people to look at.
   */
  readonly unreadable?: 'damaged' | 'newer'
}

/** Constructs a `StoreError` whose effect, if the operation writes, is unknown. */
export const storeError = (operation: StoreOperation | ManagedOperation, cause: unknown): StoreError => ({
  _tag: 'StoreError',
  operation,
  cause,
})

/** Constructs a `StoreError` of which the store is certain that nothing was changed. */
export const refused = (operation: StoreOperation | ManagedOperation, cause: unknown): StoreError => ({
  _tag: 'StoreError',
  operation,
  cause,
  unchanged: true,
})

/** Constructs a `StoreError` that speaks of one record alone, which can not be read. Nothing was changed. */
export const unreadable = (
  operation: StoreOperation | ManagedOperation,
  cause: unknown,
  why: 'damaged' | 'newer' = 'damaged',
): StoreError => ({ ...refused(operation, cause), unreadable: why })

/** The record was created, or stands there already with the given revision. */
export interface Created {
  readonly _tag: 'Created'
}
/** The id is taken, by a record or a tombstone. */
export interface Exists {
  readonly _tag: 'Exists'
}
/** The record was replaced, or the write had been applied before. */
export interface Updated {
  readonly _tag: 'Updated'
}
/** The record has another revision. May carry it, which saves a load. */
export interface Conflict {
  readonly _tag: 'Conflict'
  readonly present?: Live
}
/** Somebody else holds the record's lease until `until`. */
export interface Leased {
  readonly _tag: 'Leased'
  readonly until: Millis
}
/** There is no live record. */
export interface Gone {
  readonly _tag: 'Gone'
}
/** The times were raised. */
export interface Touched {
  readonly _tag: 'Touched'
}
/** The record was ended. */
export interface Done {
  readonly _tag: 'Done'
}

export const created: Created = { _tag: 'Created' }
export const exists: Exists = { _tag: 'Exists' }
export const updated: Updated = { _tag: 'Updated' }
export const conflict = (present?: Live): Conflict =>
  present === undefined ? { _tag: 'Conflict' } : { _tag: 'Conflict', present }
export const leased = (until: Millis): Leased => ({ _tag: 'Leased', until })
export const gone: Gone = { _tag: 'Gone' }
export const touched: Touched = { _tag: 'Touched' }
export const done: Done = { _tag: 'Done' }

/** Whether a store compares before it sets, or lets the last writer win. */
export type Guarantee = 'cas' | 'last-write-wins'

/**
 * The contract.
 *
 * With a `fence` (a lease holder's): the record's live lease must carry that fence; if it ran out or was taken over the
 * answer is `Conflict`. Without one: a live lease answers `Leased`. The order of checks in `update` is: no live record →
 * `Gone`; the given revision is held → `Updated`; lease; expected revision → `Conflict` or `Updated`.
 */
export interface Store<G extends Guarantee = Guarantee> {
  /** What this store promises of concurrent writes. */
  readonly guarantee: G
  /** Present and true when the store answers without I/O: the manager sets no timeout on its calls. */
  readonly local?: true
  /** The record or tombstone under `id`, or None. */
  readonly load: (id: SessionId) => TaskEither<StoreError, Option<Stored>>
  /** Stores a record under an id that was never used. */
  readonly create: (id: SessionId, live: Live) => TaskEither<StoreError, Created | Exists>
  /**
   * Replaces the record if its revision is `expected`. Stores the later `touchedAt` of the present record and the given
   * one, and keeps its own `fence`.
   */
  readonly update: (
    id: SessionId,
    expected: Revision,
    live: Live,
    fence?: number,
  ) => TaskEither<StoreError, Updated | Conflict | Leased | Gone>
  /**
   * Raises both times to at least the given ones and changes nothing else, the revision neither. `Gone` if the record
   * has another epoch, is ended or absent, or if `touchedAt` is past its stored `expiresAt` (an expired session is not
   * revived).
   */
  readonly touch: (
    id: SessionId,
    epoch: number,
    touchedAt: Millis,
    expiresAt: Millis,
  ) => TaskEither<StoreError, Touched | Gone>
  /** Replaces the record, if its revision is `expected`, by a tombstone that stays until `until`. */
  readonly end: (
    id: SessionId,
    expected: Revision,
    until: Millis,
    fence?: number,
  ) => TaskEither<StoreError, Done | Conflict | Leased | Gone>
}

/** What one batch of a sweep did. */
export interface Swept {
  /** Records and tombstones removed. */
  readonly removed: number
  /** Whether the batch was full, so that another may find more. */
  readonly more: boolean
}

/** A store whose dead records must be removed by somebody (CherryPy's clean_up). */
export interface Sweeping {
  /**
   * Removes at most `limit` records whose `expiresAt` is more than `SWEEP_SLACK` before `now`, and tombstones whose
   * `until` is before `now`, each checked again in the step that removes it.
   */
  readonly sweep: (now: Millis, limit: number) => TaskEither<StoreError, Swept>
}

/** The lease is yours until `until`; your writes carry `fence`. */
export interface Acquired {
  readonly _tag: 'Acquired'
  readonly fence: number
  readonly until: Millis
}
/** Somebody else held it for all of `wait`. */
export interface Busy {
  readonly _tag: 'Busy'
  readonly until: Millis
}
/** The lease ran out or was taken over. */
export interface Lost {
  readonly _tag: 'Lost'
}
/** The lease was given back. */
export interface Released {
  readonly _tag: 'Released'
}
export const lost: Lost = { _tag: 'Lost' }
export const released: Released = { _tag: 'Released' }

/** A store that can give one holder at a time the right to write a record (design §6). Leases run on the store's clock. */
export interface Locking {
  /** Takes the lease for `lease` ms, waiting at most `wait` ms. Raises the record's fence; neither revision nor trail. */
  readonly acquire: (
    id: SessionId,
    options: { readonly wait: Millis; readonly lease: Millis },
  ) => TaskEither<StoreError, Acquired | Busy | Gone>
  /** Prolongs the lease of `fence` to `lease` ms from now. */
  readonly renew: (id: SessionId, fence: number, lease: Millis) => TaskEither<StoreError, Acquired | Lost>
  /** Gives the lease of `fence` back and wakes the next waiter. */
  readonly release: (id: SessionId, fence: number) => TaskEither<StoreError, Released | Lost>
}

/** One session of a subject, as a list shows it: a handle and times, never a credential, never data. */
export interface Listed {
  /** The session's id: public, names it in `endOne`, proves nothing. */
  readonly id: SessionId
  readonly createdAt: Millis
  readonly touchedAt: Millis
  readonly expiresAt: Millis
  readonly authenticatedAt: Millis
}

/**
 * A store that finds the sessions of a subject. Subjects match exactly. An index may hold stale members, never lack one.
 * Removals leave tombstones until `until`, ignore leases, and check the subject again in the step that removes.
 */
export interface Directory {
  /** The live records of the subject, oldest first. Expired ones that were not swept yet are among them. */
  readonly list: (subject: string) => TaskEither<StoreError, ReadonlyArray<Listed>>
  /** How many `list` would give. */
  readonly count: (subject: string) => TaskEither<StoreError, number>
  /** Ends one session if it is this subject's; `Gone` if it is not, or not live. */
  readonly endOne: (subject: string, id: SessionId, until: Millis) => TaskEither<StoreError, Done | Gone>
  /** Ends all sessions of the subject, but `except`; answers how many. */
  readonly endAll: (subject: string, until: Millis, except?: SessionId) => TaskEither<StoreError, number>
  /**
   * Raises the subject's epoch above every earlier value, `now` at least, and answers it. Kept for an hour or longer:
   * by then every request that read the earlier one is over.
   */
  readonly raiseEpoch: (subject: string, now: Millis) => TaskEither<StoreError, SubjectEpoch>
  /** The subject's epoch; 0 when it was never raised. */
  readonly readEpoch: (subject: string) => TaskEither<StoreError, SubjectEpoch>
}

/** A store with a life of its own: schema, connections. */
export interface Managed {
  /** Brings the storage to the version that this store needs; idempotent. */
  readonly migrate: TaskEither<StoreError, void>
  /** Right when the store can answer. */
  readonly health: TaskEither<StoreError, void>
  /** Releases what the store itself opened. */
  readonly close: TaskEither<StoreError, void>
}

/**
 * A store that keeps records of lately near (`cached`). What `peek` gives may be out of date, by a bound that the store
 * states, so it may only be used to admit a request: every other verdict is asked again of `load`, which never is.
 */
export interface Near {
  /** The record that is kept near, if one is: live when it was loaded, and not past its `expiresAt`. No I/O. */
  readonly peek: (id: SessionId) => Live | undefined
}

/** A store that may be wrapped in what changes records: `cached` goes around it, never inside. */
export interface NotNear {
  readonly peek?: never
}
