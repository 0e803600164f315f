/** The database of one run: a server of its own that the run may restart, and the store as a process opens it. */
import { isLeft } from '#fp-ts/Either'
import { startSweeper } from 'coatcheck'
import type { Directory, Locking, Store, Sweeping } from 'coatcheck/Store'
import { postgresStore } from 'coatcheck/stores/postgres'
import { redisStore } from 'coatcheck/stores/redis'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createClient } from 'redis'
import { startPostgres } from '../servers/postgres.ts'
import { command, startRedis } from '../servers/redis.ts'
import type { Place, StoreName } from './wire.ts'

export type SoakStore = Store<'cas'> & Directory & Locking & Partial<Sweeping>

/** A store as one process has it. */
export interface Opened {
  readonly store: SoakStore
  readonly connections: () => number
  readonly close: () => Promise<void>
}

/** The longest that a client tries to connect, ms. */
const CONNECTING = 2_000

const nothing = (): void => undefined

const openPostgres = async (url: string, migrates: boolean): Promise<Opened> => {
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: CONNECTING,
    // So that connections are given back while somebody still looks.
    idleTimeoutMillis: 1_000,
  })
  pool.on('error', nothing)
  let ears = 0
  const store = postgresStore({
    pool,
    listen: () => {
      const ear = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECTING })
      ears += 1
      ear.once('end', () => {
        ears -= 1
      })
      return ear
    },
  })
  if (migrates) {
    const migrated = await store.migrate()
    if (isLeft(migrated)) throw migrated.left.cause
  }
  return {
    store,
    connections: () => pool.totalCount + ears,
    close: async () => {
      await store.close()
      await pool.end()
    },
  }
}

const openNodeRedis = async (url: string): Promise<Opened> => {
  const client = createClient({ url, socket: { connectTimeout: CONNECTING, reconnectStrategy: 50 } })
  client.on('error', nothing)
  await client.connect()
  return {
    store: redisStore({ client }),
    connections: () => (client.isReady ? 1 : 0),
    close: () => Promise.resolve(client.destroy()),
  }
}

const openIoRedis = async (url: string): Promise<Opened> => {
  const client = new Redis(url, { connectTimeout: CONNECTING, retryStrategy: () => 50 })
  client.on('error', nothing)
  await client.ping()
  return {
    store: redisStore({ client }),
    connections: () => (client.status === 'ready' ? 1 : 0),
    close: () => Promise.resolve(client.disconnect()),
  }
}

/** Opens the store for the process with this index; -1 is the one that watches, and makes the tables. */
export const openStore = ({ store, url }: Place, index: number): Promise<Opened> => {
  if (store === 'postgres') return openPostgres(url, index < 0)
  return index % 2 === 0 ? openNodeRedis(url) : openIoRedis(url)
}

/** Starts a sweeper where the store needs one. */
export const sweeping = (store: SoakStore, swept: (removed: number) => void): void => {
  const { sweep } = store
  if (sweep === undefined) return
  startSweeper(
    { sweep },
    { every: 2_000, batch: 100, observer: (event) => event._tag === 'swept' && swept(event.removed) },
  )()
}

/** The server that a run may restart. */
export interface Backend {
  readonly place: Place
  /** What is configured so that what it acknowledged survives its death. */
  readonly durability: string
  /** Away it goes: as an administrator stops it, or as kill -9 does. */
  readonly down: (how: 'graceful' | 'kill') => Promise<void>
  readonly up: () => Promise<void>
  /** How many clients are connected, the asker not counted. */
  readonly clients: () => Promise<number>
  readonly stop: () => Promise<void>
}

const count = async (url: string): Promise<number> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', nothing)
  await client.connect()
  try {
    const { rows } = await client.query<{ readonly count: string }>(
      `select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    )
    return Number(rows[0]!.count)
  } finally {
    await client.end()
  }
}

const postgres = async (): Promise<Backend> => {
  const server = await startPostgres()
  return {
    place: { store: 'postgres', url: server.url },
    durability:
      'synchronous_commit on, fsync off: a write-ahead log that the system has survives the server’s kill -9, not a power cut',
    // INT: a fast shutdown, which does not wait for the pools' connections.
    down: (how) => server.kill(how === 'graceful' ? 'INT' : 'KILL'),
    up: server.restart,
    clients: () => count(server.url),
    stop: server.stop,
  }
}

const redis = async (): Promise<Backend> => {
  const server = await startRedis({ durable: true })
  return {
    place: { store: 'redis', url: server.url },
    durability: 'appendonly yes, appendfsync always: written to disk before it is acknowledged',
    down: (how) => server.kill(how === 'graceful' ? 'TERM' : 'KILL'),
    up: server.restart,
    clients: async () => {
      const list = String(await command(server.port, 'CLIENT', 'LIST'))
      return list.split('\n').filter((line) => line.startsWith('id=')).length - 1
    },
    stop: server.stop,
  }
}

const starts: Readonly<Record<StoreName, () => Promise<Backend>>> = { postgres, redis }

export const startBackend = (store: StoreName): Promise<Backend> => starts[store]()
