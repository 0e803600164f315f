import fc from 'fast-check'
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { frameOf, jwe, nonceOf } from '../../../src/carriers/sealedCookie/jwe.ts'
import { FIRST, key, ringOf, SECOND } from '../given.ts'

const PURPOSE = 'sealed cookie __Host-id'
const sealer = jwe(ringOf(FIRST, SECOND), PURPOSE)

const open = async (value: string, by = sealer) => {
  const frame = frameOf(value)
  return frame === undefined ? 'no frame' : by.open(frame)
}

const padded = (text: string): string => text + ' '.repeat((3 - (Buffer.byteLength(text) % 3)) % 3)

/** RFC 7516 §5.2 by hand. */
const decrypt = (value: string, secret: string): unknown => {
  const [header, encryptedKey, iv, ciphertext, tag] = value.split('.') as [string, string, string, string, string]
  expect(encryptedKey).toBe('')
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'dir', enc: 'A256GCM', kid: 'first' })
  const derived = hkdfSync('sha256', Buffer.from(secret, 'base64url'), '', `coatcheck seal ${PURPOSE}`, 32)
  const cipher = createDecipheriv('aes-256-gcm', new Uint8Array(derived), Buffer.from(iv, 'base64url'))
  cipher.setAAD(Buffer.from(header, 'ascii')).setAuthTag(Buffer.from(tag, 'base64url'))
  return Buffer.concat([cipher.update(Buffer.from(ciphertext, 'base64url')), cipher.final()]).toString()
}

/** RFC 7516 §5.1 by hand, under a header of the attacker's choice and the right key. */
const encrypt = (header: string, text: string, secret: string): string => {
  const encoded = Buffer.from(header).toString('base64url')
  const derived = hkdfSync('sha256', Buffer.from(secret, 'base64url'), '', `coatcheck seal ${PURPOSE}`, 32)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', new Uint8Array(derived), iv).setAAD(Buffer.from(encoded, 'ascii'))
  const body = Buffer.concat([cipher.update(text), cipher.final()])
  return [encoded, '', ...[iv, body, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.')
}

describe('the standard form', () => {
  it('is a JWE in compact form that others read', async () => {
    const value = await sealer.seal('hello!')
    expect(value).toMatch(/^eyJ[\w-]+\.\.[\w-]{16}\.[\w-]{8}\.[\w-]{22}$/)
    expect(decrypt(value, FIRST.secret as string)).toBe('hello!')
  })

  it('reads what others wrote', async () => {
    const value = encrypt('{"alg":"dir","enc":"A256GCM","kid":"second"}', 'hello!', SECOND.secret as string)
    expect(await open(value)).toEqual({ text: 'hello!', newest: false })
  })

  it('opens what it sealed, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 200 }), async (any) => {
        const text = padded(any)
        const value = await sealer.seal(text)
        expect(await open(value)).toEqual({ text, newest: true })
        expect(value).toMatch(/^[\w.-]+$/)
      }),
    )
  })

  it('never seals a text the same way twice', async () => {
    const all = await Promise.all(Array.from({ length: 500 }, async () => sealer.seal('abc')))
    expect(new Set(all.map(nonceOf)).size).toBe(500)
  })
})

describe('keys', () => {
  it('seals under the first one, opens under each, and says which', async () => {
    const before = await jwe(ringOf(FIRST), PURPOSE).seal('abc')
    const after = jwe(ringOf(SECOND, FIRST), PURPOSE)
    expect(await open(before, after)).toEqual({ text: 'abc', newest: false })
    expect(await open(await after.seal('abc'), after)).toEqual({ text: 'abc', newest: true })
  })

  it('does not know a key that is not in the ring any more, or not yet', async () => {
    expect(await open(await sealer.seal('abc'), jwe(ringOf(SECOND), PURPOSE))).toBe('unknown-key')
    // An id that was used again for another secret.
    expect(await open(await sealer.seal('abc'), jwe(ringOf(key('first')), PURPOSE))).toBe('altered')
  })

  it('opens nothing that was sealed for another purpose', async () => {
    expect(await open(await jwe(ringOf(FIRST), 'sealed cookie id').seal('abc'))).toBe('altered')
  })

  it('the name of another key of the ring does not help', async () => {
    const [, ...rest] = (await sealer.seal('abc')).split('.')
    const [header] = (await jwe(ringOf(SECOND), PURPOSE).seal('abc')).split('.')
    expect(await open([header, ...rest].join('.'))).toBe('altered')
  })
})

describe('what was not sealed', () => {
  it('one character changed, left out, or too many', async () => {
    const value = await sealer.seal('some text that is sealed')
    for (let at = 0; at < value.length; at++) {
      for (const other of ['A', 'B', '_', '.', '=', 'é', ' '])
        if (other !== value[at])
          expect(await open(value.slice(0, at) + other + value.slice(at + 1)), `${at} ${other}`).toBeTypeOf('string')
      expect(await open(value.slice(0, at))).toBeTypeOf('string')
      expect(await open(value.slice(0, at) + value.slice(at + 1))).toBeTypeOf('string')
      expect(await open(value.slice(0, at) + 'A' + value.slice(at))).toBeTypeOf('string')
    }
  })

  it.each([
    '{"alg":"none"}',
    '{"alg":"none","enc":"A256GCM","kid":"first"}',
    '{"alg":"dir","enc":"none","kid":"first"}',
    '{"alg":"dir","enc":"A128GCM","kid":"first"}',
    '{"alg":"dir","enc":"A256CBC-HS512","kid":"first"}',
    '{"alg":"RSA1_5","enc":"A256GCM","kid":"first"}',
    '{"alg":"A256KW","enc":"A256GCM","kid":"first"}',
    '{"alg":"PBES2-HS256+A128KW","enc":"A256GCM","kid":"first","p2c":2000000000}',
    '{"alg":"dir","enc":"A256GCM","kid":"first","zip":"DEF"}',
    '{"alg":"dir","enc":"A256GCM","kid":"first","crit":["exp"]}',
    '{"enc":"A256GCM","alg":"dir","kid":"first"}',
    '{"alg":"dir","enc":"A256GCM","kid":"first" }',
    '{"alg":"dir","enc":"A256GCM"}',
    '{"alg":"dir","enc":"A256GCM","kid":["first"]}',
    '{"alg":"HS256"}',
    '',
  ])('another header, even under the right key: %s', async (header) => {
    const value = encrypt(header, 'abc', FIRST.secret as string)
    expect(['malformed', 'unknown-key']).toContain(await open(value))
  })

  it('any text at all', async () => {
    const piece = fc.string({ unit: fc.constantFrom('e', 'y', 'J', 'A', '_', '-', '=', ' ', 'é'), maxLength: 30 })
    const shaped = fc.tuple(piece, piece, piece, piece, piece).map((parts) => parts.join('.'))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), shaped), async (value) => {
        expect(await open(value)).toBeTypeOf('string')
      }),
      { numRuns: 500 },
    )
  })
})
