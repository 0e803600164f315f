import { describe, expect, it } from 'vitest'
import { pairOf } from '../../acceptance/http.ts'
import { type Begin, MINUTE } from '../stage.ts'

export const login = (stage: Begin): void => {
  describe('signing in', () => {
    it('keeps what an anonymous visitor put into the session, under the same id and a new secret', async () => {
      const { visitor } = await stage()
      const browser = visitor()
      await browser.act('note:cart')
      const { id } = await browser.page()
      const before = browser.jar.get('__Host-id')
      expect((await browser.act('signIn:alice')).setCookies).toHaveLength(1)
      expect(browser.jar.get('__Host-id')).not.toBe(before)
      expect(await browser.page()).toMatchObject({ id, subject: 'alice', data: { note: 'cart' } })
    })

    it.each([
      ['at once', 0],
      ['later', 2 * MINUTE],
    ])('a cookie from before the sign-in is worth nothing %s (fixation)', async (_, later) => {
      const { visitor, advance, during } = await stage()
      const attacker = visitor()
      await attacker.act('note:planted')
      const victim = attacker.copy()
      await victim.act('signIn:alice')
      await advance(later)
      expect(await attacker.page()).toMatchObject({ subject: null, data: { views: 0 } })
      expect(await during(() => attacker.act('note:again'))).not.toContain('update')
      expect(await victim.page()).toMatchObject({ subject: 'alice', data: { note: 'planted' } })
    })

    it('an id that the server did not give out is never adopted', async () => {
      const { visitor } = await stage()
      const forged = `__Host-id=${'A'.repeat(22)}.${'A'.repeat(43)}`
      const { setCookies } = await visitor().act('signIn:alice', { headers: { cookie: forged } })
      expect(setCookies).toHaveLength(1)
      expect(pairOf(setCookies[0]!)).not.toContain('A'.repeat(22))
    })

    it('another subject sees nothing of the first, whose session is over', async () => {
      const { member } = await stage()
      const browser = await member('alice')
      await browser.act('note:private')
      const alice = browser.copy()
      const before = await browser.page()
      await browser.act('signIn:bob')
      const after = await browser.page()
      expect(after).toMatchObject({ subject: 'bob', data: { views: 0 } })
      expect(after.data).not.toHaveProperty('note')
      expect(after.id).not.toBe(before.id)
      expect(await alice.page()).toMatchObject({ subject: null, status: 'ended' })
    })

    it('the default attributes', async () => {
      const { visitor } = await stage()
      const { setCookies } = await visitor().act('signIn:alice')
      expect(setCookies[0]).toMatch(/^__Host-id=[\w-]{22}\.[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
    })

    it('"remember me" outlives the browser, another sign-in does not', async () => {
      const { visitor } = await stage()
      const remembered = visitor()
      const { setCookies } = await remembered.act('remember:alice')
      expect(setCookies[0]).toContain('; Max-Age=86400; Expires=Fri, 02 Jan 2026 00:00:00 GMT;')
      remembered.jar.closeBrowser()
      expect(await remembered.page()).toMatchObject({ subject: 'alice' })
      const forgotten = visitor()
      await forgotten.act('signIn:alice')
      forgotten.jar.closeBrowser()
      expect(await forgotten.page()).toMatchObject({ subject: null })
    })
  })

  describe('a sign-in while other requests are in flight', () => {
    it('a read goes out without a cookie; a write is told to try again, and then succeeds', async () => {
      const { visitor, gate } = await stage()
      const browser = visitor()
      await browser.act('note:cart')
      const reading = browser.act('read;hold:a;show')
      const writing = browser.act('read;count;hold:a')
      await gate('a').reached(2)
      await browser.act('signIn:alice')
      await gate('a').release()
      expect(await reading).toMatchObject({ status: 200, setCookies: [] })
      const written = await writing
      expect(written).toMatchObject({ status: 409, setCookies: [] })
      expect(written.headers['retry-after']).toBe('0')
      expect(await browser.page()).toMatchObject({ subject: 'alice', data: { views: 0 } })
      expect((await browser.act('read;count')).status).toBe(200)
      expect((await browser.page()).data.views).toBe(1)
    })

    it('one that begins with the old cookie does not overwrite the new one', async () => {
      const { visitor } = await stage()
      const browser = visitor()
      await browser.act('note:cart')
      const stale = browser.copy()
      await browser.act('signIn:alice')
      for (const steps of ['show', 'count', 'regenerate', 'signOut', 'destroy'])
        expect((await stale.lose(steps)).setCookies, steps).toEqual([])
      expect(await browser.page()).toMatchObject({ subject: 'alice', data: { views: 0 } })
    })

    it('a lost login response: signing in again works, in a new session that carries nothing of the old', async () => {
      const { visitor } = await stage()
      const browser = visitor()
      await browser.act('note:cart')
      expect((await browser.lose('signIn:alice')).setCookies).toHaveLength(1)
      expect(await browser.page()).toMatchObject({ subject: null, status: 'superseded' })
      expect(await browser.act('signIn:alice')).toMatchObject({ status: 200 })
      expect((await browser.page()).data).toEqual({ views: 0 })
    })
  })

  it('one Set-Cookie, whatever happens in one request', async () => {
    const { visitor, member } = await stage()
    const steps = [
      'transact;signIn-now:alice;regenerate-now;regenerate;destroy;signIn:bob;commit;regenerate',
      'header:set-cookie=theme=dark;header:set-cookie=lang=en',
    ].join(';')
    for (const browser of [visitor(), await member()]) {
      const { status, setCookies } = await browser.act(steps)
      expect(status).toBe(200)
      expect(setCookies.filter((text) => text.startsWith('__Host-id='))).toHaveLength(1)
      expect(setCookies).toEqual(expect.arrayContaining(['theme=dark', 'lang=en']))
      expect(setCookies).toHaveLength(3)
      expect(await browser.page()).toMatchObject({ subject: 'bob', data: { views: 0 } })
    }
  })

  describe('ending the sessions of a subject', () => {
    it('endAll ends every one, and nobody else', async () => {
      const { member } = await stage()
      const [laptop, phone, bob] = [await member('alice'), await member('alice'), await member('bob')]
      await laptop.act('everywhere')
      for (const browser of [laptop, phone])
        expect(await browser.page()).toMatchObject({ subject: null, status: 'ended', data: { views: 0 } })
      expect(await bob.page()).toMatchObject({ subject: 'bob' })
      // The browser is not locked out.
      await laptop.act('signIn:alice')
      expect(await laptop.page()).toMatchObject({ subject: 'alice', status: 'live' })
    })

    it('a write in flight does not bring one back', async () => {
      const { member, gate, subject, during } = await stage()
      const browser = await member()
      const flying = browser.act('read;count;hold:a')
      await gate('a').reached()
      await subject('endAll', 'alice')
      const calls = await during(async () => {
        await gate('a').release()
        expect(await flying).toMatchObject({ status: 409, setCookies: [] })
      })
      expect(calls).not.toContain('create')
      expect(await browser.page()).toMatchObject({ subject: null, status: 'ended' })
    })

    it('a sign-in whose credentials were checked before does not survive', async () => {
      const { visitor, gate, subject } = await stage()
      const browser = visitor()
      const flying = browser.act('signIn-checked:alice;say:welcome')
      await gate('credentials').reached()
      await subject('endAll', 'alice')
      await gate('credentials').release()
      const { status, body } = await flying
      expect(status).toBeGreaterThanOrEqual(400)
      expect(body).not.toContain('welcome')
      expect(await browser.page()).toMatchObject({ subject: null })
      expect(await subject('count', 'alice')).toMatchObject({ right: 0 })
    })

    it.each(['create', 'update'])('nor one that is being stored meanwhile (%s)', async (verb) => {
      const { visitor, hold, subject } = await stage()
      const browser = visitor()
      if (verb === 'update') await browser.act('note:cart')
      const held = await hold(verb)
      const flying = browser.act('signIn:alice')
      await held.reached()
      await subject('endAll', 'alice')
      await held.release()
      expect((await flying).status).toBeGreaterThanOrEqual(400)
      expect(await browser.page()).toMatchObject({ subject: null })
    })
  })
}
