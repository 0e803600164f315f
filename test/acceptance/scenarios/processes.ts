import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver, Route } from '../app.ts'
import { gate, type Gate } from '../gates.ts'
import { count, pageOf, stage } from '../world.ts'

/** Two processes share nothing but the store: here, it is compare-and-set alone that keeps what was written. */
const routes = (hold: Gate): Readonly<Record<string, Route>> => ({
  '/update': {
    handle: async (session) => {
      await session.read()
      await hold.pass()
      session.update(count)
      return { body: 'counted' }
    },
  },
  '/transact': {
    handle: async (session) => {
      await session.read()
      await hold.pass()
      await session.transact(count)
      return { body: 'counted' }
    },
  },
  '/win': {
    handle: (session) => {
      session.update(Session.set('coupon', 'SAVE10'))
      return {}
    },
  },
  '/redeem': {
    handle: async (session) => {
      await session.read()
      await hold.pass()
      const coupon = await session.transact(Session.pop('coupon'))
      return { body: coupon._tag === 'Some' ? coupon.value : 'none' }
    },
  },
})

export const processes = (driver: Driver): void => {
  describe('two processes over one store', () => {
    const both = async (hold: Gate) => {
      const first = await stage(driver, { routes: routes(hold) })
      const second = await stage(driver, { routes: routes(hold), like: first })
      const browser = await first.member()
      return { ...first, here: browser, there: browser.at(second.url), second }
    }

    it.each(['/update', '/transact'])('lose no increment: 20 by %s are 20', async (path) => {
      const hold = gate(20)
      const { here, there, events, second } = await both(hold)
      const flying = Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? here : there).send(path)))
      await hold.reached
      hold.open()
      expect((await flying).map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
      expect((await pageOf(there)).data.views).toBe(20)
      expect([...events, ...second.events].map(({ _tag }) => _tag)).toContain('replayed')
    })

    it('redeem a coupon once', async () => {
      const hold = gate(10)
      const { here, there } = await both(hold)
      await here.send('/win')
      const flying = Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? here : there).send('/redeem')))
      await hold.reached
      hold.open()
      expect((await flying).filter(({ body }) => body === 'SAVE10')).toHaveLength(1)
    })

    it.each([
      ['/destroy', '/update'],
      ['/destroy', '/transact'],
      ['/logout', '/update'],
      ['/logout', '/transact'],
    ])('a logout here (%s) stops a write there (%s)', async (way, path) => {
      const hold = gate()
      const { here, there } = await both(hold)
      const flying = there.send(path)
      await hold.reached
      await here.send(way)
      hold.open()
      expect(await flying).toMatchObject({ status: 409, setCookies: [] })
      expect(await pageOf(there)).toMatchObject({ subject: null, data: { views: 0 } })
    })

    it('a lost answer after which the other one wrote is settled by the trail: applied once', async () => {
      const { here, there, store } = await both(gate())
      const lost = store.hold('update', 'after')
      const flying = here.send('/count')
      await lost.reached
      // The record holds this write; its answer will be an error, and the repetition meets a newer record.
      await there.send('/count')
      lost.lose()
      expect((await flying).status).toBe(200)
      expect((await pageOf(here)).data.views).toBe(2)
    })

    it('an update whose fate was unknown is not applied again when the handler goes on', async () => {
      const first = await stage(driver, {
        routes: {
          '/persistent': {
            handle: async (session) => {
              session.update(count)
              const failed = await session.transact(Session.set('note', 'first')).then(
                () => 'stored',
                () => 'unknown',
              )
              session.update(Session.set('note', 'second'))
              return { body: failed }
            },
          },
        },
      })
      const second = await stage(driver, { like: first })
      const browser = await first.member()
      // Both answers are lost, the call's and its repetition's; the write itself was done.
      const [lost, again] = [first.store.hold('update', 'after'), first.store.hold('update', 'after')]
      const flying = browser.send('/persistent')
      await lost.reached
      lost.lose()
      await again.reached
      await browser.at(second.url).send('/count')
      again.lose()
      expect(await flying).toMatchObject({ status: 200, body: 'unknown' })
      expect((await pageOf(browser)).data).toEqual({ views: 2, note: 'second' })
    })
  })
}
