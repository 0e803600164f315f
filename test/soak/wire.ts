/** What the server processes and the load agree on: routes, headers, and what a process tells of itself. */

/** The header in which every answer that used its session shows it. It leaves with the others: after the commit. */
export const SESSION = 'x-session'
/** The header in which an error says whether its changes may have been stored: `none` or `unknown`. */
export const OUTCOME = 'x-outcome'
/** The header in which a browser says whose it is. */
export const VISITOR = 'x-visitor'

/** A session as an answer shows it. */
export interface Seen {
  readonly id: string
  /** Nothing was stored under this id when the answer was made. */
  readonly fresh: boolean
  readonly views: number
  /** Whose browser began it; empty as long as nothing was stored. */
  readonly owner: string
  /** What was written at the sign-in: the subject's own text. */
  readonly name: string
  readonly subject: string | null
  /** The session that this request ended, and what it had counted then. */
  readonly ended?: { readonly id: string; readonly views: number }
}

/** How a server process is started. */
export interface Orders {
  readonly place: Place
  /** Which process this is, from 0: it decides the framework and the client library. */
  readonly index: number
}

export type StoreName = 'postgres' | 'redis'

export interface Place {
  readonly store: StoreName
  readonly url: string
}

/** Bytes, and how many of what can leak. */
export interface Vitals {
  readonly heap: number
  readonly rss: number
  /** Undefined where the system does not tell. */
  readonly descriptors: number | undefined
  /** Connections to the database that this process holds. */
  readonly connections: number
}

/** What a server process says: where it listens, and, whenever asked, how it does. */
export type Told =
  | { readonly _tag: 'listening'; readonly port: number; readonly app: string }
  | { readonly _tag: 'vitals'; readonly vitals: Vitals; readonly events: Readonly<Record<string, number>> }

/** Times of the managers, ms: short ones, so that secrets are renewed and replaced within minutes. */
export const POLICY = {
  supersededFor: 20_000,
  renewAfter: 40_000,
  lockTimeout: 5_000,
  lockLease: 3_000,
  maxHold: 10_000,
  storeTimeout: 3_000,
} as const

/** The idle timeout of those who sign in for a moment, ms. */
export const BRIEF = 2_000
