import * as fc from 'fast-check'
import type { RequestListener } from 'node:http'
import { describe, expect, it } from 'vitest'
import {
  cacheControl,
  cookiesOf,
  errorPage,
  refusal,
  setReply,
  thrownStatus,
  varyOnCookie,
  withCookie,
  withReply,
} from '../../adapters/headers.ts'
import { headersSent, storeTimeout, superseded, toError } from '../../src/core/SessionError.ts'
import type { Reply } from '../../src/engine/SessionRef.ts'
import { send } from '../acceptance/http.ts'
import { serve } from './serve.ts'

const reply = (setCookie?: string, vary = true): Reply => ({ setCookie, vary })

describe('varyOnCookie', () => {
  it.each([
    ['', 'Cookie'],
    ['Accept', 'Accept, Cookie'],
    ['accept-encoding, origin', 'accept-encoding, origin, Cookie'],
    ['cookie', 'cookie'],
    ['Accept,COOKIE ,Origin', 'Accept,COOKIE ,Origin'],
    ['*', '*'],
    ['Accept, *', 'Accept, *'],
    ['X-Cookie', 'X-Cookie, Cookie'],
    ['Cookie-Consent', 'Cookie-Consent, Cookie'],
  ])('%o becomes %o', (present, expected) => {
    expect(varyOnCookie(present)).toBe(expected)
  })

  it('is idempotent', () => {
    const names = fc.array(fc.constantFrom('Accept', 'cookie', '*', 'Origin', 'X-Cookie'))
    fc.assert(
      fc.property(names, (list) => {
        const once = varyOnCookie(list.join(', '))
        expect(varyOnCookie(once)).toBe(once)
      }),
    )
  })
})

it.each([
  [reply('a=1'), 'public, max-age=60', 'no-store'],
  [reply('a=1', false), '', 'no-store'],
  [reply(), '', 'private'],
  [reply(), 'public', undefined],
  [reply(undefined, false), '', undefined],
])('cacheControl of %o beside %o is %o', (given, present, expected) => {
  expect(cacheControl(given, present)).toBe(expected)
})

describe('withCookie', () => {
  const name = fc.constantFrom('a', 'b', '__Host-id')
  const line = fc.tuple(name, fc.constantFrom('=1', '=; Max-Age=0', '=1; Path=/', '')).map(([n, rest]) => n + rest)
  const nameOf = (text: string): string => text.split(/[=;]/)[0]!

  it('leaves one line of the name, the last; the others keep their order', () => {
    fc.assert(
      fc.property(line, fc.array(line), (added, lines) => {
        const after = withCookie(added)(lines)
        expect(after.at(-1)).toBe(added)
        expect(after.slice(0, -1)).toEqual(lines.filter((other) => nameOf(other) !== nameOf(added)))
      }),
    )
  })

  it('cookiesOf keeps the lines of the names alone', () => {
    expect(cookiesOf(['a', 'c'])(['a=1; Path=/', 'aa=1', ' c =1', 'b=a'])).toEqual(['a=1; Path=/', ' c =1'])
    expect(cookiesOf([])(['a=1', ''])).toEqual([])
  })
})

it.each([
  [{ status: 404 }, 404],
  [{ statusCode: 409 }, 409],
  [{ status: '404', statusCode: 422 }, 422],
  [{ status: 302 }, 302],
  [{ status: 503 }, 503],
  [{ status: 200 }, 500],
  [{ status: 1000 }, 500],
  [{ status: 404.5 }, 500],
  [new Error('plain'), 500],
  ['text', 500],
  [undefined, 500],
  [null, 500],
])('thrownStatus(%o) is %i', (thrown, expected) => {
  expect(thrownStatus(thrown)).toBe(expected)
})

describe('errorPage', () => {
  it.each([
    [toError(storeTimeout('load', 'none', 5)), 503, '1'],
    [toError(superseded), 409, '0'],
    [toError(headersSent), 500, undefined],
    [Object.assign(new Error('secret'), { status: 404, headers: { 'x-secret': '1' } }), 404, undefined],
    [Object.assign(new Error('secret'), { status: 302 }), 500, undefined],
    ['secret', 500, undefined],
  ])('says the status and nothing else of %o', (thrown, status, retryAfter) => {
    const page = errorPage(thrown)
    expect(page.status).toBe(status)
    expect(page.headers['cache-control']).toBe('no-store')
    expect(page.headers['retry-after']).toBe(retryAfter)
    expect(JSON.stringify(page)).not.toMatch(/secret|store did|load/)
  })
})

describe('refusal', () => {
  it('lets the allowed pass', () => {
    expect(refusal({ _tag: 'Allowed' })).toBeUndefined()
  })

  it.each([
    [{ _tag: 'Refused', status: 401 } as const, 401, {}],
    [{ _tag: 'Refused', status: 403 } as const, 403, {}],
    [{ _tag: 'Refused', status: 409, retryAfter: 0 } as const, 409, { 'retry-after': '0' }],
    [{ _tag: 'Redirected', location: '/login' } as const, 303, { location: '/login' }],
  ])('%o', (access, status, headers) => {
    expect(refusal(access)).toMatchObject({ status, headers: { 'cache-control': 'no-store', ...headers } })
  })
})

describe('withReply', () => {
  it('changes the response in place', () => {
    const response = new Response('x', { headers: { 'set-cookie': 'a=0', vary: 'Accept', 'cache-control': 'public' } })
    response.headers.append('set-cookie', 'b=2')
    expect(withReply(response, reply('a=1'))).toBe(response)
    expect(response.headers.getSetCookie()).toEqual(['b=2', 'a=1'])
    expect(response.headers.get('vary')).toBe('Accept, Cookie')
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('rebuilds one with immutable headers, but not for nothing', () => {
    const redirect = Response.redirect('http://a.test/', 303)
    expect(withReply(redirect, { setCookie: undefined, vary: false })).toBe(redirect)
    const rebuilt = withReply(redirect, reply('a=1'))
    expect([rebuilt.status, rebuilt.headers.get('location')]).toEqual([303, 'http://a.test/'])
    expect(rebuilt.headers.getSetCookie()).toEqual(['a=1'])
  })

  it('never rebuilds a 101', () => {
    const upgrade = Object.defineProperty(Response.redirect('http://a.test/'), 'status', { value: 101 })
    expect(withReply(upgrade, reply('a=1'))).toBe(upgrade)
  })
})

it('setReply says the same on a response of Node', async () => {
  const answers: ReadonlyArray<RequestListener> = [
    (_req, res) => {
      res.setHeader('set-cookie', ['a=0', 'b=2'])
      res.setHeader('vary', ['Accept', 'Origin'])
      res.setHeader('cache-control', 'public')
      setReply(res, reply('a=1'))
      res.end()
    },
    (_req, res) => {
      res.setHeader('set-cookie', 'b=2')
      setReply(res, reply('a=1', false))
      res.end()
    },
    (_req, res) => {
      setReply(res, reply())
      res.end()
    },
  ]
  const seen = await Promise.all(answers.map(async (answer) => send(await serve(answer))))
  expect(seen.map(({ setCookies, headers }) => [setCookies, headers['vary'], headers['cache-control']])).toEqual([
    [['b=2', 'a=1'], 'Accept, Origin, Cookie', 'no-store'],
    [['b=2', 'a=1'], undefined, 'no-store'],
    [[], 'Cookie', 'private'],
  ])
})
