import { afterAll, beforeAll, describe, it } from 'vitest'
import { redisStore, type RedisStore } from '../../src/stores/redis.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { type Connected, driverNames } from './redis/connect.ts'
import { connected } from './redis/drivers.ts'

describe.each(driverNames)('the store contract, through %s', (name) => {
  let connection: Connected
  let store: RedisStore
  beforeAll(async () => {
    connection = await connected(name)
    // The servers are everybody's; the ids and subjects of the suite are its own.
    store = redisStore({ client: connection.client, prefix: `contract ${name}:` })
  })
  afterAll(() => connection.close())

  const capabilities = { guarantee: 'cas', directory: true, locking: true } as const
  for (const one of storeContract('redis', () => store, capabilities)) it(one.name, one.run)
})
