import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Driver, Handle, Route } from '../app.ts'
import { connectTo, requestText } from '../http.ts'
import { count, pageOf, stage } from '../world.ts'

const answering = (answer: Awaited<ReturnType<Handle>>, act: (session: Parameters<Handle>[0]) => unknown): Route => ({
  handle: async (session) => {
    await act(session)
    return answer
  },
})

const counting: Parameters<typeof answering>[1] = (session) => {
  session.update(count)
}
const reading: Parameters<typeof answering>[1] = (session) => session.read()
const nothing = (): void => undefined

export const responses = (driver: Driver): void => {
  describe('answers of every kind', () => {
    it('HEAD commits as GET does', async () => {
      const { visitor } = await stage(driver)
      const browser = visitor()
      const { status, body, setCookies } = await browser.send('/count', { method: 'HEAD' })
      expect([status, body, setCookies.length]).toEqual([200, '', 1])
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it('POST', async () => {
      const { visitor } = await stage(driver)
      const browser = visitor()
      expect(await browser.send('/count', { method: 'POST' })).toMatchObject({ status: 200, body: 'counted' })
      expect((await pageOf(browser)).data.views).toBe(1)
    })

    it.each([204, 304])('%i carries the cookie and no body, and the connection goes on', async (status) => {
      const { url, visitor } = await stage(driver, { routes: { '/act': answering({ status }, counting) } })
      const connection = await connectTo(url)
      connection.write(requestText('/act'))
      const text = await connection.until(/\r\n\r\n/)
      expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
      expect(text.endsWith('\r\n\r\n')).toBe(true)
      const cookie = /^set-cookie: ([^;]*)/im.exec(text)![1]!
      connection.write(requestText('/ping', { connection: 'close' }))
      expect((await connection.closed()).slice(text.length)).toMatch(/^HTTP\/1\.1 200 [^]*pong/)
      const { body } = await visitor().send('/me', { headers: { cookie } })
      expect(JSON.parse(body)).toMatchObject({ data: { views: 1 } })
    })

    it("a redirect of the framework's own, immutable where it is: the cookie joins it", async () => {
      const redirect = 'https://example.com/next'
      const { visitor } = await stage(driver, {
        routes: { '/go': answering({ redirect }, counting), '/plain': answering({ redirect }, nothing) },
      })
      const browser = visitor()
      const { status, headers, setCookies } = await browser.send('/go')
      expect([status, headers['location'], setCookies.length]).toEqual([302, redirect, 1])
      expect((await pageOf(browser)).data.views).toBe(1)
      expect(await browser.send('/plain')).toMatchObject({ status: 302, setCookies: [] })
    })

    it("the handler's own headers and cookies stay", async () => {
      const headers = { 'x-own': 'a', 'content-type': 'text/css', 'set-cookie': ['theme=dark; Path=/', 'lang=en'] }
      const answer = { status: 201, headers, body: 'made' }
      const { visitor } = await stage(driver, { routes: { '/act': answering(answer, counting) } })
      const response = await visitor().send('/act')
      expect(response).toMatchObject({ status: 201, body: 'made', headers: { 'x-own': 'a' } })
      expect(response.headers['content-type']).toContain('text/css')
      expect(response.setCookies.slice(0, 2)).toEqual(headers['set-cookie'])
      expect(response.setCookies[2]).toMatch(/^__Host-id=/)
      expect(response.setCookies).toHaveLength(3)
    })
  })

  describe('caches', () => {
    const control = { 'cache-control': 'public, max-age=600', vary: 'Accept-Encoding' }

    it('an answer that did not use its session is as the handler made it', async () => {
      const { member } = await stage(driver, { routes: { '/act': answering({ headers: control }, nothing) } })
      const { headers } = await (await member()).send('/act')
      expect(headers['cache-control']).toBe('public, max-age=600')
      expect(headers['vary']).toBe('Accept-Encoding')
      const untouched = await (await member()).send('/ping')
      expect(untouched.headers).not.toHaveProperty('cache-control')
      expect(untouched.headers).not.toHaveProperty('vary')
    })

    it('one that read it varies by Cookie and is private', async () => {
      const { member } = await stage(driver)
      const { headers } = await (await member()).send('/me')
      expect(headers['cache-control']).toBe('private')
      expect(headers['vary']).toBe('Cookie')
    })

    it('also for a stranger: the page for others differs', async () => {
      const { visitor } = await stage(driver)
      const { headers } = await visitor().send('/me')
      expect(headers['cache-control']).toBe('private')
      expect(headers['vary']).toBe('Cookie')
    })

    it('what the application says of caching stays, with its own Vary, and Cookie joins', async () => {
      const { member } = await stage(driver, { routes: { '/act': answering({ headers: control }, reading) } })
      const { headers } = await (await member()).send('/act')
      expect(headers['cache-control']).toBe('public, max-age=600')
      expect(headers['vary']).toBe('Accept-Encoding, Cookie')
    })

    it.each(['Cookie', 'accept, cookie', '*'])('Vary: %s says it already', async (vary) => {
      const { member } = await stage(driver, { routes: { '/act': answering({ headers: { vary } }, reading) } })
      expect((await (await member()).send('/act')).headers['vary']).toBe(vary)
    })

    it.each([
      ['sets', (session: Parameters<Handle>[0]) => session.transact(Session.regenerate)],
      ['clears', (session: Parameters<Handle>[0]) => session.destroy()],
    ])('one that %s the cookie is no-store, whatever the application said', async (_, act) => {
      const { member } = await stage(driver, { routes: { '/act': answering({ headers: control }, act) } })
      const { headers, setCookies } = await (await member()).send('/act')
      expect(setCookies).toHaveLength(1)
      expect(headers['cache-control']).toBe('no-store')
    })
  })

  describe('flash messages', () => {
    const routes: Readonly<Record<string, Route>> = {
      '/buy': answering({ status: 303, headers: { location: '/basket' } }, (session) => {
        session.update(Session.flash('notice', 'Bought.'))
      }),
      '/basket': {
        handle: async (session) => {
          const notice = await session.transact(Session.takeFlash('notice'))
          return { body: notice._tag === 'Some' ? notice.value : 'nothing new' }
        },
      },
    }

    it('cross a redirect, and are shown once', async () => {
      const { visitor } = await stage(driver, { routes })
      const browser = visitor()
      await browser.send('/buy', { method: 'POST' })
      expect((await browser.send('/basket')).body).toBe('Bought.')
      expect((await browser.send('/basket')).body).toBe('nothing new')
    })

    it('survive a sign-out', async () => {
      const { member } = await stage(driver, { routes })
      const browser = await member()
      await browser.send('/buy', { method: 'POST' })
      await browser.send('/logout')
      expect((await browser.send('/basket')).body).toBe('Bought.')
    })

    it('are shown once to two that ask at once', async () => {
      const { member } = await stage(driver, { routes })
      const browser = await member()
      await browser.send('/buy', { method: 'POST' })
      const bodies = (await Promise.all([browser.send('/basket'), browser.send('/basket')])).map(({ body }) => body)
      expect(bodies.sort()).toEqual(['Bought.', 'nothing new'])
    })
  })
}
