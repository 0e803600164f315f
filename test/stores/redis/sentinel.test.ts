/** The store contract on a server that Sentinel names, and a cluster that forgets its scripts. */
import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore, type RedisClient, type RedisStore } from '../../../src/stores/redis.ts'
import { answer, newId, newSubject, recordOf } from '../../../src/testing/contract/bench.ts'
import { storeContract } from '../../../src/testing/storeContract.ts'
import { type RedisSentinel, command, startSentinel } from '../../servers/redis.ts'
import { connected, urlsFor } from './drivers.ts'

const capabilities = { guarantee: 'cas', directory: true, locking: true } as const

let pair: RedisSentinel
beforeAll(async () => {
  pair = await startSentinel()
}, 120_000)
afterAll(() => pair.stop())

const addresses = () => pair.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))

const clients = {
  'node-redis': async (): Promise<readonly [RedisClient, () => Promise<void> | void]> => {
    const client = createSentinel({ name: pair.name, sentinelRootNodes: addresses() })
    client.on('error', () => undefined)
    await client.connect()
    return [client, () => client.close()]
  },
  ioredis: async (): Promise<readonly [RedisClient, () => Promise<void> | void]> => {
    const client = new Redis({ name: pair.name, sentinels: addresses(), lazyConnect: true })
    await client.connect()
    return [client, () => client.disconnect()]
  },
}

describe.each(['node-redis', 'ioredis'] as const)('the store contract, through %s under Sentinel', (name) => {
  let store: RedisStore
  let close: () => Promise<void> | void
  beforeAll(async () => {
    const [client, end] = await clients[name]()
    store = redisStore({ client, prefix: `${name}:` })
    close = end
  })
  afterAll(() => close())

  for (const one of storeContract('redis', () => store, capabilities)) it(one.name, one.run)
})

describe.each(['node-redis, cluster', 'ioredis, cluster'] as const)('through %s', (name) => {
  it('each node is sent the scripts that it does not know', async () => {
    const { client, close } = await connected(name)
    const store = redisStore({ client, prefix: `forgetful ${name}:` })
    const ports = (await urlsFor(name)).map((url) => Number(new URL(url).port))
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(ports.map((port) => command(port, 'SCRIPT', 'FLUSH')))
      const subject = newSubject()
      const made = await Promise.all(
        Array.from({ length: 12 }, () => answer(store.create(newId(), recordOf(Date.now(), subject)))),
      )
      expect(made.every(({ _tag }) => _tag === 'Created')).toBe(true)
      expect(await answer(store.endAll(subject, Date.now() + 60_000))).toBe(12)
    }
    await close()
  })
})
