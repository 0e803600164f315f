import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver, Route } from '../app.ts'
import { count, newWorld, pageOf, shown, stage } from '../world.ts'

const routes: Readonly<Record<string, Route>> = {
  '/both': {
    handle: (session, { beside }) => {
      session.update(count)
      beside().update(Session.signIn('root'))
      return { body: 'both' }
    },
  },
  '/beside': { handle: (_, { beside }) => shown(beside()) },
  '/broken': {
    handle: async (session, { beside }) => {
      session.update(count)
      await beside().destroy()
      throw new Error('a bug')
    },
  },
  '/alone': {
    handle: async (session) => ({ body: String((await session.transact(count)).data.views) }),
    mount: {},
  },
  '/same': {
    handle: async (session, { beside }) => {
      session.update(count)
      beside().update(count)
      return { body: String((await beside().read()).data.views) }
    },
  },
}

export const managers = (driver: Driver): void => {
  describe('two session managers', () => {
    it('with different cookie names: each has its own session and cookie', async () => {
      const { sessions: beside } = newWorld({ cookie: { name: '__Host-admin' } })
      const { visitor } = await stage(driver, { routes, beside })
      const browser = visitor()
      const { setCookies } = await browser.send('/both')
      expect(setCookies.map((text) => text.split('=')[0]).sort()).toEqual(['__Host-admin', '__Host-id'])
      expect(await pageOf(browser)).toMatchObject({ subject: null, data: { views: 1 } })
      expect(JSON.parse((await browser.send('/beside')).body)).toMatchObject({ subject: 'root', data: { views: 0 } })
      expect((await browser.send('/ping')).headers).not.toHaveProperty('vary')
    })

    it('a bug discards the updates of one, and the logout of the other stays', async () => {
      const { sessions: beside } = newWorld({ cookie: { name: '__Host-admin' } })
      const { visitor } = await stage(driver, { routes, beside })
      const browser = visitor()
      await browser.send('/both')
      const { status, setCookies } = await browser.send('/broken')
      expect(status).toBe(500)
      expect(setCookies).toEqual([expect.stringMatching(/^__Host-admin=; Max-Age=0/)])
      expect((await pageOf(browser)).data.views).toBe(1)
      expect(JSON.parse((await browser.send('/beside')).body)).toMatchObject({ status: 'none' })
    })

    it('when the store of one fails, neither answer leaks, and a cookie of the other that is true leaves', async () => {
      const other = newWorld({ cookie: { name: '__Host-admin' } })
      const { visitor, store } = await stage(driver, { routes, beside: other.sessions })
      store.fail('create')
      const browser = visitor()
      const { status, body, setCookies } = await browser.send('/both')
      expect(status).toBe(503)
      expect(body).not.toContain('both')
      const stored = other.events.some(({ _tag }) => _tag === 'created')
      expect(setCookies.map((text) => text.split('=')[0])).toEqual(stored ? ['__Host-admin'] : [])
    })

    it('with one cookie name: that request is refused, and no other', async () => {
      const { sessions: beside } = newWorld()
      const { visitor, store } = await stage(driver, { routes, beside })
      expect(await visitor().send('/both')).toMatchObject({ status: 500, setCookies: [] })
      expect(store.calls).toEqual([])
      const browser = visitor()
      expect((await browser.send('/alone')).setCookies).toHaveLength(1)
      expect((await browser.send('/both')).status).toBe(500)
      expect((await browser.send('/alone')).body).toBe('2')
    })

    it('the same one met twice is one: one load, one write, one cookie', async () => {
      const { visitor, store } = await stage(driver, { routes, twice: true })
      const browser = visitor()
      expect(await browser.send('/same')).toMatchObject({ status: 200, body: '2' })
      expect(store.calls).toEqual(['create'])
      const calls = await store.during(async () => {
        expect(await browser.send('/same')).toMatchObject({ body: '4', setCookies: [] })
      })
      expect(calls).toEqual(['load', 'update'])
    })
  })
}
