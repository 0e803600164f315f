/** What node-redis is asked to do beside the commands. */
import { createClient } from 'redis'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { idFrom } from '../../../src/core/Token.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import { freePort } from '../../servers/keep.ts'
import { redisUrl } from '../../servers/shared.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const id = idFrom('a'.repeat(22))

describe('the time limit that node-redis sets for a command', () => {
  it('is not paid for where a connection stands: nothing waits', async () => {
    const client = createClient({ url: await redisUrl() })
    await client.connect()
    const limits = vi.spyOn(AbortSignal, 'timeout')
    expect(await redisStore({ client, prefix: 'limits:' }).load(id)()).toMatchObject({ right: { _tag: 'None' } })
    await client.get('limits:other')
    expect(limits).toHaveBeenCalledTimes(1)
    await client.close()
  })

  it('takes back what waits for a connection', async () => {
    const client = createClient({
      socket: { port: await freePort(), reconnectStrategy: () => 20 },
      commandOptions: { timeout: 50 },
    })
    client.on('error', () => undefined)
    const connecting = client.connect().catch(() => undefined)
    expect(await redisStore({ client }).load(id)()).toMatchObject({ left: { _tag: 'StoreError', operation: 'load' } })
    client.destroy()
    await connecting
  })
})
