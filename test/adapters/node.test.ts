import { once } from 'node:events'
import { createServer } from 'node:http'
import express, { type ErrorRequestHandler } from 'express'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { requireSubject, session, sessionOf, upgradeSession, withSession } from '../../adapters/node.ts'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import { type Ref, listening } from '../acceptance/app.ts'
import { connectTo, pairOf, send } from '../acceptance/http.ts'
import { count, newWorld } from '../acceptance/world.ts'
import { connected, get, serve } from './serve.ts'

const names = (lines: ReadonlyArray<string>): ReadonlyArray<string> => lines.map((line) => line.split('=')[0]!).sort()

/** An application of Express whose own error handler answers, and what it heard. */
const withErrors = (app: express.Express) => {
  const heard: Array<unknown> = []
  const handler: ErrorRequestHandler = (error, _req, res, _next) => {
    heard.push(error)
    res.send('sorry')
  }
  app.use(handler)
  return heard
}

describe('plain http', () => {
  it('opening reads nothing of the request, and leaves the response as it was once it is sent', async () => {
    const { sessions, store } = newWorld()
    let restored = false
    const url = await serve((req, res) => {
      const { end, write } = res
      const { headers } = req
      Object.defineProperty(req, 'headers', {
        configurable: true,
        get: () => {
          throw new Error('the headers were read')
        },
      })
      withSession(sessions, () => {
        Object.defineProperty(req, 'headers', { value: headers })
        res.end('x')
        restored = res.end === end && res.write === write
      })(req, res)
    })
    expect(await send(url)).toMatchObject({ status: 200, body: 'x' })
    expect([restored, store.calls]).toEqual([true, []])
  })

  it('nested, the same manager gives one handle; sessionOf finds it, and none that was not mounted', async () => {
    const [one, two] = [newWorld(), newWorld({ cookie: { name: '__Host-two' } })]
    const seen: Array<unknown> = []
    const listener = withSession(one.sessions, (req, res, outer) => {
      withSession(one.sessions, (_req, _res, inner) => {
        seen.push(inner === outer, sessionOf(one.sessions, req) === outer)
        expect(() => sessionOf(two.sessions, req)).toThrow('sessionOf')
        inner.update(count)
        res.end()
      })(req, res)
    })
    expect((await send(await serve(listener))).setCookies).toHaveLength(1)
    expect([seen, one.store.calls]).toEqual([[true, true], ['create']])
  })

  it('two managers on one response: one cookie each; when one fails the other keeps its own', async () => {
    const [one, two] = [newWorld(), newWorld({ cookie: { name: '__Host-two' } })]
    const quiet = { onError: () => undefined }
    const listener = withSession(
      one.sessions,
      (req, res, first) => {
        withSession(
          two.sessions,
          (_req, _res, second) => {
            first.update(count)
            second.update(count)
            res.appendHeader('set-cookie', 'mine=1')
            res.end('both')
          },
          quiet,
        )(req, res)
      },
      quiet,
    )
    const url = await serve(listener)
    expect(names((await send(url)).setCookies)).toEqual(['__Host-id', '__Host-two', 'mine'])
    one.store.fail('create')
    const { status, setCookies } = await send(url)
    expect([status, names(setCookies)]).toEqual([503, ['__Host-two']])
  })

  it('two managers of one cookie name are Misconfigured on that request', async () => {
    const [one, two] = [newWorld(), newWorld()]
    const heard: Array<unknown> = []
    const onError = (error: unknown): void => void heard.push(error)
    const inner = withSession(two.sessions, (_req, res) => res.end('secret'), { onError })
    const url = await serve(withSession(one.sessions, (req, res) => inner(req, res), { onError }))
    expect(await send(url)).toMatchObject({ status: 500, body: 'Internal Server Error' })
    expect(heard.map((error) => isSessionException(error) && error.sessionError._tag)).toEqual(['Misconfigured'])
  })

  it('a session that is first met after the headers have left can not set a cookie', async () => {
    const { sessions, store } = newWorld()
    const heard: Array<unknown> = []
    const late = withSession(sessions, async (_req, res, ref) => {
      heard.push(await ref.transact(count).catch((error: unknown) => error))
      res.end()
    })
    const url = await serve((req, res) => {
      res.write('a')
      late(req, res)
    })
    expect((await send(url)).body).toBe('a')
    expect(heard).toEqual([expect.objectContaining({ sessionError: { _tag: 'HeadersSent' } })])
    expect(store.calls).toEqual([])
  })

  it('a manager that is met after the response began is no exception', async () => {
    const [one, two] = [newWorld(), newWorld({ cookie: { name: '__Host-two' } })]
    const heard: Array<unknown> = []
    const listener = withSession(one.sessions, async (req, res, first) => {
      first.update(count)
      res.write('a')
      await once(res, 'drain')
      withSession(two.sessions, async (_req, _res, second) => {
        heard.push(await second.transact(count).catch((error: unknown) => error))
        res.end()
      })(req, res)
    })
    const { body, setCookies } = await send(await serve(listener))
    expect([body, names(setCookies)]).toEqual(['a', ['__Host-id']])
    expect(heard).toEqual([expect.objectContaining({ sessionError: { _tag: 'HeadersSent' } })])
  })

  it('onError may answer; what it leaves open is answered with a page', async () => {
    const { sessions } = newWorld()
    const url = await serve(
      withSession(
        sessions,
        async (_req, res, ref) => {
          await ref.transact(count)
          res.setHeader('x-leak', '1')
          throw new Error('boom')
        },
        {
          onError: (error, req, res) => {
            expect(res.getHeaderNames()).toEqual(['cache-control'])
            if (req.url === '/own') res.writeHead(418, { 'x-own': String(error) }).end('own')
          },
        },
      ),
    )
    const own = await send(`${url}/own`)
    expect([own.status, own.body, own.headers['x-own'], own.headers['x-leak']]).toEqual([
      418,
      'own',
      'Error: boom',
      undefined,
    ])
    expect(names(own.setCookies)).toEqual(['__Host-id'])
    expect(await send(`${url}/page`)).toMatchObject({ status: 500, body: 'Internal Server Error' })
  })

  it('the onError of the handler that threw is asked', async () => {
    const { sessions } = newWorld()
    const heard: Array<string> = []
    const inner = withSession(
      sessions,
      () => {
        throw new Error('boom')
      },
      { onError: (error) => heard.push(`inner ${String(error)}`) },
    )
    const outer = withSession(
      sessions,
      async (req, res, ref) => {
        await ref.read()
        inner(req, res)
      },
      { onError: () => heard.push('outer') },
    )
    expect((await send(await serve(outer))).status).toBe(500)
    expect(heard).toEqual(['inner Error: boom'])
  })

  it('without onError the error is a process warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warn.mockRestore())
    const { sessions } = newWorld()
    const thrown = [new Error('boom'), 'text']
    const url = await serve(
      withSession(sessions, () => {
        throw thrown[warn.mock.calls.length]
      }),
    )
    expect([(await send(url)).status, (await send(url)).status]).toEqual([500, 500])
    expect(warn.mock.calls[0]).toEqual([thrown[0]])
    expect(String(warn.mock.calls[1]![0])).not.toContain('text')
  })

  it('a thenable that rejects is a handler that throws', async () => {
    const { sessions } = newWorld()
    const rejecting = { then: (_: unknown, reject: (error: unknown) => void) => reject({ statusCode: 422 }) }
    const url = await serve(withSession(sessions, () => rejecting, { onError: () => undefined }))
    expect((await send(url)).status).toBe(422)
  })

  it('a server that closes does not cut a response that waits', async () => {
    const { sessions, store } = newWorld()
    const server = createServer(
      withSession(sessions, (_req, res, ref) => {
        ref.update(count)
        res.end('whole')
      }),
    )
    const { url } = await listening(server)
    const gate = store.hold('create')
    const connection = await connectTo(url)
    onTestFinished(connection.abort)
    connection.write(get('/', 'Connection: close'))
    await gate.reached
    const closed = once(server, 'close')
    server.close()
    gate.open()
    expect(await connection.closed()).toMatch(/whole$/)
    await closed
  })
})

describe('Express', () => {
  it('req.session is set unless something is there; two managers stand side by side', async () => {
    const [one, two] = [newWorld(), newWorld({ cookie: { name: '__Host-two' } })]
    const app = express()
      .use((req, _res, next) => {
        Object.assign(req, { taken: 'mine' })
        next()
      })
      .use(session(one.sessions))
      .use(session(two.sessions, { as: 'two' }))
      .use(session(one.sessions, { as: 'taken' }))
      .get('/', (req, res) => {
        const found = req as unknown as { readonly session: Ref; readonly two: Ref; readonly taken: unknown }
        found.session.update(count)
        found.two.update(count)
        res.send([found.session === sessionOf(one.sessions, req), found.two === found.session, found.taken])
      })
    const { body, setCookies } = await send(await serve(app))
    expect([body, names(setCookies)]).toEqual(['[true,false,"mine"]', ['__Host-id', '__Host-two']])
  })

  it('two managers of one cookie name go to the error handlers', async () => {
    const app = express()
      .use(session(newWorld().sessions))
      .use(session(newWorld().sessions, { as: 'two' }))
      .get('/', (_req, res) => void res.send('secret'))
    const heard = withErrors(app)
    expect(await send(await serve(app))).toMatchObject({ body: 'sorry' })
    expect(heard.map((error) => isSessionException(error) && error.sessionError._tag)).toEqual(['Misconfigured'])
  })

  it('a failed commit goes to the error handlers, with the cookies of other managers and nothing of the handler', async () => {
    const [one, two] = [newWorld(), newWorld({ cookie: { name: '__Host-two' } })]
    one.store.fail('create')
    const router = express.Router().get('/', (req, res) => {
      sessionOf(one.sessions, req).update(count)
      sessionOf(two.sessions, req).update(count)
      res.status(201).set('x-leak', '1').cookie('leak', '1').json({ secret: true })
    })
    const app = express()
      .use(session(one.sessions))
      .use(session(two.sessions, { as: 'two' }))
      .use('/in', router)
    const heard = withErrors(app)
    const { status, body, headers, setCookies } = await send(`${await serve(app)}/in`)
    expect([status, body, names(setCookies), headers['x-leak']]).toEqual([503, 'sorry', ['__Host-two'], undefined])
    expect([headers['cache-control'], headers['content-type']]).toEqual(['no-store', 'text/html; charset=utf-8'])
    expect(heard.map(isSessionException)).toEqual([true])
  })

  it('without error handlers, Express answers it itself, and the connection stays', async () => {
    const { sessions, store } = newWorld()
    store.fail('create')
    const app = express()
      .set('env', 'test')
      .use(session(sessions))
      .get('/', (req, res) => {
        sessionOf(sessions, req).update(count)
        res.send('secret')
      })
    const connection = await connected(app)
    connection.write(get() + get('/none', 'Connection: close'))
    const text = await connection.closed()
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 503', 'HTTP/1.1 404'])
    expect(text).toContain('retry-after: 1')
    expect(text).not.toContain('>secret')
  })

  it('onError is asked instead', async () => {
    const { sessions, store } = newWorld()
    store.fail('create')
    const app = express()
      .use(session(sessions, { onError: (_error, _req, res) => res.writeHead(500).end('asked') }))
      .get('/', (req, res) => {
        sessionOf(sessions, req).update(count)
        res.send('secret')
      })
    const heard = withErrors(app)
    expect(await send(await serve(app))).toMatchObject({ status: 500, body: 'asked' })
    expect(heard).toEqual([])
  })

  it('requireSubject guards the session under its name; its errors go to the error handlers', async () => {
    const [users, admins] = [newWorld(), newWorld({ cookie: { name: '__Host-admin' } })]
    const app = express()
      .use(session(users.sessions))
      .use(session(admins.sessions, { as: 'admin' }))
      .get('/in', (req, res) => {
        sessionOf(admins.sessions, req).update(Session.signIn('root'))
        res.send('in')
      })
      .use('/user', requireSubject({ redirect: '/in' }))
      .use('/admin', requireSubject({ as: 'admin' }))
      .use('/nobody', requireSubject({ as: 'nobody' }))
      .use((_req, res) => void res.send('entered'))
    const heard = withErrors(app)
    const url = await serve(app)
    const cookie = pairOf((await send(`${url}/in`)).setCookies[0]!)
    const ask = async (path: string, headers: Record<string, string> = { cookie }): Promise<ReadonlyArray<unknown>> => {
      const response = await send(url + path, { headers })
      return [response.status, response.body, response.headers['location'], response.headers['cache-control']]
    }
    expect(await ask('/admin')).toEqual([200, 'entered', undefined, 'private'])
    expect(await ask('/admin', {})).toEqual([401, 'Unauthorized', undefined, 'no-store'])
    expect(await ask('/user')).toEqual([303, 'See Other', '/in', 'no-store'])
    expect((await ask('/nobody'))[1]).toBe('sorry')
    admins.store.fail('load')
    expect((await ask('/admin'))[1]).toBe('sorry')
    expect(heard.map((error) => isSessionException(error) && error.sessionError._tag)).toEqual([
      'Misconfigured',
      'StoreUnavailable',
    ])
  })
})

it('requireSubject guards a handler of plain http; a store that fails lets nobody through', async () => {
  const { sessions, store } = newWorld()
  const entered: Array<unknown> = []
  const login = withSession(sessions, (_req, res, ref) => {
    ref.update(Session.signIn({ id: 'alice', level: 1 }))
    res.end()
  })
  const guarded = (level: number) =>
    withSession(
      sessions,
      requireSubject({ level })((req, res) => {
        entered.push(req.url)
        res.end('entered')
      }),
      { onError: () => undefined },
    )
  const url = await serve((req, res) => {
    if (req.url === '/in') login(req, res)
    else guarded(Number(req.url!.slice(1)))(req, res)
  })
  const cookie = pairOf((await send(`${url}/in`)).setCookies[0]!)
  const ask = async (path: string, headers: Record<string, string> = { cookie }) =>
    (await send(url + path, { headers })).status
  expect([await ask('/1'), await ask('/2'), await ask('/1', {})]).toEqual([200, 403, 401])
  store.fail('load')
  expect([await ask('/1'), entered]).toEqual([503, ['/1']])
})

it('upgradeSession reads the session of an upgrade, changes it, hears of its end, and can not set a cookie', async () => {
  const { sessions } = newWorld()
  const seen: Array<unknown> = []
  const server = createServer(
    withSession(sessions, async (req, res, ref) => {
      if (req.url === '/out') await ref.destroy()
      else ref.update(Session.signIn('alice'))
      res.end()
    }),
  )
  server.on('upgrade', async (req, socket) => {
    const ref = upgradeSession(sessions, req)
    const again = upgradeSession(sessions, req)
    const { id, subject } = await ref.read()
    const { data } = await ref.transact(count)
    const refused: unknown = await ref.transact(Session.signOut).catch((error: unknown) => error)
    seen.push(again === ref, subject._tag, data.views, isSessionException(refused) && refused.sessionError._tag)
    sessions.onEnded(id, () => socket.end('bye'))
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
  })
  const served = await listening(server)
  onTestFinished(served.close)
  const cookie = pairOf((await send(served.url)).setCookies[0]!)
  const connection = await connectTo(served.url)
  connection.write(get('/', 'Connection: Upgrade', 'Upgrade: test', `Cookie: ${cookie}`))
  await connection.until(/\r\n\r\n/)
  expect(seen).toEqual([true, 'Some', 1, 'HeadersSent'])
  await send(`${served.url}/out`, { headers: { cookie } })
  expect(await connection.closed()).toMatch(/\r\n\r\nbye$/)
})
