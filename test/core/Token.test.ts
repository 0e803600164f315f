import { inspect } from 'node:util'
import { none, some } from '#fp-ts/Option'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Token from '../../src/core/Token.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const text = (b: Uint8Array): string => Buffer.from(b).toString('base64url')
const ids = bytes(Token.ID_BYTES).map((b) => Token.idFrom(text(b)))
const secrets = bytes(Token.SECRET_BYTES).map((b) => Token.secretFrom(text(b)))
const tokens = fc.tuple(ids, secrets).map(([id, secret]) => Token.token(id, secret))

// `toEqual` does not see the hidden secret.
const open = (t: Token.Token) => ({ id: t.id, secret: t.secret })
const reading = (value: string) => {
  const parsed = Token.parse(value)
  return parsed._tag === 'Some' ? some(open(parsed.value)) : none
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const ID = 'AAECAwQFBgcICQoLDA0ODw'
const SECRET = 'ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8'
const VALUE = `${ID}.${SECRET}`

describe('parse and format', () => {
  it('law: parse(format(t)) is t', () => {
    fc.assert(
      fc.property(tokens, (t) => {
        expect(reading(Token.format(t))).toEqual(some(open(t)))
      }),
    )
  })

  it('law: what parses is the one spelling of its bytes', () => {
    const spelling = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 22, maxLength: 22 })
    const proof = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 43, maxLength: 43 })
    fc.assert(
      fc.property(spelling, proof, (id, secret) => {
        const canonical = (s: string): boolean => Buffer.from(s, 'base64url').toString('base64url') === s
        const value = `${id}.${secret}`
        const expected = canonical(id) && canonical(secret) ? some({ id, secret }) : none
        expect(reading(value)).toEqual(expected)
        expect(Token.isSessionId(id)).toBe(canonical(id))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes 4 last characters of an id and 16 of a secret, of 64 each', () => {
    const lastOfId = [...ALPHABET].filter((c) => Token.parse(`${ID.slice(0, 21)}${c}.${SECRET}`)._tag === 'Some')
    const lastOfSecret = [...ALPHABET].filter((c) => Token.parse(`${ID}.${SECRET.slice(0, 42)}${c}`)._tag === 'Some')
    expect(lastOfId.join('')).toBe('AQgw')
    expect(lastOfSecret.join('')).toBe('AEIMQUYcgkosw048')
  })

  it('takes the example, and holds 128 and 256 bits', () => {
    expect(reading(VALUE)).toEqual(some({ id: ID, secret: SECRET }))
    expect(Buffer.from(ID, 'base64url')).toHaveLength(16)
    expect(Buffer.from(SECRET, 'base64url')).toHaveLength(32)
  })

  it.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['an id alone', ID],
    ['an id and a dot', `${ID}.`],
    ['a secret alone', SECRET],
    ['a shorter id', `${ID.slice(1)}.${SECRET}`],
    ['a shorter id and a longer secret', `${ID.slice(1)}.A${SECRET}`],
    ['a dot too far', `${ID}A.${SECRET.slice(1)}`],
    ['a third part', `${VALUE}.A`],
    ['another separator', `${ID}:${SECRET}`],
    ['a line end', `${VALUE}\n`],
    ['a line end in place of the last character', `${VALUE.slice(0, -1)}\n`],
    ['CRLF', `${ID}\r\n${SECRET}`],
    ['NUL', `${ID}\0${SECRET}`],
    ['a space before', ` ${VALUE}`],
    ['quotes', `"${VALUE}"`],
    ['padding', `${ID}==.${SECRET}=`],
    ['base64 that is not base64url', `${ID.replace('A', '+')}.${SECRET}`],
    ['percent encoding', `${ID}%2E${SECRET}`],
    ['letters of another script', `${ID.replace('A', 'А')}.${SECRET}`],
    ['a path', '../../../etc/passwd'],
    ['a prototype', '__proto__'],
    ['SQL', "' OR 1=1 --"],
    ['a hash', 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'],
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000'],
    ['a megabyte', 'A'.repeat(1 << 20)],
  ])('refuses %s', (_, value) => {
    expect(Token.parse(value)).toEqual(none)
    expect(Token.isToken(value)).toBe(false)
    if (value !== ID) expect(Token.isSessionId(value)).toBe(false)
  })

  it('refuses one foreign character anywhere, and never throws', () => {
    const foreign = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((c) => !ALPHABET.includes(c))
    fc.assert(
      fc.property(fc.nat(VALUE.length - 1), foreign, (at, c) => {
        fc.pre(!(at === ID.length && c === '.'))
        expect(Token.parse(VALUE.slice(0, at) + c + VALUE.slice(at + 1))).toEqual(none)
      }),
    )
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (s) => Token.parse(s)._tag === 'None'))
  })
})

describe('a token that strays', () => {
  const t = Token.token(Token.idFrom(ID), Token.secretFrom(SECRET))
  const parsed = Token.parse(VALUE)

  it('shows its id, and not its secret', () => {
    for (const shown of [t, { t }, [t], parsed, new Map([[1, t]])]) {
      expect(JSON.stringify(shown)).not.toContain(SECRET)
      expect(inspect(shown, { depth: 9 })).not.toContain(SECRET)
      expect(JSON.stringify(structuredClone(shown))).not.toContain(SECRET)
    }
    expect(JSON.stringify({ t })).toBe(`{"t":{"id":"${ID}"}}`)
    expect(inspect(t)).toContain(ID)
    expect(Object.values({ ...t })).toEqual([ID])
    expect(String(t)).not.toContain(SECRET)
    expect(inspect(new Error('x', { cause: t }))).not.toContain(SECRET)
  })

  it('gives it to whoever asks for it', () => {
    expect(t.secret).toBe(SECRET)
    expect(Token.format(t)).toBe(VALUE)
  })
})

describe('sameDigest', () => {
  it('law: sameDigest(a, b) = (a === b)', () => {
    const near = fc.string({ unit: fc.constantFrom('a', 'b', '\u0101', '\ud800'), maxLength: 4 })
    fc.assert(
      fc.property(near, near, (a, b) => Token.sameDigest(a, b) === (a === b)),
      { numRuns: 2000 },
    )
  })

  it('sees a difference at every place, and of length', () => {
    for (let i = 0; i < SECRET.length; i++) {
      const other = `${SECRET.slice(0, i)}${SECRET[i] === 'A' ? 'B' : 'A'}${SECRET.slice(i + 1)}`
      expect(Token.sameDigest(SECRET, other)).toBe(false)
    }
    expect(Token.sameDigest(SECRET, SECRET.slice(0, -1))).toBe(false)
    expect(Token.sameDigest('', SECRET)).toBe(false)
    expect(Token.sameDigest(SECRET, `${SECRET}A`)).toBe(false)
    expect(Token.sameDigest(SECRET, SECRET.split('').join(''))).toBe(true)
  })
})
