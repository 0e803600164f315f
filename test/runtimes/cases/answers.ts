import { describe, expect, it } from 'vitest'
import { clears, connectTo, requestText } from '../../acceptance/http.ts'
import { type Begin, said } from '../stage.ts'

/** Endings of a handler: their status, and whether the updates before them are kept. */
const failures: ReadonlyArray<readonly [string, string, number]> = [
  ['throws', 'throw', 500],
  ['answers 500', 'status:500', 500],
  ['answers 503', 'status:503', 503],
]
const refusals: ReadonlyArray<readonly [string, string, number]> = [
  ['throws 404', 'throw-status:404', 404],
  ['answers 404', 'status:404', 404],
  ['redirects', 'status:303;header:location=/me', 303],
]

export const answers = (stage: Begin): void => {
  describe.each(failures)('a handler that %s', (_, ending, status) => {
    it('discards its deferred updates, and begins no session', async () => {
      const { member, visitor, calls } = await stage()
      const browser = await member()
      expect(await browser.act(`count;${ending}`)).toMatchObject({ status, setCookies: [] })
      expect(await visitor().act(`count;${ending}`)).toMatchObject({ status, setCookies: [] })
      expect(await calls()).not.toContain('update')
      expect((await browser.page()).data.views).toBe(0)
    })

    it('still signs out; the new cookie leaves with the error', async () => {
      const { member } = await stage()
      const browser = await member()
      const response = await browser.act(`signOut;${ending}`)
      expect([response.status, response.setCookies.length]).toEqual([status, 1])
      expect(response.headers['cache-control']).toContain('no-store')
      expect(await browser.page()).toMatchObject({ subject: null, status: 'live' })
    })

    it.each(['destroy', 'destroy-later'])('still ends the session (%s); the cookie is cleared', async (way) => {
      const { member } = await stage()
      const browser = await member()
      const thief = browser.copy()
      const response = await browser.act(`${way};${ending}`)
      expect(response.status).toBe(status)
      expect(response.setCookies.map(clears)).toEqual([true])
      expect(await thief.page()).toMatchObject({ status: 'ended', subject: null })
    })

    it('keeps what transact has stored, and sends the cookie of a session that it has begun', async () => {
      const { member, visitor } = await stage()
      for (const browser of [await member(), visitor()]) {
        expect((await browser.act(`transact;${ending}`)).status).toBe(status)
        expect((await browser.page()).data.views).toBe(1)
      }
    })
  })

  it.each(refusals)('a handler that %s keeps its updates; the cookie leaves', async (_, ending, status) => {
    const { visitor } = await stage()
    const browser = visitor()
    const response = await browser.act(`count;${ending}`)
    expect([response.status, response.setCookies.length]).toEqual([status, 1])
    expect((await browser.page()).data.views).toBe(1)
  })

  it("a change that throws is the application's error: 500, nothing stored", async () => {
    const { member, during } = await stage()
    const browser = await member()
    const calls = await during(async () => {
      const response = await browser.act('count;bug;header:x-secret=1;say:fine')
      expect(response).toMatchObject({ status: 500, setCookies: [] })
      expect(response.headers).not.toHaveProperty('x-secret')
      expect(response.body).not.toContain('fine')
    })
    expect(calls).not.toContain('update')
  })

  describe('answers of every kind', () => {
    it('HEAD and POST commit as GET does', async () => {
      const { visitor } = await stage()
      const browser = visitor()
      expect(await browser.act('count', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
      expect(await browser.act('count', { method: 'POST' })).toMatchObject({ status: 200, setCookies: [] })
      expect((await browser.page()).data.views).toBe(2)
    })

    it.each([204, 304])('%i carries the cookie and no body', async (status) => {
      const { visitor } = await stage()
      const browser = visitor()
      const response = await browser.act(`count;status:${status}`)
      expect([response.status, response.body, response.setCookies.length]).toEqual([status, '', 1])
      expect((await browser.page()).data.views).toBe(1)
    })

    it("a redirect of the runtime's own, immutable: the cookie joins it", async () => {
      const { visitor } = await stage()
      const browser = visitor()
      const { status, headers, setCookies } = await browser.act('count;redirect:https://example.com/next')
      expect([status, headers['location'], setCookies.length]).toEqual([302, 'https://example.com/next', 1])
      expect(await browser.act('redirect:https://example.com/next')).toMatchObject({ status: 302, setCookies: [] })
    })

    it("the handler's own headers and cookies stay", async () => {
      const { visitor } = await stage()
      const own = 'header:x-own=a;header:set-cookie=theme=dark;header:set-cookie=lang=en'
      const response = await visitor().act(`count;status:201;${own};say:made`)
      expect(response).toMatchObject({ status: 201, body: '["made"]', headers: { 'x-own': 'a' } })
      expect(response.setCookies.slice(0, 2)).toEqual(['theme=dark', 'lang=en'])
      expect(response.setCookies[2]).toMatch(/^__Host-id=/)
      expect(response.setCookies).toHaveLength(3)
    })
  })

  describe('caches', () => {
    const own = 'header:cache-control=public, max-age=600;header:vary=Accept-Encoding'

    it('an answer that did not use its session is as the handler made it', async () => {
      const { member } = await stage()
      const browser = await member()
      const { headers } = await browser.act(own)
      expect([headers['cache-control'], headers['vary']]).toEqual(['public, max-age=600', 'Accept-Encoding'])
      const untouched = await browser.act('')
      expect(untouched.headers).not.toHaveProperty('cache-control')
      expect(untouched.headers['vary'] ?? '').not.toMatch(/cookie/i)
    })

    it('one that read it varies by Cookie and is private, also for a stranger', async () => {
      const { member, visitor } = await stage()
      for (const browser of [await member(), visitor()]) {
        const { headers } = await browser.act('show')
        expect([headers['cache-control'], headers['vary']]).toEqual(['private', 'Cookie'])
      }
    })

    it('what the application says of caching stays, with its own Vary, and Cookie joins', async () => {
      const { member } = await stage()
      const { headers } = await (await member()).act(`read;${own}`)
      expect([headers['cache-control'], headers['vary']]).toEqual(['public, max-age=600', 'Accept-Encoding, Cookie'])
    })

    it.each(['regenerate-now', 'destroy'])('one that changes the cookie (%s) is no-store', async (step) => {
      const { member } = await stage()
      const { headers, setCookies } = await (await member()).act(`${step};${own}`)
      expect([setCookies.length, headers['cache-control']]).toEqual([1, 'no-store'])
    })
  })

  describe('flash messages', () => {
    it('cross a redirect, survive a sign-out, and are shown once to two that ask at once', async () => {
      const { member } = await stage()
      const browser = await member()
      await browser.act('flash:Bought.;status:303;header:location=/basket', { method: 'POST' })
      await browser.act('signOut')
      const both = await Promise.all([browser.act('takeFlash'), browser.act('takeFlash')])
      expect(both.map((response) => said(response)[0]).sort()).toEqual(['Bought.', null])
    })
  })

  describe('a streamed answer', () => {
    it('is committed before its first byte', async () => {
      const { url, hold, visitor } = await stage()
      const held = await hold('create')
      const connection = await connectTo(url(''))
      const path = new URL(url('/do?steps=count;stream;say:first;say:last')).pathname
      connection.write(requestText(`${path}?steps=count;stream;say:first;say:last`, { connection: 'close' }))
      await held.reached()
      await visitor().act('')
      expect(connection.received()).toBe('')
      await held.release()
      // Some keep the connection open for seconds after the last byte.
      const text = await connection.until(/last/)
      connection.abort()
      expect(text).toMatch(/^set-cookie: __Host-id=/im)
      expect(text).toMatch(/first[^]*last/)
    })

    it('arrives piece by piece; what was stored is there for others meanwhile', async () => {
      const { member, gate } = await stage()
      const browser = await member()
      let first: (text: string) => void = () => undefined
      const piece = new Promise<string>((resolve) => (first = resolve))
      const flying = browser.act('count;stream;say:first;hold:a;transact', { onChunk: first })
      expect(await piece).toBe('"first"\n')
      expect((await browser.page()).data.views).toBe(1)
      await gate('a').release()
      expect((await flying).body).toBe('"first"\n2\n')
      expect((await browser.page()).data.views).toBe(2)
    })

    it('can store later updates by commit', async () => {
      const { member } = await stage()
      const browser = await member()
      expect((await browser.act('count;stream;say:first;count;note:late;commit;say:last')).status).toBe(200)
      expect((await browser.page()).data).toEqual({ views: 2, note: 'late' })
    })

    it.each(['regenerate-now', 'signIn-now:bob', 'signOut-now'])(
      'can not change the cookie any more: %s is HeadersSent, and nothing is stored',
      async (step) => {
        const { member } = await stage()
        const browser = await member()
        const { status, body, setCookies } = await browser.act(`count;stream;say:first;?${step}`)
        expect([status, body, setCookies]).toEqual([200, '"first"\n"HeadersSent"\n', []])
        expect(await browser.page()).toMatchObject({ subject: 'alice', status: 'live', data: { views: 1 } })
      },
    )

    it('is told when the session was ended meanwhile', async () => {
      const { member, gate } = await stage()
      const browser = await member()
      const flying = browser.lose('count;stream;say:first;hold:a;?transact')
      await gate('a').reached()
      await browser.act('destroy')
      await gate('a').release()
      expect((await flying).body).toBe('"first"\n"SessionEnded"\n')
    })

    it('of a failed commit nothing leaves', async () => {
      const { visitor, fail } = await stage()
      await fail('create')
      const { status, body, setCookies } = await visitor().act('count;stream;say:first')
      expect([status, setCookies]).toEqual([503, []])
      expect(body).not.toContain('first')
    })
  })
}
