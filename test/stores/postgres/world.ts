/** Real databases for the tests of the PostgreSQL store, and what is seen of them from beside it. */
import pg from 'pg'
import type { Either } from '#fp-ts/Either'
import type { StoreError } from '../../../src/effects/Store.ts'
import {
  type PostgresClient,
  postgresStore,
  type PostgresStore,
  type PostgresStoreOptions,
} from '../../../src/stores/postgres.ts'
import { freshDatabase } from '../../servers/shared.ts'
import type { Major } from '../../servers/postgres.ts'

/** What was sent, in order: a statement's text and name. */
export interface Sent {
  readonly text: string
  readonly name: string | undefined
}

/** A client that tells what goes through it. */
export const watched = (client: PostgresClient): { readonly pool: PostgresClient; readonly sent: Array<Sent> } => {
  const sent: Array<Sent> = []
  const query = (config: unknown, values?: Array<unknown>): Promise<{ readonly rows: ReadonlyArray<unknown> }> => {
    const { text, name } = typeof config === 'string' ? { text: config, name: undefined } : (config as Sent)
    sent.push({ text, name })
    return client.query(config as string, values)
  }
  return { pool: { query }, sent }
}

/** The value of an effect that must succeed. */
export const must = <A>(answer: Either<StoreError, A>): A => {
  if (answer._tag === 'Left') throw answer.left.cause
  return answer.right
}

/** The error of an effect that must fail. */
export const fault = (answer: Either<StoreError, unknown>): StoreError & { readonly cause: Error } => {
  if (answer._tag === 'Right') throw new Error(`succeeded: ${JSON.stringify(answer.right)}`)
  return answer.left as StoreError & { readonly cause: Error }
}

export interface World {
  readonly url: string
  readonly pool: pg.Pool
  readonly store: PostgresStore
  /** Every statement of the store. */
  readonly sent: Array<Sent>
  /** A connection of its own, closed with the world. */
  readonly connection: (url?: string) => Promise<pg.Client>
  readonly rows: (text: string, values?: Array<unknown>) => Promise<ReadonlyArray<Record<string, unknown>>>
  readonly close: () => Promise<void>
}

/** A migrated store in a database of its own, or in the given one. */
export const world = async (
  options: Partial<PostgresStoreOptions> & { readonly major?: Major; readonly url?: string } = {},
): Promise<World> => {
  const { major = 18, url = await freshDatabase(major), ...rest } = options
  const pool = new pg.Pool({ connectionString: url })
  pool.on('error', () => undefined)
  const { pool: client, sent } = watched(pool)
  const store = postgresStore({ pool: client, ...rest })
  const open: Array<pg.Client> = []
  must(await store.migrate())
  sent.length = 0
  return {
    url,
    pool,
    store,
    sent,
    connection: async (to = url) => {
      const own = new pg.Client({ connectionString: to })
      own.on('error', () => undefined)
      open.push(own)
      await own.connect()
      return own
    },
    rows: async (text, values) => (await pool.query<Record<string, unknown>>(text, values)).rows,
    close: async () => {
      await store.close()
      await Promise.all(open.map((client) => client.end().catch(() => undefined)))
      await pool.end()
    },
  }
}

/** Polls until the condition holds. */
export const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
  const deadline = Date.now() + 20_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Resolves when that many statements of the database wait for a lock. */
export const blocked = ({ rows }: World, count = 1): Promise<void> =>
  until(`${count} statements wait for a lock`, async () => {
    const [row] = await rows(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return row!['n'] === count
  })

/** A role without any rights: roles are the whole server's, so its name is its database's. */
export const role = async ({
  url,
  rows,
}: World): Promise<{ readonly name: string; readonly url: string; readonly drop: () => Promise<void> }> => {
  const as = new URL(url)
  const name = `role_of_${as.pathname.slice(1)}`
  await rows(`create role ${name} login`)
  as.username = name
  return {
    name,
    url: as.href,
    drop: async () => {
      await rows(`drop owned by ${name}`)
      await rows(`drop role ${name}`)
    },
  }
}
