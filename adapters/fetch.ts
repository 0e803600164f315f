/**
 * ```ts
 * withSession: (sessions, (request, session) => Response) => (request) => Promise<Response>
 * ```
 * Plain fetch handlers: Cloudflare Workers, Deno, Bun, route handlers of web frameworks. The session is the second
 * argument; what the platform passes besides (`env`, `ctx`) follows it.
 *
 * @since 0.1.0
 */
import type { Requirement } from '../src/core/Access.ts'
import { isSessionException } from '../src/core/SessionError.ts'
import type { Guarantee } from '../src/effects/Store.ts'
import type { AnyRef, Mounted } from '../src/engine/Mount.ts'
import { carry, chainOf, cookieNames, enter, find, mount, outcome } from '../src/engine/Mount.ts'
import type { OpenOptions, SessionManager } from '../src/engine/SessionManager.ts'
import type { LockMode, LockModeOf, Reply, SessionRef } from '../src/engine/SessionRef.ts'
import { cookiesOf, discard, errorPage, pageResponse, refusal, thrownStatus, withReply } from './headers.ts'

/** How a handler mounts its session, and what answers when it fails. */
export interface FetchOptions<R, M extends LockMode = 'none'> extends Pick<
  OpenOptions<M>,
  'create' | 'passive' | 'lock'
> {
  /**
   * Answers in place of what the handler threw, or of a response whose commit failed; the session's cookie joins the answer.
   * Default: session errors get a short page (409, 500 or 503), any other exception goes on to the platform, whose own
   * error response can not carry the cookie.
   */
  readonly onError?: (error: unknown, request: R) => Response | Promise<Response>
}

/** A fetch handler with a session. `Rest` is what the platform passes besides. */
export type SessionHandler<A, G extends Guarantee, R extends Request, Rest extends ReadonlyArray<unknown>> = (
  request: R,
  session: SessionRef<A, G>,
  ...rest: Rest
) => Response | Promise<Response>

const cookieOf = (request: Request): string | undefined => request.headers.get('cookie') ?? undefined

const defaultError = (error: unknown): Response => {
  if (isSessionException(error)) return pageResponse(errorPage(error))
  throw error
}

// The cookies of other managers, whose commits were acknowledged, leave with the error response too.
const withCookies = (response: Response, lines: ReadonlyArray<string>, reply: Reply): Response =>
  withReply(
    lines.reduce((joined, setCookie) => withReply(joined, { setCookie, vary: false }), response),
    reply,
  )

/**
 * Gives a handler its session, and commits before the response is handed to the platform. A thrown `Response` counts as
 * an answer. A failed commit is answered by `onError`; nothing of the handler's response leaves then.
 */
export const withSession = <
  A,
  G extends Guarantee,
  R extends Request = Request,
  Rest extends ReadonlyArray<unknown> = [],
>(
  sessions: SessionManager<A, G>,
  handler: SessionHandler<A, G, R, Rest>,
  options: FetchOptions<R, LockModeOf<G>> = {},
): ((request: R, ...rest: Rest) => Promise<Response>) => {
  const onError = options.onError ?? defaultError

  const handled = async (mounted: Mounted, ref: SessionRef<A, G>, request: R, rest: Rest): Promise<Response> => {
    let response: Response
    try {
      if (mounted.ready !== undefined) await mounted.ready()
      response = await handler(request, ref, ...rest)
    } catch (thrown) {
      if (!(thrown instanceof Response)) {
        const done = mounted.finish({ _tag: 'Threw', status: thrownStatus(thrown) })
        const settled = done === undefined ? undefined : await outcome(done)
        const answer = await onError(thrown, request)
        return settled === undefined ? answer : withReply(answer, settled.reply)
      }
      response = thrown
    }
    const done = mounted.finish({ _tag: 'Answered', status: response.status })
    if (done === undefined) return response
    const { reply, failure } = await outcome(done)
    if (failure === undefined) return withReply(response, reply)
    const kept = cookiesOf(cookieNames(chainOf(request)))(response.headers.getSetCookie())
    discard(response)
    return withCookies(await onError(failure.error, request), kept, reply)
  }

  return async (request, ...rest) => {
    const chain = chainOf(request)
    const mounted = mount(chain, sessions, request, cookieOf, options)
    const ref = find(mounted, sessions) as SessionRef<A, G>
    if (mounted === chain) return handler(request, ref, ...rest)
    carry(request, mounted)
    try {
      return await handled(mounted, ref, request, rest)
    } finally {
      // The same Request object may be handled again.
      if (chain === undefined) carry(request, undefined)
    }
  }
}

/**
 * Wraps a handler of `withSession` so that signed-in visitors alone reach it: 401 or the redirect (303) for others, 409 with
 * `Retry-After: 0` under a replaced cookie, 403 under the level.
 */
export const requireSubject =
  (requirement: Requirement = {}) =>
  <R extends Request, S extends AnyRef, Rest extends ReadonlyArray<unknown>>(
    handler: (request: R, session: S, ...rest: Rest) => Response | Promise<Response>,
  ) =>
  async (request: R, session: S, ...rest: Rest): Promise<Response> => {
    const refused = refusal(await enter(chainOf(request), session, requirement))
    return refused === undefined ? handler(request, session, ...rest) : pageResponse(refused)
  }
