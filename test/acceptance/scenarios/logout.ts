import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver, Handle } from '../app.ts'
import { gate, type Gate } from '../gates.ts'
import { count, pageOf, read, shown, stage } from '../world.ts'

/** What a request that was overtaken by the logout does, before and after it is held. */
const held = (hold: Gate): Record<string, { readonly handle: Handle }> => ({
  '/held-write': {
    handle: async (session) => {
      await session.read()
      session.update(count)
      await hold.pass()
      return { body: 'written' }
    },
  },
  '/held-transact': {
    handle: async (session) => {
      await session.read()
      await hold.pass()
      await session.transact(count)
      return { body: 'written' }
    },
  },
  '/held-read': {
    handle: async (session) => {
      await session.read()
      await hold.pass()
      return shown(session)
    },
  },
  '/late-read': {
    handle: async (session) => {
      await hold.pass()
      return shown(session)
    },
  },
  '/late-write': {
    handle: async (session) => {
      await hold.pass()
      session.update(count)
      return { body: 'written' }
    },
  },
  '/late-redirect': {
    handle: async (session) => {
      await hold.pass()
      session.update(count)
      return { status: 303, headers: { location: '/me' } }
    },
  },
  '/late-transact': {
    handle: async (session) => {
      await hold.pass()
      await session.transact(count)
      return { body: 'written' }
    },
  },
})

const ways = ['/destroy', '/logout'] as const

export const logout = (driver: Driver): void => {
  describe.each(ways)('%s while another request is in flight', (way) => {
    it.each([
      ['/held-write', 409],
      ['/held-transact', 409],
      ['/held-read', 200],
      ['/late-read', 200],
      ['/late-write', 409],
      ['/late-transact', 409],
      ['/late-redirect', 303],
    ])('%s answers %i; the dead stay dead', async (path, status) => {
      const hold = gate()
      const { member, store } = await stage(driver, { routes: held(hold) })
      const browser = await member()
      const thief = browser.copy()
      const flying = browser.send(path)
      await hold.reached
      const { setCookies } = await browser.send(way)
      expect(setCookies).toHaveLength(1)
      const calls = store.calls.length
      hold.open()

      const response = await flying
      expect(response.status).toBe(status)
      // No new valid cookie, and none that would overwrite what the logout sent.
      expect(response.setCookies).toEqual([])
      expect(store.calls.slice(calls)).not.toContain('create')
      expect(response.body).not.toContain('written')

      expect(await pageOf(browser)).toMatchObject({ subject: null, data: { views: 0 } })
      expect(await pageOf(thief)).toMatchObject({ subject: null, data: { views: 0 } })
    })

    it('the old cookie is never usable again', async () => {
      const { member, advance } = await stage(driver)
      const browser = await member()
      await browser.send('/count')
      const thief = browser.copy()
      await browser.send(way)
      expect(await pageOf(thief)).toMatchObject({ subject: null, data: { views: 0 } })
      advance(10 * 60_000)
      expect(await pageOf(thief)).toMatchObject({ subject: null, data: { views: 0 } })
    })
  })

  describe('what the response of an overtaken write says', () => {
    it.each([
      ['/logout', '0'],
      ['/destroy', undefined],
    ])('after %s: 409, no-store, Retry-After %s', async (way, retryAfter) => {
      const hold = gate()
      const { member } = await stage(driver, { routes: held(hold) })
      const browser = await member()
      const flying = browser.send('/held-write')
      await hold.reached
      await browser.send(way)
      hold.open()
      const { headers } = await flying
      expect(headers['cache-control']).toContain('no-store')
      expect(headers['retry-after']).toBe(retryAfter)
    })

    it("with onDropped: 'drop' the response goes out, and an event tells", async () => {
      const hold = gate()
      const { member, events } = await stage(driver, { routes: held(hold), onDropped: 'drop' })
      const browser = await member()
      const flying = browser.send('/held-write')
      await hold.reached
      await browser.send('/destroy')
      hold.open()
      expect(await flying).toMatchObject({ status: 200, body: 'written', setCookies: [] })
      expect(events).toContainEqual(expect.objectContaining({ _tag: 'dropped', reason: 'ended', updates: 1 }))
      expect((await pageOf(browser)).data.views).toBe(0)
    })
  })

  describe('logging out', () => {
    it('destroy clears the cookie, and the browser drops it', async () => {
      const { member, events } = await stage(driver)
      const browser = await member()
      const { id } = await pageOf(browser)
      const { setCookies } = await browser.send('/destroy')
      expect(events.filter(({ _tag }) => _tag === 'ended')).toEqual([{ _tag: 'ended', id, by: 'destroy' }])
      expect(setCookies).toEqual([
        '__Host-id=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax',
      ])
      expect(browser.jar.cookies()).toEqual([])
      expect(await pageOf(browser)).toMatchObject({ status: 'none' })
    })

    it('signOut goes on anonymously under the same id with a new secret', async () => {
      const { member } = await stage(driver)
      const browser = await member()
      await browser.send('/note?text=mine')
      const before = await pageOf(browser)
      const { setCookies } = await browser.send('/logout')
      expect(setCookies).toHaveLength(1)
      expect(await pageOf(browser)).toEqual({ ...before, subject: null, data: { views: 0 }, status: 'live' })
    })

    it('twice at once: both are answered, the session is gone', async () => {
      const { member } = await stage(driver)
      const browser = await member()
      const responses = await Promise.all([browser.send('/destroy'), browser.send('/destroy'), browser.send('/logout')])
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
      expect(await pageOf(browser)).toMatchObject({ subject: null })
    })

    it.each([
      ['/destroy', 'a member'],
      ['/logout', 'a member'],
      ['/destroy', 'an anonymous visitor'],
    ])('%s of %s is not undone by a sign-in of a request that was already in', async (way, who) => {
      const hold = gate()
      const { member, visitor } = await stage(driver, {
        routes: {
          '/held-login': {
            handle: async (session) => {
              await session.read()
              await hold.pass()
              session.update(Session.signIn('alice'))
              return { body: 'welcome' }
            },
          },
        },
      })
      const browser = who === 'a member' ? await member() : visitor()
      if (who !== 'a member') await browser.send('/count')
      const flying = browser.send('/held-login')
      await hold.reached
      await browser.send(way)
      hold.open()
      expect(await flying).toMatchObject({ status: 409, setCookies: [] })
      expect(await pageOf(browser)).toMatchObject({ subject: null })
    })

    it('an in-flight request is told what happened', async () => {
      const hold = gate()
      const { member } = await stage(driver, { routes: held(hold) })
      const browser = await member()
      const flying = browser.send('/late-read')
      await hold.reached
      await browser.send('/destroy')
      hold.open()
      expect(read(await flying)).toMatchObject({ status: 'ended', subject: null })
    })

    it('a logout wins over a regenerate that was stored first', async () => {
      const hold = gate()
      const { member } = await stage(driver, {
        routes: {
          '/held-logout': {
            handle: async (session) => {
              await session.read()
              await hold.pass()
              await session.destroy()
              return {}
            },
          },
        },
      })
      const browser = await member()
      const flying = browser.lose('/held-logout')
      await hold.reached
      await browser.send('/regenerate')
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice' })
      hold.open()
      expect((await flying).status).toBe(200)
      expect(await pageOf(browser)).toMatchObject({ subject: null })
    })
  })
}
