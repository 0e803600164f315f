import { once } from 'node:events'
import { createServer as createHttp2, connect as connectHttp2 } from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { withSession } from '../../../adapters/node.ts'
import * as Session from '../../../src/core/Session.ts'
import { isSessionException } from '../../../src/core/SessionError.ts'
import { deferred } from '../../acceptance/gates.ts'
import type { Ref } from '../../acceptance/app.ts'
import { pairOf, send } from '../../acceptance/http.ts'
import { count, newWorld } from '../../acceptance/world.ts'
import { connected, get, serve } from '../serve.ts'

type Handler = (req: IncomingMessage, res: ServerResponse, session: Ref) => unknown

/** One manager, one handler, and what `onError` heard. */
const app = (handler: Handler) => {
  const world = newWorld()
  const errors: Array<unknown> = []
  const listener = withSession(world.sessions, handler, { onError: (error) => errors.push(error) })
  return { ...world, errors, listener }
}

/** The same where the session is changed first, so that each response waits for a commit. */
const changing = (handler: Handler) =>
  app((req, res, session) => {
    session.update(count)
    return handler(req, res, session)
  })

const LAST = get('/', 'Connection: close')

describe('while the commit is not acknowledged', () => {
  it('nothing leaves, and then all of it in order', async () => {
    const { store, listener } = changing((_req, res) => {
      res.setHeader('x-set', 'before')
      res.writeHead(201, 'Made', { 'x-head': 'yes' })
      res.write('one ')
      res.write(Buffer.from('two '))
      res.end('three')
    })
    const gate = store.hold('create')
    const connection = await connected(listener)
    connection.write(LAST)
    await gate.reached
    expect(connection.received()).toBe('')
    gate.open()
    const text = await connection.closed()
    expect(text).toMatch(/^HTTP\/1\.1 201 Made\r\nx-set: before\r\nx-head: yes\r\nset-cookie: __Host-id=/)
    expect(text.split('\r\n\r\n').slice(1).join('|')).toBe('4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0|')
  })

  it('the response looks as if it had been sent', async () => {
    const seen: Array<unknown> = []
    const { listener } = changing((_req, res) => {
      seen.push(res.headersSent, res.writableEnded)
      seen.push(res.write('a'), res.headersSent, res.writableEnded)
      for (const late of [
        () => res.setHeader('x-late', '1'),
        () => res.removeHeader('x-late'),
        () => res.appendHeader('x-late', '1'),
        () => res.writeHead(500),
      ])
        expect(late).toThrow(expect.objectContaining({ code: 'ERR_HTTP_HEADERS_SENT' }))
      seen.push(res.end('b') === res, res.writableEnded, res.writableFinished)
    })
    const url = await serve(listener)
    expect(await send(url)).toMatchObject({ status: 200, body: 'ab' })
    expect(seen).toEqual([false, false, false, true, false, true, true, false])
  })

  it('write answers false; callbacks, drain and finish follow in order', async () => {
    const order: Array<string> = []
    const log = (what: string) => (): void => void order.push(what)
    const { store, listener } = changing((_req, res) => {
      res.on('drain', () => {
        order.push('drain')
        res.end('c', log('end'))
      })
      res.on('finish', log('finish'))
      res.write('a', log('a'))
      res.write('b', 'utf8', log('b'))
    })
    const gate = store.hold('create')
    const connection = await connected(listener)
    connection.write(LAST)
    await gate.reached
    expect(order).toEqual([])
    gate.open()
    expect(await connection.closed()).toMatch(/1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n$/)
    expect(order.filter((what) => what === 'drain')).toHaveLength(1)
    expect(order.filter((what) => what.length === 1)).toEqual(['a', 'b'])
    expect(order.slice(-2).sort()).toEqual(['end', 'finish'])
  })

  it('a stream that is piped waits, and arrives whole', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x')
    const { store, listener } = changing((_req, res) => {
      Readable.from(Array.from({ length: 40 }, () => piece)).pipe(res)
    })
    const gate = store.hold('create')
    const response = serve(listener).then((url) => send(url))
    await gate.reached
    gate.open()
    expect((await response).body).toHaveLength(40 * piece.length)
  })

  it('flushHeaders sends the headers with the cookie, before the body', async () => {
    const body = deferred()
    const { listener } = changing(async (_req, res) => {
      res.flushHeaders()
      await body.promise
      res.end('later')
    })
    const connection = await connected(listener)
    connection.write(LAST)
    const head = await connection.until(/\r\n\r\n/)
    expect(head).toContain('set-cookie: __Host-id=')
    expect(head).not.toContain('later')
    body.resolve(undefined)
    expect(await connection.closed()).toContain('later')
  })

  it('informational responses pass', async () => {
    const { store, listener } = changing((_req, res) => {
      res.write('a')
      res.writeContinue()
      res.writeEarlyHints({ link: '</a.css>; rel=preload' })
      res.end()
    })
    const gate = store.hold('create')
    const connection = await connected(listener)
    connection.write(LAST)
    const early = await connection.until(/103 Early Hints[^]*\r\n\r\n/)
    expect(early).toMatch(/^HTTP\/1\.1 100 Continue/)
    expect(early).not.toContain('HTTP/1.1 200')
    gate.open()
    expect(await connection.closed()).toContain('HTTP/1.1 200 OK')
  })

  it('a client that goes away does not stop the commit', async () => {
    const { store, next, listener } = changing((_req, res) => {
      res.end('unread')
    })
    const gate = store.hold('create')
    const connection = await connected(listener)
    connection.write(LAST)
    await gate.reached
    connection.abort()
    const created = next('created')
    gate.open()
    expect(await created).toBeDefined()
  })
})

describe('the forms of writeHead', () => {
  const cases: ReadonlyArray<readonly [string, (res: ServerResponse) => unknown, RegExp, ReadonlyArray<string>]> = [
    ['status alone', (res) => res.writeHead(202), /^HTTP\/1.1 202 Accepted/, ['x-set: 1']],
    [
      'status and headers',
      (res) => res.writeHead(202, { 'X-Set': 2, 'x-new': 'n' }),
      /^HTTP\/1.1 202 Accepted/,
      ['X-Set: 2', 'x-new: n'],
    ],
    [
      'status, message and headers',
      (res) => res.writeHead(202, 'Fine', { 'x-new': ['a', 'b'] }),
      /^HTTP\/1.1 202 Fine/,
      ['x-set: 1', 'x-new: a', 'x-new: b'],
    ],
    [
      'status, no message and headers',
      (res) => res.writeHead(202, undefined, { 'x-new': 'n' }),
      /^HTTP\/1.1 202 Accepted/,
      ['x-set: 1', 'x-new: n'],
    ],
    [
      'a flat list',
      (res) => res.writeHead(202, ['X-Set', '2', 'Link', 'a', 'Link', 'b'] as never),
      /^HTTP\/1.1 202 Accepted/,
      ['X-Set: 2', 'Link: a', 'Link: b'],
    ],
    [
      'a list of pairs',
      (res) =>
        res.writeHead(202, 'Fine', [
          ['Link', 'a'],
          ['Link', 'b'],
        ] as never),
      /^HTTP\/1.1 202 Fine/,
      ['x-set: 1', 'Link: a', 'Link: b'],
    ],
  ]
  it.each(cases)('%s', async (_, head, statusLine, headers) => {
    const { listener } = changing((_req, res) => {
      res.setHeader('x-set', '1')
      head(res)
      res.end()
    })
    const connection = await connected(listener)
    connection.write(LAST)
    const text = await connection.closed()
    expect(text).toMatch(statusLine)
    expect(text.split('\r\n').filter((line) => /^(x-|link)/i.test(line))).toEqual(headers)
  })

  it('refuses what Node refuses, in the handler', async () => {
    const { listener } = changing((_req, res) => {
      expect(() => res.writeHead(200, { 'x-bad': 'a\nb' })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_CHAR' }),
      )
      res.writeHead(202).end()
    })
    expect((await send(await serve(listener))).status).toBe(202)
  })
})

describe('responses without a body, and after a body', () => {
  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('%s %i carries the cookie and no body', async (method, status) => {
    const { listener } = changing((_req, res) => {
      res.statusCode = status
      res.end(method === 'HEAD' ? 'not sent' : undefined)
    })
    const response = await send(await serve(listener), { method })
    expect([response.status, response.body]).toEqual([status, ''])
    expect(response.setCookies).toHaveLength(1)
  })

  it('trailers follow', async () => {
    const { listener } = changing((_req, res) => {
      res.writeHead(200, { trailer: 'x-sum' })
      res.write('a')
      res.addTrailers({ 'x-sum': '1' })
      res.end()
    })
    const connection = await connected(listener)
    connection.write(LAST)
    expect(await connection.closed()).toMatch(/0\r\nx-sum: 1\r\n\r\n$/)
  })

  it('keeps the connection, and the order of pipelined requests', async () => {
    const { store, listener } = changing((req, res) => {
      res.end(`[${req.url}]`)
    })
    const first = store.hold('create')
    const connection = await connected(listener)
    connection.write(get('/1') + get('/2') + get('/3', 'Connection: close'))
    await first.reached
    expect(connection.received()).toBe('')
    first.open()
    const text = await connection.closed()
    expect(text.match(/\[\/\d\]/g)).toEqual(['[/1]', '[/2]', '[/3]'])
    expect(text.match(/^set-cookie: /gim)).toHaveLength(3)
  })
})

describe('a request that does not use its session', () => {
  it('waits for nothing', async () => {
    const seen: Array<unknown> = []
    const { listener } = app((_req, res) => {
      seen.push(res.write('a'), res.headersSent)
      res.end('b')
      seen.push(res.writableEnded)
    })
    const { headers, setCookies, body } = await send(await serve(listener))
    expect(seen).toEqual([true, true, true])
    expect([headers['vary'], headers['cache-control'], setCookies, body]).toEqual([undefined, undefined, [], 'ab'])
  })

  it('and uses it after its headers have left, stores what needs no cookie', async () => {
    const { sessions, events, listener } = app(async (_req, res, session) => {
      res.write('a')
      session.update(count)
      const outcomes = [session.transact(count), session.commit()].map((promise) =>
        promise.then(
          ({ data }) => String(data.views),
          (error: unknown) => (isSessionException(error) ? error.sessionError._tag : 'another error'),
        ),
      )
      res.end((await Promise.all(outcomes)).join())
    })
    const url = await serve(listener)
    const visitor = await send(url)
    expect([visitor.body, visitor.setCookies]).toEqual(['aHeadersSent,HeadersSent', []])
    const login = await send(
      await serve(
        withSession(sessions, async (_req, res, session) => {
          await session.transact(count)
          res.end()
        }),
      ),
    )
    expect((await send(url, { headers: { cookie: pairOf(login.setCookies[0]!) } })).body).toBe('a3,3')
    expect(events.filter((event) => event._tag === 'dropped' && event.reason === 'after-commit')).toHaveLength(2)
  })

  it('keeps the raw header lists that Node sends as they are', async () => {
    const { listener } = app((_req, res) => {
      res.writeHead(200, ['X-Twice', '1', 'X-Twice', '2'] as never).end()
    })
    const connection = await connected(listener)
    connection.write(LAST)
    expect((await connection.closed()).match(/X-Twice: \d/g)).toEqual(['X-Twice: 1', 'X-Twice: 2'])
  })
})

describe('a handler that looks the method up before it comes to its session', () => {
  const views = async (session: Ref): Promise<string> => String((await session.transact(count)).data.views)

  it.each<readonly [string, Handler]>([
    ['end', async (_req, res, session) => void res.end(await views(session))],
    ['write', async (_req, res, session) => void (res.write(await views(session)), res.end())],
    [
      'writeHead',
      async (_req, res, session) => {
        res.writeHead((await views(session)) === '1' ? 200 : 500)
        res.end('1')
      },
    ],
  ])('res.%s(await …)', async (_, handler) => {
    const answer = await send(await serve(app(handler).listener))
    expect(answer).toMatchObject({ status: 200, body: '1' })
    expect(answer.setCookies).toHaveLength(1)
  })
})

describe('others who wrap the response', () => {
  const upper = (res: ServerResponse): void => {
    const { write, end, writeHead } = res
    res.write = ((chunk: string) => Reflect.apply(write, res, [chunk.toUpperCase()])) as typeof res.write
    res.end = ((chunk: string) => Reflect.apply(end, res, [chunk.toUpperCase()])) as typeof res.end
    res.writeHead = (...args: Array<unknown>) => {
      res.setHeader('x-wrapped', 'yes')
      return Reflect.apply(writeHead as (...args: Array<unknown>) => ServerResponse, res, args)
    }
  }
  const pieces = async (res: ServerResponse): Promise<void> => {
    res.write('a')
    await once(res, 'drain')
    res.write('b')
    res.end('c')
  }

  it('before the session', async () => {
    const { listener } = changing((_req, res) => pieces(res))
    const url = await serve((req, res) => {
      upper(res)
      listener(req, res)
    })
    expect(await send(url)).toMatchObject({ body: 'ABC', headers: { 'x-wrapped': 'yes' } })
  })

  it('after the session', async () => {
    const { listener } = changing((_req, res) => {
      upper(res)
      return pieces(res)
    })
    expect(await send(await serve(listener))).toMatchObject({ body: 'ABC', headers: { 'x-wrapped': 'yes' } })
  })
})

describe('a commit that fails', () => {
  const leaky: Handler = (_req, res) => {
    res.setHeader('date', 'secret')
    res.setHeader('x-leak', 'secret')
    res.setHeader('content-length', '6')
    res.appendHeader('set-cookie', 'leak=secret')
    res.writeHead(201, 'Leaked')
    res.end('secret')
  }

  it('nothing of the response leaves but a short page; the connection stays', async () => {
    const { store, errors, listener } = changing(leaky)
    store.fail('create')
    const connection = await connected(listener)
    connection.write(get('/1'))
    const text = await connection.until(/Unavailable$/)
    expect(text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/)
    expect(text).not.toMatch(/leak|secret/i)
    expect(text).toMatch(/cache-control: no-store/)
    expect(text).toMatch(/retry-after: 1/)
    expect(text).toMatch(/^Date: /m)
    expect(errors.map(isSessionException)).toEqual([true])
    store.heal()
    connection.write(LAST)
    expect(await connection.closed()).toContain('HTTP/1.1 201 Leaked')
  })

  it("the application's own error response has no trailers, and keeps the cookie whatever it clears", async () => {
    const world = newWorld()
    const second = newWorld({ cookie: { name: '__Host-b' } })
    world.store.fail('create')
    const listener = withSession(
      world.sessions,
      (req, res, session) => {
        session.update(count)
        withSession(
          second.sessions,
          (_req, _res, inner) => {
            inner.update(count)
            res.writeHead(200, { trailer: 'x-leak' })
            res.write('secret')
            res.addTrailers({ 'x-leak': 'secret' })
            res.end()
          },
          {
            onError: () => {
              for (const name of res.getHeaderNames()) res.removeHeader(name)
              res.write('own')
              res.end()
            },
          },
        )(req, res)
      },
      { onError: () => undefined },
    )
    const connection = await connected(listener)
    connection.write(LAST)
    const text = await connection.closed()
    expect(text).not.toMatch(/secret|leak/)
    expect(text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/)
    expect(text.match(/^set-cookie: [^=]+/gim)).toEqual(['set-cookie: __Host-b'])
  })

  it('callbacks hear of it, and what is written afterwards is swallowed', async () => {
    const heard: Array<unknown> = []
    const over = deferred()
    const { store, errors, listener } = changing(async (_req, res) => {
      await new Promise((resolve, reject) => {
        res.write('secret', (error) => (error == null ? resolve(undefined) : reject(error)))
      }).catch((error: unknown) => heard.push(error))
      heard.push(res.write('secret', () => heard.push('called')))
      heard.push(res.end('secret') === res)
      expect(() => res.setHeader('x-leak', '1')).toThrow()
      over.resolve(undefined)
    })
    store.fail('create')
    const connection = await connected(listener)
    connection.write(LAST)
    expect(await connection.closed()).not.toMatch(/secret|leak/)
    await over.promise
    expect(isSessionException(heard[0])).toBe(true)
    expect(heard.slice(1)).toEqual([true, true, 'called'])
    expect(errors).toHaveLength(1)
  })

  it('a stream that was piped is let go', async () => {
    const source = new PassThrough()
    const { store, listener } = changing((_req, res) => {
      source.pipe(res)
      source.write('secret')
    })
    store.fail('create')
    const unpiped = once(source, 'pause')
    const { status, body } = await send(await serve(listener))
    expect([status, body]).toEqual([503, 'Service Unavailable'])
    await unpiped
    source.end('more')
  })

  it('a body that Node refuses is answered 500', async () => {
    const { errors, listener } = changing((_req, res) => {
      res.setHeader('x-leak', '1')
      res.end(123)
    })
    const { status, headers } = await send(await serve(listener))
    expect([status, headers['x-leak']]).toEqual([500, undefined])
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' })])
  })

  it('a recorded function that throws is answered 500', async () => {
    const { errors, listener } = app((_req, res, session) => {
      session.update(() => {
        throw new Error('a defect')
      })
      res.end('secret')
    })
    expect(await send(await serve(listener))).toMatchObject({ status: 500, body: 'Internal Server Error' })
    expect(errors).toEqual([new Error('a defect')])
  })
})

describe('a handler that throws', () => {
  const leak: Handler = (_req, res) => {
    res.setHeader('x-leak', 'secret')
  }

  it.each<readonly [string, Handler]>([
    ['before it wrote', leak],
    [
      'after its head',
      (req, res, session) => {
        leak(req, res, session)
        res.writeHead(200)
      },
    ],
    [
      'after a piece',
      (req, res, session) => {
        leak(req, res, session)
        res.write('secret')
      },
    ],
  ])('%s, is answered 500 and its updates are not stored', async (name, begin) => {
    const { store, errors, listener } = app((req, res, session) => {
      if (name === 'before it wrote') session.update(count)
      else void session.read()
      begin(req, res, session)
      throw new Error('boom')
    })
    const connection = await connected(listener)
    connection.write(get() + LAST)
    const text = await connection.closed()
    expect(text.match(/HTTP\/1\.1 500 Internal Server Error/g)).toHaveLength(2)
    expect(text).not.toMatch(/secret|boom/)
    expect(errors).toEqual([new Error('boom'), new Error('boom')])
    expect(store.calls).not.toContain('create')
  })

  it('its own error goes on where the commit fails, too', async () => {
    const { store, errors, listener } = changing((_req, res) => {
      res.write('secret')
      throw Object.assign(new Error('boom'), { status: 422 })
    })
    store.fail('create')
    expect((await send(await serve(listener))).status).toBe(422)
    expect(errors).toMatchObject([{ message: 'boom' }])
  })

  it('4xx keeps its status and its updates', async () => {
    const { store, listener } = changing(async () => {
      throw Object.assign(new Error('no such page'), { status: 404 })
    })
    const { status, body, setCookies } = await send(await serve(listener))
    expect([status, body, setCookies.length]).toEqual([404, 'Not Found', 1])
    expect(store.calls).toContain('create')
  })

  it('what was stored before keeps its cookie', async () => {
    const { listener } = app(async (_req, _res, session) => {
      await session.transact(Session.signIn('alice'))
      throw new Error('boom')
    })
    const { status, setCookies, headers } = await send(await serve(listener))
    expect([status, setCookies.length, headers['cache-control']]).toEqual([500, 1, 'no-store'])
  })

  it('after its end, the response stands and the error is reported', async () => {
    const { errors, listener } = changing(async (_req, res) => {
      res.end('fine')
      throw new Error('late')
    })
    expect(await send(await serve(listener))).toMatchObject({ status: 200, body: 'fine' })
    expect(errors).toEqual([new Error('late')])
  })

  it('after its first byte has left, the connection is cut: the client must not take the piece for the whole', async () => {
    const { errors, listener } = changing(async (_req, res) => {
      res.write('piece')
      await once(res, 'drain')
      throw new Error('late')
    })
    const connection = await connected(listener)
    connection.write(get())
    expect(await connection.closed()).not.toMatch(/0\r\n\r\n$/)
    expect(errors).toEqual([new Error('late')])
  })

  it('where the client has gone already, a handler that ends without writing still commits', async () => {
    const gone = deferred()
    const arrived = deferred()
    const { next, listener } = changing(async (_req, res) => {
      res.once('close', () => {
        gone.resolve(undefined)
      })
      arrived.resolve(undefined)
      await gone.promise
    })
    const connection = await connected(listener)
    connection.write(get())
    await arrived.promise
    const created = next('created')
    connection.abort()
    expect(await created).toBeDefined()
  })
})

it('after the first byte a change is stored by transact, and one that needs a cookie is HeadersSent', async () => {
  const { listener } = changing(async (_req, res, session) => {
    res.write('a')
    await once(res, 'drain')
    const { data } = await session.transact(count)
    const refused: unknown = await session.transact(Session.regenerate).catch((error: unknown) => error)
    res.end(`${data.views} ${isSessionException(refused) && refused.sessionError._tag}`)
  })
  expect((await send(await serve(listener))).body).toBe('a2 HeadersSent')
})

it('HTTP/2 responses are held, too', async () => {
  const { store, listener } = changing((_req, res) => {
    res.writeHead(201, { 'x-head': 'yes' })
    res.write('a')
    res.end('b')
  })
  const server = createHttp2((req, res) => listener(req as never, res as never)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    client.close()
    server.close()
  })
  const ask = async (): Promise<readonly [Record<string, unknown>, string]> => {
    const stream = client.request({ ':path': '/' })
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
    let body = ''
    for await (const chunk of stream) body += String(chunk)
    return [headers, body]
  }
  const [headers, body] = await ask()
  expect(headers).toMatchObject({ ':status': 201, 'x-head': 'yes', 'cache-control': 'no-store' })
  expect([body, (headers['set-cookie'] as ReadonlyArray<string>).length]).toEqual(['ab', 1])
  store.fail('create')
  const [failed, page] = await ask()
  expect([failed[':status'], failed['x-head'], page]).toEqual([503, undefined, 'Service Unavailable'])
})
