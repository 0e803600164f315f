import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cookieJar } from '../../src/testing/cookieJar.ts'

const PAGE = 'https://shop.example/cart/items'
const jar = () => cookieJar({ url: PAGE, clock: () => 1_000_000 })

/** The Cookie header of the same page after one response. */
const afterwards = (setCookie: string, url = PAGE): string | undefined => {
  const browser = cookieJar({ url, clock: () => 1_000_000 })
  browser.accept([setCookie])
  return browser.header()
}

describe('what is kept', () => {
  it.each([
    ['a=1', 'a=1'],
    ['a=1; Secure; HttpOnly; SameSite=Lax; Path=/', 'a=1'],
    [' a = 1 ; path=/', 'a=1'],
    ['a=b=c', 'a=b=c'],
    ['a="q"', 'a="q"'],
    ['a=', 'a='],
    ['nameless', 'nameless'],
    ['=nameless', 'nameless'],
    ['a=1; Max-Age=soon; Expires=never; Unknown=x', 'a=1'],
    ['a=1; Max-Age=1', 'a=1'],
    ['a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'a=1'],
    ['a=1; Domain=shop.example', 'a=1'],
    ['a=1; Domain=.example', 'a=1'],
    ['a=1; SameSite=None; Secure', 'a=1'],
    ['__Host-a=1; Secure; Path=/', '__Host-a=1'],
    ['__Secure-a=1; Secure', '__Secure-a=1'],
    ['__Http-a=1; Secure; HttpOnly', '__Http-a=1'],
    ['__Host-Http-a=1; Secure; HttpOnly; Path=/', '__Host-Http-a=1'],
  ])('%s', (setCookie, header) => {
    expect(afterwards(setCookie)).toBe(header)
  })

  it.each([
    ['', 'nothing at all'],
    ['=', 'neither name nor value'],
    ['a=1\u0000', 'a control character'],
    ['a=1\u007f; Path=/', 'a control character'],
    ['a=1; Max-Age=0', 'over at once'],
    ['a=1; Max-Age=-1; Expires=Thu, 01 Jan 2099 00:00:00 GMT', 'Max-Age comes before Expires'],
    ['a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'over'],
    ['a=1; Domain=other.example', 'another host'],
    ['a=1; Domain=sub.shop.example', 'a subdomain'],
    ['a=1; SameSite=None', 'None without Secure'],
    ['a=1; Partitioned', 'Partitioned without Secure'],
    ['__Host-a=1; Path=/', '__Host- without Secure'],
    ['__Host-a=1; Secure', '__Host- without Path'],
    ['__Host-a=1; Secure; Path=/cart', '__Host- with another path'],
    ['__Host-a=1; Secure; Path=/; Domain=shop.example', '__Host- with a domain'],
    ['__hOsT-a=1; Secure', 'a mis-cased prefix is a prefix'],
    ['__Secure-a=1', '__Secure- without Secure'],
    ['__Http-a=1; Secure', '__Http- without HttpOnly'],
    ['__Host-Http-a=1; Secure; Path=/', '__Host-Http- without HttpOnly'],
    ['=__Host-a=1; Secure; Path=/', 'a nameless cookie in disguise'],
    [`a=${'x'.repeat(4096)}`, 'too long'],
  ])('not %j: %s', (setCookie) => {
    expect(afterwards(setCookie)).toBeUndefined()
  })

  it('name and value of 4096 bytes; an attribute of more than 1024 is skipped alone', () => {
    expect(afterwards(`a=${'x'.repeat(4095)}`)).toHaveLength(4097)
    expect(afterwards(`a=1; Domain=${'x'.repeat(1025)}`)).toBe('a=1')
  })

  it('is the value as it was sent, for all that a session library may send', () => {
    const octet = fc
      .mapToConstant({ num: 94, build: (n) => String.fromCharCode(33 + n) })
      .filter((c) => !'",;\\'.includes(c))
    fc.assert(
      fc.property(fc.string({ unit: octet, maxLength: 200 }), (value) => {
        expect(afterwards(`__Host-id=${value}; Secure; HttpOnly; SameSite=Lax; Path=/`)).toBe(`__Host-id=${value}`)
      }),
    )
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const browser = jar()
        browser.accept([text, `a=1; ${text}`, `a=1; Path=${text}; Domain=${text}`])
        browser.header()
      }),
    )
  })
})

describe('arrival', () => {
  it('the last to arrive wins, and a cleared one is gone', () => {
    const browser = jar()
    browser.accept(['a=1; Path=/', 'b=1; Path=/'])
    browser.accept(['a=2; Path=/'])
    expect(browser.header()).toBe('a=2; b=1')
    browser.accept(['a=; Path=/; Max-Age=0'])
    expect(browser.header()).toBe('b=1')
  })

  it('another path is another cookie; the longer path comes first', () => {
    const browser = jar()
    browser.accept(['a=root; Path=/', 'a=cart; Path=/cart', 'b=default'])
    expect(browser.header()).toBe('a=cart; b=default; a=root')
    expect(browser.get('a')).toBe('cart')
    expect(browser.header('https://shop.example/cartoon')).toBe('a=root')
    expect(browser.header('https://shop.example/cart/')).toBe('a=cart; b=default; a=root')
  })

  it('clearing needs the same path and the same domain', () => {
    const browser = jar()
    browser.accept(['a=1; Path=/'])
    browser.accept(['a=; Path=/cart; Max-Age=0', 'a=; Path=/; Domain=shop.example; Max-Age=0'])
    expect(browser.header()).toBe('a=1')
  })
})

describe('where it is sent', () => {
  it('a host-only cookie to its host only, one with a domain to subdomains too', () => {
    const browser = jar()
    browser.accept(['own=1; Path=/', 'wide=1; Path=/; Domain=shop.example'])
    expect(browser.header('https://shop.example/')).toBe('own=1; wide=1')
    expect(browser.header('https://sub.shop.example/')).toBe('wide=1')
    expect(browser.header('https://evilshop.example/')).toBeUndefined()
  })

  it('a Secure cookie over https, and to localhost', () => {
    const browser = jar()
    browser.accept(['s=1; Path=/; Secure', 'p=1; Path=/'])
    expect(browser.header('http://shop.example/')).toBe('p=1')
    expect(afterwards('s=1; Secure', 'http://shop.example/')).toBeUndefined()
    for (const url of ['http://localhost:3000/', 'http://127.0.0.1:3000/', 'http://[::1]/', 'http://app.localhost/'])
      expect(afterwards('__Host-id=1; Secure; HttpOnly; Path=/', url)).toBe('__Host-id=1')
  })

  it('an insecure page can not put its cookie before a Secure one', () => {
    const browser = jar()
    browser.accept(['id=good; Path=/; Secure'])
    browser.accept(['id=evil; Path=/cart'], 'http://shop.example/cart')
    browser.accept(['id=evil; Path=/'], 'http://shop.example/')
    expect(browser.header()).toBe('id=good')
  })
})

describe('time', () => {
  it('Max-Age counts from the arrival, and at its end the cookie is gone', () => {
    let now = 0
    const browser = cookieJar({ clock: () => now })
    browser.accept(['a=1; Max-Age=10'])
    now = 9_999
    expect(browser.get('a')).toBe('1')
    now = 10_000
    expect(browser.get('a')).toBeUndefined()
    expect(browser.cookies()).toEqual([])
  })

  it('400 days at most', () => {
    const browser = jar()
    browser.accept(['a=1; Max-Age=99999999'])
    expect(browser.cookies()[0]?.expiresAt).toBe(1_000_000 + 400 * 86_400_000)
  })

  it('closing the browser forgets what has no expiry', () => {
    const browser = jar()
    browser.accept(['a=1; Path=/', 'b=1; Path=/; Max-Age=10'])
    browser.closeBrowser()
    expect(browser.header()).toBe('b=1')
  })
})

it('a copy goes its own way', () => {
  const browser = jar()
  browser.accept(['a=1; Path=/'])
  const thief = browser.copy()
  browser.accept(['a=2; Path=/'])
  thief.accept(['b=3; Path=/'])
  expect(browser.header()).toBe('a=2')
  expect(thief.header()).toBe('a=1; b=3')
})

it('shows what it holds', () => {
  const browser = cookieJar({ url: 'http://localhost:3000/a/b', clock: () => 0 })
  browser.accept(['id=x; HttpOnly; Secure; Max-Age=1'])
  expect(browser.cookies()).toEqual([
    {
      name: 'id',
      value: 'x',
      host: 'localhost',
      hostOnly: true,
      path: '/a',
      secure: true,
      httpOnly: true,
      expiresAt: 1000,
    },
  ])
})
