/** Three frameworks, one session. Each mounts the same manager its own way. */
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { session as honoSession } from 'coatcheck/hono'
import { session as koaSession } from 'coatcheck/koa'
import { withSession } from 'coatcheck/node'
import * as Session from 'coatcheck/Session'
import { isLeft } from 'fp-ts/lib/Either.js'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import Koa from 'koa'
import { page } from './page.ts'
import type { DemoSessions } from './sessions.ts'
import { increment, view, visit } from './sessions.ts'

/** The page, and everything that changes more than a counter. */
export const honoServer = (sessions: DemoSessions, origins: () => ReadonlyArray<string>): RequestListener => {
  const app = new Hono()
    .use(cors({ origin: (origin) => (origins().includes(origin) ? origin : null), credentials: true }))
    .use(honoSession(sessions))
    .get('/', async (c) => {
      await c.var.session.transact(visit)
      return c.html(page(origins()))
    })
    // The page polls this: reading passively is not activity, so an open tab does not keep a session alive.
    .get('/session', async (c) => c.json(view(sessions, await c.var.session.read({ passive: true }))))
    .post('/increment', async (c) => c.json((await c.var.session.transact(increment)).data))
    .post('/sign-in', async (c) => {
      const body: unknown = await c.req.json()
      const name = typeof body === 'object' && body !== null && 'name' in body ? String(body.name).slice(0, 40) : ''
      if (name === '') return c.text('a name is needed', 400)
      return c.json(view(sessions, await c.var.session.transact(Session.signIn(name))))
    })
    .post('/sign-out', async (c) => c.json(view(sessions, await c.var.session.transact(Session.signOut))))
    .post('/sign-out-everywhere', async (c) => {
      const subject = Session.subjectId(await c.var.session.read())
      if (subject === undefined) return c.text('nobody is signed in', 401)
      const ended = await sessions.subject(subject).endAll()
      return isLeft(ended) ? c.text(ended.left._tag, 503) : c.json({ ended: ended.right })
    })
  return getRequestListener(app.fetch, { overrideGlobalObjects: false })
}

export const koaServer = (sessions: DemoSessions, origins: () => ReadonlyArray<string>): RequestListener => {
  const app = new Koa()
  app
    .use(async (ctx, next) => {
      allow(ctx.get('origin'), origins(), (name, value) => {
        ctx.set(name, value)
      })
      await next()
    })
    .use(koaSession(sessions))
    .use(async (ctx) => {
      if (ctx.method === 'POST' && ctx.path === '/increment') ctx.body = (await ctx.session.transact(increment)).data
    })
  return app.callback()
}

export const nodeServer = (sessions: DemoSessions, origins: () => ReadonlyArray<string>): RequestListener =>
  withSession(sessions, async (req, res, session) => {
    allow(req.headers.origin ?? '', origins(), (name, value) => res.setHeader(name, value))
    if (req.method !== 'POST' || req.url !== '/increment') {
      res.statusCode = 404
      res.end()
      return
    }
    const { data } = await session.transact(increment)
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify(data))
  })

const allow = (origin: string, origins: ReadonlyArray<string>, set: (name: string, value: string) => void): void => {
  if (!origins.includes(origin)) return
  set('access-control-allow-origin', origin)
  set('access-control-allow-credentials', 'true')
}

/** A running server's port and how to stop it. */
export interface Running {
  readonly port: number
  readonly close: () => Promise<void>
}

/** Listens on loopback, on this port or, if it is taken, on a free one. */
export const listen = (listener: RequestListener, port: number): Promise<Running> =>
  new Promise((resolve, reject) => {
    const server = createServer(listener)
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && port !== 0) resolve(listen(listener, 0))
      else reject(error)
    })
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        port: typeof address === 'object' && address !== null ? address.port : port,
        close: () =>
          new Promise((closed) => {
            server.close(() => {
              closed()
            })
            server.closeAllConnections()
          }),
      })
    })
  })
