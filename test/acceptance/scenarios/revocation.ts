import { isRight } from '#fp-ts/Either'
import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import type { Driver, Route } from '../app.ts'
import { gate, type Gate } from '../gates.ts'
import { count, pageOf, stage } from '../world.ts'

const checking = (hold: Gate): Readonly<Record<string, Route>> => ({
  '/checked-login': {
    handle: async (session) => {
      const epoch = await session.subjectEpoch('alice')
      // Credentials are being checked.
      await hold.pass()
      session.update(Session.signIn('alice', { epoch }))
      return { body: 'welcome' }
    },
  },
  '/held-write': {
    handle: async (session) => {
      await session.read()
      session.update(count)
      await hold.pass()
      return { body: 'written' }
    },
  },
})

export const revocation = (driver: Driver): void => {
  describe('ending the sessions of a subject', () => {
    it('endAll ends every one, and nobody else', async () => {
      const { sessions, member } = await stage(driver)
      const [laptop, phone, bob] = [await member('alice'), await member('alice'), await member('bob')]
      expect(await sessions.subject('alice').endAll()).toMatchObject({ right: 2 })
      for (const browser of [laptop, phone])
        expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'ended', data: { views: 0 } })
      expect(await pageOf(bob)).toMatchObject({ subject: 'bob' })
      // The browser is not locked out.
      await laptop.send('/login')
      expect(await pageOf(laptop)).toMatchObject({ subject: 'alice', status: 'live' })
    })

    it('endOthers keeps one; endOne ends one; list shows ids and times, no secrets', async () => {
      const { sessions, member } = await stage(driver)
      const [laptop, phone, tablet] = [await member(), await member(), await member()]
      const ids = [(await pageOf(laptop)).id, (await pageOf(phone)).id, (await pageOf(tablet)).id]
      const listed = await sessions.subject('alice').list()
      expect(isRight(listed) && listed.right.map(({ id }) => id).sort()).toEqual([...ids].sort())
      for (const browser of [laptop, phone, tablet])
        expect(JSON.stringify(listed)).not.toContain(browser.jar.get('__Host-id')!.split('.')[1])

      await sessions.subject('alice').endOne(ids[1] as SessionId)()
      expect(await pageOf(phone)).toMatchObject({ status: 'ended' })
      expect(await pageOf(tablet)).toMatchObject({ subject: 'alice' })
      await sessions.subject('alice').endOthers(ids[0] as SessionId)()
      expect(await pageOf(tablet)).toMatchObject({ status: 'ended' })
      expect(await pageOf(laptop)).toMatchObject({ subject: 'alice', status: 'live' })
      expect(await sessions.subject('alice').count()).toMatchObject({ right: 1 })
    })

    it('a write in flight does not bring one back', async () => {
      const hold = gate()
      const { sessions, member, store } = await stage(driver, { routes: checking(hold) })
      const browser = await member()
      const flying = browser.send('/held-write')
      await hold.reached
      await sessions.subject('alice').endAll()
      const calls = store.calls.length
      hold.open()
      expect(await flying).toMatchObject({ status: 409, setCookies: [] })
      expect(store.calls.slice(calls)).not.toContain('create')
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'ended' })
    })

    it('a sign-in whose credentials were checked before does not survive', async () => {
      const hold = gate()
      const { sessions, visitor } = await stage(driver, { routes: checking(hold) })
      const browser = visitor()
      const flying = browser.send('/checked-login')
      await hold.reached
      await sessions.subject('alice').endAll()
      hold.open()
      const { status, body } = await flying
      expect(status).toBeGreaterThanOrEqual(400)
      expect(body).not.toContain('welcome')
      expect(await pageOf(browser)).toMatchObject({ subject: null })
      expect(await sessions.subject('alice').count()).toMatchObject({ right: 0 })
    })

    it.each(['create', 'update'] as const)('nor one that is being stored meanwhile (%s)', async (verb) => {
      const { sessions, visitor, store } = await stage(driver)
      const browser = visitor()
      if (verb === 'update') await browser.send('/note?text=cart')
      const held = store.hold(verb)
      const flying = browser.send('/login')
      await held.reached
      await sessions.subject('alice').endAll()
      held.open()
      const { status, body } = await flying
      expect(status).toBeGreaterThanOrEqual(400)
      expect(body).not.toContain('welcome')
      expect(await pageOf(browser)).toMatchObject({ subject: null })
      expect(await sessions.subject('alice').count()).toMatchObject({ right: 0 })
    })

    it('when the last check fails, the sign-in is reported as failed and its cookie does not leave', async () => {
      const { visitor, store } = await stage(driver)
      const browser = visitor()
      const held = store.hold('create', 'after')
      const flying = browser.send('/login')
      await held.reached
      store.fail('readEpoch')
      held.open()
      expect(await flying).toMatchObject({ status: 503, setCookies: [] })
      store.heal()
      expect(await pageOf(browser)).toMatchObject({ subject: null, status: 'none' })
    })

    it('a sign-in after it is as good as any', async () => {
      const { sessions, member } = await stage(driver)
      await member()
      await sessions.subject('alice').endAll()
      expect(await pageOf(await member())).toMatchObject({ subject: 'alice', status: 'live' })
    })
  })
}
