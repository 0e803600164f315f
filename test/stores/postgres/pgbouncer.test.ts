/** Behind a real PgBouncer in transaction mode: each statement may run on another connection of the server. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore, type PostgresStore } from '../../../src/stores/postgres.ts'
import { MINUTE, newId, record } from '../../../src/testing/contract/bench.ts'
import { storeContract } from '../../../src/testing/storeContract.ts'
import { type PgBouncer, startPgBouncer } from '../../servers/pgbouncer.ts'
import { freshDatabase } from '../../servers/shared.ts'
import { fault, must } from './world.ts'

let bouncer: PgBouncer
let direct: string
let pool: pg.Pool
let store: PostgresStore

beforeAll(async () => {
  direct = await freshDatabase()
  bouncer = await startPgBouncer(direct)
  pool = new pg.Pool({ connectionString: bouncer.url, max: 20 })
  pool.on('error', () => undefined)
  store = postgresStore({ pool, prepare: false, listen: () => new pg.Client({ connectionString: direct }) })
}, 120_000)
afterAll(async () => {
  await store.close()
  await pool.end()
  await bouncer.stop()
})

describe('behind PgBouncer', () => {
  it('twenty processes migrate at once', async () => {
    for (const answer of await Promise.all(Array.from({ length: 20 }, () => store.migrate()))) must(answer)
  })

  describe('with prepare: false', () => {
    const capabilities = { guarantee: 'cas', sweeping: true, directory: true, locking: true } as const
    for (const { name, run } of storeContract('pgbouncer', () => store, capabilities)) it(name, run)
  })

  it('with names it fails, and the error says what to set', async () => {
    // Each client prepares its statement on whichever connection it gets; another client's has the same name.
    const named = postgresStore({ pool })
    const answers = await Promise.all(Array.from({ length: 60 }, () => named.touch(newId(), 0, 0, 0)()))
    const failed = answers.filter(({ _tag }) => _tag === 'Left').map((answer) => fault(answer))
    expect(failed.length).toBeGreaterThan(0)
    for (const { cause, unchanged } of failed) {
      expect(cause.message).toMatch(/set prepare: false \((26000|42P05)/)
      expect(unchanged).toBe(true)
    }
  })

  it('a waiter is woken by a connection that listens beside it', async () => {
    const id = newId()
    must(await store.create(id, record(Date.now()))())
    const other = postgresStore({ pool, prepare: false, listen: () => new pg.Client({ connectionString: direct }) })
    const lease = must(await other.acquire(id, { wait: 0, lease: MINUTE })()) as { readonly fence: number }
    const waiting = store.acquire(id, { wait: MINUTE, lease: MINUTE })()
    must(await other.release(id, lease.fence)())
    expect(must(await waiting)._tag).toBe('Acquired')
  })
})
