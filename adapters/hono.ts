/**
 * ```ts
 * session: (sessions, options?) => MiddlewareHandler<{ Variables: { session: SessionRef<A, G> } }>
 * ```
 * Hono: `c.var.session`, committed after the handler and before the response leaves. Runs wherever Hono runs.
 *
 * @since 0.1.0
 */
import type { Context, MiddlewareHandler } from 'hono'
import type { Requirement } from '../src/core/Access.ts'
import { isSessionException } from '../src/core/SessionError.ts'
import type { Guarantee } from '../src/effects/Store.ts'
import type { Mounted, Outcome } from '../src/engine/Mount.ts'
import { carry, chainOf, cookieNames, enter, find, mount, outcome } from '../src/engine/Mount.ts'
import type { OpenOptions, SessionManager } from '../src/engine/SessionManager.ts'
import type { LockMode, LockModeOf, Reply, SessionRef } from '../src/engine/SessionRef.ts'
import { cookiesOf, discard, pageResponse, refusal, thrownStatus, withReply } from './headers.ts'

/** How a route mounts its session. */
export interface HonoOptions<K extends string, M extends LockMode = 'none'> extends Pick<
  OpenOptions<M>,
  'create' | 'passive' | 'lock'
> {
  /** The session's name in `c.var`. Default 'session'. */
  readonly as?: K
}

/** The variables that the middleware sets, for `new Hono<{ Variables: SessionVariables<Data> }>()` where routes are not chained. */
export type SessionVariables<A, G extends Guarantee = 'cas', K extends string = 'session'> = Readonly<
  Record<K, SessionRef<A, G>>
>

const cookieOf = (c: Context): string | undefined => c.req.raw.headers.get('cookie') ?? undefined

// In Hono an assignment to `c.res` merges the headers of the response before it into the new one.
const replace = (c: Context, response: Response): void => {
  if (c.res === response) return
  c.res = undefined
  c.res = response
}

// The error response that Hono makes next takes over the headers of this empty one.
const drop = (c: Context, error: unknown, reply: Reply): void => {
  const headers = new Headers({ 'cache-control': 'no-store' })
  for (const line of cookiesOf(cookieNames(chainOf(c)))(c.res.headers.getSetCookie()))
    headers.append('set-cookie', line)
  discard(c.res)
  replace(c, withReply(new Response(null, { headers }), reply))
  // Else the error handler's answer would have the status that the dropped handler had set.
  c.status(thrownStatus(error) as 500)
}

const answer = (c: Context, { reply, failure }: Outcome): void => {
  if (failure === undefined || c.error !== undefined) return replace(c, withReply(c.res, reply))
  drop(c, failure.error, reply)
  throw failure.error
}

// Thrown past Hono's own error handling, which still comes: its response takes over the headers of this one.
const rethrow = async (c: Context, mounted: Mounted, thrown: unknown): Promise<never> => {
  const done = mounted.finish({ _tag: 'Threw', status: thrownStatus(thrown) })
  if (done === undefined) throw thrown
  const { reply } = await outcome(done)
  if (isSessionException(thrown)) drop(c, thrown, reply)
  else replace(c, withReply(c.res, reply))
  throw thrown
}

/**
 * Offers the session as `c.var.session`. Chain it, so that the type follows: `new Hono().use(session(sessions)).get(…)`.
 * A failed commit drops the handler's response and reaches `app.onError`; by default it is answered 409, 500 or 503.
 */
export const session = <A, G extends Guarantee, K extends string = 'session'>(
  sessions: SessionManager<A, G>,
  options: HonoOptions<K, LockModeOf<G>> = {},
): MiddlewareHandler<{ Variables: SessionVariables<A, G, K> }> => {
  const as = options.as ?? 'session'
  return async (c, next) => {
    const chain = chainOf(c)
    const mounted = mount(chain, sessions, c as Context, cookieOf, options)
    const set: (name: string, value: unknown) => void = c.set
    set(as, find(mounted, sessions))
    if (mounted === chain) return next()
    carry(c, mounted)
    try {
      if (mounted.ready !== undefined) await mounted.ready()
      await next()
    } catch (thrown) {
      await rethrow(c, mounted, thrown)
    }
    const done = mounted.finish(
      c.error === undefined
        ? { _tag: 'Answered', status: c.res.status }
        : { _tag: 'Threw', status: thrownStatus(c.error) },
    )
    if (done === undefined) return
    const settled = outcome(done)
    answer(c, settled instanceof Promise ? await settled : settled)
  }
}

/** What a guard asks for, and of which session. */
export interface HonoRequirement extends Requirement {
  /** The session's name in `c.var`. Default 'session'. */
  readonly as?: string
}

/** Lets signed-in visitors through: 401 or the redirect (303) for others, 409 with `Retry-After: 0` under a replaced cookie, 403 under the level. */
export const requireSubject =
  (requirement: HonoRequirement = {}): MiddlewareHandler =>
  async (c, next) => {
    const refused = refusal(await enter(chainOf(c), c.get(requirement.as ?? 'session'), requirement))
    return refused === undefined ? next() : pageResponse(refused)
  }
