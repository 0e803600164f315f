import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver, Handle } from '../app.ts'
import { type Gate, gate } from '../gates.ts'
import type { Browser } from '../http.ts'
import { count, pageOf, stage } from '../world.ts'

const FIFTY = Array.from({ length: 50 }, (_, i) => i)

/** Fifty requests that all have read the same session before one of them writes. */
const fifty = (browser: Browser, path: (i: number) => string): Promise<ReadonlyArray<{ readonly status: number }>> =>
  Promise.all(FIFTY.map((i) => browser.send(path(i))))

const together = async (all: Gate): Promise<void> => {
  await all.reached
  all.open()
}

const seen = (key: string) =>
  Session.modify('seen', (seen: Readonly<Record<string, number>> = {}) => ({ ...seen, [key]: 1 }))

export const counting = (driver: Driver): void => {
  describe('concurrent writes to one session', () => {
    it.each<[string, (all: Gate) => Handle]>([
      [
        'update',
        (all) => async (session) => {
          await session.read()
          await all.pass()
          session.update(count)
          return { body: 'counted' }
        },
      ],
      [
        'transact',
        (all) => async (session) => {
          await session.read()
          await all.pass()
          const { data } = await session.transact(count)
          return { body: String(data.views) }
        },
      ],
    ])('50 increments by %s give 50', async (_, handle) => {
      const all = gate(50)
      const { member } = await stage(driver, { routes: { '/increment': { handle: handle(all) } } })
      const browser = await member()
      const [responses] = await Promise.all([fifty(browser, () => '/increment'), together(all)])
      expect(responses.map(({ status }) => status)).toEqual(FIFTY.map(() => 200))
      expect((await pageOf(browser)).data.views).toBe(50)
    })

    it('each transact is told its own result', async () => {
      const all = gate(50)
      const handle: Handle = async (session) => {
        await all.pass()
        return { body: String((await session.transact(count)).data.views) }
      }
      const { member } = await stage(driver, { routes: { '/increment': { handle } } })
      const browser = await member()
      const [responses] = await Promise.all([Promise.all(FIFTY.map(() => browser.send('/increment'))), together(all)])
      const told = responses.map(({ body }) => Number(body)).sort((a, b) => a - b)
      expect(told).toEqual(FIFTY.map((i) => i + 1))
    })

    it.each<[string, (all: Gate) => Handle]>([
      [
        'update',
        (all) =>
          async (session, { query }) => {
            await session.read()
            await all.pass()
            session.update(seen(query.get('key')!))
            return {}
          },
      ],
      [
        'transact',
        (all) =>
          async (session, { query }) => {
            await session.read()
            await all.pass()
            await session.transact(seen(query.get('key')!))
            return {}
          },
      ],
    ])('50 different keys by %s: all 50 are there', async (_, handle) => {
      const all = gate(50)
      const { member } = await stage(driver, { routes: { '/see': { handle: handle(all) } } })
      const browser = await member()
      await Promise.all([fifty(browser, (i) => `/see?key=k${i}`), together(all)])
      expect((await pageOf(browser)).data.seen).toEqual(Object.fromEntries(FIFTY.map((i) => [`k${i}`, 1])))
    })

    it('a coupon is popped exactly once by 50 requests', async () => {
      const all = gate(50)
      const { member } = await stage(driver, {
        routes: {
          '/win': {
            handle: (session) => {
              session.update(Session.set('coupon', 'SAVE10'))
              return {}
            },
          },
          '/redeem': {
            handle: async (session) => {
              await session.read()
              await all.pass()
              const coupon = await session.transact(Session.pop('coupon'))
              return { body: coupon._tag === 'Some' ? coupon.value : 'none' }
            },
          },
        },
      })
      const browser = await member()
      await browser.send('/win')
      const [responses] = await Promise.all([Promise.all(FIFTY.map(() => browser.send('/redeem'))), together(all)])
      expect(responses.filter(({ body }) => body === 'SAVE10')).toHaveLength(1)
      expect(responses.filter(({ body }) => body === 'none')).toHaveLength(49)
    })

    it('a decision made on an earlier read can refuse to be replayed', async () => {
      const first = gate()
      const { member, store } = await stage(driver, {
        routes: {
          '/decide': {
            handle: async (session) => {
              const { data } = await session.read()
              await first.pass()
              session.update(Session.set('views', data.views + 100), { ifUnchanged: true })
              return {}
            },
          },
        },
      })
      const browser = await member()
      const deciding = browser.send('/decide')
      await first.reached
      await browser.send('/count')
      first.open()
      const { status } = await deciding
      expect(status).toBe(409)
      expect((await pageOf(browser)).data.views).toBe(1)
      expect(store.calls).toContain('update')
    })
  })

  describe('store calls', () => {
    const routes = {
      '/read-and-count': {
        handle: async (session) => {
          await session.read()
          session.update(count)
          await session.read()
          return {}
        },
      },
      '/transact': {
        handle: async (session) => {
          await session.transact(count)
          return {}
        },
      },
    } satisfies Record<string, { readonly handle: Handle }>

    it.each([
      ['/ping', []],
      ['/me', ['load']],
      ['/read-and-count', ['load', 'update']],
      ['/count', ['load', 'update']],
      ['/transact', ['load', 'update']],
      ['/login', ['load', 'update']],
      ['/destroy', ['load', 'end']],
    ])('a member at %s: %j', async (path, calls) => {
      const { member, store } = await stage(driver, { routes })
      const browser = await member()
      expect((await store.during(() => browser.send(path))).filter((verb) => verb !== 'readEpoch')).toEqual(calls)
    })

    it.each([
      ['/ping', []],
      ['/me', []],
      ['/count', ['create']],
      ['/transact', ['create']],
      ['/logout', []],
      ['/destroy', []],
    ])('a stranger at %s: %j', async (path, calls) => {
      const { visitor, store } = await stage(driver, { routes })
      expect(await store.during(() => visitor().send(path))).toEqual(calls)
    })
  })

  describe('an untouched visitor', () => {
    it('stores nothing and gets no cookie', async () => {
      const { visitor, store } = await stage(driver)
      const browser = visitor()
      for (const path of ['/ping', '/me', '/logout', '/destroy', '/nowhere']) {
        const { setCookies } = await browser.send(path)
        expect(setCookies).toEqual([])
      }
      expect(store.calls).toEqual([])
    })

    it('of a member the cookie is not sent again', async () => {
      const { member } = await stage(driver)
      const browser = await member()
      for (const path of ['/ping', '/me', '/count', '/nowhere'])
        expect((await browser.send(path)).setCookies).toEqual([])
    })
  })
}
