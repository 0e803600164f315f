import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver } from '../app.ts'
import { gate } from '../gates.ts'
import { HOUR, MINUTE, pageOf, type Setting, shown, stage } from '../world.ts'

const setting: Setting = { renewAfter: 10 * MINUTE, idleTimeout: 4 * HOUR }

export const renewal = (driver: Driver): void => {
  describe('renewal of the secret', () => {
    it('a member gets a new secret after renewAfter, of the same session, and keeps everything', async () => {
      const { member, advance, events } = await stage(driver, setting)
      const browser = await member()
      await browser.send('/note?text=mine')
      advance(10 * MINUTE - 1)
      expect((await browser.send('/me')).setCookies).toEqual([])
      advance(1)
      const before = browser.jar.get('__Host-id')!
      const response = await browser.send('/me')
      expect(response.setCookies).toHaveLength(1)
      const after = browser.jar.get('__Host-id')!
      expect(after).not.toBe(before)
      expect(after.split('.')[0]).toBe(before.split('.')[0])
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', data: { note: 'mine' } })
      expect(events.filter(({ _tag }) => _tag === 'renewed')).toHaveLength(1)
    })

    it('of parallel requests one renews, and nobody is logged out', async () => {
      const all = gate(5)
      const { member, advance } = await stage(driver, {
        ...setting,
        routes: {
          '/together': {
            handle: async (session) => {
              await session.read()
              await all.pass()
              return shown(session)
            },
          },
        },
      })
      const browser = await member()
      advance(10 * MINUTE)
      const flying = Promise.all([1, 2, 3, 4, 5].map(() => browser.lose('/together')))
      await all.reached
      all.open()
      const responses = await flying
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
      expect(responses.flatMap(({ setCookies }) => setCookies)).toHaveLength(1)

      const old = browser.copy()
      for (const response of responses) browser.accept(response)
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', status: 'live' })
      // The old secret lives on until the grace after the first use of the new one is over.
      advance(MINUTE - 1)
      expect(await pageOf(old)).toMatchObject({ subject: 'alice', status: 'live' })
      await old.send('/count')
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('a lost response costs nothing, however often', async () => {
      const { member, advance } = await stage(driver, setting)
      const browser = await member()
      for (let i = 0; i < 5; i++) {
        advance(10 * MINUTE)
        expect((await browser.lose('/me')).setCookies).toHaveLength(1)
        advance(2 * MINUTE)
        expect(await pageOf(browser.copy())).toMatchObject({ subject: 'alice', status: 'live' })
      }
      await browser.send('/count')
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', data: { views: 1 } })
    })

    it('the old secret after the grace: anonymous, and an event tells of the reuse', async () => {
      const { member, advance, events } = await stage(driver, setting)
      const browser = await member()
      const thief = browser.copy()
      advance(10 * MINUTE)
      await browser.send('/me')
      await browser.send('/me')
      advance(MINUTE)
      expect(events.filter(({ _tag }) => _tag === 'token-reused')).toEqual([])
      const response = await thief.send('/me')
      expect(response).toMatchObject({ status: 200, setCookies: [] })
      expect(events.filter(({ _tag }) => _tag === 'token-reused')).toHaveLength(1)
      expect(await pageOf(thief)).toMatchObject({ subject: null, data: { views: 0 } })
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice' })
    })

    it("with onReuse: 'end' the session is over for both", async () => {
      const { member, advance } = await stage(driver, { ...setting, onReuse: 'end' })
      const browser = await member()
      const thief = browser.copy()
      advance(10 * MINUTE)
      await browser.send('/me')
      await browser.send('/me')
      advance(MINUTE)
      expect(await pageOf(thief)).toMatchObject({ subject: null })
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'ended' })
    })

    it('the absolute deadline does not move', async () => {
      const { member, advance } = await stage(driver, { ...setting, absoluteTimeout: HOUR, idleTimeout: HOUR })
      const browser = await member()
      for (let i = 0; i < 5; i++) {
        advance(10 * MINUTE)
        expect(await pageOf(browser)).toMatchObject({ subject: 'alice' })
      }
      advance(10 * MINUTE)
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'expired' })
    })

    it('anonymous sessions are not renewed', async () => {
      const { visitor, advance } = await stage(driver, setting)
      const browser = visitor()
      await browser.send('/count')
      advance(30 * MINUTE)
      expect((await browser.send('/me')).setCookies).toEqual([])
    })

    it('a failing store does not fail the request that would have renewed', async () => {
      const { member, advance, store } = await stage(driver, setting)
      const browser = await member()
      advance(10 * MINUTE)
      store.fail('update', 'touch')
      expect(await browser.send('/me')).toMatchObject({ status: 200, setCookies: [] })
      store.heal()
      expect((await browser.send('/me')).setCookies).toHaveLength(1)
    })

    it('a sign-out beside a renewal wins', async () => {
      const hold = gate()
      const { member, advance } = await stage(driver, {
        ...setting,
        routes: {
          '/held': {
            handle: async (session) => {
              await session.read()
              await hold.pass()
              return {}
            },
          },
        },
      })
      const browser = await member()
      advance(10 * MINUTE)
      const renewing = browser.lose('/held')
      await hold.reached
      await browser.send('/logout')
      hold.open()
      expect(await renewing).toMatchObject({ status: 200, setCookies: [] })
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'live' })
    })

    it('a sign-in in a request that is due rotates, once', async () => {
      const { member, advance } = await stage(driver, {
        ...setting,
        routes: {
          '/again': {
            handle: async (session) => {
              await session.transact(Session.signIn('alice'))
              return {}
            },
          },
        },
      })
      const browser = await member()
      advance(10 * MINUTE)
      expect((await browser.send('/again')).setCookies).toHaveLength(1)
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', status: 'live' })
    })
  })
}
