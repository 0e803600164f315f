import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type Key, keyring } from '../../src/effects/Keyring.ts'
import { systemRandom } from '../../src/effects/Random.ts'

const SECRET = systemRandom.secret()
const bytes = Uint8Array.from(Buffer.from(SECRET, 'base64url'))
const key = (id: string, secret: Key['secret'] = systemRandom.secret()): Key => ({ id, secret })

describe('sealing', () => {
  it('is under the first key, and every key of the ring opens', async () => {
    const [first, second] = [key('first'), key('second')]
    const before = await keyring([first]).purpose('test').seal('text', 'context')
    const after = keyring([second, first]).purpose('test')
    expect(before).toMatch(/^v1\.first\.[\w-]+$/)
    expect(await after.open(before, 'context')).toEqual({ _tag: 'Right', right: 'text' })
    const anew = await after.seal('text', 'context')
    expect(anew).toMatch(/^v1\.second\.[\w-]+$/)
    expect(await after.open(anew, 'context')).toEqual({ _tag: 'Right', right: 'text' })
    expect(await keyring([first]).purpose('test').open(anew, 'context')).toEqual({
      _tag: 'Left',
      left: { _tag: 'UnknownKey', key: 'second' },
    })
  })

  it('bytes and base64url of them are the same key', async () => {
    const sealed = await keyring([key('a', bytes)])
      .purpose('test')
      .seal('text', '')
    expect(
      await keyring([key('a', SECRET)])
        .purpose('test')
        .open(sealed, ''),
    ).toMatchObject({ right: 'text' })
  })

  it('what the caller does with the bytes afterwards changes nothing', async () => {
    const mine = Uint8Array.from(bytes)
    const ring = keyring([key('a', mine)])
    mine.fill(1)
    const sealed = await ring.purpose('test').seal('text', '')
    expect(
      await keyring([key('a', SECRET)])
        .purpose('test')
        .open(sealed, ''),
    ).toMatchObject({ right: 'text' })
  })

  it('says why a text was not opened', async () => {
    const purpose = keyring([key('a'), key('b')]).purpose('test')
    const sealed = await purpose.seal('text', 'context')
    const altered = { _tag: 'Left', left: { _tag: 'Altered', key: 'a' } }
    expect(await purpose.open(sealed, 'other')).toEqual(altered)
    expect(await purpose.open(`${sealed}A`, 'context')).toEqual(altered)
    expect(
      await keyring([key('a')])
        .purpose('test')
        .open(sealed, 'context'),
    ).toEqual(altered)
    expect(await purpose.open(sealed.replace('.a.', '.b.'), 'context')).toMatchObject({ left: { _tag: 'Altered' } })
    for (const text of [
      '',
      'text',
      'v1.a.',
      'v1..A',
      'v2.a.AAAA',
      `${sealed}\n`,
      ` ${sealed}`,
      `v1.${'k'.repeat(33)}.AAAA`,
    ])
      expect(await purpose.open(text, 'context')).toEqual({ _tag: 'Left', left: { _tag: 'NotSealed' } })
  })

  it('two purposes do not read each other’s', async () => {
    const ring = keyring([key('a')])
    const sealed = await ring.purpose('store').seal('text', '')
    expect(await ring.purpose('cookie').open(sealed, '')).toMatchObject({ left: { _tag: 'Altered' } })
    expect(await ring.purpose('store').blind('ann')).not.toEqual(await ring.purpose('cookie').blind('ann'))
  })
})

describe('blinding', () => {
  it('gives one name for each key, the first key’s first, always the same', async () => {
    const [a, b] = [key('a'), key('b')]
    const names = await keyring([a, b]).purpose('test').blind('ann')
    expect(names).toHaveLength(2)
    for (const name of names) expect(name).toMatch(/^[\w-]{43}$/)
    expect(await keyring([b, a]).purpose('test').blind('ann')).toEqual([...names].reverse())
    expect(await keyring([a]).purpose('test').blind('ann')).toEqual(names.slice(0, 1))
  })

  it('different texts have different names, halves of pairs too', async () => {
    const purpose = keyring([key('a')]).purpose('test')
    const texts = ['', 'a', 'A', 'a ', '\u0000', '\ud800', '\ud801', '\ufffd', 'é', 'e\u0301', '"']
    const names = await Promise.all(texts.map(async (text) => (await purpose.blind(text))[0]))
    expect(new Set(names).size).toBe(texts.length)
  })
})

describe('the keys', () => {
  const wrong: ReadonlyArray<readonly [string, unknown, string]> = [
    ['no ring', undefined, 'keyring'],
    ['no key', [], 'keyring'],
    ['no id', [{ secret: SECRET }], 'keyring[0].id'],
    ['an empty id', [key('')], 'keyring[0].id'],
    ['an id with a dot', [key('a.b')], 'keyring[0].id'],
    ['an id that is long', [key('a'.repeat(33))], 'keyring[0].id'],
    ['id and secret swapped', [{ id: SECRET, secret: 'a' }], 'keyring[0].id'],
    ['an id twice', [key('a'), key('a')], 'keyring[1].id'],
    ['a secret twice', [key('a', SECRET), key('b', bytes)], 'keyring[1].secret'],
    ['no secret', [{ id: 'a', secret: undefined }], 'keyring[0].secret'],
    ['a short secret', [key('a', SECRET.slice(0, 42))], 'keyring[0].secret'],
    ['a long secret', [key('a', `${SECRET}AA`)], 'keyring[0].secret'],
    ['a secret in base64', [key('a', `${SECRET}=`)], 'keyring[0].secret'],
    ['a password', [key('a', 'correct horse battery staple')], 'keyring[0].secret'],
    ['31 bytes', [key('a', bytes.subarray(1))], 'keyring[0].secret'],
    ['bytes in an array', [{ id: 'a', secret: [...bytes] }], 'keyring[0].secret'],
    ['zeros', [key('a', new Uint8Array(32))], 'keyring[0].secret'],
  ]

  it.each(wrong)('%s is Misconfigured, and what is said holds no secret', (_, keys, option) => {
    let thrown: unknown
    try {
      keyring(keys as ReadonlyArray<Key>)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ sessionError: { _tag: 'Misconfigured', option } })
    const said = inspect(thrown, { depth: 9, showHidden: true }) + (thrown as Error).message
    for (const part of [SECRET.slice(0, 12), 'horse']) expect(said).not.toContain(part)
  })

  it('do not show in a ring', () => {
    const ring = keyring([key('a', SECRET), key('b')])
    const purpose = ring.purpose('test')
    for (const one of [ring, purpose]) {
      const said = `${JSON.stringify(one)} ${inspect(one, { depth: 9, showHidden: true })}`
      expect(said).not.toContain(SECRET.slice(0, 12))
      expect(said).not.toContain(Buffer.from(bytes).toString('hex').slice(0, 12))
    }
    expect(JSON.parse(JSON.stringify(ring))).toEqual({ ids: ['a', 'b'] })
  })
})
