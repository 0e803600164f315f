/** WebSockets under plain `http`, with `ws`: the session of the upgrade request. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { upgradeSession, withSession } from '../../adapters/node.ts'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import { cookieFor } from '../../src/testing/cookieFor.ts'
import { listening, type Ref } from './app.ts'
import { respond } from './drivers/node.ts'
import { type Browser, newBrowser } from './http.ts'
import { count, HOUR, MINUTE, newWorld, pageOf, type Setting, shown } from './world.ts'

type Act = (session: Ref) => Promise<unknown>

/** What a client may ask for, by the text of its message. */
const acts: Readonly<Record<string, Act>> = {
  who: async (session) => Session.subjectId(await session.read()) ?? 'nobody',
  views: async (session) => (await session.read()).data.views,
  count: async (session) => (await session.transact(count)).data.views,
  'count and commit': async (session) => {
    session.update(count)
    return (await session.commit()).data.views
  },
  regenerate: (session) => session.transact(Session.regenerate),
  signOut: (session) => session.transact(Session.signOut),
  destroy: (session) => session.destroy(),
}

const answered = async (act: Act, session: Ref): Promise<string> => {
  try {
    return String(await act(session))
  } catch (error) {
    return isSessionException(error) ? error.sessionError._tag : `unexpected: ${String(error)}`
  }
}

/** Pages over HTTP, and a chat for members under /chat, for anyone under /lobby; /echo does not look at its session. */
const chat = async (setting: Setting = {}) => {
  const world = newWorld(setting)
  const { sessions } = world
  const server = createServer(
    withSession(sessions, async (req, res, session) => {
      if (req.url === '/logout') session.update(Session.signOut)
      if (req.url === '/destroy') await session.destroy()
      if (req.url === '/regenerate') session.update(Session.regenerate)
      await respond(res, req.url === '/me' ? await shown(session) : { body: 'done' })
    }),
  )
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (req, socket, head) => {
    const session = upgradeSession(sessions, req)
    const enter = async (): Promise<void> => {
      const { id, subject } = req.url === '/echo' ? { id: undefined, subject: undefined } : await session.read()
      if (req.url === '/chat' && subject?._tag !== 'Some') {
        socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
        return
      }
      sockets.handleUpgrade(req, socket, head, (ws) => {
        if (id !== undefined)
          ws.once(
            'close',
            sessions.onEnded(id, () => ws.close(4401, 'signed out')),
          )
        ws.on('message', (data: Buffer) => {
          const act = acts[data.toString()]
          void (act === undefined ? Promise.resolve('what?') : answered(act, session)).then((text) => ws.send(text))
        })
      })
    }
    void enter()
  })
  const served = await listening(server)
  onTestFinished(async () => {
    for (const ws of sockets.clients) ws.terminate()
    await served.close()
  })

  const connect = async (path: string, cookie: string | undefined): Promise<WebSocket> => {
    const ws = new WebSocket(
      served.url.replace('http', 'ws') + path,
      cookie === undefined ? {} : { headers: { cookie } },
    )
    await Promise.race([
      once(ws, 'open'),
      once(ws, 'unexpected-response').then(([, { statusCode }]) => {
        throw new Error(`refused with ${statusCode}`)
      }),
    ])
    return ws
  }
  const member = async (subject = 'alice'): Promise<Browser> => {
    const browser = newBrowser(served.url, world.clock)
    browser.jar.accept([`${await cookieFor(sessions, { subject })}; Path=/; Secure`])
    return browser
  }
  const join = (browser: Browser, path = '/chat'): Promise<WebSocket> =>
    connect(path, browser.jar.header(`${served.url}/`))
  return { ...world, ...served, connect, member, join }
}

const ask = async (ws: WebSocket, text: string): Promise<string> => {
  const answer = once(ws, 'message')
  ws.send(text)
  const [data] = await answer
  return String(data)
}

describe('a WebSocket', () => {
  it('has the session of its upgrade request', async () => {
    const { member, join, connect } = await chat()
    expect(await ask(await join(await member()), 'who')).toBe('alice')
    await expect(connect('/chat', undefined)).rejects.toThrow('refused with 401')
    expect(await ask(await connect('/lobby', undefined), 'who')).toBe('nobody')
    expect(await ask(await connect('/lobby', '__Host-id=junk'), 'who')).toBe('nobody')
  })

  it('that does not look at its session makes no store call', async () => {
    const { member, join, store } = await chat()
    const browser = await member()
    const calls = await store.during(async () => {
      expect(await ask(await join(browser, '/echo'), 'hello')).toBe('what?')
    })
    expect(calls).toEqual([])
  })

  it('stores by transact and by commit; pages see it at once', async () => {
    const { member, join } = await chat()
    const browser = await member()
    const ws = await join(browser)
    expect(await ask(ws, 'count')).toBe('1')
    expect(await ask(ws, 'count and commit')).toBe('2')
    expect((await pageOf(browser)).data.views).toBe(2)
  })

  it('two of them count together', async () => {
    const { member, join } = await chat()
    const browser = await member()
    const [one, two] = [await join(browser), await join(browser)]
    for (const views of [2, 4, 6]) {
      const counted = await Promise.all([ask(one, 'count'), ask(two, 'count')])
      expect(counted.map(Number).sort()).toEqual([views - 1, views])
    }
    expect((await pageOf(browser)).data.views).toBe(6)
  })

  it.each(['regenerate', 'signOut'])('can not change the cookie: %s is HeadersSent', async (change) => {
    const { member, join } = await chat()
    const browser = await member()
    expect(await ask(await join(browser), change)).toBe('HeadersSent')
    expect(await pageOf(browser)).toMatchObject({ subject: 'alice', status: 'live' })
  })

  it('can not begin a session', async () => {
    const { connect, store } = await chat()
    const ws = await connect('/lobby', undefined)
    expect(await ask(ws, 'count')).toBe('HeadersSent')
    expect(store.calls).toEqual([])
  })

  it('is not when a secret is renewed', async () => {
    const { member, join, advance, events } = await chat({ renewAfter: 10 * MINUTE })
    const browser = await member()
    advance(20 * MINUTE)
    expect(await ask(await join(browser), 'count')).toBe('1')
    expect(events.map(({ _tag }) => _tag)).not.toContain('renewed')
    expect((await browser.send('/me')).setCookies).toHaveLength(1)
  })

  it('writes for supersededFor after a deadline, and no longer: not even the connection that it comes from keeps it', async () => {
    const { member, join, advance } = await chat()
    const browser = await member()
    const ws = await join(browser)
    advance(HOUR + 30_000)
    expect(await ask(ws, 'count')).toBe('1')
    advance(HOUR + MINUTE)
    expect(await ask(ws, 'count')).toBe('SessionEnded')
    expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'expired' })
  })

  it('that outlives the absolute deadline is over, however busy it was', async () => {
    const { member, join, advance } = await chat({ idleTimeout: HOUR, absoluteTimeout: 2 * HOUR })
    const ws = await join(await member())
    for (const views of [1, 2, 3]) {
      advance(30 * MINUTE)
      expect(await ask(ws, 'count')).toBe(String(views))
    }
    advance(31 * MINUTE)
    expect(await ask(ws, 'count')).toBe('SessionEnded')
  })

  it('goes on writing while pages keep the session alive', async () => {
    const { member, join, advance } = await chat()
    const browser = await member()
    const ws = await join(browser)
    for (const passed of [50 * MINUTE, 50 * MINUTE, 50 * MINUTE]) {
      advance(passed)
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice' })
    }
    expect(await ask(ws, 'count')).toBe('1')
  })
})

describe('a logout', () => {
  it('closes the connection', async () => {
    const { member, join } = await chat()
    const browser = await member()
    const ws = await join(browser)
    const closed = once(ws, 'close')
    await browser.send('/destroy')
    expect((await closed)[0]).toBe(4401)
  })

  it('of everywhere closes all connections of that subject, and no other', async () => {
    const { member, join, sessions } = await chat()
    const [laptop, phone, bob] = [
      await join(await member()),
      await join(await member()),
      await join(await member('bob')),
    ]
    const closed = Promise.all([once(laptop, 'close'), once(phone, 'close')])
    await sessions.subject('alice').endAll()
    expect((await closed).map(([code]) => code)).toEqual([4401, 4401])
    expect(await ask(bob, 'who')).toBe('bob')
  })

  it.each([
    ['/logout', 'Superseded'],
    ['/regenerate', 'Superseded'],
  ])('%s: what the connection still writes is %s', async (path, tag) => {
    const { member, join } = await chat()
    const browser = await member()
    const ws = await join(browser)
    await browser.send(path)
    expect(await ask(ws, 'count')).toBe(tag)
    expect((await pageOf(browser)).data.views).toBe(0)
  })

  it('over the connection itself ends the session everywhere, and the connection', async () => {
    const { member, join } = await chat()
    const browser = await member()
    const ws = await join(browser)
    const closed = once(ws, 'close')
    ws.send('destroy')
    expect((await closed)[0]).toBe(4401)
    expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'ended' })
  })
})
