import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver, Handle } from '../app.ts'
import { clears } from '../http.ts'
import { count, pageOf, stage } from '../world.ts'

const bug = (): never => {
  throw new Error('a bug')
}

const changes = {
  count: (session) => {
    session.update(count)
  },
  signIn: (session) => {
    session.update(Session.signIn('bob'))
  },
  signOut: (session) => {
    session.update(Session.signOut)
  },
  destroyLater: (session) => {
    session.update(Session.destroy)
  },
  transact: async (session) => {
    await session.transact(count)
  },
  destroy: async (session) => {
    await session.destroy()
  },
} satisfies Record<string, (session: Parameters<Handle>[0]) => unknown>

const endings = {
  throws: () => bug(),
  'answers 500': () => ({ status: 500, body: 'broken' }),
  'answers 503': () => ({ status: 503, body: 'busy' }),
  'throws 404': (_, { error }) => {
    throw error(404)
  },
  'answers 404': () => ({ status: 404, body: 'none' }),
  redirects: () => ({ status: 303, headers: { location: '/me' } }),
} satisfies Record<string, Handle>

type Change = keyof typeof changes
type Ending = keyof typeof endings

const handler =
  (change: Change, ending: Ending): Handle =>
  async (session, request) => {
    await changes[change](session)
    return endings[ending](session, request)
  }

const failures: ReadonlyArray<readonly [Ending, number]> = [
  ['throws', 500],
  ['answers 500', 500],
  ['answers 503', 503],
]
const refusals: ReadonlyArray<readonly [Ending, number]> = [
  ['throws 404', 404],
  ['answers 404', 404],
  ['redirects', 303],
]

export const errors = (driver: Driver): void => {
  const run = async (change: Change, ending: Ending) => {
    const scene = await stage(driver, { routes: { '/act': { handle: handler(change, ending) } } })
    const browser = await scene.member()
    const before = browser.jar.get('__Host-id')
    const response = await browser.send('/act')
    return { ...scene, browser, before, response }
  }

  describe.each(failures)('a handler that %s (%i)', (ending, status) => {
    it('discards its deferred updates', async () => {
      const { browser, response, store } = await run('count', ending)
      expect(response).toMatchObject({ status, setCookies: [] })
      expect(store.calls).not.toContain('update')
      expect((await pageOf(browser)).data.views).toBe(0)
    })

    it('signs nobody in', async () => {
      const { browser, response } = await run('signIn', ending)
      expect(response).toMatchObject({ status, setCookies: [] })
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', status: 'live' })
    })

    it('begins no session', async () => {
      const { visitor, store } = await stage(driver, { routes: { '/act': { handle: handler('count', ending) } } })
      expect(await visitor().send('/act')).toMatchObject({ status, setCookies: [] })
      expect(store.calls).toEqual([])
    })

    it('still signs out; the new cookie leaves with the error', async () => {
      const { browser, response, before } = await run('signOut', ending)
      expect(response.status).toBe(status)
      expect(response.setCookies).toHaveLength(1)
      expect(response.headers['cache-control']).toContain('no-store')
      expect(browser.jar.get('__Host-id')).not.toBe(before)
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'live' })
    })

    it.each<Change>(['destroyLater', 'destroy'])(
      'still ends the session (%s); the cookie is cleared',
      async (change) => {
        const { browser, response, visitor, before } = await run(change, ending)
        expect(response.status).toBe(status)
        expect(response.setCookies.map(clears)).toEqual([true])
        expect(await pageOf(browser)).toMatchObject({ status: 'none' })
        const thief = visitor()
        const { body } = await thief.send('/me', { headers: { cookie: `__Host-id=${before}` } })
        expect(JSON.parse(body)).toMatchObject({ status: 'ended', subject: null })
      },
    )

    it('keeps what transact has stored', async () => {
      const { browser, response } = await run('transact', ending)
      expect(response.status).toBe(status)
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('sends the cookie of a session that transact has begun', async () => {
      const { visitor } = await stage(driver, { routes: { '/act': { handle: handler('transact', ending) } } })
      const browser = visitor()
      const response = await browser.send('/act')
      expect(response.status).toBe(status)
      expect(response.setCookies).toHaveLength(1)
      expect((await pageOf(browser)).data.views).toBe(1)
    })
  })

  describe.each(refusals)('a handler that %s (%i)', (ending, status) => {
    it('keeps its updates', async () => {
      const { browser, response } = await run('count', ending)
      expect(response.status).toBe(status)
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('begins a session, whose cookie leaves', async () => {
      const { visitor } = await stage(driver, { routes: { '/act': { handle: handler('count', ending) } } })
      const browser = visitor()
      const response = await browser.send('/act')
      expect(response.status).toBe(status)
      expect(response.setCookies).toHaveLength(1)
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('signs in', async () => {
      const { browser, response } = await run('signIn', ending)
      expect(response.status).toBe(status)
      expect(response.setCookies).toHaveLength(1)
      expect(await pageOf(browser)).toMatchObject({ subject: 'bob' })
    })
  })

  it("a change that throws is the application's error: 500, nothing stored", async () => {
    const { member, store } = await stage(driver, {
      routes: {
        '/act': {
          handle: (session) => {
            session.update(count)
            session.update(bug)
            return { body: 'fine', headers: { 'x-secret': '1' } }
          },
        },
      },
    })
    const browser = await member()
    const calls = await store.during(async () => {
      const response = await browser.send('/act')
      expect(response).toMatchObject({ status: 500, setCookies: [] })
      expect(response.headers).not.toHaveProperty('x-secret')
      expect(response.body).not.toContain('fine')
    })
    expect(calls).not.toContain('update')
    expect(await pageOf(browser)).toMatchObject({ subject: 'alice', data: { views: 0 } })
  })

  it('a transact that the handler catches may be followed by a good answer', async () => {
    const { member } = await stage(driver, {
      routes: {
        '/act': {
          handle: async (session) => {
            try {
              await session.transact(bug)
            } catch (error) {
              session.update(Session.set('note', (error as Error).message))
            }
            return { body: 'fine' }
          },
        },
      },
    })
    const browser = await member()
    expect(await browser.send('/act')).toMatchObject({ status: 200, body: 'fine' })
    expect((await pageOf(browser)).data.note).toBe('a bug')
  })
}
