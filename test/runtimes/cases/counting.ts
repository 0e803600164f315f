import { describe, expect, it } from 'vitest'
import { type Begin, said } from '../stage.ts'

const FIFTY = Array.from({ length: 50 }, (_, i) => i)

export const counting = (stage: Begin): void => {
  describe('concurrent writes to one session', () => {
    it.each([
      ['update', 'read;hold:all;count', 0, true],
      ['transact', 'read;hold:all;transact', 0, true],
      // A store beyond a network: requests wait for one another's calls.
      ['update', 'read;hold:all;count', 3, false],
      ['transact', 'read;hold:all;transact', 3, false],
    ])('50 increments by %s give 50 (%s, a store that takes %i ms)', async (_, steps, slow, local) => {
      const { member, gate, delay } = await stage({ local })
      const browser = await member()
      await delay(slow)
      const all = gate('all')
      const flying = Promise.all(FIFTY.map(() => browser.act(steps)))
      await all.reached(50)
      await all.release()
      expect((await flying).map(({ status }) => status)).toEqual(FIFTY.map(() => 200))
      expect((await browser.page()).data.views).toBe(50)
    })

    it('each transact is told its own result', async () => {
      const { member, gate } = await stage()
      const browser = await member()
      const all = gate('all')
      const flying = Promise.all(FIFTY.map(() => browser.act('hold:all;transact')))
      await all.reached(50)
      await all.release()
      const told = (await flying).map((response) => Number(said(response)[0])).sort((a, b) => a - b)
      expect(told).toEqual(FIFTY.map((i) => i + 1))
    })

    it('50 different keys by update: all 50 are there', async () => {
      const { member, gate } = await stage()
      const browser = await member()
      const all = gate('all')
      const flying = Promise.all(FIFTY.map((i) => browser.act(`read;hold:all;seen:k${i}`)))
      await all.reached(50)
      await all.release()
      await flying
      expect((await browser.page()).data['seen']).toEqual(Object.fromEntries(FIFTY.map((i) => [`k${i}`, 1])))
    })

    it('a coupon is popped exactly once by 50 requests', async () => {
      const { member, gate } = await stage()
      const browser = await member()
      await browser.act('win')
      const all = gate('all')
      const flying = Promise.all(FIFTY.map(() => browser.act('read;hold:all;redeem')))
      await all.reached(50)
      await all.release()
      const won = (await flying).map((response) => said(response)[0])
      expect(won.filter((coupon) => coupon === 'SAVE10')).toHaveLength(1)
      expect(won.filter((coupon) => coupon === null)).toHaveLength(49)
    })

    it('a decision made on an earlier read can refuse to be replayed', async () => {
      const { member, gate } = await stage()
      const browser = await member()
      const deciding = browser.act('count-if-unchanged;hold:first')
      await gate('first').reached()
      await browser.act('count')
      await gate('first').release()
      expect((await deciding).status).toBe(409)
      expect((await browser.page()).data.views).toBe(1)
    })

    it('a session that is held by one request is waited for by the next (lock)', async () => {
      const { member, gate, calls } = await stage()
      const browser = await member()
      const first = browser.act('read;hold:a;transact', { at: '/locked' })
      await gate('a').reached()
      const second = browser.act('transact', { at: '/locked' })
      const asked = (await calls()).filter((verb) => verb === 'acquire').length
      expect(asked).toBeGreaterThan(0)
      await gate('a').release()
      expect([said(await first), said(await second)]).toEqual([[1], [2]])
    })
  })

  describe('store calls', () => {
    it.each([
      ['', []],
      ['show', ['load']],
      ['read;count;read', ['load', 'update']],
      ['count', ['load', 'update']],
      ['transact', ['load', 'update']],
      ['signIn:alice', ['load', 'update']],
      ['destroy', ['load', 'end']],
    ])('a member at "%s": %j', async (steps, calls) => {
      const { member, during } = await stage()
      const browser = await member()
      expect((await during(() => browser.act(steps))).filter((verb) => verb !== 'readEpoch')).toEqual(calls)
    })

    it.each([
      ['', []],
      ['show', []],
      ['count', ['create']],
      ['transact', ['create']],
      ['signOut', []],
      ['destroy', []],
    ])('a stranger at "%s": %j', async (steps, calls) => {
      const { visitor, during } = await stage()
      expect(await during(() => visitor().act(steps))).toEqual(calls)
    })
  })

  describe('an untouched visitor', () => {
    it('stores nothing and gets no cookie', async () => {
      const { visitor, calls } = await stage()
      const browser = visitor()
      for (const steps of ['', 'show', 'signOut', 'destroy']) expect((await browser.act(steps)).setCookies).toEqual([])
      expect((await browser.act('', { at: '/nowhere' })).status).toBe(404)
      expect(await calls()).toEqual([])
    })

    it('of a member the cookie is not sent again', async () => {
      const { member } = await stage()
      const browser = await member()
      for (const steps of ['', 'show', 'count']) expect((await browser.act(steps)).setCookies).toEqual([])
    })
  })
}
