/** What the adapters infer, compiled by `tsc -p test` and never run. */
import express from 'express'
import { Hono } from 'hono'
import * as t from 'io-ts'
import Koa from 'koa'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as Fetch from '../../adapters/fetch.ts'
import * as HonoAdapter from '../../adapters/hono.ts'
import * as KoaAdapter from '../../adapters/koa.ts'
import * as Node from '../../adapters/node.ts'
import * as Session from '../../src/core/Session.ts'
import { sessionManager, type SessionManager } from '../../src/engine/SessionManager.ts'
import type { Leasing, SessionRef } from '../../src/engine/SessionRef.ts'
import { memoryStore } from '../../src/stores/memory.ts'

interface Data {
  readonly views: number
}
const Data: t.Type<Data, { readonly views: number }> = t.type({ views: t.number })
const sessions = sessionManager({ data: Data, initial: { views: 0 }, store: memoryStore() })
const admins = sessionManager({
  data: Data,
  initial: { views: 0 },
  store: memoryStore(),
  cookie: { name: '__Host-admin' },
})
const count = Session.modify('views', (n: number) => n + 1)

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false
const same = <X, Y>(_: Equal<X, Y>): void => undefined
type Ref = SessionRef<Data, 'cas' & Leasing>

// Hono
new Hono()
  .use(HonoAdapter.session(sessions))
  .use(HonoAdapter.requireSubject({ level: 1 }))
  .get('/', async (c) => {
    same<typeof c.var.session, Ref>(true)
    const { data } = await c.var.session.transact(count)
    same<typeof data, Data>(true)
    return c.json(data)
  })
new Hono()
  .use(HonoAdapter.session(sessions))
  .use(HonoAdapter.session(admins, { as: 'admin', passive: true }))
  .get('/', (c) => {
    same<typeof c.var.admin, Ref>(true)
    same<typeof c.var.session, Ref>(true)
    // @ts-expect-error Nothing is mounted under this name.
    void c.var.nobody
    return c.body(null)
  })
new Hono<{ Variables: HonoAdapter.SessionVariables<Data> }>().get('/', (c) => {
  same<typeof c.var.session, SessionRef<Data>>(true)
  return c.body(null)
})

// Koa
new Koa()
  .use(KoaAdapter.session(sessions))
  .use(KoaAdapter.requireSubject())
  .use(async (ctx) => {
    same<typeof ctx.session, Ref>(true)
    const { data } = await ctx.session.transact(count)
    same<typeof data, Data>(true)
    ctx.body = data
    ctx.status = 200
    ctx.set('x-views', String(data.views))
  })
new Koa()
  .use(KoaAdapter.session(sessions))
  .use(KoaAdapter.session(admins, { as: 'admin' }))
  .use((ctx) => {
    same<typeof ctx.admin, Ref>(true)
    same<typeof ctx.session, Ref>(true)
  })

// Node
createServer(
  Node.withSession(sessions, async (req, res, session) => {
    same<typeof req, IncomingMessage>(true)
    same<typeof res, ServerResponse>(true)
    same<typeof session, Ref>(true)
    res.end(JSON.stringify((await session.transact(count)).data))
  }),
)
createServer(
  Node.withSession(
    sessions,
    Node.requireSubject()((_req, _res, session) => {
      same<typeof session, Ref>(true)
    }),
  ),
)
express()
  .use(Node.session(sessions))
  .use(Node.session(admins, { as: 'admin' }))
  .get('/', Node.requireSubject({ redirect: '/login' }), async (req, res) => {
    const session = Node.sessionOf(sessions, req)
    same<typeof session, Ref>(true)
    res.json((await session.read()).data)
  })

// fetch
const plain = Fetch.withSession(sessions, async (request, session) => {
  same<typeof request, Request>(true)
  same<typeof session, Ref>(true)
  return Response.json((await session.read()).data)
})
same<ReturnType<typeof plain>, Promise<Response>>(true)
interface Env {
  readonly region: string
}
const worker: { readonly fetch: (request: Request, env: Env) => Promise<Response> } = {
  fetch: Fetch.withSession(sessions, (_request, session, env: Env) => {
    same<typeof session, Ref>(true)
    return new Response(env.region)
  }),
}
void worker
Fetch.withSession(
  sessions,
  Fetch.requireSubject()((_request, session) => {
    same<typeof session, Ref>(true)
    return new Response()
  }),
)

// Lock modes: where the store gives leases, and nowhere else.
const { acquire: _acquire, renew: _renew, release: _release, ...unleased } = memoryStore()
const leaseless = sessionManager({ data: Data, initial: { views: 0 }, store: unleased })
new Hono().use(HonoAdapter.session(sessions, { lock: 'implicit' })).get('/', async (c) => {
  const { data } = await c.var.session.lock()
  same<typeof data, Data>(true)
  return c.body(null)
})
new Koa().use(KoaAdapter.session(sessions, { lock: 'early' })).use((ctx) => ctx.session.release())
Node.withSession(sessions, (_req, _res, session) => session.lock(), { lock: 'explicit' })
Node.session(sessions, { lock: 'implicit' })
Fetch.withSession(sessions, (_request, session) => session.release().then(() => new Response()), { lock: 'early' })
// @ts-expect-error The store gives no leases.
HonoAdapter.session(leaseless, { lock: 'implicit' })
// @ts-expect-error The store gives no leases.
KoaAdapter.session(leaseless, { lock: 'implicit' })
// @ts-expect-error The store gives no leases.
Node.session(leaseless, { lock: 'implicit' })
// @ts-expect-error The store gives no leases.
Node.withSession(leaseless, () => undefined, { lock: 'early' })
// @ts-expect-error The store gives no leases.
Fetch.withSession(leaseless, () => new Response(), { lock: 'early' })
// @ts-expect-error Nor can a handler take the session by hand.
Node.withSession(leaseless, (_req, _res, session) => session.lock())
// What asks for less takes what gives more.
const take = (session: SessionRef<Data>): Promise<Session.Session<Data>> => session.transact(count)
Node.withSession(sessions, (_req, _res, session) => take(session))
const manage = (manager: SessionManager<Data>): string => manager.cookieName
manage(sessions)
// @ts-expect-error What asks for leases does not take what has none.
void ((manager: typeof leaseless): SessionManager<Data, 'cas' & Leasing> => manager)
