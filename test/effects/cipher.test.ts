import { sealerOf as ofThisRuntime } from '#cipher'
import fc from 'fast-check'
import { createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import * as node from '../../src/effects/cipher.node.ts'
import * as web from '../../src/effects/cipher.web.ts'

const implementations = [
  ['node:crypto', node],
  ['Web Crypto', web],
] as const

const secret = (byte: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: 32 }, (_, i) => byte + i)
const SIZES = [0, 1, 2, 3, 6_143, 6_144, 6_145, 70_000]

describe.each(implementations)('%s', (_, { sealerOf, blinderOf }) => {
  const sealer = sealerOf(secret(1), 'test')

  it('opens what it sealed, of every size', async () => {
    for (const size of SIZES) {
      const text = 'é'.repeat(size)
      const sealed = await sealer.seal(text, 'context')
      expect(sealed).toMatch(/^[\w-]+$/)
      expect(sealed).toHaveLength(Math.ceil(((size * 2 + 28) * 4) / 3))
      expect(await sealer.open(sealed, 'context')).toBe(text)
    }
  })

  it('never seals a text the same way twice', async () => {
    const all = await Promise.all(Array.from({ length: 1_000 }, async () => sealer.seal('a', 'b')))
    expect(new Set(all.map((sealed) => sealed.slice(0, 16))).size).toBe(1_000)
  })

  it('opens nothing under another secret, another purpose or another context', async () => {
    const sealed = await sealer.seal('a', 'context')
    expect(await sealerOf(secret(2), 'test').open(sealed, 'context')).toBeUndefined()
    expect(await sealerOf(secret(1), 'other').open(sealed, 'context')).toBeUndefined()
    expect(await sealer.open(sealed, 'Context')).toBeUndefined()
    expect(await sealer.open(sealed, '')).toBeUndefined()
  })

  it('opens nothing of which a character is another, is missing or is too many', async () => {
    const sealed = await sealer.seal('some text', 'context')
    for (let at = 0; at < sealed.length; at++) {
      for (const other of ['A', 'B', '_', '=', '.', ' ', 'é', ''])
        if (other !== sealed[at])
          expect(await sealer.open(sealed.slice(0, at) + other + sealed.slice(at + 1), 'context')).toBeUndefined()
      expect(await sealer.open(sealed.slice(0, at), 'context')).toBeUndefined()
    }
    for (const more of ['A', '=', '\n', 'AAAA']) expect(await sealer.open(sealed + more, 'context')).toBeUndefined()
  })

  it('a key of its own for each purpose: HKDF-SHA256', async () => {
    const key = new Uint8Array(hkdfSync('sha256', secret(1), '', 'index', 32))
    const expected = createHmac('sha256', key).update('ann').digest('base64url')
    expect(await blinderOf(secret(1), 'index')('ann')).toBe(expected)
    expect(await blinderOf(secret(1), 'other')('ann')).not.toBe(expected)
  })

  it('the secret may be wiped after the first use', async () => {
    const bytes = secret(1)
    const own = sealerOf(bytes, 'test')
    const sealed = await own.seal('a', 'b')
    bytes.fill(0)
    expect(await own.open(sealed, 'b')).toBe('a')
    expect(await sealer.open(sealed, 'b')).toBe('a')
  })
})

it('each opens what the other sealed, and both blind alike', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), async (text, context) => {
      const [here, there] = [node.sealerOf(secret(3), 'test'), web.sealerOf(secret(3), 'test')]
      expect(await there.open(await here.seal(text, context), context)).toBe(text)
      expect(await here.open(await there.seal(text, context), context)).toBe(text)
      expect(await web.blinderOf(secret(3), 'test')(text)).toBe(await node.blinderOf(secret(3), 'test')(text))
    }),
    { numRuns: 50 },
  )
})

it('answers at once under Node: #cipher is the implementation of node:crypto', () => {
  expect(ofThisRuntime(secret(1), 'test').seal('a', 'b')).toBeTypeOf('string')
  expect(web.sealerOf(secret(1), 'test').seal('a', 'b')).toBeInstanceOf(Promise)
})
