/**
 * ```ts
 * withSession: (sessions, (req, res, session) => …) => RequestListener      // plain http
 * session:     (sessions) => (req, res, next) => void                       // Express, Fastify, Connect: req.session
 * ```
 * Node's `http`. The response is held back until the commit is acknowledged (node/hold.ts).
 *
 * @since 0.1.0
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Requirement } from '../src/core/Access.ts'
import { misconfigured, toError } from '../src/core/SessionError.ts'
import type { Guarantee } from '../src/effects/Store.ts'
import type { AnyRef } from '../src/engine/Mount.ts'
import { carry, chainOf, enter, find, mount } from '../src/engine/Mount.ts'
import type { OpenOptions, SessionManager } from '../src/engine/SessionManager.ts'
import type { LockMode, LockModeOf, SessionRef } from '../src/engine/SessionRef.ts'
import type { Page } from './headers.ts'
import { errorPage, refusal } from './headers.ts'
import type { Failed, Hold } from './node/hold.ts'
import { arm, returned, threw, used } from './node/hold.ts'

/** How a handler mounts its session. */
export interface NodeOptions<M extends LockMode = 'none'> extends Pick<OpenOptions<M>, 'create' | 'passive' | 'lock'> {
  /**
   * Hears what the handler threw, and failed commits; may answer, where nothing was sent yet: the response is then empty,
   * and gets a short page with the error's status (409, 500, 503) if it is not answered at once. Default: a process warning.
   */
  readonly onError?: (error: unknown, req: IncomingMessage, res: ServerResponse) => void
}

/** How a Connect middleware mounts its session. */
export interface ConnectOptions<K extends string, M extends LockMode = 'none'> extends NodeOptions<M> {
  /** The session's name in `req`, unless something is there already. Default 'session'. */
  readonly as?: K
}

/** A handler of plain `http` with a session. */
export type SessionListener<S> = (req: IncomingMessage, res: ServerResponse, session: S) => unknown

type Next = (error?: unknown) => void

// Asked for at the first use of the session.
const cookieOf = (hold: Hold): string | undefined => {
  used(hold)
  return hold.req.headers.cookie
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

const warn = (error: unknown): void => {
  process.emitWarning(error instanceof Error ? error : new Error('A request handler threw what is not an Error.'))
}

const send = (res: ServerResponse, { status, headers, body }: Page): void => {
  const text = STATUS_CODES[status] ?? body
  res.statusCode = status
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.setHeader('content-length', Buffer.byteLength(text))
  res.end(text)
}

const failing =
  (onError: NodeOptions['onError'] = warn): Failed =>
  (req, res, error, answerable) => {
    try {
      onError(error, req, res)
    } finally {
      if (answerable && !res.headersSent && !res.writableEnded) send(res, errorPage(error))
    }
  }

// Express sets `req.next`, and takes an error after its handlers have run. Others may not: Fastify's middie has given `next` to another request by then.
const failingIn =
  (next: Next, onError: NodeOptions['onError'], answer: Failed): Failed =>
  (req, res, error, answerable) => {
    if (answerable && onError === undefined && 'next' in req) next(error)
    else answer(req, res, error, answerable)
  }

const meet = <A, G extends Guarantee, R>(
  sessions: SessionManager<A, G>,
  req: IncomingMessage,
  source: R,
  cookieHeaderOf: (source: R) => string | undefined,
  options: OpenOptions<LockModeOf<G>>,
): SessionRef<A, G> => {
  const chain = chainOf(req)
  const mounted = mount(chain, sessions, source, cookieHeaderOf, options)
  if (mounted !== chain) carry(req, mounted)
  return find(mounted, sessions) as SessionRef<A, G>
}

const opened = <A, G extends Guarantee>(
  sessions: SessionManager<A, G>,
  hold: Hold,
  options: OpenOptions<LockModeOf<G>>,
): SessionRef<A, G> => {
  arm(hold)
  const late = hold.res.headersSent
  return meet(sessions, hold.req, hold, cookieOf, late ? { ...options, canSetCookie: false } : options)
}

const run = <S>(handler: SessionListener<S>, hold: Hold, session: S): void => {
  const result = handler(hold.req, hold.res, session)
  if (!isThenable(result)) return
  result.then(
    () => {
      returned(hold)
    },
    (error: unknown) => {
      threw(hold, error)
    },
  )
}

/**
 * Gives a handler of plain `http` its session as the third argument. A handler that throws or rejects, before its first
 * byte has left, is answered with a short page: its error's status if that is 4xx or 5xx, else 500.
 */
export const withSession = <A, G extends Guarantee>(
  sessions: SessionManager<A, G>,
  handler: SessionListener<SessionRef<A, G>>,
  options: NodeOptions<LockModeOf<G>> = {},
): ((req: IncomingMessage, res: ServerResponse) => void) => {
  const failed = failing(options.onError)
  return (req, res) => {
    const hold: Hold = { req, res, failed }
    try {
      const ref = opened(sessions, hold, options)
      const ready = chainOf(req)?.ready
      if (ready === undefined) return run(handler, hold, ref)
      ready()
        .then(() => {
          run(handler, hold, ref)
        })
        .catch((error: unknown) => {
          threw(hold, error)
        })
    } catch (error) {
      threw(hold, error)
    }
  }
}

/**
 * Express, Fastify (`@fastify/middie`) and Connect: sets `req.session` (or `req[as]`) unless something is there; typed by
 * `sessionOf`. Under Express a failed commit goes to the application's error handlers; elsewhere a short page answers it.
 */
export const session = <A, G extends Guarantee>(
  sessions: SessionManager<A, G>,
  options: ConnectOptions<string, LockModeOf<G>> = {},
): ((req: IncomingMessage, res: ServerResponse, next: Next) => void) => {
  const as = options.as ?? 'session'
  const answer = failing(options.onError)
  return (req, res, next) => {
    try {
      const ref = opened(sessions, { req, res, failed: failingIn(next, options.onError, answer) }, options)
      const fields = req as unknown as Record<string, unknown>
      fields[as] ??= ref
    } catch (error) {
      next(error)
      return
    }
    const ready = chainOf(req)?.ready
    if (ready === undefined) return next()
    ready().then(() => {
      next()
    }, next)
  }
}

/** The session of a request that `session` or `withSession` has met, typed. Throws a `SessionException` (`Misconfigured`) where neither has. */
export const sessionOf = <A, G extends Guarantee>(
  sessions: SessionManager<A, G>,
  req: IncomingMessage,
): SessionRef<A, G> => {
  const ref = find(chainOf(req), sessions)
  if (ref === undefined)
    throw toError(misconfigured('sessionOf', 'a request without this session', 'mount the session before it'))
  return ref
}

/**
 * The session of a WebSocket's upgrade request (`server.on('upgrade', …)`). No cookie can leave here: a change that needs
 * one is `HeadersSent`. Nothing is committed by itself: use `transact` or `commit`. `sessions.onEnded` tells of a logout.
 */
export const upgradeSession = <A, G extends Guarantee>(
  sessions: SessionManager<A, G>,
  req: IncomingMessage,
): SessionRef<A, G> => meet(sessions, req, req, ({ headers }) => headers.cookie, { canSetCookie: false })

/** What a guard asks for, and of which session. */
export interface NodeRequirement extends Requirement {
  /** The session's name in `req`, for Connect. Default 'session'. */
  readonly as?: string
}

/** A guard: a middleware of Express and Connect, or, given a handler of `withSession`, that handler guarded. */
export interface Guard {
  <S>(handler: SessionListener<S>): SessionListener<S>
  (req: IncomingMessage, res: ServerResponse, next: Next): void
}

/**
 * Lets signed-in visitors through: 401 or the redirect (303) for others, 409 with `Retry-After: 0` under a replaced cookie,
 * 403 under the level. `app.use('/account', requireSubject())`, or `withSession(sessions, requireSubject()((req, res, session) => …))`.
 */
export const requireSubject = (requirement: NodeRequirement = {}): Guard => {
  const admitted = async (req: IncomingMessage, res: ServerResponse, ref: unknown): Promise<boolean> => {
    const refused = refusal(await enter(chainOf(req), ref, requirement))
    if (refused !== undefined) send(res, refused)
    return refused === undefined
  }
  const around =
    (handler: SessionListener<AnyRef>): SessionListener<AnyRef> =>
    async (req, res, ref) => {
      if (await admitted(req, res, ref)) await handler(req, res, ref)
    }
  const before = (req: IncomingMessage, res: ServerResponse, next: Next): void => {
    const ref = (req as unknown as Readonly<Record<string, unknown>>)[requirement.as ?? 'session']
    admitted(req, res, ref).then((entered) => {
      if (entered) next()
    }, next)
  }
  const guard = (first: SessionListener<AnyRef> | IncomingMessage, res?: ServerResponse, next?: Next): unknown =>
    typeof first === 'function' ? around(first) : before(first, res as ServerResponse, next as Next)
  return guard as Guard
}
