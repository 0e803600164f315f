import { isLeft, left, right, type Either } from '#fp-ts/Either'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Cookie from '../../src/core/Cookie.ts'
import { isToken } from '../../src/core/Token.ts'
import { cookieJar } from '../../src/testing/cookieJar.ts'
import { strictly, type Strict } from './cookieGrammar.ts'

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0)
const VALUE = 'AAECAwQFBgcICQoLDA0ODw.ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8' as Cookie.CookieValue

const ok = <A>(made: Either<unknown, A>): A => (isLeft(made) ? expect.fail(JSON.stringify(made.left)) : made.right)
const made = (options?: Cookie.CookieOptions): Cookie.Cookie => ok(Cookie.cookie(options))
const strict = (text: string): Strict => {
  const read = strictly(text)
  return typeof read === 'string' ? expect.fail(`${read} in ${text}`) : read
}

const OCTETS = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).filter((c) => !'",;\\'.includes(c))
const values = fc
  .string({ unit: fc.constantFrom(...OCTETS), maxLength: 100 })
  .map((text) => (Cookie.isCookieValue(text) ? text : expect.fail(`not a cookie value: ${text}`)))
const token = fc.string({
  unit: fc.constantFrom(...OCTETS.filter((c) => /[^()/:<=>?@[\]{}]/.test(c))),
  minLength: 1,
  maxLength: 20,
})

const unprefixed = token.filter((name) => !/^__(host|secure|http)-/i.test(name))
const settings: fc.Arbitrary<Cookie.CookieOptions> = fc.oneof(
  fc.record({
    name: fc.oneof(fc.constantFrom('__Host-id', '__Host-Http-id'), unprefixed),
    sameSite: fc.constantFrom('Lax', 'Strict', 'None'),
    partitioned: fc.boolean(),
    persistent: fc.boolean(),
  }),
  fc.record({
    name: fc.oneof(fc.constantFrom('__Secure-id', '__Http-id'), unprefixed),
    path: fc.constantFrom('/', '/app', '/a/b=c,d'),
    domain: fc.constantFrom('example.com', 'app.example.com'),
  }),
  fc.record({ name: unprefixed, secure: fc.constant(false), sameSite: fc.constantFrom('Lax', 'Strict') }),
)
// 2000 to 9000: four-digit years with room for 400 days.
const times = fc.integer({ min: Date.UTC(2000), max: Date.UTC(9000) })
const ages = fc.option(fc.oneof(fc.integer({ min: 1, max: 40_000_000 }), fc.double()), { nil: undefined })

const url = ({ path = '/' }: Cookie.CookieOptions): string => `https://app.example.com${path}`

describe('setCookie', () => {
  it('is Secure, HttpOnly, SameSite=Lax and bound to the host by default, under a name that tells nothing', () => {
    expect(Cookie.setCookie(made(), VALUE, undefined, NOW)).toEqual(
      right(`__Host-id=${VALUE}; Path=/; Secure; HttpOnly; SameSite=Lax`),
    )
    expect(made().name).not.toMatch(/sess|sid|connect|koa|php|jsp|asp|express|hono|coat/i)
  })

  it('with a life has Max-Age and Expires, which say the same', () => {
    expect(Cookie.setCookie(made(), VALUE, 3600, NOW)).toEqual(
      right(
        `__Host-id=${VALUE}; Max-Age=3600; Expires=Sun, 22 Nov 2026 13:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax`,
      ),
    )
  })

  it('writes every attribute that it is told', () => {
    const c = made({ name: '__Secure-id', path: '/app', domain: 'example.com', sameSite: 'None', partitioned: true })
    expect(ok(Cookie.setCookie(c, VALUE, undefined, NOW))).toBe(
      `__Secure-id=${VALUE}; Path=/app; Domain=example.com; Secure; HttpOnly; SameSite=None; Partitioned`,
    )
    const plain = made({ name: 'id', secure: false, sameSite: 'Strict' })
    expect(ok(Cookie.setCookie(plain, VALUE, undefined, NOW))).toBe(`id=${VALUE}; Path=/; HttpOnly; SameSite=Strict`)
    expect([plain.secure, plain.persistent, c.secure]).toEqual([false, false, true])
    expect(made({ persistent: true }).persistent).toBe(true)
  })

  it.each([
    [1, 1],
    [1.9, 1],
    [59.999, 59],
    [34_560_000, 34_560_000],
    [34_560_001, 34_560_000],
    [Infinity, 34_560_000],
    [0.5, 1],
    [0, 1],
    [-1, 1],
    [-Infinity, 1],
    [NaN, 1],
  ])('a life of %d s is sent as %d: whole, positive, at most 400 days', (asked, sent) => {
    const { attributes, expires } = strict(ok(Cookie.setCookie(made(), VALUE, asked, NOW + 999)))
    expect(attributes.get('Max-Age')).toBe(String(sent))
    expect(expires).toBe(NOW + sent * 1000)
  })

  it('remembers no other second than the one it is asked for', () => {
    const lives = [60, 60, 61, 60, 3600, 60].map((s) => strict(ok(Cookie.setCookie(made(), VALUE, s, NOW))).expires)
    expect(lives).toEqual([60, 60, 61, 60, 3600, 60].map((s) => NOW + s * 1000))
  })

  it('takes 4096 bytes of name and value, and not one more', () => {
    const room = (length: number) => 'v'.repeat(length - '__Host-id'.length) as Cookie.CookieValue
    expect(Cookie.setCookie(made(), room(4096), 60, NOW)._tag).toBe('Right')
    expect(Cookie.setCookie(made(), room(4097), 60, NOW)).toEqual(
      left({ _tag: 'CookieTooLarge', bytes: 4097, limit: 4096 }),
    )
  })

  it('law: is in the grammar, says what it was told, and nothing twice', () => {
    fc.assert(
      fc.property(settings, values, ages, times, (options, value, age, now) => {
        const { name, attributes, value: read, expires } = strict(ok(Cookie.setCookie(made(options), value, age, now)))
        const maxAge = attributes.get('Max-Age')
        const lasting = age === undefined ? [] : ['Max-Age', 'Expires']
        const told = [
          ...lasting,
          'Path',
          ...(options.domain === undefined ? [] : ['Domain']),
          ...(options.secure === false ? [] : ['Secure']),
          'HttpOnly',
          'SameSite',
          ...(options.partitioned === true ? ['Partitioned'] : []),
        ]
        expect({ name, read, told: [...attributes.keys()] }).toEqual({ name: options.name, read: value, told })
        expect(expires).toBe(age === undefined ? undefined : Math.floor(now / 1000 + Number(maxAge)) * 1000)
      }),
      { numRuns: 500 },
    )
  })
})

describe('clearCookie', () => {
  it('has the attributes of set, an empty value and a past date', () => {
    expect(Cookie.clearCookie(made())).toBe(
      '__Host-id=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Lax',
    )
  })

  it('law: but for Max-Age=0, is in the grammar, with the attributes of set', () => {
    fc.assert(
      fc.property(settings, (options) => {
        const c = made(options)
        const cleared = strict(Cookie.clearCookie(c).replace('; Max-Age=0', ''))
        const set = strict(ok(Cookie.setCookie(c, VALUE, undefined, NOW)))
        expect(cleared.expires).toBe(0)
        expect(new Map([...cleared.attributes].filter(([key]) => key !== 'Expires'))).toEqual(set.attributes)
        expect([cleared.name, cleared.value]).toEqual([set.name, ''])
      }),
    )
  })
})

describe('in a browser', () => {
  it('law: keeps what is set for as long as is said, gives it back to valuesOf, and drops it when cleared', () => {
    fc.assert(
      fc.property(settings, values, ages, times, fc.boolean(), (options, value, age, start, byDate) => {
        let now = start
        const jar = cookieJar({ url: url(options), clock: () => now })
        const held = () => Cookie.valuesOf(c.name, jar.header() ?? '')
        const c = made(options)
        const text = ok(Cookie.setCookie(c, value, age, now))

        // Whether a browser goes by Max-Age or by Expires, the cookie lives as long, to the second.
        jar.accept([byDate ? text.replace(/; Max-Age=\d+/, '') : text])
        expect(held()).toEqual([value])
        const maxAge = strict(text).attributes.get('Max-Age')
        if (maxAge !== undefined) {
          now = start + (Number(maxAge) - 1) * 1000
          expect(held()).toEqual([value])
          now = start + Number(maxAge) * 1000
          expect(held()).toEqual([])
          now = start
          jar.accept([text])
        }
        jar.accept([byDate ? Cookie.clearCookie(c).replace('; Max-Age=0', '') : Cookie.clearCookie(c)])
        expect(held()).toEqual([])
        expect(jar.cookies()).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

describe('isCookieValue', () => {
  it('takes cookie-octets and nothing else', () => {
    const taken = Array.from({ length: 0x110 }, (_, i) => String.fromCharCode(i)).filter(Cookie.isCookieValue)
    expect(taken).toEqual(OCTETS)
    expect(Cookie.isCookieValue('')).toBe(true)
    expect(Cookie.isCookieValue('a\n')).toBe(false)
    expect(isToken(VALUE) && Cookie.isCookieValue(VALUE)).toBe(true)
  })
})
