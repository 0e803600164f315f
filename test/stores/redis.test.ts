import { afterAll, beforeAll, describe, it } from 'vitest'
import { redisStore, type RedisStore } from '../../src/stores/redis.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { type Connected, driverNames, drivers } from './redis/clients.ts'

describe.each(driverNames)('the store contract, through %s', (name) => {
  let connected: Connected
  let store: RedisStore
  beforeAll(async () => {
    const { connect, urls } = drivers[name]
    connected = await connect(await urls())
    // The servers are everybody's; the ids and subjects of the suite are its own.
    store = redisStore({ client: connected.client, prefix: `contract ${name}:` })
  })
  afterAll(() => connected.close())

  const capabilities = { guarantee: 'cas', directory: true, locking: true } as const
  for (const one of storeContract('redis', () => store, capabilities)) it(one.name, one.run)
})
