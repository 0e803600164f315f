/**
 * The applications of our own subjects, by the entries of the built package: what users get is what is measured.
 */
import * as Session from 'coatcheck/Session'
import { sessionManager, type SessionRef } from 'coatcheck'
import { keyring } from 'coatcheck/Keyring'
import { sealedCookie } from 'coatcheck/sealed-cookie'
import type { Store } from 'coatcheck/Store'
import { memoryStore } from 'coatcheck/stores/memory'
import * as t from 'io-ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { answer, member, nothing, pathOf, paths, pause, type App, type Kind, visit } from './Subject.ts'

const Data = t.type({ user: t.string, theme: t.string, views: t.number })
type Data = t.TypeOf<typeof Data>

const options = { data: Data, initial: { user: '', theme: '', views: 0 } }

/** The same key in every process: nothing is kept. */
const keys = keyring([{ id: 'bench', secret: Buffer.alloc(32, 'a key of the benchmark') }])

const overCookies = () => sessionManager({ ...options, carrier: sealedCookie({ keys }) })

/** What both managers have: the sealed cookie's has no `transact`. */
type Ref = SessionRef<Data, 'last-write-wins'>

/** A manager, and how its user raises a counter and answers its new value. */
export interface Sessions {
  readonly manager: ReturnType<typeof overCookies>
  readonly increment: (session: Ref) => Promise<string>
}

const count = Session.modify<Data, 'views'>('views', (views) => views + 1)
const begin = Session.update<Data>(visit)
const enter = Session.set<Data, 'user'>('user', member)
const signIn = Session.signIn(member)

const userOf = ({ data }: Session.Session<Data>): string => data.user
const viewsOf = ({ data }: Session.Session<Data>): string => String(data.views)

/** Loopback is not HTTPS, and the client keeps whatever it is sent: the defaults work as they are. */
const inStore = (store: Store<'cas'>): Sessions => ({
  manager: sessionManager({ ...options, store }),
  increment: (session) => (session as SessionRef<Data>).transact(count).then(viewsOf),
})

const slowly = async (session: Ref): Promise<string> => {
  const before = (await session.read()).data.views
  await pause()
  session.update(count)
  return String(before + 1)
}

/** As a handler would: it waits where there is something to be known, and goes on at once where there is not. */
const act = ({ increment }: Sessions, session: Ref, path: string | undefined): string | Promise<string> => {
  if (path === paths.read) return session.read().then(userOf)
  if (path === paths.write) return increment(session)
  if (path === paths.count) return session.read().then(viewsOf)
  if (path === paths.slow) return slowly(session)
  if (path === paths.signIn) {
    session.update(enter)
    session.update(signIn)
    return nothing
  }
  session.update(begin)
  return nothing
}

const onRequest =
  (sessions: Sessions) =>
  (req: IncomingMessage, res: ServerResponse, session: Ref): void | Promise<void> => {
    const text = req.url === paths.untouched ? nothing : act(sessions, session, req.url)
    if (typeof text === 'string') answer(res, text)
    else return text.then((later) => answer(res, later))
  }

/** One framework's application around a manager. */
export type Mount = (kind: Kind, sessions: Sessions) => Promise<App>

export const node: Mount = async (kind, sessions) => {
  const { withSession } = await import('coatcheck/node')
  const handler = (_req: IncomingMessage, res: ServerResponse): void => answer(res, nothing)
  const empty = (req: IncomingMessage, res: ServerResponse): void => handler(req, res)
  return {
    _tag: 'listener',
    listener:
      kind === 'session' ? withSession(sessions.manager, onRequest(sessions)) : kind === 'empty' ? empty : handler,
  }
}

export const express: Mount = async (kind, sessions) => {
  const { default: express } = await import('express')
  const { session, sessionOf } = await import('coatcheck/node')
  const app = express()
  const handler = onRequest(sessions)
  if (kind === 'session') app.use(session(sessions.manager))
  if (kind === 'empty') app.use((_req, _res, next) => next())
  app.use((req, res) =>
    kind === 'session' ? handler(req, res, sessionOf(sessions.manager, req)) : answer(res, nothing),
  )
  return { _tag: 'listener', listener: (req, res) => void app(req, res) }
}

export const koa: Mount = async (kind, sessions) => {
  const { default: Koa } = await import('koa')
  const { session } = await import('coatcheck/koa')
  if (kind === 'session') {
    const app = new Koa().use(session(sessions.manager)).use(async (ctx) => {
      const text = ctx.url === paths.untouched ? nothing : act(sessions, ctx.session, ctx.url)
      ctx.body = typeof text === 'string' ? text : await text
    })
    return listening(app.callback())
  }
  const app = new Koa()
  if (kind === 'empty') app.use(async (_ctx, next) => next())
  app.use(async (ctx) => {
    ctx.body = nothing
  })
  return listening(app.callback())
}

const listening = (callback: (req: IncomingMessage, res: ServerResponse) => Promise<void>): App => ({
  _tag: 'listener',
  listener: (req, res) => void callback(req, res),
})

export const hono: Mount = async (kind, sessions) => {
  const { Hono } = await import('hono')
  const { session } = await import('coatcheck/hono')
  if (kind === 'session') {
    const app = new Hono()
      .use(session(sessions.manager))
      .get('*', async (c) =>
        c.text(c.req.path === paths.untouched ? nothing : await act(sessions, c.get('session'), c.req.path)),
      )
    return { _tag: 'fetch', fetch: (request) => app.fetch(request) }
  }
  const app = new Hono()
  if (kind === 'empty') app.use(async (_c, next) => next())
  app.get('*', async (c) => c.text(nothing))
  return { _tag: 'fetch', fetch: (request) => app.fetch(request) }
}

const text = (body: string): Response =>
  new Response(body, { headers: { 'Content-Type': 'text/plain; charset=utf-8' } })

export const fetch: Mount = async (kind, sessions) => {
  const { withSession } = await import('coatcheck/fetch')
  const handler = async (): Promise<Response> => text(nothing)
  const empty = async (): Promise<Response> => handler()
  const mounted = withSession(sessions.manager, async (request, session) =>
    text(pathOf(request) === paths.untouched ? nothing : await act(sessions, session, pathOf(request))),
  )
  return { _tag: 'fetch', fetch: kind === 'session' ? mounted : kind === 'empty' ? empty : handler }
}

/** A manager over a store of its own. */
export const fresh = (): Sessions => inStore(memoryStore())

/** A manager without a store: sealed cookies. */
export const freshSealed = (): Sessions => ({
  manager: overCookies(),
  increment: (session) => {
    session.update(count)
    return session.read().then(viewsOf)
  },
})

/** How far away the counting store is, ms: writers that wait for a store overlap, as they do with a real one. */
const distance = 1

/** A store whose verbs are counted when they are run, and done and answered later. */
const counting = (store: Store<'cas'>) => {
  let calls = 0
  const counted =
    <Args extends readonly unknown[], A>(verb: (...args: Args) => () => Promise<A>) =>
    (...args: Args) =>
    async () => {
      calls++
      await sleep(distance)
      return verb(...args)()
    }
  const wrapped: Store<'cas'> = {
    guarantee: store.guarantee,
    load: counted(store.load),
    create: counted(store.create),
    update: counted(store.update),
    touch: counted(store.touch),
    end: counted(store.end),
  }
  return { store: wrapped, calls: () => calls }
}

/** A manager over a store that counts. */
export const freshCounted = (): { readonly sessions: Sessions; readonly calls: () => number } => {
  const { store, calls } = counting(memoryStore())
  return { sessions: inStore(store), calls }
}
