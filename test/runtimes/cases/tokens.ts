import { describe, expect, it } from 'vitest'
import { type Begin, HOUR, MINUTE, said, type Shown, type Stage } from '../stage.ts'

const NAME = '__Host-id'
const FORGED = `${'A'.repeat(22)}.${'A'.repeat(43)}`
const isAnonymous = { subject: null, data: { views: 0 } }

const values = [
  '',
  '""',
  '.',
  'null',
  '__proto__',
  '../../etc/passwd',
  "' OR 1=1 --",
  '{"id":1}',
  '%00',
  '%0d%0aset-cookie:x=1',
  'A'.repeat(66),
  `${'A'.repeat(22)}.`,
  `.${'A'.repeat(43)}`,
  `${'A'.repeat(22)}.${'A'.repeat(44)}`,
  `${'A'.repeat(21)}B.${'A'.repeat(43)}`,
  `"${FORGED}"`,
  `${FORGED}=`,
  `${FORGED},${FORGED}`,
  'x'.repeat(8_000),
]

const show = async ({ visitor }: Stage, cookie: string): Promise<Shown> => {
  const response = await visitor().act('show', { headers: { cookie } })
  expect(response).toMatchObject({ status: 200, setCookies: [] })
  return said(response)[0] as Shown
}

export const tokens = (begin: Begin): void => {
  const memberOf = async (): Promise<Stage & { readonly good: string }> => {
    const stage = await begin()
    const browser = await stage.member()
    return { ...stage, good: browser.jar.get(NAME)! }
  }

  describe('a cookie that is no token', () => {
    it('is anonymous, and the store never hears of it', async () => {
      const scene = await begin()
      for (const value of values)
        expect(await show(scene, `${NAME}=${value}`), value).toMatchObject({ ...isAnonymous, status: 'malformed' })
      expect(await scene.calls()).toEqual([])
    })

    it('bytes beyond ASCII are no token either', async () => {
      const scene = await begin()
      for (const value of [`${'A'.repeat(21)}\u00e4.${'A'.repeat(43)}`, '\u00ff\u0080', '\u00fc'])
        expect(await show(scene, `${NAME}=${value}`)).toMatchObject(isAnonymous)
      expect(await scene.calls()).toEqual([])
    })

    it('does not hinder a visitor from signing in', async () => {
      const { visitor, calls } = await begin()
      const { status, setCookies } = await visitor().act('signIn:alice', { headers: { cookie: `${NAME}=junk` } })
      expect([status, setCookies.length]).toEqual([200, 1])
      expect(await calls()).not.toContain('load')
    })
  })

  describe('a token that is not accepted', () => {
    it('unknown id, and a wrong secret for a known one', async () => {
      const scene = await memberOf()
      expect(await show(scene, `${NAME}=${FORGED}`)).toMatchObject({ ...isAnonymous, status: 'unknown' })
      await scene.advance(2 * MINUTE)
      const id = scene.good.split('.')[0]!
      expect(await show(scene, `${NAME}=${id}.${'A'.repeat(43)}`)).toMatchObject({ ...isAnonymous, status: 'unknown' })
      expect(await show(scene, `${NAME}=${scene.good}`)).toMatchObject({ subject: 'alice' })
      const events = await scene.events()
      expect(events).toContainEqual({ _tag: 'rejected', reason: 'unknown', id: FORGED.slice(0, 22) })
      expect(events).toContainEqual({ _tag: 'rejected', reason: 'unknown-secret', id })
      expect(JSON.stringify(events)).not.toContain(scene.good.split('.')[1])
    })

    it('expired', async () => {
      const scene = await memberOf()
      await scene.advance(HOUR)
      expect(await show(scene, `${NAME}=${scene.good}`)).toMatchObject({ ...isAnonymous, status: 'expired' })
    })
  })

  describe('more than one cookie', () => {
    it('a good one beside a bad one, in both orders, and in a crowd', async () => {
      const scene = await memberOf()
      for (const evil of ['junk', FORGED])
        for (const pair of [
          [scene.good, evil],
          [evil, scene.good],
        ])
          expect(await show(scene, pair.map((value) => `${NAME}=${value}`).join('; '))).toMatchObject({
            subject: 'alice',
            status: 'live',
          })
      const crowd = Array.from({ length: 250 }, (_, i) => `c${i}=${i}`).join('; ')
      expect(await show(scene, `${crowd}; ${NAME}=${scene.good}; ${crowd}`)).toMatchObject({ subject: 'alice' })
    })

    it('two live ones: nobody, and an event', async () => {
      const scene = await memberOf()
      const evil = (await scene.member('mallory')).jar.get(NAME)!
      expect(await show(scene, `${NAME}=${scene.good}; ${NAME}=${evil}`)).toMatchObject(isAnonymous)
      expect(await scene.events()).toContainEqual({ _tag: 'rejected', reason: 'ambiguous' })
    })

    it('a mis-cased prefix, part of a name and a value that looks like a cookie are other cookies', async () => {
      const scene = await memberOf()
      for (const cookie of [
        `__host-id=${scene.good}`,
        `x__Host-id=${scene.good}`,
        `__Host-id2=${scene.good}`,
        `theme="${NAME}=${scene.good}"`,
      ])
        expect(await show(scene, cookie), cookie).toMatchObject({ ...isAnonymous, status: 'none' })
    })
  })

  describe('requireSubject', () => {
    it('lets a member in, and tells a stranger 401 or sends it to the sign-in page', async () => {
      const { member, visitor } = await begin()
      expect((await (await member()).act('say:secret', { at: '/account' })).status).toBe(200)
      const { status, body, setCookies, headers } = await visitor().act('say:secret', { at: '/account' })
      expect([status, setCookies, headers['vary']]).toEqual([401, [], 'Cookie'])
      expect(body).not.toContain('secret')
      const sent = await visitor().act('say:secret', { at: '/login-first', method: 'POST' })
      expect([sent.status, sent.headers['location']]).toEqual([303, '/login'])
    })

    it('409 with Retry-After 0 under a cookie that was just replaced', async () => {
      const { member } = await begin()
      const browser = await member()
      const stale = browser.copy()
      await browser.act('signIn:alice')
      const { status, headers, setCookies } = await stale.act('say:secret', { at: '/account' })
      expect([status, headers['retry-after'], setCookies]).toEqual([409, '0', []])
    })

    it('403 under the level, and the level lets in; a sign-in that is too old asks for another', async () => {
      const { member, visitor, advance } = await begin()
      const browser = await member()
      expect((await browser.act('', { at: '/vault' })).status).toBe(403)
      const trusted = visitor()
      await trusted.act('signIn-level:alice')
      expect((await trusted.act('', { at: '/vault' })).status).toBe(200)
      await advance(5 * MINUTE + 1)
      expect((await browser.act('', { at: '/transfer' })).status).toBe(401)
      expect((await browser.act('', { at: '/account' })).status).toBe(200)
    })
  })

  describe('renewal of the secret', () => {
    const setting = { renewAfter: 10 * MINUTE, idleTimeout: 4 * HOUR }

    it('a member gets a new secret after renewAfter, of the same session, and keeps everything', async () => {
      const { member, advance } = await begin(setting)
      const browser = await member()
      await browser.act('note:mine')
      await advance(10 * MINUTE - 1)
      expect((await browser.act('show')).setCookies).toEqual([])
      await advance(1)
      const before = browser.jar.get(NAME)!
      expect((await browser.act('show')).setCookies).toHaveLength(1)
      const after = browser.jar.get(NAME)!
      expect(after).not.toBe(before)
      expect(after.split('.')[0]).toBe(before.split('.')[0])
      expect(await browser.page()).toMatchObject({ subject: 'alice', data: { note: 'mine' } })
    })

    it('of parallel requests one renews, and nobody is logged out', async () => {
      const { member, advance, gate } = await begin(setting)
      const browser = await member()
      await advance(10 * MINUTE)
      const flying = Promise.all([1, 2, 3, 4, 5].map(() => browser.lose('read;hold:all;show')))
      await gate('all').reached(5)
      await gate('all').release()
      const responses = await flying
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
      expect(responses.flatMap(({ setCookies }) => setCookies)).toHaveLength(1)
      for (const response of responses) browser.accept(response)
      expect(await browser.page()).toMatchObject({ subject: 'alice', status: 'live' })
    })

    it("the old secret after the grace: anonymous, and an event; with onReuse: 'end' the session is over", async () => {
      for (const onReuse of ['report', 'end'] as const) {
        const { member, advance, events } = await begin({ ...setting, onReuse })
        const browser = await member()
        const thief = browser.copy()
        await advance(10 * MINUTE)
        await browser.act('show')
        await browser.act('show')
        await advance(MINUTE)
        expect(await thief.page()).toMatchObject({ subject: null })
        expect((await events()).filter(({ _tag }) => _tag === 'token-reused')).toHaveLength(1)
        expect(await browser.page()).toMatchObject({ subject: onReuse === 'end' ? null : 'alice' })
      }
    })
  })
}
