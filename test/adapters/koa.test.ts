import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { requireSubject, session } from '../../adapters/koa.ts'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import { pairOf, send } from '../acceptance/http.ts'
import { count, newWorld } from '../acceptance/world.ts'
import { serve } from './serve.ts'

const quiet = (): Koa => Object.assign(new Koa(), { silent: true })

const names = (lines: ReadonlyArray<string>): ReadonlyArray<string> => lines.map((line) => line.split('=')[0]!)

describe('mounting', () => {
  it('the same manager met twice gives one handle, committed once, by the outer middleware', async () => {
    const { sessions, store } = newWorld()
    const seen: Array<ReadonlyArray<string>> = []
    const app = quiet()
      .use(session(sessions))
      .use(async (_ctx, next) => {
        await next()
        seen.push([...store.calls])
      })
      .use(session(sessions, { as: 'again' }))
      .use((ctx) => {
        ctx.session.update(count)
        ctx.body = String(ctx.session === ctx.again)
      })
    const { body, setCookies } = await send(await serve(app.callback()))
    expect([body, setCookies.length, seen, store.calls]).toEqual(['true', 1, [[]], ['create']])
  })

  it('two managers of one cookie name are Misconfigured on requests that meet both', async () => {
    const [one, two] = [newWorld(), newWorld()]
    const both = session(two.sessions, { as: 'two' })
    const app = quiet()
      .use(session(one.sessions))
      .use((ctx, next) => (ctx.path === '/both' ? both(ctx as never, next) : next()))
      .use((ctx) => void (ctx.body = 'x'))
    const url = await serve(app.callback())
    expect([(await send(`${url}/one`)).status, (await send(`${url}/both`)).status]).toEqual([200, 500])
  })
})

describe('a handler that throws keeps the cookie of what was stored before', () => {
  const shared = Object.assign(new Error('shared'), { status: 403, headers: Object.freeze({ 'x-error': 'yes' }) })

  it.each([
    ['an error that all requests share', shared, 403],
    ['a plain error', new Error('boom'), 500],
    ['what is not an Error', 'text', 500],
  ])('%s', async (_, thrown, status) => {
    const { sessions } = newWorld()
    const heard: Array<unknown> = []
    const app = quiet()
      .use(session(sessions))
      .use(async (ctx) => {
        await ctx.session.transact(count)
        ctx.set('x-leak', '1')
        throw thrown
      })
    app.on('error', (error: unknown) => heard.push(error))
    const response = await send(await serve(app.callback()))
    expect([names(response.setCookies), response.headers['cache-control']]).toEqual([['__Host-id'], 'no-store'])
    expect(response.headers['x-leak']).toBeUndefined()
    expect(response.status).toBe(status)
    if (typeof thrown !== 'string') expect(heard[0]).toBe(thrown)
    // A cookie that were put on the error would be sent to everybody who meets it next.
    expect(shared.headers).toEqual({ 'x-error': 'yes' })
  })

  it('one that an outer middleware answers', async () => {
    const { sessions, store } = newWorld()
    const app = quiet()
      .use(async (ctx, next) => {
        try {
          await next()
        } catch {
          for (const name of Object.keys(ctx.response.headers)) ctx.remove(name)
          ctx.status = 422
          ctx.body = 'answered'
        }
      })
      .use(session(sessions))
      .use(async (ctx) => {
        await ctx.session.transact(count)
        ctx.session.update(count)
        throw new Error('boom')
      })
    const { status, body, setCookies } = await send(await serve(app.callback()))
    expect([status, body, names(setCookies)]).toEqual([422, 'answered', ['__Host-id']])
    expect(store.calls).toEqual(['create'])
  })

  it('a 4xx keeps its updates', async () => {
    const { sessions, store } = newWorld()
    const app = quiet()
      .use(session(sessions))
      .use((ctx) => {
        ctx.session.update(count)
        ctx.throw(404)
      })
    const { status, setCookies } = await send(await serve(app.callback()))
    expect([status, names(setCookies), store.calls]).toEqual([404, ['__Host-id'], ['create']])
  })
})

describe('a failed commit', () => {
  const failing = () => {
    const world = newWorld()
    world.store.fail('create')
    return world
  }

  it('is thrown to Koa without anything of the handler', async () => {
    const { sessions } = failing()
    const heard: Array<unknown> = []
    const app = quiet()
      .use(session(sessions))
      .use((ctx) => {
        ctx.session.update(count)
        ctx.set('x-leak', '1')
        ctx.append('set-cookie', 'leak=1')
        ctx.status = 201
        ctx.body = { secret: true }
      })
    app.on('error', (error: unknown) => heard.push(error))
    const { status, body, headers, setCookies } = await send(await serve(app.callback()))
    expect([status, body, setCookies]).toEqual([503, 'Service Unavailable', []])
    expect([headers['x-leak'], headers['cache-control'], headers['retry-after']]).toEqual([undefined, 'no-store', '1'])
    expect(heard.map(isSessionException)).toEqual([true])
  })

  it('an outer middleware that answers it with a body alone sends its status, and the cookies of other managers', async () => {
    const { sessions } = failing()
    const inner = newWorld({ cookie: { name: '__Host-b' } })
    const app = quiet()
      .use(async (ctx, next) => {
        await next().catch(() => void (ctx.body = 'sorry'))
      })
      .use(session(sessions))
      .use(session(inner.sessions, { as: 'inner' }))
      .use((ctx) => {
        ctx.session.update(count)
        ctx.inner.update(count)
        ctx.append('set-cookie', 'leak=1')
        ctx.body = { secret: true }
      })
    const { status, body, headers, setCookies } = await send(await serve(app.callback()))
    expect([status, body, names(setCookies)]).toEqual([503, 'sorry', ['__Host-b']])
    expect(headers['content-type']).toContain('text/plain')
  })

  it('an outer middleware that swallows it sends its status and nothing of the body', async () => {
    const { sessions } = failing()
    const app = quiet()
      .use((_ctx, next) => next().catch(() => undefined))
      .use(session(sessions))
      .use((ctx) => {
        ctx.session.update(count)
        ctx.body = 'secret'
      })
    const { status, body } = await send(await serve(app.callback()))
    expect([status, body]).toEqual([503, 'Service Unavailable'])
  })

  it('lets go of a body that was streamed', async () => {
    const { sessions } = failing()
    const body = new PassThrough()
    const closed = once(body, 'close')
    const app = quiet()
      .use(session(sessions))
      .use((ctx) => {
        ctx.session.update(count)
        ctx.body = body
      })
    expect((await send(await serve(app.callback()))).status).toBe(503)
    await closed
  })

  it('of a response that was written past Koa is reported', async () => {
    const { sessions } = newWorld()
    const heard: Array<unknown> = []
    const app = quiet()
      .use(session(sessions))
      .use((ctx) => {
        ctx.session.update(count)
        ctx.respond = false
        ctx.res.writeHead(200).end('raw')
      })
    app.on('error', (error: unknown) => heard.push(error))
    const { status, body } = await send(await serve(app.callback()))
    expect([status, body]).toEqual([200, 'raw'])
    expect(heard).toEqual([expect.objectContaining({ sessionError: { _tag: 'HeadersSent' } })])
  })
})

it('requireSubject guards the session under its name', async () => {
  const [users, admins] = [newWorld(), newWorld({ cookie: { name: '__Host-admin' } })]
  const guards: Readonly<Record<string, Koa.Middleware>> = {
    '/user': requireSubject({ redirect: '/in' }),
    '/admin': requireSubject({ as: 'admin' }),
    '/nobody': requireSubject({ as: 'nobody' }),
  }
  const app = quiet()
    .use(session(users.sessions))
    .use(session(admins.sessions, { as: 'admin' }))
    .use((ctx, next) => (guards[ctx.path] ?? ((_ctx, after) => after()))(ctx as never, next))
    .use((ctx) => {
      if (ctx.path === '/in') ctx.admin.update(Session.signIn('root'))
      ctx.body = 'entered'
    })
  const url = await serve(app.callback())
  const cookie = pairOf((await send(`${url}/in`)).setCookies[0]!)
  const ask = async (path: string, headers: Record<string, string> = { cookie }): Promise<ReadonlyArray<unknown>> => {
    const response = await send(url + path, { headers })
    return [response.status, response.body, response.headers['location'], response.headers['cache-control']]
  }
  expect(await ask('/admin')).toEqual([200, 'entered', undefined, 'private'])
  expect(await ask('/admin', {})).toEqual([401, 'Unauthorized', undefined, 'no-store'])
  expect(await ask('/user')).toEqual([303, 'See Other', '/in', 'no-store'])
  expect((await ask('/nobody'))[0]).toBe(500)
})
