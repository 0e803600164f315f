import { describe, expect, it } from 'vitest'
import { clears } from '../../acceptance/http.ts'
import { type Begin, said } from '../stage.ts'

const inFlight: ReadonlyArray<readonly [string, string, number]> = [
  ['held-write', 'read;count;hold:a;say:written', 409],
  ['held-transact', 'read;hold:a;transact;say:written', 409],
  ['held-read', 'read;hold:a;show', 200],
  ['late-read', 'hold:a;show', 200],
  ['late-write', 'hold:a;count;say:written', 409],
  ['late-transact', 'hold:a;transact;say:written', 409],
  ['late-redirect', 'hold:a;count;status:303;header:location=/me', 303],
]

export const logout = (stage: Begin): void => {
  describe.each(['destroy', 'signOut'])('%s while another request is in flight', (way) => {
    it.each(inFlight)('%s (%s) answers %i; the dead stay dead', async (_, steps, status) => {
      const { member, gate, calls } = await stage()
      const browser = await member()
      const thief = browser.copy()
      const flying = browser.act(steps)
      await gate('a').reached()
      expect((await browser.act(way)).setCookies).toHaveLength(1)
      const { length } = await calls()
      await gate('a').release()
      const response = await flying
      expect(response.status).toBe(status)
      // No new valid cookie, and none that would overwrite what the logout sent.
      expect(response.setCookies).toEqual([])
      expect((await calls()).slice(length)).not.toContain('create')
      expect(response.body).not.toContain('written')
      expect(await thief.page()).toMatchObject({ subject: null, data: { views: 0 } })
      expect(await browser.page()).toMatchObject({ subject: null, data: { views: 0 } })
    })
  })

  it("with onDropped: 'drop' the response goes out, and an event tells", async () => {
    const { member, gate, events } = await stage({ onDropped: 'drop' })
    const browser = await member()
    const flying = browser.act('read;count;hold:a;say:written')
    await gate('a').reached()
    await browser.act('destroy')
    await gate('a').release()
    expect(await flying).toMatchObject({ status: 200, body: '["written"]', setCookies: [] })
    expect(await events()).toContainEqual(expect.objectContaining({ _tag: 'dropped', reason: 'ended', updates: 1 }))
  })

  describe('logging out', () => {
    it('destroy clears the cookie, and the browser drops it', async () => {
      const { member, events } = await stage()
      const browser = await member()
      const { id } = await browser.page()
      const { setCookies } = await browser.act('destroy')
      expect((await events()).filter(({ _tag }) => _tag === 'ended')).toEqual([{ _tag: 'ended', id, by: 'destroy' }])
      expect(setCookies).toEqual([
        '__Host-id=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax',
      ])
      expect(browser.jar.cookies()).toEqual([])
      expect(await browser.page()).toMatchObject({ status: 'none' })
    })

    it('signOut goes on anonymously under the same id with a new secret', async () => {
      const { member } = await stage()
      const browser = await member()
      await browser.act('note:mine')
      const before = await browser.page()
      expect((await browser.act('signOut')).setCookies).toHaveLength(1)
      expect(await browser.page()).toEqual({ ...before, subject: null, data: { views: 0 }, status: 'live' })
    })

    it('twice at once: both are answered, the session is gone', async () => {
      const { member } = await stage()
      const browser = await member()
      const responses = await Promise.all([browser.act('destroy'), browser.act('destroy'), browser.act('signOut')])
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
      expect(await browser.page()).toMatchObject({ subject: null })
    })

    it.each(['destroy', 'signOut'])('%s is not undone by a sign-in of a request that was already in', async (way) => {
      const { member, gate } = await stage()
      const browser = await member()
      const flying = browser.act('read;hold:a;signIn:alice')
      await gate('a').reached()
      await browser.act(way)
      await gate('a').release()
      expect(await flying).toMatchObject({ status: 409, setCookies: [] })
      expect(await browser.page()).toMatchObject({ subject: null })
    })

    it('a logout wins over a regenerate that was stored first', async () => {
      const { member, gate } = await stage()
      const browser = await member()
      const flying = browser.lose('read;hold:a;destroy')
      await gate('a').reached()
      await browser.act('regenerate')
      expect(await browser.page()).toMatchObject({ subject: 'alice' })
      await gate('a').release()
      expect((await flying).status).toBe(200)
      expect(await browser.page()).toMatchObject({ subject: null })
    })

    it('a write beside a regenerate is told to try again, and nothing is lost with it', async () => {
      const { member, gate } = await stage()
      const browser = await member()
      const flying = browser.act('read;count;hold:a')
      await gate('a').reached()
      await browser.act('regenerate')
      await gate('a').release()
      expect(await flying).toMatchObject({ status: 409, setCookies: [] })
      expect((await browser.act('transact')).status).toBe(200)
      expect(await browser.page()).toMatchObject({ subject: 'alice', data: { views: 1 } })
    })
  })

  describe('two session managers', () => {
    it('with different cookie names: each has its own session and cookie', async () => {
      const { visitor } = await stage()
      const browser = visitor()
      const { setCookies } = await browser.act('count;beside-signIn:root', { at: '/two' })
      expect(setCookies.map((text) => text.split('=')[0]).sort()).toEqual(['__Host-admin', '__Host-id'])
      expect(await browser.page()).toMatchObject({ subject: null, data: { views: 1 } })
      expect(said(await browser.act('beside-show', { at: '/two' }))).toMatchObject([{ subject: 'root' }])
    })

    it('a bug discards the updates of one, and the logout of the other stays', async () => {
      const { visitor } = await stage()
      const browser = visitor()
      await browser.act('count;beside-signIn:root', { at: '/two' })
      const { status, setCookies } = await browser.act('count;beside-destroy;throw', { at: '/two' })
      expect(status).toBe(500)
      expect(setCookies.map(clears)).toEqual([true])
      expect(setCookies[0]).toMatch(/^__Host-admin=/)
      expect((await browser.page()).data.views).toBe(1)
    })

    it('the same one met twice is one: one load, one write, one cookie', async () => {
      const { visitor, calls, during } = await stage()
      const browser = visitor()
      expect((await browser.act('count;beside-count;show', { at: '/twice' })).setCookies).toHaveLength(1)
      expect(await calls()).toEqual(['create'])
      expect(await during(() => browser.act('count;beside-count', { at: '/twice' }))).toEqual(['load', 'update'])
      expect((await browser.page()).data.views).toBe(4)
    })
  })
}
