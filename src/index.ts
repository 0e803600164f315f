/**
 * The front door: what most programs need. The functions on a session are a module of their own,
 * `import * as Session from 'coatcheck/Session'`; stores, adapters and the testing kit have entries of their own too.
 *
 * @since 0.1.0
 */
export { sessionManager } from './engine/SessionManager.ts'
export type {
  CarrierOptions,
  Directed,
  OpenOptions,
  Ops,
  SessionManager,
  SessionOptions,
} from './engine/SessionManager.ts'
export type { Committed, Leasing, LockMode, SessionEffect, SessionRef } from './engine/SessionRef.ts'
export type { SubjectSessions } from './engine/subject.ts'
export { startSweeper } from './engine/Sweeper.ts'
export type { SweeperOptions } from './engine/Sweeper.ts'
export { isSessionException, messageOf, statusOf, toError } from './core/SessionError.ts'
export type { SessionError, SessionException } from './core/SessionError.ts'
export type { Event, Observer } from './core/Event.ts'
export type { Session } from './core/Session.ts'
export type { Status } from './core/Status.ts'
export type { SessionId } from './core/Token.ts'
