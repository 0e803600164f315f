import { describe, expect, it } from 'vitest'
import { connectTo, requestText } from '../../acceptance/http.ts'
import { type Begin, HOUR, MINUTE, said } from '../stage.ts'

const leaky = ['count', 'header:x-secret=of the handler', 'header:etag="handler"', 'say:of the handler'].join(';')

export const saving = (stage: Begin): void => {
  it('no byte of a redirect leaves before the store has acknowledged', async () => {
    const { hold, url, visitor } = await stage()
    const held = await hold('create')
    const at = new URL(url('/do')).pathname
    const connection = await connectTo(url(''))
    const steps = 'signIn:alice;status:302;header:location=/me'
    connection.write(requestText(`${at}?steps=${steps}`, { connection: 'close' }))
    await held.reached()
    // A whole round trip on another connection: what had been sent would have arrived by now.
    expect((await visitor().act('')).status).toBe(200)
    expect(connection.received()).toBe('')
    await held.release()
    const text = await connection.until(/\r\n\r\n/)
    connection.abort()
    expect(text).toMatch(/^HTTP\/1\.1 302 /)
    expect(text).toMatch(/^location: \/me\r$/im)
    expect(text).toMatch(/^set-cookie: __Host-id=/im)
  })

  it('a transact that is not awaited is waited for', async () => {
    const { member, hold } = await stage()
    const browser = await member()
    const held = await hold('update')
    const flying = browser.act('forget;say:fine')
    await held.reached()
    await held.release()
    expect((await flying).status).toBe(200)
    expect((await browser.page()).data.views).toBe(1)
  })

  describe('a store that is down', () => {
    it('fails the routes that use the session, and only those; the cookie stays as it is', async () => {
      const { member, fail, heal } = await stage()
      const browser = await member()
      await fail()
      for (const steps of ['show', 'count', leaky, 'signOut', 'signIn:alice', 'destroy']) {
        const { status, headers, setCookies } = await browser.act(steps)
        expect([status, setCookies], steps).toEqual([503, []])
        expect(headers['retry-after'], steps).toBe('1')
        expect(headers['cache-control'], steps).toContain('no-store')
      }
      expect((await browser.act('say:pong')).status).toBe(200)
      expect((await browser.act('', { at: '/bare' })).body).toBe('bare')
      await heal()
      expect(await browser.page()).toMatchObject({ subject: 'alice', status: 'live', data: { views: 0 } })
    })

    it.each(['create', 'update'])('on %s: nothing that the handler answered leaks', async (verb) => {
      const { visitor, member, fail, heal } = await stage()
      const browser = verb === 'create' ? visitor() : await member()
      await fail(verb)
      const { status, headers, body, setCookies } = await browser.act(leaky)
      expect([status, setCookies]).toEqual([503, []])
      expect(`${body}${JSON.stringify(headers)}`).not.toMatch(/handler|refused|node_modules/)
      expect(headers).not.toHaveProperty('x-secret')
      await heal()
      expect((await browser.act(leaky)).status).toBe(200)
      expect((await browser.page()).data.views).toBe(1)
    })

    it.each(['load', 'update'])('%s without an answer: 503 after storeTimeout, and the cookie stays', async (verb) => {
      const { member, hold } = await stage({ storeTimeout: 50 })
      const browser = await member()
      // A write whose answer is lost is asked for again once: that one is lost, too.
      const held = [await hold(verb), await hold(verb)]
      const { status, headers, setCookies, body } = await browser.act(leaky)
      for (const { release } of held) await release()
      expect([status, setCookies, headers['retry-after']]).toEqual([503, [], '1'])
      expect(body).not.toContain('handler')
    })

    it('a lost answer is settled, and the change applied once', async () => {
      const { member, hold } = await stage({ storeTimeout: 200 })
      const browser = await member()
      const lost = await hold('update', 'after')
      expect((await browser.act('count')).status).toBe(200)
      await lost.release()
      expect((await browser.page()).data.views).toBe(1)
    })

    it("onStoreFailure: 'anonymous': reads go on anonymously, writes are refused, the cookie stays", async () => {
      const { member, fail, heal } = await stage({ onStoreFailure: 'anonymous' })
      const browser = await member()
      await fail('load')
      expect(await browser.page()).toMatchObject({ subject: null, status: 'degraded', data: { views: 0 } })
      for (const steps of ['count', 'signIn:alice'])
        expect(await browser.act(steps), steps).toMatchObject({ status: 503, setCookies: [] })
      await heal()
      expect(await browser.page()).toMatchObject({ subject: 'alice', status: 'live' })
    })
  })

  describe('data that a session can not hold', () => {
    it.each([
      ['a Date', 'data.junk.at'],
      ['a Map', 'data.junk'],
      ['NaN', 'data.junk.n[1]'],
      ['a cycle', 'data.junk.me'],
      ['a BigInt', 'data.junk.big'],
      ['a function', 'data.junk'],
      ['undefined in an array', 'data.junk[1]'],
      ['a __proto__ key', 'data.junk.a'],
      ['a lone surrogate', 'data.junk'],
      ['a class instance', 'data.junk.url'],
    ])('%s: InvalidData that names the place; the session keeps its content', async (name, path) => {
      const { member } = await stage()
      const browser = await member()
      await browser.act('note:earlier')
      const [told] = said(await browser.act(`?junk-now:${name}`)) as [string]
      expect(told.startsWith(`InvalidData ${path}`)).toBe(true)
      expect(await browser.act(`junk:${name}`)).toMatchObject({ status: 500, setCookies: [] })
      expect(await browser.page()).toMatchObject({ subject: 'alice', data: { views: 0, note: 'earlier' } })
    })

    it('five megabytes: PayloadTooLarge', async () => {
      const { member } = await stage()
      expect(said(await (await member()).act('?junk-now:five megabytes'))).toEqual(['PayloadTooLarge 65536'])
    })

    it('what is read is what JSON makes of it: undefined properties left out, -0 is 0', async () => {
      const { member } = await stage()
      const browser = await member()
      await browser.act('junk:plain')
      expect((await browser.page()).data['junk']).toEqual({ b: 0, c: null })
    })
  })

  describe('time', () => {
    it('idle: anonymous, expired, and a write begins a new session', async () => {
      const { member, advance } = await stage()
      const browser = await member()
      const { id } = await browser.page()
      await advance(HOUR)
      expect(await browser.page()).toMatchObject({ subject: null, status: 'expired', data: { views: 0 } })
      expect((await browser.act('count')).setCookies).toHaveLength(1)
      expect((await browser.page()).id).not.toBe(id)
    })

    it('activity moves the idle deadline, and only that; the touch is at most one per touchEvery', async () => {
      const { member, advance, during } = await stage({ absoluteTimeout: 2 * HOUR })
      const browser = await member()
      for (const passed of [58 * MINUTE, 58 * MINUTE]) {
        await advance(passed)
        expect(await during(() => browser.act('show'))).toEqual(['load', 'touch'])
        expect(await during(() => browser.act('show'))).toEqual(['load'])
      }
      await advance(4 * MINUTE)
      expect(await browser.page()).toMatchObject({ subject: null, status: 'expired' })
    })

    it('polling does not keep a session alive, and begins none', async () => {
      const { member, visitor, advance, during, events } = await stage()
      const browser = await member()
      for (let i = 0; i < 5; i++) {
        await advance(10 * MINUTE)
        expect(await during(() => browser.act('show', { at: '/passive' }))).toEqual(['load'])
      }
      await advance(10 * MINUTE)
      expect(await browser.page()).toMatchObject({ subject: null, status: 'expired' })
      expect(await visitor().act('count', { at: '/passive' })).toMatchObject({ status: 200, setCookies: [] })
      expect(await events()).toContainEqual(expect.objectContaining({ _tag: 'dropped', reason: 'no-session' }))
    })

    it("create: false stores nothing for strangers, ten at once, and a member's updates", async () => {
      const { member, visitor, calls } = await stage()
      const stranger = visitor()
      const all = await Promise.all(Array.from({ length: 10 }, () => stranger.act('count', { at: '/beacon' })))
      expect(all.flatMap(({ setCookies }) => setCookies)).toEqual([])
      expect(await calls()).toEqual([])
      const browser = await member()
      await browser.act('count', { at: '/beacon' })
      expect((await browser.page()).data.views).toBe(1)
    })
  })
}
