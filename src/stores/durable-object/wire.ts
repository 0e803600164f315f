/**
 * ```ts
 * POST https://coatcheck/<call>   [argument, …]   →   [1, answer, mark?]
 * ```
 * What a Worker and its objects say to each other: one request of JSON for a call, one text of JSON for its answer. The
 * platform's own calls (RPC) want a class that extends one of the platform's, which only a Worker can import; in workerd a
 * read by them takes 0.1 ms instead of 0.2, a write as long as this one.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { Live, Revision, Stored, SubjectEpoch } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type {
  Acquired,
  Busy,
  Conflict,
  Created,
  Done,
  Exists,
  Gone,
  Leased,
  Listed,
  Lost,
  Released,
  Touched,
  Updated,
} from '../../effects/Store.ts'

/** The first member of each answer: another one is another language. */
export const PROTOCOL = 1

/** What JSON makes of an argument that may be undefined. */
export type Maybe<A> = A | null | undefined

/** A subject, and a time that concerns the session's entry in the subject's index. */
export type Mark = readonly [subject: string, time: Millis]

/** The horizon for entries that may go whatever theirs is: their sessions never come back. */
export const EVER: Millis = Number.MAX_VALUE

/**
 * An answer. With a mark: the session is not the subject's, whose index may drop the entry if its horizon is not later.
 * In the place of an answer, null and a mark: first that index must have an entry for a record that expires then.
 */
export type Reply<A> = readonly [answer: A | null, mark?: Mark]

/** What is asked of the object of a session. `entry` is the one that was last written for it. */
export interface SessionCalls {
  readonly load: () => Stored | null
  readonly create: (entry: Maybe<Mark>, live: Live) => Created | Exists
  readonly update: (
    entry: Maybe<Mark>,
    expected: Revision,
    live: Live,
    fence: Maybe<number>,
  ) => Updated | Conflict | Leased | Gone
  readonly touch: (entry: Maybe<Mark>, epoch: number, touchedAt: Millis, expiresAt: Millis) => Touched | Gone
  readonly end: (expected: Revision, until: Millis, fence: Maybe<number>) => Done | Conflict | Leased | Gone
  readonly endOne: (subject: string, until: Millis) => Done | Gone
  /** The live record if it is the subject's; `Gone` if it was ended; null if it is neither. */
  readonly listed: (subject: string) => Omit<Listed, 'id'> | Gone | null
  readonly acquire: (wait: Millis, lease: Millis) => Acquired | Busy | Gone
  readonly renew: (fence: number, lease: Millis) => Acquired | Lost
  readonly release: (fence: number) => Released | Lost
}

/** What is asked of the object of a subject. */
export interface SubjectCalls {
  /** Makes sure of an entry for a record that expires then; answers its horizon: until when it is sure to stand. */
  readonly enter: (id: SessionId, expiresAt: Millis) => Millis
  /** Drops the entries whose horizon is not later. */
  readonly forget: (horizon: Millis, ids: ReadonlyArray<SessionId>) => null
  readonly members: () => ReadonlyArray<SessionId>
  readonly raise: (now: Millis) => SubjectEpoch
  readonly read: () => SubjectEpoch
}

/** Everything that an object is asked. */
export type Calls = SessionCalls & SubjectCalls

/** How an object carries calls out. */
export type Verbs<C> = {
  readonly [K in keyof C]: C[K] extends (...args: infer Args) => infer A
    ? (...args: Args) => Reply<A> | Promise<Reply<A>>
    : never
}
