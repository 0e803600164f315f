/** Koa: `app.use(session(sessions))`, `ctx.session`. */
import { createServer } from 'node:http'
import { PassThrough } from 'node:stream'
import Koa from 'koa'
import { requireSubject, session } from '../../../adapters/koa.ts'
import type { Answer, Driver, Ref, Route } from '../app.ts'
import { BESIDE, byMount, listening } from '../app.ts'

type Context = Koa.Context & { readonly session: Ref; readonly [BESIDE]: Ref }

const piped = (stream: NonNullable<Answer['stream']>): PassThrough => {
  const through = new PassThrough()
  stream(
    (text) =>
      new Promise((resolve, reject) => {
        through.write(text, (error) => {
          if (error == null) resolve()
          else reject(error)
        })
      }),
  ).then(
    () => through.end(),
    (error: unknown) => through.destroy(error as Error),
  )
  return through
}

const respond = (ctx: Context, { status, headers, body, stream, redirect }: Answer): void => {
  if (redirect !== undefined) {
    ctx.redirect(redirect)
    return
  }
  ctx.body = stream === undefined ? (body ?? null) : piped(stream)
  ctx.status = status ?? 200
  for (const [name, value] of Object.entries(headers ?? {})) ctx.set(name, value as string | Array<string>)
}

/** Koa has no router of its own: what belongs to a path runs there alone. */
const at =
  (path: string, middleware: Koa.Middleware): Koa.Middleware =>
  (ctx, next) =>
    ctx.path === path ? middleware(ctx, next) : next()

const handler =
  ({ handle }: Route) =>
  async (ctx: Context): Promise<void> => {
    const answer = await handle(ctx.session, {
      method: ctx.method,
      query: ctx.URL.searchParams,
      beside: () => ctx[BESIDE],
      error: (status) => {
        try {
          ctx.throw(status)
        } catch (error) {
          return error as Error
        }
      },
    })
    respond(ctx, answer)
  }

export const koa: Driver = {
  name: 'Koa',
  serve: (definition) => {
    const { sessions, beside } = definition
    const app = new Koa()
    app.silent = true
    const routes = byMount(definition)
    const use = (path: string, route: Route): void => {
      if (route.require !== undefined) app.use(at(path, requireSubject(route.require) as Koa.Middleware))
      app.use(at(path, handler(route) as unknown as Koa.Middleware))
    }
    for (const [path, route] of routes.filter(([, { mount }]) => mount !== undefined)) {
      app.use(at(path, session(sessions, route.mount) as unknown as Koa.Middleware))
      use(path, route)
    }
    app.use(session(sessions))
    if (beside !== undefined) app.use(session(beside, { as: BESIDE }))
    for (const [path, route] of routes.filter(([, { mount }]) => mount === undefined)) use(path, route)
    return listening(createServer(app.callback()))
  },
}
