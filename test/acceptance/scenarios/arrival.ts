import { describe, expect, it } from 'vitest'
import type { Driver } from '../app.ts'
import type { Response } from '../http.ts'
import { pageOf, stage } from '../world.ts'

/**
 * The honest limit of design §1: browsers apply cookies in arrival order, and a Set-Cookie can not be conditional. Asserted
 * as what it is, so that the docs stay true.
 */
export const arrival = (driver: Driver): void => {
  describe('the order of arrival', () => {
    it('requests that run at once without a session may each begin one; the last to arrive stays', async () => {
      const { visitor, store } = await stage(driver)
      const browser = visitor()
      const [first, second] = await Promise.all([browser.lose('/note?text=first'), browser.lose('/note?text=second')])
      expect(store.calls).toEqual(['create', 'create'])
      browser.accept(second)
      browser.accept(first)
      expect((await pageOf(browser)).data.note).toBe('first')
    })

    it('of two sign-ins the last to arrive wins, not the last stored', async () => {
      const { visitor } = await stage(driver)
      const browser = visitor()
      await browser.send('/note?text=cart')
      const first = await browser.lose('/login')
      const second = await browser.lose('/login')
      const arriving = async (...order: ReadonlyArray<Response>) => {
        const one = browser.copy()
        for (const response of order) one.accept(response)
        return pageOf(one)
      }
      expect(await arriving(first, second)).toMatchObject({ subject: 'alice', data: { views: 0 } })
      expect(await arriving(second, first)).toMatchObject({ subject: 'alice', data: { note: 'cart' } })
    })

    it('a regenerate that arrives after the logout that came later leaves a dead cookie, and nobody signed in', async () => {
      const { member } = await stage(driver)
      const browser = await member()
      const regenerated = await browser.lose('/regenerate')
      const fresh = browser.copy()
      fresh.accept(regenerated)
      const destroyed = await fresh.lose('/destroy')
      browser.accept(destroyed)
      browser.accept(regenerated)
      expect(browser.jar.cookies()).toHaveLength(1)
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'ended' })
      // And it heals: signing in begins a new session.
      await browser.send('/login')
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice', status: 'live' })
    })

    it('a logout that arrives after a sign-in that came later signs the browser out', async () => {
      const { member } = await stage(driver)
      const browser = await member()
      const destroyed = await browser.lose('/destroy')
      const signedIn = await browser.lose('/login')
      expect(signedIn.setCookies).toHaveLength(1)
      browser.accept(signedIn)
      expect(await pageOf(browser)).toMatchObject({ subject: 'alice' })
      browser.accept(destroyed)
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'none' })
    })
  })
}
