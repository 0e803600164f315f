/** The members of the unions that docs/events.md and docs/errors.md list. A member or field more or less does not compile. */
import type { DropReason, EndedSession, Event, Rejection } from '../../src/core/Event.ts'
import type { SessionError } from '../../src/core/SessionError.ts'
import {
  conflictExhausted,
  cookieTooLarge,
  headersSent,
  invalidData,
  leaseLost,
  lockTimeout,
  misconfigured,
  payloadTooLarge,
  sessionEnded,
  staleRead,
  storeTimeout,
  storeUnavailable,
  superseded,
} from '../../src/core/SessionError.ts'

/** `always`, or `sometimes` where a field is optional. */
type Presence<E, F extends keyof E> = object extends Pick<E, F> ? 'sometimes' : 'always'
type FieldsOf<E> = { readonly [F in Exclude<keyof E, '_tag'>]-?: Presence<E, F> }
type Fields<U extends { readonly _tag: string }> = {
  readonly [T in U['_tag']]: FieldsOf<Extract<U, { readonly _tag: T }>>
}

export const eventFields: Fields<Event> = {
  created: { id: 'always' },
  loaded: { id: 'always' },
  committed: { id: 'always', attempts: 'always' },
  replayed: { id: 'always', attempt: 'always' },
  renewed: { id: 'always' },
  rotated: { id: 'always' },
  'signed-in': { id: 'always', subject: 'always', replaced: 'sometimes' },
  'signed-out': { id: 'always', subject: 'always' },
  ended: { id: 'always', by: 'always' },
  expired: { id: 'always', deadline: 'always' },
  rejected: { reason: 'always', id: 'sometimes' },
  'token-reused': { id: 'always' },
  dropped: { reason: 'always', updates: 'always', id: 'sometimes' },
  'lock-waited': { id: 'always', waited: 'always' },
  swept: { removed: 'always' },
  'store-failed': { operation: 'always', cause: 'always', fatal: 'always' },
  warned: { message: 'always' },
}

export const endings: Readonly<Record<EndedSession['by'], true>> = {
  destroy: true,
  replace: true,
  directory: true,
  reuse: true,
  epoch: true,
}

export const rejections: Readonly<Record<Rejection, true>> = {
  malformed: true,
  ambiguous: true,
  unknown: true,
  'unknown-secret': true,
  superseded: true,
  ended: true,
  altered: true,
  'unknown-key': true,
  incomplete: true,
}

export const dropReasons: Readonly<Record<DropReason, true>> = {
  superseded: true,
  ended: true,
  'no-session': true,
  destroyed: true,
  'after-commit': true,
  'response-failed': true,
}

export const errorFields: Fields<SessionError> = {
  StoreUnavailable: { operation: 'always', outcome: 'always', cause: 'always' },
  StoreTimeout: { operation: 'always', outcome: 'always', after: 'always' },
  ConflictExhausted: { attempts: 'always', after: 'always' },
  LockTimeout: { after: 'always' },
  LeaseLost: {},
  Superseded: {},
  SessionEnded: {},
  StaleRead: {},
  InvalidData: { path: 'always', reason: 'always', on: 'always' },
  PayloadTooLarge: { bytes: 'always', limit: 'always' },
  CookieTooLarge: { bytes: 'always', limit: 'always' },
  HeadersSent: {},
  Misconfigured: { option: 'always', value: 'always', rule: 'always' },
}

/** One error of each kind. */
export const errors: ReadonlyArray<SessionError> = [
  storeUnavailable('load', 'none', new Error('refused')),
  storeTimeout('update', 'unknown', 5_000),
  conflictExhausted(50, 5_000),
  lockTimeout(5_000),
  leaseLost,
  superseded,
  sessionEnded,
  staleRead,
  invalidData('write', 'data.at', 'a Date'),
  payloadTooLarge(70_000, 65_536),
  cookieTooLarge(5_000, 4_096),
  headersSent,
  misconfigured('idleTimeout', 0, 'above 0'),
]
