/**
 * The stores that live behind a network, each with a server of its own that a test may kill, behind a proxy whose weather
 * the test makes.
 */
import { Redis } from 'ioredis'
import pg from 'pg'
import { createClient } from 'redis'
import type { Directory, Locking, Managed, Store } from '../../src/effects/Store.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { startPostgres } from '../servers/postgres.ts'
import { type Proxy, startProxy } from '../servers/proxy.ts'
import { startRedis } from '../servers/redis.ts'

export type RemoteStore = Store<'cas'> & Directory & Locking & Managed

export interface Remote {
  /** The store as the application has it: through the proxy. */
  readonly store: RemoteStore
  /** The same records, past the proxy: what is really there. */
  readonly direct: RemoteStore
  readonly proxy: Proxy
  /** Ends the server as a power failure would. */
  readonly kill: () => Promise<void>
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** How long a client may try to connect. Not a time that a test waits for: each ends when it is answered. ms */
const CONNECTING = 1_000

const postgres = async (): Promise<Remote> => {
  const server = await startPostgres()
  const proxy = await startProxy(() => server.port)
  const pool = (port: number): pg.Pool => {
    const made = new pg.Pool({
      connectionString: `postgres://postgres@127.0.0.1:${port}/postgres`,
      connectionTimeoutMillis: CONNECTING,
    })
    made.on('error', () => undefined)
    return made
  }
  const [through, past] = [pool(proxy.port), pool(server.port)]
  const direct = postgresStore({ pool: past })
  await direct.migrate()
  return {
    store: postgresStore({ pool: through }),
    direct,
    proxy,
    kill: () => server.kill(),
    restart: server.restart,
    stop: async () => {
      await proxy.stop()
      await Promise.all([through.end(), past.end()])
      await server.stop()
    },
  }
}

const nodeRedis = async (): Promise<Remote> => {
  const server = await startRedis({ durable: true })
  const proxy = await startProxy(() => server.port)
  const client = async (port: number) => {
    const made = createClient({
      url: `redis://127.0.0.1:${port}`,
      socket: { connectTimeout: CONNECTING, reconnectStrategy: 20 },
    })
    made.on('error', () => undefined)
    await made.connect()
    return made
  }
  const [through, past] = [await client(proxy.port), await client(server.port)]
  return {
    store: redisStore({ client: through }),
    direct: redisStore({ client: past }),
    proxy,
    kill: () => server.kill(),
    restart: server.restart,
    stop: async () => {
      through.destroy()
      past.destroy()
      await proxy.stop()
      await server.stop()
    },
  }
}

const ioRedis = async (): Promise<Remote> => {
  const server = await startRedis({ durable: true })
  const proxy = await startProxy(() => server.port)
  const client = (port: number): Redis => {
    const made = new Redis({ port, host: '127.0.0.1', connectTimeout: CONNECTING, retryStrategy: () => 20 })
    made.on('error', () => undefined)
    return made
  }
  const [through, past] = [client(proxy.port), client(server.port)]
  return {
    store: redisStore({ client: through }),
    direct: redisStore({ client: past }),
    proxy,
    kill: () => server.kill(),
    restart: server.restart,
    stop: async () => {
      through.disconnect()
      past.disconnect()
      await proxy.stop()
      await server.stop()
    },
  }
}

/** By the name that a report shows. */
export const remotes: Readonly<Record<string, () => Promise<Remote>>> = {
  'PostgreSQL through pg': postgres,
  'Redis through node-redis': nodeRedis,
  'Redis through ioredis': ioRedis,
}
