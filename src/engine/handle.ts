/**
 * ```ts
 * effectOf: (request) => SessionEffect<A>      // the functional face
 * refOf:    (request) => SessionRef<A>         // the promise face: a thin unwrapping
 * ```
 * The two faces of one request's handle.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { IO } from '#fp-ts/IO'
import type { State } from '#fp-ts/State'
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLeft } from '../core/tagged.ts'
import type { Session } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import { toError } from '../core/SessionError.ts'
import type { Soon } from '../effects/atOnce.ts'
import { commitPending } from './finish.ts'
import { committed, end, entered, lock, read, record, release, status, subjectEpoch, transact } from './operations.ts'
import type { Lock, Request } from './request.ts'
import { serial } from './request.ts'
import type { Leasing, SessionEffect, SessionRef, UpdateOptions } from './SessionRef.ts'

/** The functional face. */
export const effectOf = <A>(req: Request<A>): SessionEffect<A, 'cas' & Leasing> => ({
  read: async () => read(req, false),
  readPassive: async () => read(req, true),
  update:
    (f: Endomorphism<Session<A>>, options?: UpdateOptions): IO<void> =>
    () => {
      record(req, f, options)
    },
  // An async function: what the application's function throws is a rejection.
  transact: (<B>(f: State<Session<A>, B>): TaskEither<SessionError, Session<A> | B> =>
    async () =>
      serial(req, () => transact(req, f))) as SessionEffect<A>['transact'],
  commit: async () => serial(req, () => committed(req)),
  destroy: async () => serial(req, () => end(req)),
  status: async () => serial(req, () => status(req)),
  subjectEpoch: (subject) => () => subjectEpoch(req, subject),
  lock: async () => serial(req, () => lock(req)),
  release: async () => serial(req, () => release(req)),
})

/** Fails. A rejection that nobody awaits must not end the process. */
const rejected = (error: unknown): Promise<never> => {
  const promise = Promise.resolve().then(() => {
    throw error
  })
  promise.catch(() => undefined)
  return promise
}

/** What an operation settles to, unwrapped. */
const unwrapped = <A, B>(req: Request<A>, running: Promise<Either<SessionError, B>>): Promise<B> => {
  const over = (): void => {
    if (req.tail === running) req.tail = undefined
  }
  const failed = (error: unknown): never => {
    over()
    // As above.
    promise.catch(() => undefined)
    throw error
  }
  const promise: Promise<B> = running.then((answer) => {
    if (isLeft(answer)) return failed(toError(answer.left))
    over()
    return answer.right
  }, failed)
  return promise
}

/** As `unwrapped`, of what may be known at once. */
const resolved = <A, B>(req: Request<A>, answer: Soon<Either<SessionError, B>>): Promise<B> => {
  if (answer instanceof Promise) return unwrapped(req, answer)
  return isLeft(answer) ? rejected(toError(answer.left)) : Promise.resolve(answer.right)
}

/** As `serial`, unwrapped. */
const promised = <A, B>(req: Request<A>, operation: () => Soon<Either<SessionError, B>>): Promise<B> => {
  let running: Soon<Either<SessionError, B>>
  try {
    running = req.tail === undefined ? operation() : req.tail.then(operation, operation)
  } catch (error) {
    return rejected(error)
  }
  if (running instanceof Promise) req.tail = running
  return resolved(req, running)
}

/** All that a handle may have; its manager's type tells how much of it is offered. */
type Full<A> = SessionRef<A, 'cas' & Leasing>

/**
 * Each member is made when it is asked for, and keeps working when it is taken off its handle. The request is private, so
 * that a handle that is printed or copied tells nothing of it. (A property that holds a function would hide it as well, but
 * V8 lets a function that was added to an object outlive its request.)
 */
// eslint-disable-next-line no-restricted-syntax -- what nothing but a class has: a private field
class Handle<A> implements Full<A> {
  readonly #req: Request<A>

  constructor(req: Request<A>) {
    this.#req = req
  }
  get effect(): Full<A>['effect'] {
    return effectOf(this.#req)
  }
  get read(): Full<A>['read'] {
    const req = this.#req
    return (options) => resolved(req, read(req, options?.passive === true))
  }
  get update(): Full<A>['update'] {
    const req = this.#req
    return (f, options) => {
      record(req, f, options)
    }
  }
  get transact(): Full<A>['transact'] {
    const req = this.#req
    return (<B>(f: State<Session<A>, B>) => promised(req, () => transact(req, f))) as Full<A>['transact']
  }
  get commit(): Full<A>['commit'] {
    const req = this.#req
    return () => promised(req, () => commitPending(req))
  }
  get destroy(): Full<A>['destroy'] {
    const req = this.#req
    return () => promised(req, () => end(req))
  }
  get status(): Full<A>['status'] {
    const req = this.#req
    return () => promised(req, () => status(req))
  }
  get subjectEpoch(): Full<A>['subjectEpoch'] {
    const req = this.#req
    return (subject) => unwrapped(req, subjectEpoch(req, subject))
  }
  get lock(): Full<A>['lock'] {
    const req = this.#req
    return () => promised(req, () => lock(req))
  }
  get release(): Full<A>['release'] {
    const req = this.#req
    return () => promised(req, () => release(req))
  }
}

/** The promise face. */
export const refOf = <A>(req: Request<A>): Full<A> => new Handle(req)

/** Takes the session before the handler runs (lock mode 'early'). */
export const early = <A>(req: Request<A>, lock: Lock<A>): Promise<void> =>
  promised(req, () => entered(req, lock, false))
