import { isRight, left } from '#fp-ts/Either'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cookie, type CookieOptions, type CookieRule } from '../../src/core/Cookie.ts'
import { brokenRule } from '../../src/core/CookieRule.ts'

const checked = (options: object) => cookie(options)
const broken = (options: object): CookieRule | undefined => {
  const made = checked(options)
  return made._tag === 'Left' ? made.left : undefined
}

describe('accepted', () => {
  it.each<CookieOptions>([
    {},
    { name: '__Host-id', path: '/' },
    { name: '__Secure-id', path: '/app', domain: 'example.com' },
    { name: '__Http-id', path: '/app', domain: 'example.com' },
    { name: '__Host-Http-id' },
    { name: 'id', secure: false },
    { name: 'id', secure: false, sameSite: 'Strict', domain: 'localhost', path: '/a/b=c,d' },
    { name: '__host', secure: false },
    { name: 'x__Host-id', domain: 'example.com' },
    { name: "!#$%&'*+-.^_`|~09azAZ" },
    { sameSite: 'None' },
    { sameSite: 'None', partitioned: true },
    { name: 'id', domain: 'A-1.xn--bcher-kva.example' },
    { name: 'id', path: `/${'a'.repeat(1023)}` },
    { name: 'id', domain: [63, 63, 63, 61].map((n) => 'a'.repeat(n)).join('.') },
    { persistent: true },
  ])('%j', (options) => {
    expect(isRight(cookie(options))).toBe(true)
  })

  it('undefined means the default', () => {
    const undefinedAll = { name: undefined, secure: undefined, sameSite: undefined, path: undefined, domain: undefined }
    expect(checked(undefinedAll)).toEqual(cookie())
  })
})

describe('refused, naming option, value and rule', () => {
  it.each<[options: object, option: string, value: string, rule: RegExp]>([
    // prefixes: RFC 6265bis §4.1.3, layered cookies §4.1.3.3 and §4.1.3.4
    [{ secure: false }, 'secure', 'false', /__Host-.*development/],
    [{ path: '/app' }, 'path', '/app', /must be \/ .*__Host-/],
    [{ domain: 'example.com' }, 'domain', 'example.com', /__Host-/],
    [{ name: '__Secure-id', secure: false }, 'secure', 'false', /__Secure-/],
    [{ name: '__Http-id', secure: false }, 'secure', 'false', /__Http-/],
    [{ name: '__Host-Http-id', secure: false }, 'secure', 'false', /__Host-Http-/],
    [{ name: '__Host-Http-id', path: '/x' }, 'path', '/x', /__Host-Http-/],
    [{ name: '__Host-Http-id', domain: 'example.com' }, 'domain', 'example.com', /__Host-Http-/],
    // spelling: RFC 6265bis §5.7
    [{ name: '__host-id' }, 'name', '__host-id', /spell.*__Host-/],
    [{ name: '__HOST-id', secure: false }, 'name', '__HOST-id', /spell.*__Host-/],
    [{ name: '__secure-id' }, 'name', '__secure-id', /spell.*__Secure-/],
    [{ name: '__HTTP-id' }, 'name', '__HTTP-id', /spell.*__Http-/],
    [{ name: '__Host-http-id' }, 'name', '__Host-http-id', /spell.*__Host-Http-/],
    // attributes: RFC 6265bis §5.7, CHIPS
    [{ name: 'id', secure: false, sameSite: 'None' }, 'sameSite', 'None', /secure/],
    [{ name: 'id', secure: false, partitioned: true }, 'partitioned', 'true', /secure/],
    // grammar: RFC 6265bis §4.1.1
    [{ name: '' }, 'name', '', /token/],
    [{ name: 'a b' }, 'name', 'a b', /token/],
    [{ name: 'a=b' }, 'name', 'a=b', /token/],
    [{ name: 'a;b' }, 'name', 'a;b', /token/],
    [{ name: 'id\r\nX: y' }, 'name', 'id\r\nX: y', /token/],
    [{ name: 'id\n' }, 'name', 'id\n', /token/],
    [{ name: 'é' }, 'name', 'é', /token/],
    [{ name: '"id"' }, 'name', '"id"', /token/],
    [{ name: 7 }, 'name', '7', /token/],
    [{ name: null }, 'name', 'object', /token/],
    [{ name: 'id', path: '' }, 'path', '', /begin with \//],
    [{ name: 'id', path: 'app' }, 'path', 'app', /begin with \//],
    [{ name: 'id', path: '/a;b' }, 'path', '/a;b', /;/],
    [{ name: 'id', path: '/a b' }, 'path', '/a b', /spaces/],
    [{ name: 'id', path: '/a\n' }, 'path', '/a\n', /printable/],
    [{ name: 'id', path: '/a\x7f' }, 'path', '/a\x7f', /printable/],
    [{ name: 'id', path: '/é' }, 'path', '/é', /printable/],
    [{ name: 'id', path: `/${'a'.repeat(1024)}` }, 'path', `/${'a'.repeat(1024)}`, /1024/],
    [{ name: 'id', path: Object.create(null) as unknown }, 'path', 'object', /begin with \//],
    [{ name: 'id', domain: '' }, 'domain', '', /host name/],
    [{ name: 'id', domain: '.example.com' }, 'domain', '.example.com', /leading dot/],
    [{ name: 'id', domain: 'example.com.' }, 'domain', 'example.com.', /host name/],
    [{ name: 'id', domain: 'a..b' }, 'domain', 'a..b', /host name/],
    [{ name: 'id', domain: '-a.b' }, 'domain', '-a.b', /host name/],
    [{ name: 'id', domain: 'a.b; Path=/x' }, 'domain', 'a.b; Path=/x', /host name/],
    [{ name: 'id', domain: 'a.b\r\n' }, 'domain', 'a.b\r\n', /host name/],
    [{ name: 'id', domain: 'a.b\n' }, 'domain', 'a.b\n', /host name/],
    [{ name: 'id', domain: 'a'.repeat(64) }, 'domain', 'a'.repeat(64), /host name/],
    [{ name: 'id', domain: 'a.'.repeat(127) }, 'domain', 'a.'.repeat(127), /host name/],
    [{ name: 'id', domain: `${'a.'.repeat(126)}aa` }, 'domain', `${'a.'.repeat(126)}aa`, /host name/],
    [{ name: 'id', domain: null }, 'domain', 'object', /host name/],
    // what TypeScript would have refused
    [{ secure: 'yes' }, 'secure', 'yes', /true or false/],
    [{ sameSite: 'lax' }, 'sameSite', 'lax', /Lax, Strict or None/],
    [{ sameSite: true }, 'sameSite', 'true', /Lax, Strict or None/],
    [{ sameSite: 'Lax; Domain=evil.example' }, 'sameSite', 'Lax; Domain=evil.example', /Lax, Strict or None/],
    [{ partitioned: 1 }, 'partitioned', '1', /true or false/],
    [{ persistent: 'no' }, 'persistent', 'no', /true or false/],
    [{ httpOnly: false }, 'httpOnly', 'false', /always sent/],
    [{ samesite: 'None' }, 'samesite', 'None', /no option/],
    [{ maxAge: 60 }, 'maxAge', '60', /no option/],
  ])('%j', (options, option, value, rule) => {
    expect(checked(options)).toEqual(left({ option, value, rule: expect.stringMatching(rule) as string }))
  })

  it('the first of several', () => {
    expect(broken({ name: '__host-id', path: 'x', domain: '', colour: 1 })?.option).toBe('path')
    expect(broken({ name: '__host-id', secure: false })?.option).toBe('name')
  })

  it('never throws, whatever it is given', () => {
    const key = fc.constantFrom('name', 'secure', 'sameSite', 'path', 'domain', 'partitioned', 'persistent', 'other')
    fc.assert(
      fc.property(fc.dictionary(key, fc.anything({ withNullPrototype: true })), (options) => {
        const made = checked(options)
        if (made._tag === 'Right') return
        const { option, value, rule } = made.left
        expect([typeof option, typeof value, typeof rule]).toEqual(['string', 'string', 'string'])
        expect(Object.keys(options)).toContain(option)
      }),
    )
  })
})

it('law: a refused prefix is what a browser would refuse or misread, and nothing else', () => {
  const spellings = fc.constantFrom(
    '__Host-',
    '__host-',
    '__Secure-',
    '__SECURE-',
    '__Http-',
    '__Host-Http-',
    '__Host-',
    '',
  )
  const settings = fc.record({
    name: spellings.map((prefix) => `${prefix}id`),
    secure: fc.boolean(),
    sameSite: fc.constant('Lax'),
    path: fc.constantFrom('/', '/app'),
    domain: fc.constantFrom(undefined, 'example.com'),
    partitioned: fc.constant(false),
    persistent: fc.constant(false),
  })
  fc.assert(
    fc.property(settings, (given) => {
      const lower = given.name.toLowerCase()
      const host = lower.startsWith('__host-')
      const kept =
        (!lower.startsWith('__') || given.secure) && (!host || (given.path === '/' && given.domain === undefined))
      const spelled = /^(__(Host|Secure|Http|Host-Http)-)?id$/.test(given.name)
      expect(brokenRule(given) === undefined).toBe(kept && spelled)
    }),
    { numRuns: 500 },
  )
})
