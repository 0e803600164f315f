import { sha256 as ofThisRuntime } from '#digest'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secretFrom } from '../../src/core/Token.ts'
import * as node from '../../src/effects/digest.node.ts'
import * as web from '../../src/effects/digest.web.ts'

const implementations = [
  ['node:crypto', node.sha256],
  ['node:crypto without the one-shot hash', node.digestOf({})],
  ['Web Crypto', web.digestOf({})],
  ['node:crypto, lent', web.digestOf({ process })],
  ['the web’s choice', web.sha256],
] as const

describe.each(implementations)('%s', (_, sha256) => {
  // The examples of FIPS 180-4.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('known answer %#', async (text, digest) => {
    expect(await sha256(secretFrom(text))).toBe(Buffer.from(digest, 'hex').toString('base64url'))
  })
})

it('all give the same text for the same secret', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
      const digests = await Promise.all(implementations.map(async ([, sha256]) => await sha256(secretFrom(text))))
      expect(digests[0]).toMatch(/^[\w-]{43}$/)
      expect(new Set(digests).size).toBe(1)
    }),
  )
})

it('takes what is lent, and Web Crypto where that is of no use', async () => {
  const abc = 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'
  const lend = (getBuiltinModule: () => unknown) => web.digestOf({ process: { getBuiltinModule } })(secretFrom('abc'))
  const asked: Array<ReadonlyArray<unknown>> = []
  expect(
    lend(() => ({
      hash: (...args: ReadonlyArray<unknown>) => {
        asked.push(args)
        return 'lent'
      },
    })),
  ).toBe('lent')
  expect(asked).toEqual([['sha256', 'abc', 'base64url']])
  const useless = [() => undefined, () => null, () => ({}), () => ({ hash: 'md5' })]
  const refusing = (): never => {
    throw new Error('not implemented')
  }
  for (const one of [...useless, refusing]) expect(await lend(one)).toBe(abc)
  expect(await web.digestOf({ process: {} })(secretFrom('abc'))).toBe(abc)
})

it('answers at once under Node: #digest is the implementation of node:crypto', () => {
  expect(ofThisRuntime(secretFrom('abc'))).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
  expect(node.digestOf({})(secretFrom('abc'))).toBeTypeOf('string')
  expect(web.digestOf({})(secretFrom('abc'))).toBeInstanceOf(Promise)
})
