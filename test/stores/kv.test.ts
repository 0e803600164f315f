import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createStorage, prefixStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import { SWEEP_SLACK } from '../../src/effects/Store.ts'
import { type CloudflareKV, kvStore, type KvStoreOptions } from '../../src/stores/kv.ts'
import { HOUR, MINUTE, newId, record, successor } from '../../src/testing/contract/bench.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { placeOf } from './kv/place.ts'
import { fault, must, type Namespace, started } from './kv/world.ts'

const capabilities = { guarantee: 'last-write-wins' } as const

let made: Awaited<ReturnType<typeof started>>
let namespace: Namespace
beforeAll(async () => {
  made = await started()
  namespace = made.namespace
}, 60_000)
afterAll(() => made.close())

describe('the store contract, what it asks of a store where the last writer wins', () => {
  const directory = mkdtempSync(join(tmpdir(), 'coatcheck-kv-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  const memory = createStorage()
  const files = createStorage({ driver: fsDriver({ base: directory }) })

  const stores: ReadonlyArray<readonly [string, () => KvStoreOptions['namespace']]> = [
    ['Cloudflare KV', () => namespace],
    ['unstorage, memory', () => memory],
    ['unstorage, files', () => files],
    ['unstorage, prefixed', () => prefixStorage(memory, 'app')],
  ]
  for (const [name, of] of stores)
    for (const { name: law, run } of storeContract(name, () => kvStore({ namespace: of() }), capabilities))
      it(law, run, 60_000)
})

describe('what is written', () => {
  it('a record stays as long as it may live, and the slack; never less than Cloudflare takes', async () => {
    const { namespace: watched, ttls } = placeOf(namespace)
    const store = kvStore({ namespace: watched, prefix: 'ttl:' })
    const now = Date.now()
    for (const [expiresAt, least] of [
      [now + HOUR, (HOUR + SWEEP_SLACK) / 1_000],
      [now - HOUR, 60],
      [0, 60],
      [Number.MAX_SAFE_INTEGER, 2 ** 31 - 1],
    ] as const) {
      const id = newId()
      must(await store.create(id, record(now, { expiresAt }))())
      const ttl = ttls.get(`ttl:live:${id}`)!
      expect([Number.isInteger(ttl), ttl <= least, ttl > least - 30 || ttl === 60]).toEqual([true, true, true])
    }
  })

  it('a tombstone outlives whatever may be written once more, and the record leaves', async () => {
    const { namespace: watched, ttls } = placeOf(namespace)
    const id = newId()
    const now = Date.now()
    const store = kvStore({ namespace: watched, prefix: 'end:', keepTombstones: 24 * HOUR })
    const live = record(now, { expiresAt: now + 20 * HOUR })
    must(await store.create(id, live)())
    must(await store.end(id, live.revision, now + HOUR)())
    expect(await namespace.get(`end:live:${id}`)).toBe(null)
    expect(ttls.get(`end:ended:${id}`)! * 1_000).toBeGreaterThan(25 * HOUR - MINUTE)
    const long = record(now, { expiresAt: now + 90 * 24 * HOUR })
    const other = newId()
    must(await store.create(other, long)())
    must(await store.end(other, long.revision, now + HOUR)())
    expect(ttls.get(`end:ended:${other}`)! * 1_000).toBeGreaterThan(90 * 24 * HOUR)
  })

  it('is a text that no driver parses, and no metadata', async () => {
    const id = newId()
    const live = record(Date.now(), { data: { __proto__: null, a: 1 } })
    must(await kvStore({ namespace, prefix: 'text:' }).create(id, live)())
    expect(await namespace.get(`text:live:${id}`)).toMatch(/^live1:\{"_tag":"Live"/)
    const { keys } = await namespace.list()
    expect(keys.find(({ name }) => name === `text:live:${id}`)).toMatchObject({ expiration: expect.any(Number) })
    expect(keys.every(({ metadata }) => metadata === undefined)).toBe(true)
  })

  it('a load asks for both keys at once, with the age that is allowed', async () => {
    const { namespace: watched, reads } = placeOf(namespace)
    const id = newId()
    await kvStore({ namespace: watched, cacheTtl: 30 }).load(id)()
    expect([...reads]).toEqual([
      [`sessions:live:${id}`, { cacheTtl: 30 }],
      [`sessions:ended:${id}`, { cacheTtl: 30 }],
    ])
    await kvStore({ namespace: watched }).load(id)()
    expect(reads.get(`sessions:live:${id}`)).toBe(undefined)
  })
})

describe('what fails', () => {
  const id = newId()
  const live = record(Date.now())

  const failing = (message: string, verbs: ReadonlyArray<keyof CloudflareKV>): CloudflareKV => {
    const fail = (): Promise<never> => Promise.reject(Object.assign(new Error(message), { value: 'secret' }))
    return {
      ...{ get: () => Promise.resolve(null), put: fail, delete: fail },
      ...(verbs.includes('get') ? { get: fail } : {}),
    }
  }

  it('the second write within a second is told to be that, and has changed nothing', async () => {
    const store = kvStore({ namespace: failing('KV PUT failed: 429 Too Many Requests', ['put']) })
    const { operation, unchanged, cause } = fault(await store.create(id, live)())
    expect([operation, unchanged]).toEqual(['create', true])
    expect(cause.message).toContain('one write per second')
    expect(Object.keys(cause)).toEqual([])
  })

  it.each([
    ['KV PUT failed: 413 Value length of 30000000 exceeds limit of 26214400.', true],
    ['KV PUT failed: 500 Internal Server Error', undefined],
    ['Network connection lost.', undefined],
  ])('%s', async (message, unchanged) => {
    const store = kvStore({ namespace: failing(message, ['put']) })
    const failed = fault(await store.create(id, live)())
    expect([failed.unchanged, failed.cause.message]).toEqual([unchanged, message])
  })

  it('a read that fails is an error of its verb, never an absent session', async () => {
    const store = kvStore({ namespace: failing('KV GET failed: 500', ['get', 'put']) })
    expect(fault(await store.load(id)()).operation).toBe('load')
    expect(fault(await store.update(id, live.revision, successor(live))()).operation).toBe('update')
    expect(fault(await store.end(id, live.revision, Date.now())()).operation).toBe('end')
  })

  it('a record that can not be removed after its end has ended all the same', async () => {
    const failingDelete: CloudflareKV = {
      get: (key, options) => namespace.get(key, options),
      put: (key, text, options) => namespace.put(key, text, options),
      delete: () => Promise.reject(new Error('KV DELETE failed: 429 Too Many Requests')),
    }
    const store = kvStore({ namespace: failingDelete })
    const own = newId()
    must(await store.create(own, live)())
    expect(must(await store.end(own, live.revision, 9e12)())).toEqual({ _tag: 'Done' })
    expect(must(await store.load(own)())).toEqual({ _tag: 'Some', value: { _tag: 'Ended', until: 9e12 } })
  })

  it.each([
    'no mark',
    'live1:no JSON',
    'live1:null',
    'live1:{"_tag":"Live"}',
    'live2:{}',
    'live1:{"revision":"r","trail":[],"credential":{},"flash":{},"data":1}',
  ])('what somebody else has written is an error: %s', async (text) => {
    const own = newId()
    await namespace.put(`sessions:live:${own}`, text)
    const { cause, unchanged } = fault(await kvStore({ namespace }).load(own)())
    expect([cause.message.includes(own), unchanged]).toEqual([true, true])
  })

  it('a tombstone that somebody else has written is an error, too', async () => {
    const own = newId()
    await namespace.put(`sessions:ended:${own}`, 'yes')
    expect(fault(await kvStore({ namespace }).load(own)()).cause.message).toContain(`ended:${own}`)
  })
})

describe('options', () => {
  let storage: KvStoreOptions['namespace']
  beforeEach(() => {
    storage = createStorage()
  })

  it.each([
    ['namespace', undefined],
    ['namespace', {}],
    ['prefix', 'a'.repeat(401)],
    ['prefix', 1],
    ['keepTombstones', 0],
    ['keepTombstones', Number.POSITIVE_INFINITY],
    ['cacheTtl', 29],
    ['cacheTtl', 30.5],
    ['cacheTtl', 60],
  ])('%s can not be %j', (option, value) => {
    expect(() => kvStore({ namespace: storage, [option]: value })).toThrow(
      expect.objectContaining({ sessionError: expect.objectContaining({ option }) }),
    )
  })

  it('a binding that is missing is told to be that', () => {
    expect(() => kvStore({ namespace: undefined as never })).toThrow('kv_namespaces')
  })
})
