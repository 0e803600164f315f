import * as E from '#fp-ts/Either'
import { isSome, none, some } from '#fp-ts/Option'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { cookie, setCookie, type CookieValue } from '../../src/core/Cookie.ts'
import { parseSetCookie } from '../../src/testing/setCookie.ts'

it('reads what this library writes', () => {
  const options = {
    name: '__Secure-sid',
    sameSite: 'None',
    path: '/app',
    domain: 'Shop.Example',
    partitioned: true,
  } as const
  const settings = cookie(options)
  if (E.isLeft(settings)) throw new Error('refused')
  const text = setCookie(settings.right, 'abc.def' as CookieValue, 60, 0)
  expect(E.isRight(text) && parseSetCookie(text.right)).toEqual(
    some({
      name: '__Secure-sid',
      value: 'abc.def',
      maxAge: 60,
      expires: 60_000,
      domain: 'shop.example',
      path: '/app',
      secure: true,
      httpOnly: true,
      partitioned: true,
      sameSite: 'none',
    }),
  )
})

it('of one attribute the last counts; spelling does not', () => {
  const parsed = parseSetCookie('a=1; PATH=/x; path=/y; MAX-AGE=1; SameSite=STRICT; domain=.A.b; samesite=odd')
  expect(isSome(parsed) && parsed.value).toMatchObject({ path: '/y', maxAge: 1, domain: 'a.b', sameSite: undefined })
})

it.each(['', ';', '=', '= ; Path=/', 'a=\u0007', 'a=1\r\nb=2'])('nothing is left of %j', (text) => {
  expect(parseSetCookie(text)).toEqual(none)
})

it('is total', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(parseSetCookie(text)._tag).toMatch(/^(None|Some)$/)
    }),
  )
})
