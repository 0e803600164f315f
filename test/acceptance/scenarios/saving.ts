import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver, Route } from '../app.ts'
import { connectTo, requestText } from '../http.ts'
import { count, pageOf, stage } from '../world.ts'

const routes: Readonly<Record<string, Route>> = {
  '/login-redirect': {
    handle: (session) => {
      session.update(Session.signIn('alice'))
      return { status: 302, headers: { location: '/me' } }
    },
  },
  '/leaky': {
    handle: (session) => {
      session.update(count)
      return {
        body: 'the body of the handler',
        headers: {
          'x-secret': 'of the handler',
          etag: '"handler"',
          'content-type': 'text/x-handler',
          'cache-control': 'public, max-age=600',
          'set-cookie': ['theme=dark'],
        },
      }
    },
  },
}

export const saving = (driver: Driver): void => {
  describe('saved before sent', () => {
    it('no byte of a redirect leaves before the store has acknowledged', async () => {
      const { store, url, visitor } = await stage(driver, { routes })
      const held = store.hold('create')
      const connection = await connectTo(url)
      connection.write(requestText('/login-redirect', { connection: 'close' }))
      await held.reached
      // A whole round trip on another connection: what had been sent would have arrived by now.
      expect(await visitor().send('/ping')).toMatchObject({ status: 200, body: 'pong' })
      expect(connection.received()).toBe('')
      held.open()
      const text = await connection.closed()
      expect(text).toMatch(/^HTTP\/1\.1 302 /)
      expect(text).toMatch(/^location: \/me\r$/im)
      expect(text).toMatch(/^set-cookie: __Host-id=/im)
    })

    it('nor of an update whose answer is late; the next request then sees it', async () => {
      const { store, url, member } = await stage(driver, { routes })
      const browser = await member()
      const held = store.hold('update', 'after')
      const connection = await connectTo(url)
      connection.write(requestText('/count', { connection: 'close', cookie: browser.jar.header(`${url}/`)! }))
      await held.reached
      expect((await pageOf(browser)).data.views).toBe(1)
      expect(connection.received()).toBe('')
      held.open()
      expect(await connection.closed()).toMatch(/^HTTP\/1\.1 200 /)
    })
  })

  describe('a store that is down', () => {
    it('fails the routes that use the session, and only those; the cookie stays as it is', async () => {
      const { member, store } = await stage(driver, { routes })
      const browser = await member()
      store.fail()
      for (const path of ['/me', '/count', '/leaky', '/logout', '/login-redirect', '/destroy']) {
        const { status, headers, setCookies } = await browser.send(path)
        expect([status, setCookies], path).toEqual([503, []])
        expect(headers['retry-after'], path).toBe('1')
        expect(headers['cache-control'], path).toContain('no-store')
      }
      expect(await browser.send('/ping')).toMatchObject({ status: 200, body: 'pong' })
      expect((await browser.send('/nowhere')).status).toBe(404)
      store.heal()
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', status: 'live', data: { views: 0 } })
    })

    it('of strangers only those whose session would be stored', async () => {
      const { visitor, store } = await stage(driver, { routes })
      const browser = visitor()
      store.fail()
      expect((await browser.send('/ping')).status).toBe(200)
      expect((await browser.send('/me')).status).toBe(200)
      expect(await browser.send('/count')).toMatchObject({ status: 503, setCookies: [] })
    })

    it.each(['create', 'update'] as const)('on %s: nothing that the handler answered leaks', async (verb) => {
      const { visitor, member, store } = await stage(driver, { routes })
      const browser = verb === 'create' ? visitor() : await member()
      store.fail(verb)
      const { status, headers, body, setCookies } = await browser.send('/leaky')
      expect(status).toBe(503)
      expect(body).not.toContain('handler')
      expect(setCookies).toEqual([])
      expect(headers).not.toHaveProperty('x-secret')
      expect(headers).not.toHaveProperty('etag')
      expect(headers['content-type']).not.toBe('text/x-handler')
      expect(headers['cache-control']).toContain('no-store')
      expect(headers['cache-control']).not.toContain('public')
      store.heal()
      expect((await browser.send('/leaky')).status).toBe(200)
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('nothing of the cause or the stack reaches the client', async () => {
      const { member, store } = await stage(driver)
      const browser = await member()
      store.fail()
      const { body, headers } = await browser.send('/me')
      expect(`${body}${JSON.stringify(headers)}`).not.toMatch(/refused|node_modules|\.ts/)
    })

    it('a transact that is not awaited is waited for, and its failure reported', async () => {
      const { member, store } = await stage(driver, {
        routes: {
          '/forgotten': {
            handle: (session) => {
              void session.transact(count)
              return { body: 'fine' }
            },
          },
        },
      })
      const browser = await member()
      const held = store.hold('update')
      const flying = browser.send('/forgotten')
      await held.reached
      held.open()
      expect((await flying).status).toBe(200)
      expect((await pageOf(browser)).data.views).toBe(1)
    })
  })

  describe('a store that does not answer', () => {
    it.each(['load', 'update'] as const)('%s: 503 after storeTimeout, and the cookie stays', async (verb) => {
      const { member, store } = await stage(driver, { routes, storeTimeout: 50 })
      const browser = await member()
      // A write whose answer is lost is asked for again once: that one is lost, too.
      const held = [store.hold(verb), store.hold(verb)]
      const { status, headers, setCookies, body } = await browser.send('/leaky')
      for (const { open } of held) open()
      expect([status, setCookies]).toEqual([503, []])
      expect(headers['retry-after']).toBe('1')
      expect(body).not.toContain('handler')
    })

    it('a lost answer is settled, and the change applied once', async () => {
      const { member, store } = await stage(driver, { storeTimeout: 200 })
      const browser = await member()
      const lost = store.hold('update', 'after')
      expect((await browser.send('/count')).status).toBe(200)
      lost.open()
      expect((await pageOf(browser)).data.views).toBe(1)
    })
  })

  describe("onStoreFailure: 'anonymous'", () => {
    it('reads go on anonymously, writes are refused, the cookie stays', async () => {
      const { member, store } = await stage(driver, { onStoreFailure: 'anonymous' })
      const browser = await member()
      store.fail('load')
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'degraded', data: { views: 0 } })
      for (const path of ['/count', '/login'])
        expect(await browser.send(path), path).toMatchObject({ status: 503, setCookies: [] })
      store.heal()
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', status: 'live', data: { views: 0 } })
    })

    it('for the whole request, even when the store comes back meanwhile', async () => {
      const { member, store } = await stage(driver, {
        onStoreFailure: 'anonymous',
        routes: {
          '/back': {
            handle: async (session) => {
              const { data } = await session.read()
              store.heal()
              session.update(Session.set('note', 'overwritten'))
              return { body: String(data.views) }
            },
          },
        },
      })
      const browser = await member()
      await browser.send('/note?text=mine')
      store.fail('load')
      expect((await browser.send('/back')).status).toBe(503)
      expect((await pageOf(browser)).data.note).toBe('mine')
    })
  })
}
