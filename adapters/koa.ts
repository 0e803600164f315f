/**
 * ```ts
 * session: (sessions, options?) => Koa middleware, whose context has session: SessionRef<A, G>
 * ```
 * Koa: `ctx.session`, committed after the handlers and before the response leaves. Koa's types are taken structurally.
 *
 * @since 0.1.0
 */
import type { Requirement } from '../src/core/Access.ts'
import { headersSent, toError } from '../src/core/SessionError.ts'
import type { Guarantee } from '../src/effects/Store.ts'
import type { Mounted, Outcome } from '../src/engine/Mount.ts'
import { carry, chainOf, cookieNames, enter, find, mount, outcome } from '../src/engine/Mount.ts'
import type { OpenOptions, SessionManager } from '../src/engine/SessionManager.ts'
import type { LockMode, LockModeOf, Reply, SessionRef } from '../src/engine/SessionRef.ts'
import type { NodeResponse } from './headers.ts'
import { beforeHeaders, clearHeaders, refusal, setReply, thrownStatus } from './headers.ts'

/** What the adapter needs of Koa's context. */
export interface KoaContext {
  readonly req: { readonly headers: { readonly cookie?: string | undefined } }
  readonly res: NodeResponse
  status: number
  body: unknown
}

/** How a route mounts its session. */
export interface KoaOptions<K extends string, M extends LockMode = 'none'> extends Pick<
  OpenOptions<M>,
  'create' | 'passive' | 'lock'
> {
  /** The session's name in `ctx`. Default 'session'. */
  readonly as?: K
}

const fields = (ctx: KoaContext): Record<string, unknown> => ctx as unknown as Record<string, unknown>

type Next = () => Promise<unknown>

const cookieOf = (ctx: KoaContext): string | undefined => ctx.req.headers.cookie

// Koa's error handling clears every header, and so may the application's: what must leave joins at the last moment.
const survive = (ctx: KoaContext, reply: Reply, kept: ReadonlyArray<string> = []): void => {
  beforeHeaders(ctx.res, () => {
    for (const line of kept) setReply(ctx.res, { setCookie: line, vary: false })
    setReply(ctx.res, reply)
  })
}

const answer = (ctx: KoaContext, { reply, failure }: Outcome): void => {
  if (failure === undefined && !ctx.res.headersSent) return setReply(ctx.res, reply)
  // Written past Koa (`ctx.respond = false`): too late for a cookie, and what is thrown Koa only reports.
  if (failure === undefined && reply.setCookie === undefined) return
  const error = failure === undefined ? toError(headersSent) : failure.error
  if (!ctx.res.headersSent) {
    ctx.body = undefined
    survive(ctx, reply, clearHeaders(ctx.res, cookieNames(chainOf(ctx))))
    ctx.status = thrownStatus(error)
  }
  throw error
}

const rethrow = async (ctx: KoaContext, mounted: Mounted, thrown: unknown): Promise<never> => {
  const done = mounted.finish({ _tag: 'Threw', status: thrownStatus(thrown) })
  if (done !== undefined) {
    const { reply } = await outcome(done)
    if (!ctx.res.headersSent) survive(ctx, reply)
  }
  throw thrown
}

/**
 * Offers the session as `ctx.session`. Chain it, so that the type follows: `new Koa().use(session(sessions)).use(async (ctx) => …)`.
 * A failed commit drops the body and every header, and is thrown to Koa's error handling: 409, 500 or 503.
 */
export const session =
  <A, G extends Guarantee, K extends string = 'session'>(
    sessions: SessionManager<A, G>,
    options: KoaOptions<K, LockModeOf<G>> = {},
  ): ((ctx: KoaContext & Readonly<Record<NoInfer<K>, SessionRef<A, G>>>, next: Next) => Promise<void>) =>
  async (ctx, next) => {
    const chain = chainOf(ctx)
    const mounted = mount(chain, sessions, ctx as KoaContext, cookieOf, options)
    fields(ctx)[options.as ?? 'session'] = find(mounted, sessions)
    if (mounted === chain) return void (await next())
    carry(ctx, mounted)
    try {
      if (mounted.ready !== undefined) await mounted.ready()
      await next()
    } catch (thrown) {
      await rethrow(ctx, mounted, thrown)
    }
    const done = mounted.finish({ _tag: 'Answered', status: ctx.status })
    if (done === undefined) return
    const settled = outcome(done)
    answer(ctx, settled instanceof Promise ? await settled : settled)
  }

/** What a guard asks for, and of which session. */
export interface KoaRequirement extends Requirement {
  /** The session's name in `ctx`. Default 'session'. */
  readonly as?: string
}

/** Lets signed-in visitors through: 401 or the redirect (303) for others, 409 with `Retry-After: 0` under a replaced cookie, 403 under the level. */
export const requireSubject =
  (requirement: KoaRequirement = {}) =>
  async (ctx: KoaContext, next: Next): Promise<void> => {
    const refused = refusal(await enter(chainOf(ctx), fields(ctx)[requirement.as ?? 'session'], requirement))
    if (refused === undefined) return void (await next())
    ctx.status = refused.status
    for (const [name, value] of Object.entries(refused.headers)) ctx.res.setHeader(name, value)
    ctx.body = refused.body
  }
