/**
 * Others stand in the response's way, too: Express switches its prototype at each mounted application, and middleware
 * puts its own methods on it (compression, on-headers, loggers), before the session or after it.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import express, { type Express } from 'express'
import { describe, expect, it } from 'vitest'
import { session, sessionOf } from '../../../adapters/node.ts'
import { isSessionException } from '../../../src/core/SessionError.ts'
import { send } from '../../acceptance/http.ts'
import { count, newWorld, type World } from '../../acceptance/world.ts'
import { connected, get, serve } from '../serve.ts'

type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void
type Method = 'writeHead' | 'write' | 'end'

const METHODS = ['writeHead', 'write', 'end'] as const

/** Wraps the response's methods as on-headers, compression and loggers do; notes each call and whether it bore a cookie. */
const wrapping =
  (name: string, log: Array<string>): Middleware =>
  (_req, res, next) => {
    const methods = res as unknown as Record<Method, (...args: ReadonlyArray<unknown>) => unknown>
    for (const method of METHODS) {
      const inner = methods[method]
      methods[method] = function (this: ServerResponse, ...args) {
        log.push(`${name} ${method}${this.hasHeader('set-cookie') ? ' cookie' : ''}`)
        return Reflect.apply(inner, this, args)
      }
    }
    next()
  }

/** Raises the session's counter, and answers in two pieces. */
const counting =
  ({ sessions }: World) =>
  (req: IncomingMessage, res: ServerResponse): void => {
    sessionOf(sessions, req).update(count)
    res.writeHead(201, { 'x-made': 'yes' })
    res.write('one ')
    res.end('two')
  }

const plainly =
  (middlewares: ReadonlyArray<Middleware>, handler: RequestListener): RequestListener =>
  (req, res) => {
    const step = (at: number): void => {
      const middleware = middlewares[at]
      if (middleware === undefined) handler(req, res)
      else middleware(req, res, () => step(at + 1))
    }
    step(0)
  }

const inExpress = (middlewares: ReadonlyArray<Middleware>, handler: RequestListener): Express => {
  const app = express()
  for (const middleware of middlewares) app.use(middleware)
  return app.use(handler)
}

// The session and all that wraps stand in the outer application, the handler in one that is mounted twice deep.
const inSubApp = (middlewares: ReadonlyArray<Middleware>, handler: RequestListener): Express => {
  const outer = express()
  for (const middleware of middlewares) outer.use(middleware)
  return outer.use(express().use(express().use(handler)))
}

/** Sends one request, and answers what it received after the commit; nothing may have left before. */
const heldBack = async (world: World, listener: RequestListener): Promise<string> => {
  const gate = world.store.hold('create')
  const connection = await connected(listener)
  connection.write(get('/', 'Connection: close'))
  await gate.reached
  expect(connection.received()).toBe('')
  gate.open()
  return connection.closed()
}

const expectWhole = (text: string): void => {
  expect(text).toMatch(/^HTTP\/1\.1 201 Created\r\n/)
  expect(text.match(/^set-cookie: __Host-id=/gim)).toHaveLength(1)
  expect(text).toMatch(/^x-made: yes\r$/m)
  expect(text).toMatch(/\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n$/)
}

describe.each([
  ['plain Connect', plainly],
  ['Express', inExpress],
  ["Express's mounted applications", inSubApp],
])('%s', (_name, build) => {
  it('what was wrapped before the session sees the calls when they are made good, with the cookie', async () => {
    const world = newWorld()
    const log: Array<string> = []
    const text = await heldBack(world, build([wrapping('outer', log), session(world.sessions)], counting(world)))
    expectWhole(text)
    expect(log.filter((line) => line.endsWith(' cookie'))).toEqual(log)
    expect(log.map((line) => line.split(' ')[1])).toEqual(['writeHead', 'write', 'end'])
  })

  it('what is wrapped after the session sees the calls as the handler makes them, once', async () => {
    const world = newWorld()
    const log: Array<string> = []
    const text = await heldBack(world, build([session(world.sessions), wrapping('inner', log)], counting(world)))
    expectWhole(text)
    const own = log.filter((line) => !line.endsWith(' cookie'))
    expect(own).toEqual(['inner writeHead', 'inner write', 'inner end'])
  })

  it('what was wrapped after the session still stands when the commit is over', async () => {
    const world = newWorld()
    const log: Array<string> = []
    const listener = build([session(world.sessions), wrapping('inner', log)], (req, res) => {
      sessionOf(world.sessions, req).update(count)
      res.once('drain', () => res.end('after'))
      res.write('before ')
    })
    expect(await send(await serve(listener))).toMatchObject({ status: 200, body: 'before after' })
    expect(log.filter((line) => line.startsWith('inner end'))).toHaveLength(1)
  })

  it('both at once, around two managers: each call passes each, and each manager has its cookie', async () => {
    const [one, two] = [newWorld(), newWorld({ cookie: { name: '__Host-two' } })]
    const log: Array<string> = []
    const listener = build(
      [
        wrapping('outer', log),
        session(one.sessions),
        wrapping('middle', log),
        session(two.sessions, { as: 'two' }),
        wrapping('inner', log),
      ],
      (req, res) => {
        sessionOf(one.sessions, req).update(count)
        sessionOf(two.sessions, req).update(count)
        res.end('both')
      },
    )
    const { body, setCookies } = await send(await serve(listener))
    expect([body, setCookies.map((line) => line.split('=')[0]).sort()]).toEqual(['both', ['__Host-id', '__Host-two']])
    const ends = log.filter((line) => line.includes(' end')).map((line) => line.split(' ')[0])
    expect(ends).toEqual(['inner', 'middle', 'outer'])
  })

  it('a response of which no session was used passes through all of them', async () => {
    const world = newWorld()
    const log: Array<string> = []
    const listener = build([wrapping('outer', log), session(world.sessions), wrapping('inner', log)], (_req, res) => {
      res.end('untouched')
    })
    const { body, setCookies, headers } = await send(await serve(listener))
    expect([body, setCookies, headers['vary'], world.store.calls]).toEqual(['untouched', [], undefined, []])
    expect(log.filter((line) => line.includes(' end'))).toEqual(['inner end', 'outer end'])
  })
})

describe("Express's mounted applications", () => {
  it('a session of the mounted one holds what the outer one answers, after the prototype was switched back', async () => {
    const world = newWorld()
    const inner = express().use(session(world.sessions), (req, _res, next) => {
      sessionOf(world.sessions, req).update(count)
      next()
    })
    const outer = express()
      .use('/', inner)
      .use((_req, res) => void res.status(201).set('x-made', 'yes').send('outer'))
    const text = await heldBack(world, outer)
    expect(text).toMatch(/^HTTP\/1\.1 201 Created\r\n/)
    expect(text).toMatch(/^set-cookie: __Host-id=/im)
    expect(text).toMatch(/\r\n\r\nouter$/)
  })

  it('each application keeps its own methods of a response, and its own settings', async () => {
    const world = newWorld()
    const inner = express()
    Object.assign(inner.response, {
      greet(this: express.Response) {
        return this.send('inner')
      },
    })
    inner.use((req, res) => {
      sessionOf(world.sessions, req).update(count)
      expect(Object.getPrototypeOf(res)).toBe(inner.response)
      expect(req.app).toBe(inner)
      ;(res as unknown as { readonly greet: () => unknown }).greet()
    })
    const url = await serve(express().use(session(world.sessions)).use('/in', inner))
    const { status, body, setCookies } = await send(`${url}/in`)
    expect([status, body, setCookies.length]).toEqual([200, 'inner', 1])
  })

  it("a failed commit of the mounted one's handler goes to the outer one's error handlers", async () => {
    const world = newWorld()
    world.store.fail('create')
    const heard: Array<unknown> = []
    const onError: express.ErrorRequestHandler = (error, _req, res, _next) => {
      heard.push(error)
      res.send('sorry')
    }
    const inner = express().use((req, res) => {
      sessionOf(world.sessions, req).update(count)
      res.status(201).set('x-leak', '1').send('secret')
    })
    const url = await serve(express().use(session(world.sessions)).use('/in', inner).use(onError))
    const { status, body, headers } = await send(`${url}/in`)
    expect([status, body, headers['x-leak']]).toEqual([503, 'sorry', undefined])
    expect(heard.map(isSessionException)).toEqual([true])
  })
})
