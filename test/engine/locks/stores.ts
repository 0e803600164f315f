/** The stores that give leases, by name, so that a process that is told a name and a place can open the same one. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLeft } from '#fp-ts/Either'
import pg from 'pg'
import { createClient } from 'redis'
import type { Directory, Locking, Store } from '../../../src/effects/Store.ts'
import { fileStore } from '../../../src/stores/file.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { postgresStore } from '../../../src/stores/postgres.ts'
import { redisStore } from '../../../src/stores/redis.ts'

export interface Opened {
  readonly store: Store<'cas'> & Directory & Locking
  readonly close: () => Promise<unknown>
}

/** Where sessions are: a connection string, a directory. */
export interface Place {
  readonly name: string
  readonly remove: () => Promise<unknown>
}

interface Kind {
  readonly place: () => Promise<Place>
  readonly open: (place: string) => Promise<Opened>
  /** Whether several processes see the same sessions. */
  readonly shared: boolean
}

const nothing = (): Promise<void> => Promise.resolve()

const memories = new Map<string, ReturnType<typeof memoryStore>>()

export const kinds = {
  memory: {
    shared: false,
    place: () => Promise.resolve({ name: String(memories.size), remove: nothing }),
    open: (place) => {
      const store = memories.get(place) ?? memoryStore()
      memories.set(place, store)
      return Promise.resolve({ store, close: nothing })
    },
  },
  file: {
    shared: true,
    place: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'coatcheck-locks-'))
      return { name: join(directory, 'sessions'), remove: () => rm(directory, { recursive: true, force: true }) }
    },
    open: (place) => {
      const store = fileStore({ directory: place, sync: 'never' })
      return Promise.resolve({ store, close: () => store.close() })
    },
  },
  postgres: {
    shared: true,
    place: async () => {
      const { freshDatabase } = await import('../../servers/shared.ts')
      return { name: await freshDatabase(), remove: nothing }
    },
    open: async (place) => {
      const pool = new pg.Pool({ connectionString: place })
      pool.on('error', () => undefined)
      const store = postgresStore({ pool })
      const migrated = await store.migrate()
      if (isLeft(migrated)) throw migrated.left.cause
      return { store, close: () => store.close().then(() => pool.end()) }
    },
  },
  redis: {
    shared: true,
    place: async () => {
      const { redisUrl } = await import('../../servers/shared.ts')
      return { name: `${await redisUrl()} locks:${String(process.pid)}:${String(Math.random())}:`, remove: nothing }
    },
    open: async (place) => {
      const [url, prefix] = place.split(' ') as [string, string]
      const client = createClient({ url })
      client.on('error', () => undefined)
      await client.connect()
      return { store: redisStore({ client, prefix }), close: () => client.close() }
    },
  },
} satisfies Readonly<Record<string, Kind>>

export type KindName = keyof typeof kinds

export const kindOf = (name: KindName): Kind => kinds[name]
