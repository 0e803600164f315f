import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import { cookieFor } from '../../../src/testing/cookieFor.ts'
import type { Handle, Driver, Route } from '../app.ts'
import { MINUTE, stage } from '../world.ts'

const handle: Handle = async (session) => ({ body: `secret of ${Session.subjectId(await session.read())}` })

const routes: Readonly<Record<string, Route>> = {
  '/account': { handle, require: {} },
  '/login-first': { handle, require: { redirect: '/login' } },
  '/vault': { handle, require: { level: 2 } },
  '/transfer': { handle, require: { maxAge: 5 * MINUTE } },
  '/transfer-or-login': { handle, require: { maxAge: 5 * MINUTE, redirect: '/login' } },
  '/passive': { handle, require: {}, mount: { passive: true } },
}

export const protectedRoutes = (driver: Driver): void => {
  describe('requireSubject', () => {
    it('lets a member in, and tells a stranger 401', async () => {
      const { member, visitor } = await stage(driver, { routes })
      expect(await (await member()).send('/account')).toMatchObject({ status: 200, body: 'secret of alice' })
      const { status, body, setCookies, headers } = await visitor().send('/account')
      expect([status, setCookies]).toEqual([401, []])
      expect(body).not.toContain('secret')
      expect(headers['vary']).toBe('Cookie')
    })

    it('an anonymous session is not a member', async () => {
      const { visitor } = await stage(driver, { routes })
      const browser = visitor()
      await browser.send('/count')
      expect((await browser.send('/account')).status).toBe(401)
    })

    it('sends a stranger to the sign-in page', async () => {
      const { visitor } = await stage(driver, { routes })
      const { status, headers, body } = await visitor().send('/login-first', { method: 'POST' })
      expect([status, headers['location']]).toEqual([303, '/login'])
      expect(body).not.toContain('secret')
    })

    it('409 with Retry-After 0 under a cookie that was just replaced: the next try has the new one', async () => {
      const { member, visitor } = await stage(driver, { routes })
      const browser = await member()
      const stale = browser.copy()
      await browser.send('/login')
      for (const path of ['/account', '/login-first']) {
        const { status, headers, setCookies } = await stale.send(path)
        expect([status, headers['retry-after'], setCookies]).toEqual([409, '0', []])
      }
      expect((await browser.send('/account')).status).toBe(200)
      expect((await visitor().send('/account')).status).toBe(401)
    })

    it('403 under the level, and the level lets in', async () => {
      const { sessions, member, visitor } = await stage(driver, { routes })
      expect((await (await member()).send('/vault')).status).toBe(403)
      expect((await visitor().send('/vault')).status).toBe(401)
      const cookie = await cookieFor(sessions, { subject: { id: 'alice', level: 2 } })
      expect(await visitor().send('/vault', { headers: { cookie } })).toMatchObject({ status: 200 })
    })

    it('a sign-in that is too old asks for another', async () => {
      const { member, advance } = await stage(driver, { routes })
      const browser = await member()
      advance(5 * MINUTE)
      expect((await browser.send('/transfer')).status).toBe(200)
      advance(1)
      expect((await browser.send('/transfer')).status).toBe(401)
      expect((await browser.send('/account')).status).toBe(200)
      const { status, headers } = await browser.send('/transfer-or-login')
      expect([status, headers['location']]).toEqual([303, '/login'])
      await browser.send('/login')
      expect((await browser.send('/transfer')).status).toBe(200)
    })

    it('is one load with its handler, and works on a passive route', async () => {
      const { member, store } = await stage(driver, { routes })
      const browser = await member()
      expect(await store.during(() => browser.send('/account'))).toEqual(['load'])
      expect(await browser.send('/passive')).toMatchObject({ status: 200, body: 'secret of alice' })
    })

    it('with the store down: 503, and nobody is let in', async () => {
      const { member, store } = await stage(driver, { routes })
      const browser = await member()
      store.fail()
      const { status, body, setCookies } = await browser.send('/account')
      expect([status, setCookies]).toEqual([503, []])
      expect(body).not.toContain('secret')
    })
  })

  it('cookieFor makes the cookie of a session that every route takes', async () => {
    const { sessions, visitor } = await stage(driver, { routes })
    const cookie = await cookieFor(sessions, { subject: 'carol', data: { views: 3, note: 'ready-made' } })
    expect(await visitor().send('/account', { headers: { cookie } })).toMatchObject({ body: 'secret of carol' })
    const { body } = await visitor().send('/me', { headers: { cookie } })
    expect(JSON.parse(body)).toMatchObject({ subject: 'carol', status: 'live', data: { views: 3, note: 'ready-made' } })
  })
}
