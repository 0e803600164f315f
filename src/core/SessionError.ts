/**
 * ```ts
 * type SessionError = StoreUnavailable | StoreTimeout | ConflictExhausted | LockTimeout | LeaseLost   // 503
 *                   | Superseded | SessionEnded | StaleRead                                            // 409
 *                   | InvalidData | PayloadTooLarge | CookieTooLarge | HeadersSent | Misconfigured     // 500
 * ```
 * Everything that can go wrong, as one tagged union: the Left of the functional API; thrown, wrapped by `toError`, in
 * the adapters' promise API. A cause is kept; a token, a secret or session data is never part of it.
 *
 * @since 0.1.0
 */

/** Whether a failed write may have been applied: `none` certainly not, `unknown` perhaps. Reads are always `none`. */
export type Outcome = 'none' | 'unknown'

/** The store answered with a fault, or could not be reached. 503. */
export interface StoreUnavailable {
  readonly _tag: 'StoreUnavailable'
  readonly operation: string
  readonly outcome: Outcome
  readonly cause: unknown
}
/** The store did not answer within `after` ms. 503. */
export interface StoreTimeout {
  readonly _tag: 'StoreTimeout'
  readonly operation: string
  readonly outcome: Outcome
  readonly after: number
}
/** Other writers won every time: `attempts` within `after` ms. Nothing was stored. 503. */
export interface ConflictExhausted {
  readonly _tag: 'ConflictExhausted'
  readonly attempts: number
  readonly after: number
}
/** The session's lease was not to be had within `after` ms. Nothing was stored. 503. */
export interface LockTimeout {
  readonly _tag: 'LockTimeout'
  readonly after: number
}
/** The lease ran out before the commit. Nothing was stored. 503. */
export interface LeaseLost {
  readonly _tag: 'LeaseLost'
}
/** The session's secret was replaced (signIn, signOut, regenerate) while this request ran. Nothing was stored. 409. */
export interface Superseded {
  readonly _tag: 'Superseded'
}
/** The session was ended or ran out while this request ran. Nothing was stored. 409. */
export interface SessionEnded {
  readonly _tag: 'SessionEnded'
}
/** An update marked `ifUnchanged` met a record that another request had changed. Nothing was stored. 409. */
export interface StaleRead {
  readonly _tag: 'StaleRead'
}
/** Data that the codec or JSON can not carry, or stored data that does not decode. The stored record is untouched. 500. */
export interface InvalidData {
  readonly _tag: 'InvalidData'
  /** Where, as in `data.cart[2].addedAt`. */
  readonly path: string
  readonly reason: string
  /** `write`: the application's value was refused. `read`: the stored value could not be decoded. */
  readonly on: 'read' | 'write'
}
/** The encoded session is larger than `maxBytes`. Nothing was stored. 500. */
export interface PayloadTooLarge {
  readonly _tag: 'PayloadTooLarge'
  readonly bytes: number
  readonly limit: number
}
/** The Set-Cookie text is larger than browsers keep (RFC 6265bis §5.6). Nothing was sent. 500. */
export interface CookieTooLarge {
  readonly _tag: 'CookieTooLarge'
  readonly bytes: number
  readonly limit: number
}
/** The change needs a cookie and the response's headers have left. Nothing was stored. 500. */
export interface HeadersSent {
  readonly _tag: 'HeadersSent'
}
/** An option has a value that a rule forbids. 500. */
export interface Misconfigured {
  readonly _tag: 'Misconfigured'
  readonly option: string
  /** The refused value, as text. */
  readonly value: string
  readonly rule: string
}

/** See the module's head. */
export type SessionError =
  | StoreUnavailable
  | StoreTimeout
  | ConflictExhausted
  | LockTimeout
  | LeaseLost
  | Superseded
  | SessionEnded
  | StaleRead
  | InvalidData
  | PayloadTooLarge
  | CookieTooLarge
  | HeadersSent
  | Misconfigured

export const storeUnavailable = (operation: string, outcome: Outcome, cause: unknown): SessionError => ({
  _tag: 'StoreUnavailable',
  operation,
  outcome,
  cause,
})
export const storeTimeout = (operation: string, outcome: Outcome, after: number): SessionError => ({
  _tag: 'StoreTimeout',
  operation,
  outcome,
  after,
})
export const conflictExhausted = (attempts: number, after: number): SessionError => ({
  _tag: 'ConflictExhausted',
  attempts,
  after,
})
export const lockTimeout = (after: number): SessionError => ({ _tag: 'LockTimeout', after })
export const leaseLost: SessionError = { _tag: 'LeaseLost' }
export const superseded: SessionError = { _tag: 'Superseded' }
export const sessionEnded: SessionError = { _tag: 'SessionEnded' }
export const staleRead: SessionError = { _tag: 'StaleRead' }
export const invalidData = (on: 'read' | 'write', path: string, reason: string): SessionError => ({
  _tag: 'InvalidData',
  path,
  reason,
  on,
})
export const payloadTooLarge = (bytes: number, limit: number): SessionError => ({
  _tag: 'PayloadTooLarge',
  bytes,
  limit,
})
export const cookieTooLarge = (bytes: number, limit: number): SessionError => ({ _tag: 'CookieTooLarge', bytes, limit })
export const headersSent: SessionError = { _tag: 'HeadersSent' }
// What objects hold and what functions say could be secret.
const shown = (value: unknown): string =>
  typeof value === 'function' ? 'a function' : typeof value === 'object' && value !== null ? 'an object' : String(value)

export const misconfigured = (option: string, value: unknown, rule: string): Misconfigured => ({
  _tag: 'Misconfigured',
  option,
  value: shown(value),
  rule,
})

/** The HTTP status of an error. */
export const statusOf = (error: SessionError): 409 | 500 | 503 => {
  switch (error._tag) {
    case 'StoreUnavailable':
    case 'StoreTimeout':
    case 'ConflictExhausted':
    case 'LockTimeout':
    case 'LeaseLost':
      return 503
    case 'Superseded':
    case 'SessionEnded':
    case 'StaleRead':
      return 409
    case 'InvalidData':
    case 'PayloadTooLarge':
    case 'CookieTooLarge':
    case 'HeadersSent':
    case 'Misconfigured':
      return 500
  }
}

/** Seconds for Retry-After: 1 where a later try may succeed (every 503), 0 for `Superseded` (the new cookie is there). */
export const retryAfterOf = (error: SessionError): number | undefined =>
  error._tag === 'Superseded' ? 0 : statusOf(error) === 503 ? 1 : undefined

const mayBeStored = (outcome: Outcome): string =>
  outcome === 'none' ? 'Nothing was stored.' : 'Whether the change was stored is unknown.'

/** A sentence for people: what happened, to what, what to do. */
export const messageOf = (error: SessionError): string => {
  switch (error._tag) {
    case 'StoreUnavailable':
      return `The session store failed in "${error.operation}". ${mayBeStored(error.outcome)} See the cause, and try again.`
    case 'StoreTimeout':
      return `The session store did not answer "${error.operation}" within ${error.after} ms. ${mayBeStored(error.outcome)} Try again; storeTimeout sets the limit.`
    case 'ConflictExhausted':
      return `Other requests changed the session each of the ${error.attempts} times that this one tried to, within ${error.after} ms. Nothing was stored. Try again.`
    case 'LockTimeout':
      return `The session was held by another request for ${error.after} ms. Nothing was stored. Try again.`
    case 'LeaseLost':
      return 'The exclusive hold on the session ran out before its changes were committed. Nothing was stored. Try again.'
    case 'Superseded':
      return "The session's cookie was replaced by a sign-in, sign-out or regenerate while this request ran. Nothing was stored. Send the request again with the new cookie."
    case 'SessionEnded':
      return 'The session was ended or ran out while this request ran. Nothing was stored. Sign in again.'
    case 'StaleRead':
      return 'Another request changed the session after this one had read it. Nothing was stored. Read again and decide anew.'
    case 'InvalidData':
      return error.on === 'write'
        ? `The session can not store ${error.path}: ${error.reason}. Nothing was stored; the session keeps its earlier content.`
        : `The stored session can not be read at ${error.path}: ${error.reason}. It was left as it is; a migration or onUndecodable: 'discard' would help.`
    case 'PayloadTooLarge':
      return `The session would take ${error.bytes} bytes; the limit is ${error.limit} (maxBytes). Nothing was stored; keep large values elsewhere and their key in the session.`
    case 'CookieTooLarge':
      return `The session cookie would take ${error.bytes} bytes; browsers keep ${error.limit}. Nothing was sent; keep large values elsewhere and their key in the session.`
    case 'HeadersSent':
      return "The change needs a new cookie and the response's headers have left already. Nothing was stored; change the session before the first byte."
    case 'Misconfigured':
      return `Option "${error.option}" can not be "${error.value}": ${error.rule}.`
  }
}

/** A `SessionError` as an exception: what the promise API throws and the framework's error handler meets. */
export interface SessionException extends Error {
  readonly name: 'SessionError'
  readonly sessionError: SessionError
  /** The HTTP status, under both names that frameworks read. */
  readonly status: number
  readonly statusCode: number
  /** Whether the message may be shown to the client: never. */
  readonly expose: false
  /** Headers of the error response: `cache-control: no-store`, and `retry-after` where there is one. */
  readonly headers: Readonly<Record<string, string>>
  /** The error response: what Hono's default error handler asks an exception for. */
  readonly getResponse: () => Response
}

const REASON = { 409: 'Conflict', 500: 'Internal Server Error', 503: 'Service Unavailable' } as const

/** Wraps a `SessionError` into an `Error` that Koa, Express, Fastify and ours answer with its status and headers. */
export const toError = (error: SessionError): SessionException => {
  const status = statusOf(error)
  const retryAfter = retryAfterOf(error)
  const headers = {
    'cache-control': 'no-store',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  }
  const cause = error._tag === 'StoreUnavailable' ? { cause: error.cause } : undefined
  return Object.assign(new Error(messageOf(error), cause), {
    name: 'SessionError' as const,
    sessionError: error,
    status,
    statusCode: status,
    expose: false as const,
    headers,
    getResponse: () => new Response(REASON[status], { status, headers }),
  })
}

/** Whether an unknown exception is one of ours. */
export const isSessionException = (u: unknown): u is SessionException =>
  u instanceof Error && u.name === 'SessionError' && 'sessionError' in u
