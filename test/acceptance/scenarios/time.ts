import { describe, expect, it } from 'vitest'
import type { Driver, Route } from '../app.ts'
import { count, HOUR, MINUTE, pageOf, shown, stage } from '../world.ts'

const routes: Readonly<Record<string, Route>> = {
  '/poll': { handle: shown, mount: { passive: true } },
  '/poll-by-read': {
    handle: async (session) => {
      await session.read({ passive: true })
      return {}
    },
  },
  '/poll-and-count': {
    handle: (session) => {
      session.update(count)
      return {}
    },
    mount: { passive: true },
  },
  '/beacon': {
    handle: (session) => {
      session.update(count)
      return { body: 'noted' }
    },
    mount: { create: false },
  },
}

export const time = (driver: Driver): void => {
  describe('deadlines', () => {
    it('without activity a session is over after idleTimeout, though the cookie is still sent', async () => {
      const { member, advance } = await stage(driver)
      const browser = await member()
      advance(HOUR - 1)
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice' })
      advance(HOUR)
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'expired', data: { views: 0 } })
    })

    it('activity moves the idle deadline, and only that; the touch is one call and at most one per touchEvery', async () => {
      const { member, advance, store } = await stage(driver, { absoluteTimeout: 2 * HOUR })
      const browser = await member()
      advance(MINUTE)
      expect(await store.during(() => browser.send('/me'))).toEqual(['load'])
      for (const passed of [58 * MINUTE, 58 * MINUTE]) {
        advance(passed)
        expect(await store.during(() => browser.send('/me'))).toEqual(['load', 'touch'])
        expect(await store.during(() => browser.send('/me'))).toEqual(['load'])
      }
      // 117 minutes old, and active a moment ago.
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice' })
      advance(3 * MINUTE)
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'expired' })
    })

    it('signing in again moves the absolute deadline; other writes do not', async () => {
      const { member, advance } = await stage(driver, { absoluteTimeout: HOUR, idleTimeout: HOUR })
      const browser = await member()
      advance(50 * MINUTE)
      await browser.send('/login')
      advance(50 * MINUTE)
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice' })
      await browser.send('/count')
      await browser.send('/regenerate')
      advance(9 * MINUTE)
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', data: { views: 1 } })
      advance(MINUTE)
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'expired' })
    })

    it('a write after the end begins a new session', async () => {
      const { member, advance } = await stage(driver)
      const browser = await member()
      const { id } = await pageOf(browser)
      advance(2 * HOUR)
      const { status, setCookies } = await browser.send('/count')
      expect([status, setCookies.length]).toEqual([200, 1])
      const after = await pageOf(browser)
      expect(after).toMatchObject({ subject: null, data: { views: 1 } })
      expect(after.id).not.toBe(id)
    })

    it('a touch that fails fails nothing', async () => {
      const { member, advance, store } = await stage(driver)
      const browser = await member()
      advance(30 * MINUTE)
      store.fail('touch')
      expect(await browser.send('/me')).toMatchObject({ status: 200, setCookies: [] })
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice' })
    })
  })

  describe('polling', () => {
    it.each(['/poll', '/poll-by-read'])('%s does not keep a session alive', async (path) => {
      const { member, advance, store } = await stage(driver, { routes })
      const browser = await member()
      for (let i = 0; i < 5; i++) {
        advance(10 * MINUTE)
        expect(await store.during(() => browser.send(path))).toEqual(['load'])
      }
      advance(10 * MINUTE)
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'expired' })
    })

    it('is not when a secret is renewed', async () => {
      const { member, advance } = await stage(driver, { routes, renewAfter: 10 * MINUTE })
      const browser = await member()
      advance(20 * MINUTE)
      expect((await browser.send('/poll')).setCookies).toEqual([])
      expect((await browser.send('/me')).setCookies).toHaveLength(1)
    })

    it('shows a live session and stores its updates, but begins none', async () => {
      const { member, visitor, store, events } = await stage(driver, { routes })
      const browser = await member()
      await browser.send('/poll-and-count')
      expect((await pageOf(browser)).data.views).toBe(1)
      const calls = await store.during(async () => {
        expect(await visitor().send('/poll-and-count')).toMatchObject({ status: 200, setCookies: [] })
      })
      expect(calls).toEqual([])
      expect(events).toContainEqual(expect.objectContaining({ _tag: 'dropped', reason: 'no-session' }))
    })
  })

  describe('create: false', () => {
    it('stores nothing for a stranger and sends no cookie; an event tells', async () => {
      const { visitor, store, events } = await stage(driver, { routes })
      const browser = visitor()
      expect(await browser.send('/beacon')).toMatchObject({ status: 200, body: 'noted', setCookies: [] })
      expect(store.calls).toEqual([])
      expect(events).toContainEqual(expect.objectContaining({ _tag: 'dropped', reason: 'no-session', updates: 1 }))
    })

    it('ten at once begin no session', async () => {
      const { visitor, store } = await stage(driver, { routes })
      const browser = visitor()
      await Promise.all(Array.from({ length: 10 }, () => browser.send('/beacon')))
      expect(store.calls).toEqual([])
      expect(browser.jar.cookies()).toEqual([])
    })

    it("stores a member's updates", async () => {
      const { member } = await stage(driver, { routes })
      const browser = await member()
      await browser.send('/beacon')
      expect((await pageOf(browser)).data.views).toBe(1)
    })
  })
}
