/** The same application under four frameworks, each as its users write it. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Leasing, SessionManager } from 'coatcheck'
import { session as honoSession } from 'coatcheck/hono'
import { session as koaSession } from 'coatcheck/koa'
import { session as expressSession, sessionOf, withSession } from 'coatcheck/node'
import express, { type ErrorRequestHandler } from 'express'
import { Hono } from 'hono'
import Koa from 'koa'
import { type Asked, type Data, failed, outcomeOf, parts, type Ref, type Route, routes } from './actions.ts'
import { OUTCOME, SESSION, VISITOR } from './wire.ts'

export type Sessions = SessionManager<Data, 'cas' & Leasing>

/** The route that does not use its session. */
const UNTOUCHED = 'untouched'

const urlOf = (req: IncomingMessage): URL => new URL(req.url ?? '/', 'http://127.0.0.1')
const nameOf = (req: IncomingMessage): string => urlOf(req).pathname.slice(1)

const asked = (req: IncomingMessage): Asked => {
  const { searchParams } = urlOf(req)
  return {
    visitor: String(req.headers[VISITOR]),
    as: searchParams.get('as') ?? '',
    hold: Number(searchParams.get('hold') ?? 1),
    brief: searchParams.has('brief'),
  }
}

const answerTo = async ({ act }: Route, session: Ref, req: IncomingMessage): Promise<string> =>
  JSON.stringify(await act(session, asked(req)))

const send = async (res: ServerResponse, route: Route, shown: string): Promise<void> => {
  res.setHeader(SESSION, shown)
  if (route.streams === undefined) return void res.end('ok')
  for await (const part of parts()) res.write(part)
  res.end()
}

const fail = (res: ServerResponse, error: unknown): void => {
  if (res.headersSent || res.writableEnded) return void res.destroy()
  res.statusCode = failed(error)
  res.setHeader(OUTCOME, outcomeOf(error))
  res.end('failed')
}

const each = <A>(make: (name: string, route: Route) => A): ReadonlyMap<string, A> =>
  new Map(Object.entries(routes).map(([name, route]) => [name, make(name, route)]))

const node = (sessions: Sessions): RequestListener => {
  const onError = (error: unknown, _req: IncomingMessage, res: ServerResponse): void => fail(res, error)
  const listeners = each((_name, route) =>
    withSession(sessions, async (req, res, session) => send(res, route, await answerTo(route, session, req)), {
      ...route.mount,
      onError,
    }),
  )
  const home = withSession(sessions, (_req, res) => res.end('home'), { onError })
  return (req, res) => (listeners.get(nameOf(req)) ?? home)(req, res)
}

const koa = (sessions: Sessions): RequestListener => {
  const mounts = each((_name, route) => koaSession(sessions, route.mount))
  const app = new Koa()
  // What a client that went away leaves of its stream.
  app.on('error', () => undefined)
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      ctx.status = failed(error)
      ctx.set(OUTCOME, outcomeOf(error))
      ctx.body = 'failed'
    }
  })
  const home = koaSession(sessions)
  app.use((ctx, next) => (mounts.get(nameOf(ctx.req)) ?? home)(ctx as never, next))
  app.use(async (ctx) => {
    const route = routes[nameOf(ctx.req)]
    if (route === undefined) {
      ctx.body = 'home'
      return
    }
    const shown = await answerTo(route, (ctx as unknown as { readonly session: Ref }).session, ctx.req)
    ctx.set(SESSION, shown)
    ctx.body = route.streams === undefined ? 'ok' : Readable.from(parts())
  })
  const listen = app.callback()
  return (req, res) => void listen(req, res)
}

const overExpress = (sessions: Sessions): RequestListener => {
  const app = express()
  // What this application's error handler answers may be refused once more at its commit; elsewhere Express would print that.
  app.set('env', 'test')
  for (const [name, route] of Object.entries(routes))
    app.get(`/${name}`, expressSession(sessions, route.mount), async (req, res) =>
      send(res, route, await answerTo(route, sessionOf(sessions, req), req)),
    )
  app.get(`/${UNTOUCHED}`, expressSession(sessions), (_req, res) => void res.send('home'))
  const onError: ErrorRequestHandler = (error, _req, res, _next) => fail(res, error)
  app.use(onError)
  return (req, res) => void app(req, res)
}

const hono = (sessions: Sessions): RequestListener => {
  const app = new Hono<{ Bindings: { readonly incoming: IncomingMessage } }>()
  for (const [name, route] of Object.entries(routes))
    app.get(`/${name}`, honoSession(sessions, route.mount), async (c) => {
      c.header(SESSION, await answerTo(route, c.var.session, c.env.incoming))
      return route.streams === undefined
        ? c.text('ok')
        : c.body(Readable.toWeb(Readable.from(parts())) as ReadableStream)
    })
  app.get(`/${UNTOUCHED}`, honoSession(sessions), (c) => c.text('home'))
  app.onError((error, c) => c.text('failed', failed(error) as 500, { [OUTCOME]: outcomeOf(error) }))
  return getRequestListener(app.fetch)
}

/** The frameworks, by the index of the process. */
const apps = { node, koa, hono, express: overExpress } as const

export const appOf = (index: number): keyof typeof apps => (['node', 'koa', 'hono', 'express'] as const)[index % 4]!

export const serverOf = (index: number, sessions: Sessions): Server => createServer(apps[appOf(index)](sessions))
