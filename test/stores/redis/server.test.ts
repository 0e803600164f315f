/** What the store asks of a server of its own, and what the server says when it is not as it should be. */
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { StoreError } from '../../../src/effects/Store.ts'
import { redisStore, type RedisStore, type RedisStoreOptions } from '../../../src/stores/redis.ts'
import { faults } from '../../../src/stores/redis/faults.ts'
import { managed } from '../../../src/stores/redis/managed.ts'
import {
  answer,
  HOUR,
  MINUTE,
  newId,
  newSubject,
  record,
  recordOf,
  successor,
} from '../../../src/testing/contract/bench.ts'
import { storeContract } from '../../../src/testing/storeContract.ts'
import { type RedisServer, startRedis } from '../../servers/redis.ts'

let server: RedisServer
let client: ReturnType<typeof createClient>
let io: Redis
let store: RedisStore
beforeAll(async () => {
  server = await startRedis()
  client = createClient({ url: server.url })
  io = new Redis(server.url)
  await client.connect()
  store = redisStore({ client })
})
afterAll(async () => {
  client.destroy()
  io.disconnect()
  await server.stop()
})

/** Runs a store call that must be Left. */
const left = async (task: () => Promise<unknown>): Promise<StoreError> => {
  const given = (await task()) as { readonly _tag: string; readonly left: StoreError }
  expect(given._tag).toBe('Left')
  return given.left
}

const messageOf = ({ cause }: StoreError): string => (cause as Error).message

/** The commands that the server ran while `work` ran, and how often, those within scripts included. */
const commandsOf = async (work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> => {
  await client.sendCommand(['CONFIG', 'RESETSTAT'])
  await work()
  const lines = (await client.info('commandstats')).matchAll(/cmdstat_([\w|]+):calls=(\d+)/g)
  const {
    'config|resetstat': _,
    info: __,
    ...rest
  } = Object.fromEntries([...lines].map(([, name, n]) => [name!, Number(n)]))
  return rest
}

describe('what a verb costs the server', () => {
  it('one script or command each; a touch and a lease rewrite no data', async () => {
    const id = newId()
    const live = record(Date.now())
    const next = successor(live)
    // Every script is known to the server before it is counted.
    await answer(store.create(newId(), live))
    await answer(store.touch(newId(), 0, 0, 0))
    await answer(store.update(newId(), '', live))
    await answer(store.end(newId(), '', 0))
    await answer(store.acquire(newId(), { wait: 0, lease: 1 }))
    await answer(store.release(newId(), 1))
    const create = await commandsOf(() => answer(store.create(id, live)))
    expect(create).toEqual({ evalsha: 1, get: 1, set: 1, pexpireat: 1 })
    expect(await commandsOf(() => answer(store.load(id)))).toEqual({ get: 1 })
    const touch = await commandsOf(() => answer(store.touch(id, 0, live.touchedAt + 1, live.expiresAt + 1)))
    expect(touch).toEqual({ evalsha: 1, getrange: 1, setrange: 1, pexpireat: 1 })
    const update = await commandsOf(() => answer(store.update(id, live.revision, next)))
    expect(update).toEqual({ evalsha: 1, get: 1, set: 1, pexpireat: 1 })
    const acquire = await commandsOf(() => answer(store.acquire(id, { wait: 0, lease: MINUTE })))
    expect(acquire).toEqual({ evalsha: 1, getrange: 1, time: 1, setrange: 2 })
    const fence = 1
    const release = await commandsOf(() => answer(store.release(id, fence)))
    expect(release).toEqual({ evalsha: 1, getrange: 1, time: 1, setrange: 1 })
    const end = await commandsOf(() => answer(store.end(id, next.revision, Date.now() + HOUR)))
    expect(end).toEqual({ evalsha: 1, get: 1, set: 1, pexpireat: 1 })
  })
})

describe('what goes by itself', () => {
  const expiry = (id: string): Promise<number> => client.pExpireTime(`coatcheck:session:${id}`)

  it('a record two minutes after it expires, whatever moves that', async () => {
    const id = newId()
    const live = record(Date.now())
    await answer(store.create(id, live))
    expect(await expiry(id)).toBe(live.expiresAt + 2 * MINUTE)
    await answer(store.touch(id, 0, live.touchedAt, live.expiresAt + HOUR))
    expect(await expiry(id)).toBe(live.expiresAt + HOUR + 2 * MINUTE)
    await answer(store.update(id, live.revision, successor(live, { expiresAt: live.expiresAt - MINUTE })))
    expect(await expiry(id)).toBe(live.expiresAt + MINUTE)
  })

  it('a record that expired long ago, at once', async () => {
    const id = newId()
    await answer(store.create(id, record(Date.now(), { expiresAt: Date.now() - HOUR })))
    expect((await answer(store.load(id)))._tag).toBe('None')
  })

  it('a tombstone at its time', async () => {
    const id = newId()
    const live = record(Date.now())
    const until = Date.now() + 3 * HOUR
    await answer(store.create(id, live))
    await answer(store.end(id, live.revision, until))
    expect(await expiry(id)).toBe(until)
  })

  it("a subject's epoch after an hour or more", async () => {
    const subject = newSubject()
    await answer(store.raiseEpoch(subject, Date.now()))
    expect(await client.pTTL(`coatcheck:epoch:${subject}`)).toBeGreaterThan(HOUR)
    await answer(store.readEpoch(subject))
  })

  it('no key stays for ever', async () => {
    await answer(store.create(newId(), recordOf(Date.now(), newSubject())))
    for (const key of await client.keys('*')) expect(await client.pTTL(key), key).toBeGreaterThan(0)
  })
})

describe('a server that forgets its scripts', () => {
  it('is sent them again, in the middle of traffic', async () => {
    const id = newId()
    await answer(store.create(id, record(Date.now(), { data: 0 })))
    let flushing = true
    const flush = async (): Promise<void> => {
      while (flushing) await io.script('FLUSH')
    }
    const add = async (): Promise<void> => {
      for (;;) {
        const found = await answer(store.load(id))
        if (found._tag === 'None' || found.value._tag === 'Ended') throw new Error('the record is gone')
        const next = successor(found.value, { data: (found.value.data as number) + 1 })
        if ((await answer(store.update(id, found.value.revision, next)))._tag === 'Updated') return
      }
    }
    const flushes = flush()
    await Promise.all(Array.from({ length: 30 }, add))
    flushing = false
    await flushes
    expect(await answer(store.load(id))).toMatchObject({ value: { data: 30 } })
  })
})

const SECRET = 'what nobody may read in a log'

describe('a key that holds something else', () => {
  const verbs = (id: ReturnType<typeof newId>): ReadonlyArray<() => Promise<unknown>> => {
    const live = recordOf(Date.now(), newSubject(), { data: SECRET })
    return [
      store.load(id),
      store.create(id, live),
      store.update(id, live.revision, successor(live)),
      store.touch(id, 0, 0, 0),
      store.end(id, live.revision, 0),
      store.endOne('somebody', id, 0),
      store.acquire(id, { wait: 0, lease: 1 }),
      store.renew(id, 1, 1),
      store.release(id, 1),
    ]
  }

  it.each([
    ['a list', (key: string) => client.rPush(key, 'x')],
    ['a hash', (key: string) => client.hSet(key, 'views', '1')],
    ['garbage', (key: string) => client.set(key, 'garbage')],
    ['the session of another library', (key: string) => client.set(key, JSON.stringify({ cookie: {}, word: SECRET }))],
    ['half a record', (key: string) => client.set(key, '[               0,               0,{"_tag":"Live"')],
  ])('is %s: every verb says which key and what to do, and is sure to have changed nothing', async (_, put) => {
    const id = newId()
    const key = `coatcheck:session:${id}`
    await put(key)
    const before = await client.dump(key)
    for (const verb of verbs(id)) {
      const error = await left(verb)
      expect(messageOf(error)).toContain(`The key "${key}" holds what this store did not write. Remove it`)
      expect(error.unchanged).toBe(true)
      expect(inspect(error, { depth: 9 })).not.toContain(SECRET)
    }
    expect(await client.dump(key)).toEqual(before)
    const other = newId()
    expect((await answer(store.create(other, record(Date.now()))))._tag).toBe('Created')
  })
})

describe('errors', () => {
  it('have no data in them, whatever the client library puts there', async () => {
    const live = record(Date.now(), { data: SECRET, revision: SECRET })
    await client.configSet('min-replicas-to-write', '1')
    for (const one of [client, io]) {
      const error = await left(redisStore({ client: one }).create(newId(), live))
      expect(messageOf(error)).toContain('NOREPLICAS')
      // Another attempt, made by the client itself, may have been applied.
      expect(error.unchanged).toBeUndefined()
      expect(inspect(error, { depth: 9 })).not.toContain(SECRET)
    }
    await client.configSet('min-replicas-to-write', '0')
  })

  it('name a client that nobody connected', async () => {
    const unconnected = redisStore({ client: createClient({ url: server.url }) })
    expect(messageOf(await left(unconnected.load(newId())))).toMatch(/await client\.connect\(\)/)
  })

  it('name a missing password and a missing permission', async () => {
    await client.sendCommand(['ACL', 'SETUSER', 'limited', 'on', '>word', '~*', '+get', '+hello', '+client'])
    const limited = createClient({ url: server.url.replace('//', '//limited:word@') })
    await limited.connect()
    const live = record(Date.now())
    const refusal = await left(redisStore({ client: limited }).create(newId(), live))
    expect([messageOf(refusal), refusal.unchanged]).toEqual([
      expect.stringMatching(/lacks a permission.*evalsha/),
      true,
    ])
    limited.destroy()
    await client.configSet('requirepass', 'word')
    const stranger = new Redis(server.url, { retryStrategy: () => null })
    stranger.on('error', () => undefined)
    const unknown = await left(redisStore({ client: stranger }).create(newId(), live))
    expect([messageOf(unknown), unknown.unchanged]).toEqual([expect.stringMatching(/user name and password/), true])
    stranger.disconnect()
    await client.configSet('requirepass', '')
  })

  it('are not certain where a client may have sent the command before', () => {
    const fault = faults('p:')
    for (const said of [
      "READONLY You can't write against a read only replica.",
      'LOADING Redis is loading the dataset in memory',
      'CLUSTERDOWN The cluster is down',
      'MOVED 1 127.0.0.1:1',
      "OOM command not allowed when used memory > 'maxmemory'.",
      'MASTERDOWN Link with MASTER is down',
      'Connection is closed.',
      'Socket closed unexpectedly',
    ])
      expect(fault('update', new Error(said)).unchanged).toBeUndefined()
  })

  it('do not quote the arguments that a server without scripts quotes', () => {
    const quoted = new Error(`ERR unknown command 'evalsha', with args beginning with: '${SECRET}'`)
    expect(inspect(faults('p:')('update', quoted))).not.toContain(SECRET)
  })
})

describe('a user with the permissions that the page names', () => {
  const page = readFileSync(new URL('../../../docs/stores/redis.md', import.meta.url), 'utf8')
  const permissions = /\*\*Permissions\.\*\*.*?`(\+get[^`]*)`/s.exec(page)![1]!.split(/\s+/)

  it('can do everything', { timeout: 120_000 }, async () => {
    await client.sendCommand(['ACL', 'SETUSER', 'app', 'on', '>word', '~coatcheck:*', ...permissions, '+info'])
    const url = server.url.replace('//', '//app:word@')
    const [limited, other] = [createClient({ url }), new Redis(url)]
    try {
      await limited.connect()
      for (const one of [limited, other]) {
        await client.scriptFlush()
        const own = redisStore({ client: one })
        const cases = storeContract('limited', () => own, { guarantee: 'cas', directory: true, locking: true })
        // One after the other: leases of 80 ms are among them.
        for (const { run } of cases) await run()
        await answer(own.health)
        await answer(own.migrate)
      }
    } finally {
      limited.destroy()
      other.disconnect()
    }
  })
})

describe('migrate and health', () => {
  it('are Right on a server as it should be', async () => {
    await answer(store.migrate)
    await answer(store.health)
    await answer(redisStore({ client: io }).health)
    await answer(store.close)
    expect(await client.ping()).toBe('PONG')
  })

  it('migrate names a policy that evicts sessions, where there is a limit', async () => {
    await client.configSet({ maxmemory: '100mb', 'maxmemory-policy': 'volatile-lru' })
    expect(messageOf(await left(store.migrate))).toMatch(/maxmemory-policy is volatile-lru.*noeviction/)
    await client.configSet('maxmemory-policy', 'noeviction')
    await answer(store.migrate)
    await client.configSet({ maxmemory: '0', 'maxmemory-policy': 'volatile-lru' })
    await answer(store.migrate)
    await client.configSet('maxmemory-policy', 'noeviction')
  })

  it('health sees a server that takes no write', async () => {
    await client.configSet('min-replicas-to-write', '1')
    expect(messageOf(await left(store.health))).toContain('NOREPLICAS')
    await client.configSet('min-replicas-to-write', '0')
  })

  it('a client that can not connect is told within seconds', async () => {
    vi.useFakeTimers()
    try {
      const silence: Promise<never> = new Promise(() => undefined)
      const silent = { get: () => silence, run: () => silence }
      for (const ask of ['health', 'migrate'] as const) {
        const asking = left(managed(silent, faults('p:'), 'p:health')[ask])
        await vi.advanceTimersByTimeAsync(5_000)
        expect(messageOf(await asking)).toMatch(/did not answer within 5 s.*address/)
      }
    } finally {
      vi.useRealTimers()
    }
  })
})

const nothing = (): null => null

describe('options', () => {
  it.each([
    [{ client: undefined }, /Option "client"/],
    [{ client: {} }, /Option "client".*must be a client/],
    [{ client: { get: nothing, evalsha: 1, eval: 1 } }, /Option "client"/],
    [{ client: { get: nothing, evalSha: nothing } }, /Option "client"/],
    [{ prefix: '' }, /Option "prefix"/],
    [{ prefix: 7 }, /Option "prefix"/],
  ])('%o is Misconfigured', (wrong, message) => {
    expect(() => redisStore({ client, ...wrong } as unknown as RedisStoreOptions)).toThrow(message)
  })

  it('prefix keeps two stores apart', async () => {
    const id = newId()
    const live = recordOf(Date.now(), 'somebody')
    await answer(redisStore({ client, prefix: 'one:' }).create(id, live))
    const other = redisStore({ client, prefix: 'two:' })
    expect((await answer(other.load(id)))._tag).toBe('None')
    expect(await answer(other.list('somebody'))).toEqual([])
  })
})
