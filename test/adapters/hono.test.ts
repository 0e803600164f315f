import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, it } from 'vitest'
import { requireSubject, session } from '../../adapters/hono.ts'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import { pairOf } from '../acceptance/http.ts'
import { count, newWorld } from '../acceptance/world.ts'

const cookies = (response: Response): ReadonlyArray<string> => response.headers.getSetCookie()

describe('opening', () => {
  it('reads nothing of the request', async () => {
    const { sessions, store } = newWorld()
    const app = new Hono().use(session(sessions)).get('/', (c) => c.text('x'))
    const request = Object.defineProperty(new Request('http://a/'), 'headers', {
      get: () => {
        throw new Error('the headers were read')
      },
    })
    const response = await app.fetch(request)
    expect([response.status, [...response.headers.keys()], store.calls]).toEqual([200, ['content-type'], []])
  })

  it('the same manager met twice gives one handle, committed once, by the outer middleware', async () => {
    const { sessions, store } = newWorld()
    const seen: Array<ReadonlyArray<string>> = []
    const app = new Hono()
      .use(session(sessions))
      .use(async (_c, next) => {
        await next()
        seen.push([...store.calls])
      })
      .use(session(sessions, { as: 'again' }))
      .get('/', (c) => {
        c.var.session.update(count)
        return c.text(String(c.var.session === c.var.again))
      })
    const response = await app.request('/')
    expect([await response.text(), cookies(response).length, seen, store.calls]).toEqual(['true', 1, [[]], ['create']])
  })

  it('two managers of one cookie name are Misconfigured on requests that meet both', async () => {
    const [one, two] = [newWorld(), newWorld()]
    const app = new Hono()
      .use(session(one.sessions))
      .use('/both', session(two.sessions, { as: 'two' }))
      .get('/both', (c) => c.text('x'))
      .get('/one', (c) => c.text('x'))
    expect([(await app.request('/one')).status, (await app.request('/both')).status]).toEqual([200, 500])
  })
})

describe('a failed commit', () => {
  const failing = () => {
    const world = newWorld()
    world.store.fail('create')
    return world
  }

  it('reaches app.onError without anything of the handler', async () => {
    const { sessions } = failing()
    const heard: Array<unknown> = []
    const app = new Hono()
      .use(session(sessions))
      .get('/', (c) => {
        c.var.session.update(count)
        c.header('x-leak', '1')
        c.status(201)
        return c.text('secret', { headers: { 'x-leak-too': '1', 'set-cookie': 'leak=1' } })
      })
      .onError((error, c) => {
        heard.push(error)
        return c.text('sorry')
      })
    const response = await app.request('/')
    expect(isSessionException(heard[0])).toBe(true)
    expect([response.status, await response.text(), cookies(response)]).toEqual([503, 'sorry', []])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect([...response.headers.keys()].filter((name) => name.startsWith('x-'))).toEqual([])
  })

  it('keeps the cookie of a manager whose commit was acknowledged, also in a raw error response', async () => {
    const { sessions } = failing()
    const inner = newWorld({ cookie: { name: '__Host-b' } })
    const app = new Hono()
      .use(session(sessions))
      .use(session(inner.sessions, { as: 'inner' }))
      .get('/', (c) => {
        c.var.session.update(count)
        c.var.inner.update(count)
        return c.text('secret')
      })
      .onError(() => new Response('sorry', { status: 500 }))
    const response = await app.request('/')
    expect([response.status, cookies(response).map((line) => line.split('=')[0])]).toEqual([500, ['__Host-b']])
  })

  it('lets go of a body that was streamed', async () => {
    const { sessions } = failing()
    let cancelled = false
    const app = new Hono().use(session(sessions)).get('/', (c) => {
      c.var.session.update(count)
      return c.body(new ReadableStream({ cancel: () => void (cancelled = true) }))
    })
    expect([(await app.request('/')).status, cancelled]).toEqual([503, true])
  })

  it('with no route behind it: 503, too', async () => {
    const { sessions } = failing()
    const app = new Hono().use(session(sessions)).notFound((c) => {
      ;(c.get('session' as never) as { readonly update: (f: unknown) => void }).update(count)
      return c.text('secret', 404)
    })
    const response = await app.request('/')
    expect([response.status, await response.text()]).toEqual([503, 'Service Unavailable'])
  })
})

describe('a handler that throws', () => {
  const throwing = (thrown: unknown) => {
    const world = newWorld()
    const app = new Hono().use(session(world.sessions)).get('/', (c) => {
      c.var.session.update(count)
      throw thrown
    })
    app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text('sorry', 200)))
    return { ...world, app }
  }

  it.each([
    [new HTTPException(404), 404, 1],
    [new HTTPException(303, { res: new Response(null, { status: 303, headers: { location: '/' } }) }), 303, 1],
    [new HTTPException(503), 503, 0],
    [new Error('boom'), 200, 0],
  ])('%s: %i, and %i cookies', async (thrown, status, expected) => {
    const { app, store } = throwing(thrown)
    const response = await app.request('/')
    expect([response.status, cookies(response).length]).toEqual([status, expected])
    expect(store.calls.includes('create')).toBe(expected === 1)
  })

  it('its own error goes on where the commit fails, too', async () => {
    const { app, store } = throwing(new HTTPException(404))
    store.fail('create')
    const response = await app.request('/')
    expect([response.status, cookies(response)]).toEqual([404, []])
  })

  it('what is not an Error goes on to the caller', async () => {
    const { app, store } = throwing('text')
    await expect(app.request('/')).rejects.toBe('text')
    expect(store.calls).not.toContain('create')
  })

  it('keeps the cookie of what was stored before, also where nothing else matched the route', async () => {
    const { sessions } = newWorld()
    const app = new Hono().use(session(sessions)).notFound(async (c) => {
      await (c.get('session' as never) as { readonly transact: (f: unknown) => Promise<void> }).transact(count)
      throw new Error('boom')
    })
    app.onError((_error, c) => c.text('sorry', 500))
    const response = await app.request('/')
    expect([response.status, cookies(response).length]).toEqual([500, 1])
  })
})

it('a superseded handle that the handler did not catch is answered 409 with Retry-After: 0', async () => {
  const { sessions } = newWorld()
  const app = new Hono()
    .use(session(sessions))
    .get('/in', async (c) => c.json(await c.var.session.transact(Session.signIn('alice'))))
    .get('/use', async (c) => c.json(await c.var.session.transact(count)))
  const old = pairOf(cookies(await app.request('/in'))[0]!)
  await app.request('/in', { headers: { cookie: old } })
  const response = await app.request('/use', { headers: { cookie: old } })
  expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([409, '0', 'Conflict'])
})

it('requireSubject guards the session under its name', async () => {
  const [users, admins] = [newWorld(), newWorld({ cookie: { name: '__Host-admin' } })]
  const app = new Hono()
    .use(session(users.sessions))
    .use(session(admins.sessions, { as: 'admin' }))
    .get('/in', (c) => {
      c.var.admin.update(Session.signIn('root'))
      return c.text('in')
    })
    .get('/user', requireSubject({ redirect: '/in' }), (c) => c.text('user'))
    .get('/admin', requireSubject({ as: 'admin' }), (c) => c.text('admin'))
    .get('/nobody', requireSubject({ as: 'nobody' }), (c) => c.text('nobody'))
  const cookie = pairOf(cookies(await app.request('/in'))[0]!)
  const ask = async (path: string, headers: Record<string, string> = { cookie }): Promise<ReadonlyArray<unknown>> => {
    const response = await app.request(path, { headers })
    return [response.status, response.headers.get('location'), response.headers.get('cache-control')]
  }
  expect(await ask('/admin')).toEqual([200, null, 'private'])
  expect(await ask('/admin', {})).toEqual([401, null, 'no-store'])
  expect(await ask('/user')).toEqual([303, '/in', 'no-store'])
  expect((await ask('/nobody'))[0]).toBe(500)
})
