import pg from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { postgresStore, type PostgresStore } from '../../src/stores/postgres.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { freshDatabase } from '../servers/shared.ts'

const capabilities = { guarantee: 'cas', sweeping: true, directory: true, locking: true } as const

describe.each([18, 15] as const)('the store contract, on PostgreSQL %i', (major) => {
  let pool: pg.Pool
  let store: PostgresStore
  beforeAll(async () => {
    pool = new pg.Pool({ connectionString: await freshDatabase(major) })
    pool.on('error', () => undefined)
    store = postgresStore({ pool })
    const migrated = await store.migrate()
    if (migrated._tag === 'Left') throw migrated.left.cause
  })
  afterAll(() => pool.end())

  for (const { name, run } of storeContract('postgres', () => store, capabilities)) it(name, run)
})
