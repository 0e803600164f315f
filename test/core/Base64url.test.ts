import fc from 'fast-check'
import { expect, it } from 'vitest'
import { base64url, bytesOf } from '../../src/core/Base64url.ts'

it('law: equals what Buffer makes of the same bytes, whatever lies around them', () => {
  const cases = fc
    .uint8Array({ maxLength: 100 })
    .chain((bytes) =>
      fc
        .tuple(fc.nat(bytes.length), fc.nat(bytes.length))
        .map(([a, b]) => ({ bytes, from: Math.min(a, b), to: Math.max(a, b) })),
    )
  fc.assert(
    fc.property(cases, ({ bytes, from, to }) => {
      expect(base64url(bytes, from, to)).toBe(Buffer.from(bytes.subarray(from, to)).toString('base64url'))
    }),
    { numRuns: 1000 },
  )
})

it('knows every character and each length of the last group', () => {
  const all = Uint8Array.from({ length: 48 }, (_, i) => {
    const group = Math.floor(i / 3) * 4
    const bits = (group << 18) | ((group + 1) << 12) | ((group + 2) << 6) | (group + 3)
    return (bits >> (16 - 8 * (i % 3))) & 255
  })
  expect(base64url(all, 0, 48)).toBe('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
  expect(base64url(Uint8Array.of(255, 255, 255, 255), 0, 1)).toBe('_w')
  expect(base64url(Uint8Array.of(255, 255, 255, 255), 0, 2)).toBe('__8')
  expect(base64url(Uint8Array.of(255, 255, 255, 255), 1, 1)).toBe('')
})

it('law: bytesOf reads what base64url wrote', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(bytesOf(base64url(bytes, 0, bytes.length))).toEqual(bytes)
    }),
    { numRuns: 1000 },
  )
})

it('law: no bytes have two spellings', () => {
  const texts = fc.string({ unit: fc.constantFrom(...'AQgw_-z=+/ .é'), maxLength: 9 })
  fc.assert(
    fc.property(texts, (text) => {
      const buffer = Buffer.from(text, 'base64url')
      expect(bytesOf(text)).toEqual(buffer.toString('base64url') === text ? new Uint8Array(buffer) : undefined)
    }),
    { numRuns: 5000 },
  )
})
