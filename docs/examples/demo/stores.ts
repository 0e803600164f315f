/** Where the demo keeps its sessions: `npm run demo -- --store NAME`. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { startSweeper } from 'coatcheck'
import type { Directory, Managed, Store, Sweeping } from 'coatcheck/Store'
import { fileStore } from 'coatcheck/stores/file'
import { memoryStore } from 'coatcheck/stores/memory'
import { postgresStore } from 'coatcheck/stores/postgres'
import { redisStore } from 'coatcheck/stores/redis'
import pg from 'pg'
import { createClient } from 'redis'

export type DemoStore = Store<'cas'> & Directory

/** A store that is ready, and how to let go of it. */
export interface Opened {
  readonly store: DemoStore
  /** Where the sessions are, for people. */
  readonly where: string
  readonly close: () => Promise<unknown>
}

/** Prepares the storage, and says what is wrong with it before the first visitor finds out. */
const prepared = async (store: Managed): Promise<void> => {
  const migrated = await store.migrate()
  if (migrated._tag === 'Left') throw migrated.left.cause
}

/** Removes what is dead, once a minute, until the result is called. */
const swept = (store: Sweeping): (() => void) => startSweeper(store, { every: 60_000, batch: 1_000 })()

const file = async (folder: string): Promise<Opened> => {
  const directory = join(folder, 'file')
  const store = fileStore({ directory })
  await prepared(store)
  const stop = swept(store)
  return {
    store,
    where: directory,
    close: async () => {
      stop()
      await store.close()
    },
  }
}

const pglite = async (folder: string): Promise<Opened> => {
  const directory = join(folder, 'pglite')
  const database = await PGlite.create(directory)
  const store = postgresStore({ pool: database })
  await prepared(store)
  const stop = swept(store)
  return {
    store,
    where: directory,
    close: async () => {
      stop()
      await store.close()
      await database.close()
    },
  }
}

const urlIn = (name: string, example: string): string => {
  const url = process.env[name]
  if (url === undefined) throw new Error(`Say where the server is: ${name}=${example} npm run demo -- --store …`)
  return url
}

const postgres = async (): Promise<Opened> => {
  const url = urlIn('DATABASE_URL', 'postgres://user:password@localhost/database')
  const pool = new pg.Pool({ connectionString: url })
  pool.on('error', ({ message }) => {
    console.error(`  PostgreSQL: ${message}`)
  })
  const store = postgresStore({ pool })
  await prepared(store)
  const stop = swept(store)
  return {
    store,
    where: `PostgreSQL at ${new URL(url).host}`,
    close: async () => {
      stop()
      await store.close()
      await pool.end()
    },
  }
}

const redis = async (): Promise<Opened> => {
  const url = urlIn('REDIS_URL', 'redis://localhost')
  const client = createClient({ url })
  client.on('error', (error: Error) => {
    console.error(`  Redis: ${error.message}`)
  })
  await client.connect()
  const store = redisStore({ client })
  await prepared(store)
  return { store, where: `Redis at ${new URL(url).host}`, close: () => client.close() }
}

const stores: Readonly<Record<string, (folder: string) => Promise<Opened>>> = {
  memory: () => Promise.resolve({ store: memoryStore(), where: 'this process', close: () => Promise.resolve() }),
  file,
  pglite,
  postgres,
  redis,
}

/** Opens the store of that name; `folder` is where file and pglite put theirs. Throws a sentence for who typed the name. */
export const openStore = async (name: string, folder: string): Promise<Opened> => {
  const open = stores[name]
  if (open === undefined) throw new Error(`--store ${name}: there is ${Object.keys(stores).join(', ')}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return open(folder)
}
