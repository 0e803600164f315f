import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import { isSessionException } from '../../../src/core/SessionError.ts'
import type { Driver, Ref, Route, Served } from '../app.ts'
import { deferred, gate, type Gate } from '../gates.ts'
import { connectTo, requestText, send } from '../http.ts'
import { count, pageOf, stage } from '../world.ts'

const failureOf = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    await attempt
    return 'stored'
  } catch (error) {
    return isSessionException(error) ? error.sessionError._tag : String(error)
  }
}

/** Counts before the stream begins, and does something after its first piece. */
const streaming = (then: (session: Ref) => Promise<string>, between?: Gate): Route => ({
  handle: (session) => {
    session.update(count)
    return {
      headers: { 'content-type': 'text/plain' },
      stream: async (write) => {
        await write('first,')
        await between?.pass()
        await write(await then(session))
      },
    }
  },
})

const disconnected = async ({ server }: Served): Promise<{ readonly gone: Promise<unknown> }> => {
  const [socket] = await once(server, 'connection')
  return { gone: once(socket, 'close') }
}

export const streams = (driver: Driver): void => {
  describe('a streamed answer', () => {
    it('is committed before its first byte', async () => {
      const { url, store, visitor } = await stage(driver, {
        routes: { '/stream': streaming(async () => 'last') },
      })
      const held = store.hold('create')
      const connection = await connectTo(url)
      connection.write(requestText('/stream', { connection: 'close' }))
      await held.reached
      await visitor().send('/ping')
      expect(connection.received()).toBe('')
      held.open()
      const text = await connection.closed()
      expect(text).toMatch(/^set-cookie: __Host-id=/im)
      expect(text).toContain('first,')
      expect(text).toContain('last')
    })

    it('arrives piece by piece; what was stored is there for others meanwhile', async () => {
      const between = gate()
      const { member } = await stage(driver, {
        routes: {
          '/stream': streaming(async (session) => String((await session.transact(count)).data.views), between),
        },
      })
      const browser = await member()
      const first = deferred<string>()
      const flying = browser.send('/stream', { onChunk: first.resolve })
      expect(await first.promise).toBe('first,')
      expect((await pageOf(browser)).data.views).toBe(1)
      between.open()
      expect((await flying).body).toBe('first,2')
      expect((await pageOf(browser)).data.views).toBe(2)
    })

    it('can store later updates by commit', async () => {
      const { member } = await stage(driver, {
        routes: {
          '/stream': streaming(async (session) => {
            session.update(count)
            session.update(Session.set('note', 'late'))
            await session.commit()
            return 'last'
          }),
        },
      })
      const browser = await member()
      expect((await browser.send('/stream')).body).toBe('first,last')
      expect((await pageOf(browser)).data).toEqual({ views: 2, note: 'late' })
    })

    it.each<[string, (session: Ref) => Promise<unknown>]>([
      ['regenerate', (session) => session.transact(Session.regenerate)],
      ['signIn', (session) => session.transact(Session.signIn('bob'))],
      ['signOut', (session) => session.transact(Session.signOut)],
    ])('can not change the cookie any more: %s is HeadersSent, and nothing is stored', async (_, change) => {
      const { member } = await stage(driver, {
        routes: { '/stream': streaming((session) => failureOf(change(session))) },
      })
      const browser = await member()
      const { status, body, setCookies } = await browser.send('/stream')
      expect([status, body, setCookies]).toEqual([200, 'first,HeadersSent', []])
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', status: 'live', data: { views: 1 } })
    })

    it('can not begin a session either', async () => {
      const { visitor, store } = await stage(driver, {
        routes: {
          '/stream': {
            handle: async (session) => {
              await session.read()
              return {
                stream: async (write) => {
                  await write('first,')
                  await write(await failureOf(session.transact(count)))
                },
              }
            },
          },
        },
      })
      expect(await visitor().send('/stream')).toMatchObject({ body: 'first,HeadersSent', setCookies: [] })
      expect(store.calls).toEqual([])
    })

    it('is told when the session was ended meanwhile', async () => {
      const between = gate()
      const { member } = await stage(driver, {
        routes: { '/stream': streaming((session) => failureOf(session.transact(count)), between) },
      })
      const browser = await member()
      const flying = browser.lose('/stream')
      await between.reached
      await browser.send('/destroy')
      between.open()
      expect((await flying).body).toBe('first,SessionEnded')
    })

    it('of a failed commit nothing leaves', async () => {
      const { visitor, store } = await stage(driver, { routes: { '/stream': streaming(async () => 'last') } })
      store.fail('create')
      const { status, body, setCookies } = await visitor().send('/stream')
      expect([status, setCookies]).toEqual([503, []])
      expect(body).not.toMatch(/first|last/)
    })
  })

  describe('a client that goes away', () => {
    const routes = (hold: Gate): Readonly<Record<string, Route>> => ({
      '/slow': {
        handle: async (session) => {
          session.update(count)
          await hold.pass()
          return { body: 'too late' }
        },
      },
    })

    it('before the answer does not stop the commit', async () => {
      const hold = gate()
      const scene = await stage(driver, { routes: routes(hold) })
      const browser = await scene.member()
      const cookie = browser.jar.header(`${scene.url}/`)!
      const met = disconnected(scene)
      const connection = await connectTo(scene.url)
      const { gone } = await met
      connection.write(requestText('/slow', { cookie }))
      await hold.reached
      connection.abort()
      await gone
      const committed = scene.next('committed')
      hold.open()
      await committed
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('while the store is asked does not stop the commit', async () => {
      const scene = await stage(driver)
      const browser = await scene.member()
      const cookie = browser.jar.header(`${scene.url}/`)!
      const held = scene.store.hold('update')
      const met = disconnected(scene)
      const connection = await connectTo(scene.url)
      const { gone } = await met
      connection.write(requestText('/count', { cookie }))
      await held.reached
      connection.abort()
      await gone
      const committed = scene.next('committed')
      held.open()
      await committed
      expect((await pageOf(browser)).data.views).toBe(1)
      expect((await send(`${scene.url}/ping`)).body).toBe('pong')
    })
  })
}
