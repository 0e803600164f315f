import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SealedCookieOptions } from '../../src/carriers/sealedCookie.ts'
import { sealedCookie } from '../../src/carriers/sealedCookie.ts'
import { PAIR_LIMIT } from '../../src/core/Cookie.ts'
import type { Json } from '../../src/core/Json.ts'
import type { SessionException } from '../../src/core/SessionError.ts'
import type { Bound } from '../../src/effects/Carrier.ts'
import { sealerOf as webSealer } from '../../src/effects/cipher.web.ts'
import type { Key, Keyring } from '../../src/effects/Keyring.ts'
import { carriedOf, carrieds, FIRST, headerOf, key, liveOf, NAME, newId, NOW, ringOf, sealed, SECOND } from './given.ts'

const bound = (options: Partial<SealedCookieOptions> = {}, name = NAME): Bound =>
  sealedCookie({ keys: ringOf(FIRST), ...options }).bind(name)

const plain = bound()
const large = bound({ chunks: 4 })

const found = async (by: Bound, header: string) => (await by.open(header)).found
const rejected = async (by: Bound, header: string) => {
  const opened = await by.open(header)
  expect(opened.found).toEqual([])
  return opened.rejected
}

const noise = (length: number): Json => ({ text: 'x'.repeat(length) })

describe('a session in its cookie', () => {
  it('comes back as it went', async () => {
    await fc.assert(
      fc.asyncProperty(carrieds, fc.integer({ min: 1, max: 300 }), async (carried, padTo) => {
        const by = bound({ chunks: 4, padTo })
        const header = headerOf(by.names, await sealed(by, carried))
        const opened = await by.open(header)
        expect(opened.rejected).toBeUndefined()
        expect(opened.found).toEqual([{ ...carried, newest: true }])
      }),
    )
  })

  it('shows nothing of itself', async () => {
    const carried = carriedOf({ secret: 'swordfish' }, { subject: { id: 'ada', authenticatedAt: NOW } })
    const [value] = await sealed(plain, carried)
    const shown = value!.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))
    for (const word of ['swordfish', 'secret', 'ada', carried.id]) expect([value, ...shown].join()).not.toContain(word)
  })

  it('padded, the length does not tell how much there is', async () => {
    const by = bound({ padTo: 600 })
    const lengths = await Promise.all(
      [0, 1, 50, 200].map(async (n) => (await sealed(by, carriedOf(noise(n))))[0]!.length),
    )
    expect(new Set(lengths).size).toBe(1)
    expect((await sealed(by, carriedOf(noise(600))))[0]!.length).toBe(lengths[0]! + 800)
  })

  it('no cookie is no session, and no reason', async () => {
    for (const header of ['', 'a=b', `x${NAME}=1`])
      expect(await plain.open(header)).toEqual({ found: [], rejected: undefined, brought: [] })
  })
})

describe('keys', () => {
  const carried = carriedOf({ views: 1 })

  it('an older key of the ring opens, and the session is to be sealed anew', async () => {
    const [value] = await sealed(bound({ keys: ringOf(FIRST) }), carried)
    const after = bound({ keys: ringOf(SECOND, FIRST) })
    expect(await found(after, `${NAME}=${value!}`)).toEqual([{ ...carried, newest: false }])
    const [anew] = await sealed(after, carried)
    expect(await found(bound({ keys: ringOf(SECOND) }), `${NAME}=${anew!}`)).toEqual([{ ...carried, newest: true }])
  })

  it('a key that left the ring, or that never was in it, opens nothing', async () => {
    const [value] = await sealed(bound({ keys: ringOf(FIRST) }), carried)
    expect(await rejected(bound({ keys: ringOf(SECOND) }), `${NAME}=${value!}`)).toBe('unknown-key')
    expect(await rejected(bound({ keys: ringOf(key('first')) }), `${NAME}=${value!}`)).toBe('altered')
  })

  it('a value is of one cookie: under another name it does not open', async () => {
    const [value] = await sealed(bound({}, '__Host-admin'), carried)
    expect(await rejected(plain, `${NAME}=${value!}`)).toBe('altered')
    expect(await found(bound({}, '__Host-admin'), `__Host-admin=${value!}`)).toHaveLength(1)
  })
})

describe('a cipher that answers in promises', () => {
  const ring = (given: ReadonlyArray<Key>): Keyring => {
    const own = ringOf(...given)
    return {
      ...own,
      purpose: (name) => ({
        ...own.purpose(name),
        sealers: new Map(
          given.map(({ id, secret }) => [
            id,
            webSealer(Uint8Array.from(Buffer.from(secret as string, 'base64url')), `coatcheck seal ${name}`),
          ]),
        ),
      }),
    }
  }
  const late = bound({ keys: ring([SECOND, FIRST]), chunks: 4 })
  const atOnce = bound({ keys: ringOf(SECOND, FIRST), chunks: 4 })

  it('is waited for, and only that one', async () => {
    const carried = carriedOf(noise(4_000))
    expect(late.seal(carried)).toBeInstanceOf(Promise)
    expect(atOnce.seal(carried)).toHaveProperty('_tag', 'Right')
    const header = headerOf(late.names, await sealed(atOnce, carried))
    expect(late.open(header)).toBeInstanceOf(Promise)
    expect(atOnce.open(header)).toHaveProperty('found', [{ ...carried, newest: true }])
  })

  it('opens what the other sealed, under each key, and refuses the same for the same reason', async () => {
    const [one, other] = [carriedOf(noise(4_000)), carriedOf({ note: 'Zoë 🧥' })]
    for (const [from, to] of [
      [late, atOnce],
      [atOnce, late],
    ] as const) {
      const values = await sealed(from, one)
      const header = headerOf(from.names, values)
      const [old] = await sealed(plain, other)
      expect(await to.open(`${header}; ${NAME}=${old!}`)).toMatchObject({
        found: [
          { ...one, newest: true },
          { ...other, newest: false },
        ],
        rejected: undefined,
      })
      for (const broken of [header.slice(0, -1), header.slice(40), `${NAME}=${old!.slice(0, -1)}B`, `${NAME}=x`])
        expect(await rejected(to, broken)).toBe(await rejected(from, broken))
    }
    expect((await late.seal(carriedOf(noise(20_000))))._tag).toBe('Left')
  })
})

describe('size', () => {
  it('is measured, and refused before anything is sent', async () => {
    for (const chunks of [1, 2, 3, 4] as const) {
      const by = bound({ chunks })
      const limit = chunks * PAIR_LIMIT
      let fits = 0
      for (let length = 2_000; length < 13_000; length += 37) {
        const values = await by.seal({ id: newId(), epoch: 0, live: liveOf(noise(length)) })
        if (values._tag === 'Right') {
          fits = length
          values.right.forEach((value, index) => {
            expect(by.names[index]!.length + value.length).toBeLessThanOrEqual(PAIR_LIMIT)
          })
          expect(values.right.length).toBeLessThanOrEqual(chunks)
        } else {
          expect(values.left).toEqual({ _tag: 'CookieTooLarge', bytes: expect.any(Number), limit })
          expect(values.left.bytes).toBeGreaterThan(limit)
          expect(length).toBeGreaterThan(fits)
        }
      }
      expect(fits).toBeGreaterThan(chunks * 2_800)
    }
  })

  it('one that was cut by an earlier configuration is still read', async () => {
    const carried = carriedOf(noise(9_000))
    const values = await sealed(large, carried)
    expect(values).toHaveLength(3)
    expect(await found(plain, headerOf(plain.names, values))).toEqual([{ ...carried, newest: true }])
  })

  it('tells which further names were brought, to be cleared', async () => {
    const values = await sealed(large, carriedOf(noise(9_000)))
    const [small] = await sealed(large, carriedOf({}))
    const stale = headerOf(large.names, [small!, ...values.slice(1, 3)])
    expect((await large.open(stale)).brought).toEqual([`${NAME}.1`, `${NAME}.2`])
    expect((await plain.open(stale)).brought).toEqual([`${NAME}.1`, `${NAME}.2`])
  })
})

describe('several cookies of one name', () => {
  const pair = async (carried: Parameters<Bound['seal']>[0]) => `${NAME}=${(await sealed(plain, carried))[0]!}`

  it('of two sessions both are told, for the engine to judge', async () => {
    const [a, b] = [carriedOf({ a: 1 }), carriedOf({ b: 1 })]
    expect((await found(plain, `${await pair(a)}; ${await pair(b)}`)).map(({ id }) => id)).toEqual([a.id, b.id])
  })

  it('of two copies of one session the later counts, wherever it stands', async () => {
    const id = newId()
    const [older, newer] = [1, 2].map((touchedAt) => ({
      id,
      epoch: 0,
      live: liveOf({ touchedAt }, { touchedAt: NOW + touchedAt }),
    }))
    const pairs = [await pair(older!), await pair(newer!)]
    for (const header of [pairs.join('; '), [...pairs].reverse().join('; ')])
      expect(await found(plain, header)).toEqual([{ ...newer, newest: true }])
  })

  it('one that opens is not hidden by one that does not', async () => {
    const carried = carriedOf({})
    const good = await pair(carried)
    const bad = (await pair(carriedOf({}))).slice(0, -1)
    for (const header of [`${good}; ${bad}`, `${bad}; ${good}`])
      expect(await plain.open(header)).toEqual({
        found: [{ ...carried, newest: true }],
        rejected: undefined,
        brought: [],
      })
  })

  it('more than two are a header that was tampered with', async () => {
    const pairs = await Promise.all([1, 2, 3].map((n) => pair(carriedOf({ n }))))
    expect(await rejected(plain, pairs.join('; '))).toBe('ambiguous')
  })

  it('400 of them cost no more than three', async () => {
    const pairs = await Promise.all(Array.from({ length: 400 }, (_, n) => pair(carriedOf({ n }))))
    expect(await rejected(plain, pairs.join('; '))).toBe('ambiguous')
    expect(await rejected(plain, pairs.map((one) => one.slice(0, -30)).join('; '))).toBe('malformed')
    const pieces = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => sealed(large, carriedOf(noise(9_000 + n)))),
    )
    expect(await rejected(large, pieces.map((values) => headerOf(large.names, values)).join('; '))).toBe('ambiguous')
  })
})

describe('what was not sealed', () => {
  it('one character changed, left out or cut off, in one cookie or in any of its pieces', async () => {
    for (const [by, length] of [
      [plain, 60],
      [large, 4_000],
    ] as const) {
      const values = await sealed(by, carriedOf(noise(length)))
      for (const [index, value] of values.entries()) {
        const step = value.length > 1_000 ? 61 : 1
        for (let at = 0; at < value.length; at += step) {
          const flipped = value[at] === 'A' ? 'B' : 'A'
          for (const other of [
            value.slice(0, at) + flipped + value.slice(at + 1),
            value.slice(0, at),
            value.slice(0, at) + value.slice(at + 1),
          ])
            expect(
              await rejected(
                by,
                headerOf(
                  by.names,
                  values.map((each, at) => (at === index ? other : each)),
                ),
              ),
              `${index} ${at}`,
            ).toBeTypeOf('string')
        }
      }
    }
  })

  it('pieces of two responses', async () => {
    const [a, b] = [await sealed(large, carriedOf(noise(4_000))), await sealed(large, carriedOf(noise(4_000)))]
    expect(a).toHaveLength(2)
    expect(await rejected(large, headerOf(large.names, [a[0]!, b[1]!]))).toBe('incomplete')
    expect(await rejected(large, headerOf(large.names, [a[0]!]))).toBe('incomplete')
    // Even under the set of the other: the tag decides.
    const forged = b[1]!.replace(b[1]!.slice(4, 12), a[0]!.slice(4, 12))
    expect(await rejected(large, headerOf(large.names, [a[0]!, forged]))).toBe('altered')
  })

  it('any header at all never throws', async () => {
    const value = (await sealed(plain, carriedOf({})))[0]!
    const part = fc.constantFrom(
      value,
      value.slice(20),
      '0.2.AAAAAAAA.x',
      `${NAME}=`,
      `${NAME}.1=`,
      ';',
      '=',
      ' ',
      '..',
      '\u0000',
      'é',
      '"',
    )
    const headers = fc.oneof(
      fc.string(),
      fc.array(fc.oneof(part, fc.string()), { maxLength: 12 }).map((parts) => parts.join('')),
    )
    await fc.assert(
      fc.asyncProperty(headers, async (header) => {
        const opened = await large.open(header)
        expect(opened.found.length).toBeLessThanOrEqual(2)
      }),
      { numRuns: 500 },
    )
  })

  it('what a key of the ring sealed, but is no session', async () => {
    const { sealers } = ringOf(FIRST).purpose(`sealed cookie ${NAME}`)
    const header = Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"first"}').toString('base64url')
    for (const text of ['nul', '[1]  ', '{"a":1}  ', 'abc']) {
      const body = await sealers.get('first')!.seal(text.padEnd(9), header)
      const value = `${header}..${body.slice(0, 16)}.${body.slice(16, -22)}.${body.slice(-22)}`
      expect(await rejected(plain, `${NAME}=${value}`)).toBe('malformed')
    }
  })
})

describe('options that can not be', () => {
  const message = (options: object): string => {
    try {
      sealedCookie(options as SealedCookieOptions)
    } catch (error) {
      return (error as SessionException).message
    }
    return 'accepted'
  }

  it.each([
    [{}, 'keys'],
    [{ keys: null }, 'keys'],
    [{ keys: 'a'.repeat(43) }, 'keys'],
    [{ keys: [FIRST] }, 'keys'],
    [{ keys: ringOf(FIRST), chunks: 0 }, 'chunks'],
    [{ keys: ringOf(FIRST), chunks: 5 }, 'chunks'],
    [{ keys: ringOf(FIRST), chunks: 1.5 }, 'chunks'],
    [{ keys: ringOf(FIRST), padTo: 0 }, 'padTo'],
    [{ keys: ringOf(FIRST), padTo: 1_025 }, 'padTo'],
    [{ keys: ringOf(FIRST), padTo: NaN }, 'padTo'],
  ])('%o', (options, option) => {
    expect(message(options)).toContain(`Option "sealedCookie.${option}"`)
    expect(message(options)).not.toContain(FIRST.secret)
    expect(message(options)).not.toContain('aaaa')
  })
})
