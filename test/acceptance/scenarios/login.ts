import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver } from '../app.ts'
import { gate } from '../gates.ts'
import { pairOf } from '../http.ts'
import { count, MINUTE, pageOf, shown, stage } from '../world.ts'

export const login = (driver: Driver): void => {
  describe('signing in', () => {
    it('keeps what an anonymous visitor put into the session, under the same id and a new secret', async () => {
      const { visitor } = await stage(driver)
      const browser = visitor()
      await browser.send('/note?text=cart')
      const { id } = await pageOf(browser)
      const before = browser.jar.get('__Host-id')
      const { setCookies } = await browser.send('/login')
      expect(setCookies).toHaveLength(1)
      expect(browser.jar.get('__Host-id')).not.toBe(before)
      expect(await pageOf(browser)).toMatchObject({ id, subject: 'alice', data: { note: 'cart' } })
    })

    it.each([
      ['at once', 0],
      ['later', 2 * MINUTE],
    ])('a cookie from before the sign-in is worth nothing %s (fixation)', async (_, later) => {
      const { visitor, advance, store } = await stage(driver)
      const attacker = visitor()
      await attacker.send('/note?text=planted')
      const victim = attacker.copy()
      await victim.send('/login')
      advance(later)
      expect(await pageOf(attacker)).toMatchObject({ subject: null, data: { views: 0 } })
      const calls = await store.during(() => attacker.send('/note?text=again'))
      expect(calls).not.toContain('update')
      expect(await pageOf(victim)).toMatchObject({ subject: 'alice', data: { note: 'planted' } })
    })

    it('an id that the server did not give out is never adopted', async () => {
      const { visitor, store } = await stage(driver)
      const forged = `__Host-id=${'A'.repeat(22)}.${'A'.repeat(43)}`
      const { setCookies } = await visitor().send('/login', { headers: { cookie: forged } })
      expect(setCookies).toHaveLength(1)
      expect(pairOf(setCookies[0]!)).not.toContain('A'.repeat(22))
      expect(store.calls.filter((verb) => verb !== 'readEpoch')).toEqual(['load', 'create'])
    })

    it('another subject sees nothing of the first, whose session is over', async () => {
      const { member } = await stage(driver)
      const browser = await member('alice')
      await browser.send('/note?text=private')
      const alice = browser.copy()
      const before = await pageOf(browser)
      const { setCookies, body } = await browser.send('/login?as=bob')
      expect(setCookies).toHaveLength(1)
      expect(body).toBe('welcome')
      const after = await pageOf(browser)
      expect(after).toMatchObject({ subject: 'bob', data: { views: 0 } })
      expect(after.data).not.toHaveProperty('note')
      expect(after.id).not.toBe(before.id)
      expect(await pageOf(alice)).toMatchObject({ subject: null, status: 'ended' })
    })

    it('the same subject again: a new secret, the same data', async () => {
      const { member } = await stage(driver)
      const browser = await member()
      await browser.send('/note?text=mine')
      const before = browser.copy()
      await browser.send('/login')
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', data: { note: 'mine' } })
      expect(await pageOf(before)).toMatchObject({ subject: null, status: 'superseded' })
    })
  })

  describe('a sign-in while other requests are in flight', () => {
    it('a read goes out without a cookie; a write is told to try again, and then succeeds', async () => {
      const hold = gate(2)
      const { visitor } = await stage(driver, {
        routes: {
          '/read': {
            handle: async (session) => {
              await session.read()
              await hold.pass()
              return shown(session)
            },
          },
          '/write': {
            handle: async (session) => {
              await session.read()
              session.update(count)
              await hold.pass()
              return {}
            },
          },
        },
      })
      const browser = visitor()
      await browser.send('/note?text=cart')
      const reading = browser.send('/read')
      const writing = browser.send('/write')
      await hold.reached
      await browser.send('/login')
      hold.open()
      expect(await reading).toMatchObject({ status: 200, setCookies: [] })
      const written = await writing
      expect(written).toMatchObject({ status: 409, setCookies: [] })
      expect(written.headers['retry-after']).toBe('0')
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', data: { views: 0 } })
      expect((await browser.send('/write')).status).toBe(200)
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('one that begins with the old cookie does not overwrite the new one', async () => {
      const { visitor } = await stage(driver)
      const browser = visitor()
      await browser.send('/note?text=cart')
      const stale = browser.copy()
      await browser.send('/login')
      for (const path of ['/me', '/count', '/regenerate', '/logout', '/destroy'])
        expect((await stale.lose(path)).setCookies, path).toEqual([])
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', data: { views: 0 } })
    })
  })

  it('a lost login response: signing in again works, in a new session that carries nothing of the old', async () => {
    const { visitor } = await stage(driver)
    const browser = visitor()
    await browser.send('/note?text=cart')
    const first = await pageOf(browser)
    const lost = await browser.lose('/login')
    expect(lost.setCookies).toHaveLength(1)
    expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'superseded' })

    const { status, setCookies } = await browser.send('/login')
    expect(status).toBe(200)
    expect(setCookies).toHaveLength(1)
    const second = await pageOf(browser)
    expect(second).toMatchObject({ subject: 'alice', data: { views: 0 } })
    expect(second.data).not.toHaveProperty('note')
    expect(second.id).not.toBe(first.id)

    // The session of the lost response was not taken over: its own secret still opens it, with what it held.
    const thatOne = visitor()
    thatOne.accept(lost)
    expect(await pageOf(thatOne)).toMatchObject({ id: first.id, subject: 'alice', data: { note: 'cart' } })
  })

  it.each([['in order'], ['crossed']])('a double-clicked login, responses arriving %s: signed in', async (arrival) => {
    const hold = gate(2)
    const { visitor } = await stage(driver, {
      routes: {
        '/slow-login': {
          handle: async (session) => {
            await session.read()
            await hold.pass()
            session.update(Session.signIn('alice'))
            return {}
          },
        },
      },
    })
    const browser = visitor()
    await browser.send('/note?text=cart')
    const both = Promise.all([browser.lose('/slow-login'), browser.lose('/slow-login')])
    await hold.reached
    hold.open()
    const responses = await both
    for (const { status, setCookies } of responses) {
      expect(status).toBe(200)
      expect(setCookies).toHaveLength(1)
    }
    for (const response of arrival === 'in order' ? responses : [...responses].reverse()) browser.accept(response)
    expect(await pageOf(browser)).toMatchObject({ subject: 'alice', status: 'live' })
  })

  describe('one Set-Cookie', () => {
    it('whatever happens in one request', async () => {
      const { visitor, member } = await stage(driver, {
        routes: {
          '/everything': {
            handle: async (session) => {
              await session.transact(count)
              await session.transact(Session.signIn('alice'))
              await session.transact(Session.regenerate)
              session.update(Session.regenerate)
              await session.destroy()
              session.update(Session.signIn('bob'))
              await session.commit()
              session.update(Session.regenerate)
              return { headers: { 'set-cookie': ['theme=dark; Path=/', 'lang=en'] } }
            },
          },
        },
      })
      for (const browser of [visitor(), await member()]) {
        const { status, setCookies } = await browser.send('/everything')
        expect(status).toBe(200)
        expect(setCookies.filter((text) => text.startsWith('__Host-id='))).toHaveLength(1)
        expect(setCookies).toEqual(expect.arrayContaining(['theme=dark; Path=/', 'lang=en']))
        expect(setCookies).toHaveLength(3)
        expect(await pageOf(browser)).toMatchObject({ subject: 'bob', data: { views: 0 } })
      }
    })

    it('a session that is created and destroyed in one request leaves no cookie behind', async () => {
      const { visitor } = await stage(driver, {
        routes: {
          '/brief': {
            handle: async (session) => {
              await session.transact(count)
              await session.destroy()
              return {}
            },
          },
        },
      })
      const browser = visitor()
      const { setCookies } = await browser.send('/brief')
      expect(setCookies.length).toBeLessThanOrEqual(1)
      expect(browser.jar.cookies()).toEqual([])
    })

    it('the default attributes', async () => {
      const { visitor } = await stage(driver)
      const { setCookies } = await visitor().send('/login')
      expect(setCookies[0]).toMatch(/^__Host-id=[\w-]{22}\.[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
    })

    it('"remember me" outlives the browser, another sign-in does not', async () => {
      const { visitor } = await stage(driver, {
        routes: {
          '/remember': {
            handle: (session) => {
              session.update(Session.signIn('alice', { persistent: true }))
              return {}
            },
          },
        },
      })
      const remembered = visitor()
      const { setCookies } = await remembered.send('/remember')
      expect(setCookies[0]).toContain('; Max-Age=86400; Expires=Fri, 02 Jan 2026 00:00:00 GMT;')
      remembered.jar.closeBrowser()
      expect(await pageOf(remembered)).toMatchObject({ subject: 'alice' })
      const forgotten = visitor()
      await forgotten.send('/login')
      forgotten.jar.closeBrowser()
      expect(await pageOf(forgotten)).toMatchObject({ subject: null })
    })
  })
}
