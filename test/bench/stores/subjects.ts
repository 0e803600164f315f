/**
 * The durable stores' subjects: one Express or Koa application each, ours and the others' with the same client library
 * and server. `/` uses no session, `/new` begins one, `/read` answers a field, `/write` counts one more.
 */
import { createRequire } from 'node:module'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { SessionRef } from 'coatcheck'
import type { Store } from 'coatcheck/Store'
import express, { type RequestHandler } from 'express'
import pg from 'pg'
import { createClient } from 'redis'
import { answer, paths, visit, type Visit } from '../Subject.ts'

/** Which of the targets' comparisons a subject belongs to. */
export type Group = 'postgres' | 'redis' | 'file'

export interface StoreSubject {
  readonly name: string
  /** As the report names it. */
  readonly library: string
  /** Packages whose versions are printed. */
  readonly packages: ReadonlyArray<string>
  readonly group: Group
  /** `bare` has no session; `raw` does one round trip of the client library and no more. */
  readonly role: 'ours' | 'peer' | 'bare' | 'raw'
  /** Ours is compared in the peer's framework. Default Express. */
  readonly framework?: 'koa'
  /** `where`: the server's address, or a directory. */
  readonly mount: (where: string) => Promise<RequestListener>
}

const require = createRequire(import.meta.url)
const secret = 'a secret of the benchmark, of no use to anybody'
const load = (name: string): unknown => require(name)

const onVisit = (req: IncomingMessage, res: ServerResponse): void => {
  if (req.url === '/') return answer(res, 'nothing')
  const { session } = req as unknown as { readonly session: Visit }
  if (req.url === paths.read) return answer(res, session.user)
  if (req.url === paths.write) return answer(res, String(++session.views))
  Object.assign(session, visit)
  answer(res, 'nothing')
}

const expressSession = (store: unknown): RequestListener => {
  const session = load('express-session') as (options: object) => RequestHandler
  return express()
    .use(session({ secret, resave: false, saveUninitialized: false, store }))
    .use(onVisit)
}

const managed = async (store: Store<'cas'>) => {
  const { sessionManager } = await import('coatcheck')
  const Session = await import('coatcheck/Session')
  const t = await import('io-ts')
  const Data = t.type({ user: t.string, theme: t.string, views: t.number })
  const sessions = sessionManager({ data: Data, initial: { user: '', theme: '', views: 0 }, store })
  const count = Session.modify<Visit, 'views'>('views', (views) => views + 1)
  const begin = Session.update<Visit>(visit)
  const act = async (ref: SessionRef<Visit>, path: string | undefined): Promise<string> => {
    if (path === paths.read) return (await ref.read()).data.user
    if (path === paths.write) return String((await ref.transact(count)).data.views)
    if (path === paths.create) ref.update(begin)
    return 'nothing'
  }
  return { sessions, act }
}

const ours = async (store: Store<'cas'>): Promise<RequestListener> => {
  const { session, sessionOf } = await import('coatcheck/node')
  const { sessions, act } = await managed(store)
  const handler: RequestHandler = (req, res, next) => {
    act(sessionOf(sessions, req), req.url).then((text) => answer(res, text), next)
  }
  return express().use(session(sessions)).use(handler)
}

const oursInKoa = async (store: Store<'cas'>): Promise<RequestListener> => {
  const { default: Koa } = await import('koa')
  const { session } = await import('coatcheck/koa')
  const { sessions, act } = await managed(store)
  const callback = new Koa()
    .use(session(sessions))
    .use(async (ctx) => {
      ctx.body = await act(ctx.session, ctx.url)
    })
    .callback()
  return (req, res) => void callback(req, res)
}

const bareKoa = async (): Promise<RequestListener> => {
  const { default: Koa } = await import('koa')
  const app = new Koa()
  app.use((ctx) => {
    ctx.body = 'nothing'
  })
  const callback = app.callback()
  return (req, res) => void callback(req, res)
}

const pool = (where: string): pg.Pool => new pg.Pool({ connectionString: where, max: 10 })

const connectPg = (disableTouch: boolean) => (where: string) => {
  const Store = (load('connect-pg-simple') as (session: unknown) => new (options: object) => unknown)(
    load('express-session'),
  )
  const store = new Store({ pool: pool(where), createTableIfMissing: true, disableTouch, pruneSessionInterval: false })
  return Promise.resolve(expressSession(store))
}

const rawPostgres = async (where: string): Promise<RequestListener> => {
  const client = pool(where)
  await client.query('create table if not exists raw (id text primary key, data json)')
  await client.query('insert into raw values ($1, $2) on conflict do nothing', ['one', JSON.stringify(visit)])
  return express().use((req, res, next) => {
    if (req.url === '/') return answer(res, 'nothing')
    client
      .query<{ data: Visit }>({ name: 'raw', text: 'select data from raw where id = $1', values: ['one'] })
      .then(({ rows }) => answer(res, req.url === paths.read ? rows[0]!.data.user : 'nothing'), next)
  })
}

const connected = async (where: string) => {
  const client = createClient({ url: where })
  await client.connect()
  return client
}

const koaExternal = async (where: string): Promise<RequestListener> => {
  const { default: Koa } = await import('koa')
  const client = await connected(where)
  const app = new Koa()
  app.keys = [secret]
  const { createSession } = await import('koa-session')
  const store = {
    get: async (key: string) => JSON.parse((await client.get(key)) ?? 'null') as unknown,
    set: (key: string, value: unknown, maxAge: number) => client.set(key, JSON.stringify(value), { PX: maxAge }),
    destroy: (key: string) => client.del(key),
  }
  app.use(createSession({ store, maxAge: 86_400_000 } as never, app))
  app.use((ctx) => {
    const { session: visitor } = ctx as unknown as { readonly session: Visit }
    if (ctx.url === '/') ctx.body = 'nothing'
    else if (ctx.url === paths.read) ctx.body = visitor.user
    else if (ctx.url === paths.write) ctx.body = String(++visitor.views)
    else ctx.body = Object.assign(visitor, visit) === undefined ? '' : 'nothing'
  })
  const callback = app.callback()
  return (req, res) => void callback(req, res)
}

const bare = (): Promise<RequestListener> => Promise.resolve(express().use((_req, res) => answer(res, 'nothing')))

export const storeSubjects: ReadonlyArray<StoreSubject> = [
  {
    name: 'express, no session',
    library: 'no session',
    packages: ['express'],
    group: 'postgres',
    role: 'bare',
    mount: bare,
  },
  {
    name: 'express, one prepared SELECT',
    library: 'one prepared SELECT',
    packages: ['pg'],
    group: 'postgres',
    role: 'raw',
    mount: rawPostgres,
  },
  {
    name: 'connect-pg-simple',
    library: 'connect-pg-simple',
    packages: ['express-session', 'connect-pg-simple'],
    group: 'postgres',
    role: 'peer',
    mount: connectPg(false),
  },
  {
    name: 'connect-pg-simple, disableTouch',
    library: 'connect-pg-simple, disableTouch',
    packages: ['express-session', 'connect-pg-simple'],
    group: 'postgres',
    role: 'peer',
    mount: connectPg(true),
  },
  {
    name: 'coatcheck, postgresStore',
    library: 'coatcheck',
    packages: ['pg'],
    group: 'postgres',
    role: 'ours',
    mount: async (where) => {
      const { postgresStore } = await import('coatcheck/stores/postgres')
      const store = postgresStore({ pool: pool(where) })
      await store.migrate()
      return ours(store)
    },
  },
  {
    name: 'express, no session',
    library: 'no session',
    packages: ['express'],
    group: 'redis',
    role: 'bare',
    mount: bare,
  },
  {
    name: 'connect-redis',
    library: 'connect-redis',
    packages: ['express-session', 'connect-redis'],
    group: 'redis',
    role: 'peer',
    mount: async (where) => {
      const { RedisStore } = (await import('connect-redis')) as unknown as { RedisStore: new (o: object) => unknown }
      return expressSession(new RedisStore({ client: await connected(where) }))
    },
  },
  {
    name: 'koa, no session',
    library: 'no session',
    packages: ['koa'],
    group: 'redis',
    role: 'bare',
    framework: 'koa',
    mount: bareKoa,
  },
  {
    name: 'koa-session, GET + JSON',
    library: 'koa-session',
    packages: ['koa-session'],
    group: 'redis',
    role: 'peer',
    framework: 'koa',
    mount: koaExternal,
  },
  {
    name: 'coatcheck, redisStore',
    library: 'coatcheck',
    packages: ['redis'],
    group: 'redis',
    role: 'ours',
    mount: async (where) => {
      const { redisStore } = await import('coatcheck/stores/redis')
      return ours(redisStore({ client: await connected(where) }))
    },
  },
  {
    name: 'coatcheck, redisStore, Koa',
    library: 'coatcheck',
    packages: ['redis'],
    group: 'redis',
    role: 'ours',
    framework: 'koa',
    mount: async (where) => {
      const { redisStore } = await import('coatcheck/stores/redis')
      return oursInKoa(redisStore({ client: await connected(where) }))
    },
  },
  {
    name: 'express, no session',
    library: 'no session',
    packages: ['express'],
    group: 'file',
    role: 'bare',
    mount: bare,
  },
  {
    name: 'session-file-store',
    library: 'session-file-store',
    packages: ['express-session', 'session-file-store'],
    group: 'file',
    role: 'peer',
    mount: (where) => {
      const Store = (load('session-file-store') as (session: unknown) => new (options: object) => unknown)(
        load('express-session'),
      )
      return Promise.resolve(expressSession(new Store({ path: `${where}/peer`, logFn: () => undefined, retries: 0 })))
    },
  },
  {
    name: 'coatcheck, fileStore',
    library: 'coatcheck',
    packages: [],
    group: 'file',
    role: 'ours',
    mount: async (where) => {
      const { fileStore } = await import('coatcheck/stores/file')
      return ours(fileStore({ directory: `${where}/ours` }))
    },
  },
]
