/**
 * The other libraries, each in the configuration that its own documentation recommends, and where that writes a session
 * for every visitor (`saveUninitialized`, `rolling`) with that turned off: the configuration that costs them least.
 */
import type { RequestHandler } from 'express'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { answer, nothing, paths, pause, type App, type Kind, type Subject, visit, type Visit } from './Subject.ts'

const secret = 'a secret of the benchmark, of no use to anybody'

/** The handler's work for the libraries whose session is a mutable object; `slow` apart, which waits. */
const onProperties = (session: Visit, path: string | undefined): string => {
  if (path === paths.read) return session.user
  if (path === paths.write) return String(++session.views)
  if (path === paths.count) return String(session.views)
  Object.assign(session, visit)
  return nothing
}

const slowly = async (session: Visit): Promise<string> => {
  const before = session.views
  await pause()
  session.views = before + 1
  return String(session.views)
}

type ExpressSession = (options: Readonly<Record<string, unknown>>) => RequestHandler
type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

const expressSession = (): RequestHandler => {
  const session = createRequire(import.meta.url)('express-session') as ExpressSession
  return session({ secret, resave: false, saveUninitialized: false })
}

const onRequest =
  (kind: Kind) =>
  (req: IncomingMessage, res: ServerResponse): void => {
    if (kind !== 'session' || req.url === paths.untouched) return answer(res, nothing)
    const { session } = req as unknown as { readonly session: Visit }
    if (req.url !== paths.slow) return answer(res, onProperties(session, req.url))
    void slowly(session).then((text) => answer(res, text))
  }

const node = async (kind: Kind): Promise<App> => {
  const handler = onRequest(kind)
  if (kind === 'bare') return { _tag: 'listener', listener: handler }
  const middleware =
    kind === 'session'
      ? (expressSession() as unknown as Middleware)
      : (_req: IncomingMessage, _res: ServerResponse, next: () => void) => next()
  return { _tag: 'listener', listener: (req, res) => middleware(req, res, () => handler(req, res)) }
}

const express = async (kind: Kind): Promise<App> => {
  const { default: express } = await import('express')
  const app = express()
  if (kind === 'session') app.use(expressSession())
  if (kind === 'empty') app.use((_req, _res, next) => next())
  app.use(onRequest(kind))
  return { _tag: 'listener', listener: app }
}

const fastify = async (kind: Kind): Promise<App> => {
  const { fastify } = await import('fastify')
  const app = fastify()
  if (kind === 'session') {
    await app.register((await import('@fastify/cookie')).fastifyCookie)
    const { fastifySession } = await import('@fastify/session')
    await app.register(fastifySession, { secret, saveUninitialized: false, rolling: false, cookie: { secure: false } })
  }
  if (kind === 'empty') app.addHook('onRequest', (_request, _reply, done) => done())
  app.get('/*', (request, reply) => {
    if (kind !== 'session' || request.url === paths.untouched) return reply.send(nothing)
    const session = request.session as unknown as Visit
    if (request.url !== paths.slow) return reply.send(onProperties(session, request.url))
    return slowly(session)
  })
  await app.ready()
  return { _tag: 'listener', listener: (req, res) => app.routing(req, res) }
}

/** koa-session's store interface over a Map of JSON texts, which is what express-session's MemoryStore does. */
const mapStore = () => {
  const texts = new Map<string, string>()
  return {
    get: async (key: string): Promise<unknown> => {
      const text = texts.get(key)
      return text === undefined ? undefined : JSON.parse(text)
    },
    set: async (key: string, value: unknown): Promise<void> => void texts.set(key, JSON.stringify(value)),
    destroy: async (key: string): Promise<void> => void texts.delete(key),
  }
}

const koa =
  (options: () => Readonly<Record<string, unknown>>) =>
  async (kind: Kind): Promise<App> => {
    const { default: Koa } = await import('koa')
    const app = new Koa()
    if (kind === 'session') {
      const { createSession } = await import('koa-session')
      app.keys = [secret]
      app.use(createSession(options(), app))
    }
    if (kind === 'empty') app.use(async (_ctx, next) => next())
    app.use(async (ctx) => {
      if (kind !== 'session' || ctx.url === paths.untouched) {
        ctx.body = nothing
        return
      }
      const session = ctx['session'] as Visit
      ctx.body = ctx.url === paths.slow ? await slowly(session) : onProperties(session, ctx.url)
    })
    const callback = app.callback()
    return { _tag: 'listener', listener: (req, res) => void callback(req, res) }
  }

interface Values {
  readonly get: <K extends keyof Visit>(key: K) => Visit[K] | null
  readonly set: <K extends keyof Visit>(key: K, value: Visit[K]) => void
}

const onValues = async (session: Values, path: string): Promise<string> => {
  if (path === paths.read) return session.get('user') ?? ''
  if (path === paths.count) return String(session.get('views'))
  if (path === paths.write || path === paths.slow) {
    const before = session.get('views') ?? 0
    if (path === paths.slow) await pause()
    session.set('views', before + 1)
    return String(before + 1)
  }
  session.set('user', visit.user)
  session.set('theme', visit.theme)
  session.set('views', visit.views)
  return nothing
}

const hono = async (kind: Kind): Promise<App> => {
  const { Hono } = await import('hono')
  const app = new Hono<{ Variables: { session: Values } }>()
  if (kind === 'session') {
    const { MemoryStore, sessionMiddleware } = await import('hono-sessions')
    app.use(sessionMiddleware({ store: new MemoryStore(), expireAfterSeconds: 3600 }))
  }
  if (kind === 'empty') app.use(async (_c, next) => next())
  app.get('*', async (c) => {
    if (kind !== 'session' || c.req.path === paths.untouched) return c.text(nothing)
    return c.text(await onValues(c.get('session'), c.req.path))
  })
  return { _tag: 'fetch', fetch: (request) => app.fetch(request) }
}

export const peers: readonly Subject[] = [
  {
    library: 'express-session',
    store: 'memory',
    adapter: 'node',
    group: 'node',
    cookieCarries: 'reference',
    packages: ['express-session'],
    mount: node,
  },
  {
    library: 'express-session',
    store: 'memory',
    adapter: 'express',
    group: 'node',
    cookieCarries: 'reference',
    packages: ['express', 'express-session'],
    mount: express,
  },
  {
    library: '@fastify/session',
    store: 'memory',
    adapter: 'fastify',
    group: 'node',
    cookieCarries: 'reference',
    packages: ['fastify', '@fastify/session', '@fastify/cookie'],
    mount: fastify,
  },
  {
    library: 'koa-session',
    store: 'cookie',
    adapter: 'koa',
    group: 'koa',
    cookieCarries: 'data',
    packages: ['koa', 'koa-session'],
    mount: koa(() => ({})),
  },
  {
    library: 'koa-session',
    store: 'memory',
    adapter: 'koa',
    group: 'koa',
    cookieCarries: 'reference',
    packages: ['koa', 'koa-session'],
    mount: koa(() => ({ store: mapStore() })),
  },
  {
    library: 'hono-sessions',
    store: 'memory',
    adapter: 'hono',
    group: 'hono',
    cookieCarries: 'reference',
    packages: ['hono', 'hono-sessions'],
    mount: hono,
  },
]
