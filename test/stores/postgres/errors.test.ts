import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres.ts'
import { newId, record, recordOf } from '../../../src/testing/contract/bench.ts'
import { freePort } from '../../servers/keep.ts'
import { blocked, fault, must, role, world, type World } from './world.ts'

let made: World
beforeAll(async () => {
  made = await world()
})
afterAll(() => made.close())

const at = (change: (url: URL) => void): string => {
  const url = new URL(made.url)
  change(url)
  return url.href
}

/** What a store over this connection string says to a read and to a write. */
const told = async (connectionString: string, more: pg.PoolConfig = {}) => {
  const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 5_000, ...more })
  pool.on('error', () => undefined)
  const store = postgresStore({ pool })
  const read = fault(await store.load(newId())())
  const write = fault(await store.create(newId(), record(0))())
  await pool.end()
  expect(write.cause.message).toBe(read.cause.message)
  return write
}

describe('what can not be reached', () => {
  it('a port where nobody listens: refused, so nothing was changed', async () => {
    const port = await freePort()
    const { cause, unchanged } = await told(at((url) => (url.port = String(port))))
    expect(cause.message).toContain(`PostgreSQL can not be reached (connect ECONNREFUSED 127.0.0.1:${port})`)
    expect(cause).toMatchObject({ code: 'ECONNREFUSED' })
    expect(unchanged).toBe(true)
  })

  it('a connection string that is no URL: says how one looks, and not what was given', async () => {
    const { cause, unchanged } = await told('postgres://user:pass/word@host:5432/database')
    expect(cause.message).toMatch(/not a URL: postgres:\/\/user:password@host:port\/database, .* percent-encoded/)
    expect(inspect(cause, { depth: 9, showHidden: true })).not.toContain('pass/word')
    expect(unchanged).toBe(true)
  })

  it('a database that does not exist: refused', async () => {
    const { cause, unchanged } = await told(at((url) => (url.pathname = '/nothing')))
    expect(cause.message).toMatch(/^The database does not exist: create it.*3D000/)
    expect(unchanged).toBe(true)
  })

  it('a user that does not exist: refused', async () => {
    const { cause, unchanged } = await told(at((url) => (url.username = 'nobody')))
    expect(cause.message).toMatch(/^PostgreSQL refused the login.*28000/)
    expect(unchanged).toBe(true)
  })

  it('a pool that is used up: refused', async () => {
    const pool = new pg.Pool({ connectionString: made.url, max: 1, connectionTimeoutMillis: 50 })
    const held = await pool.connect()
    const { cause, unchanged } = fault(await postgresStore({ pool }).create(newId(), record(0))())
    held.release()
    await pool.end()
    expect(cause.message).toBe('PostgreSQL can not be reached (timeout exceeded when trying to connect)')
    expect(unchanged).toBe(true)
    const ended = fault(await postgresStore({ pool }).create(newId(), record(0))())
    expect(ended.cause.message).toContain('Cannot use a pool after calling end')
    expect(ended.unchanged).toBe(true)
  })

  it('a server that hangs up in the middle: the effect is unknown', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      // It lets everybody in (R: no password; Z: ready), and hangs up on the first statement.
      socket.once('data', () => {
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]))
        socket.once('data', () => socket.destroy())
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { cause, unchanged } = await told(`postgres://u@127.0.0.1:${port}/d`)
    expect(cause.message).toBe('Connection terminated unexpectedly')
    expect(unchanged).toBeUndefined()
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('what PostgreSQL refuses', () => {
  it('a role without rights: names what it needs', async () => {
    const stranger = await role(made)
    const { cause, unchanged } = await told(stranger.url).finally(stranger.drop)
    expect(cause.message).toMatch(/^This role may not do that: it needs select, insert.* on "sessions"/)
    expect(unchanged).toBe(true)
  })

  it('a statement that takes too long is rolled back: nothing was changed', async () => {
    const id = newId()
    must(await made.store.create(id, record(0))())
    const other = await made.connection()
    await other.query('begin')
    await other.query('select from sessions where id = $1 for update', [id])
    const pool = new pg.Pool({ connectionString: made.url, statement_timeout: 50 })
    const { cause, unchanged } = fault(await postgresStore({ pool }).touch(id, 0, 1, 1)())
    await pool.end()
    await other.query('rollback')
    expect(cause.message).toMatch(/^The statement was cancelled: look at statement_timeout/)
    expect(unchanged).toBe(true)
  })

  it('another isolation level, when it matters: says which is needed', async () => {
    const id = newId()
    must(await made.store.create(id, record(0))())
    const pool = new pg.Pool({ connectionString: made.url, options: '-c default_transaction_isolation=serializable' })
    const other = await made.connection()
    await other.query('begin')
    await other.query('update sessions set fence = fence where id = $1', [id])
    const touching = postgresStore({ pool }).touch(id, 0, 1, 1)()
    await blocked(made)
    await other.query('commit')
    const { cause, unchanged } = fault(await touching)
    await pool.end()
    expect(cause.message).toContain('READ COMMITTED')
    expect(unchanged).toBe(true)
  })

  it('a subject that is too long: says how long it may be', async () => {
    const subject = Array.from({ length: 9_000 }, () => Math.random().toString(36)[3]).join('')
    const { cause, unchanged } = fault(await made.store.create(newId(), recordOf(0, subject))())
    expect(cause.message).toContain('a subject may have about 2,600 bytes')
    expect(unchanged).toBe(true)
  })
})

describe('an error tells nobody', () => {
  const SECRET = 'hunter2'
  const live = recordOf(0, SECRET, { data: { card: SECRET }, credential: { digest: SECRET, mintedAt: 0 } })

  const silent = (thrown: unknown): void => {
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain(SECRET)
  }

  it('what was in the statement: values that PostgreSQL quotes', async () => {
    const wrong = { ...live, epoch: SECRET as unknown as number }
    const { cause, unchanged } = fault(await made.store.create(newId(), wrong)())
    expect(cause.message).toBe('PostgreSQL refused the statement (22P02)')
    expect(unchanged).toBe(true)
    silent(cause)
  })

  it('what is in a row: details of a constraint', async () => {
    await made.rows(`alter table sessions add constraint c check (data::text <> '{"card":"hunter2"}')`)
    const { cause } = fault(await made.store.create(newId(), live)())
    await made.rows('alter table sessions drop constraint c')
    expect(cause.message).toBe('PostgreSQL refused the statement (23514)')
    silent(cause)
  })

  it('what a trigger says', async () => {
    await made.rows(
      `create function tell() returns trigger language plpgsql as $$ begin raise '%', new.data; end $$;
       create trigger tell before insert on sessions for each row execute function tell()`,
    )
    const { cause } = fault(await made.store.create(newId(), live)())
    await made.rows('drop trigger tell on sessions')
    expect(cause.message).toBe('PostgreSQL refused the statement (P0001)')
    silent(cause)
  })

  it('what PGlite attaches: the statement and its parameters', async () => {
    const pool = new PGlite()
    silent(fault(await postgresStore({ pool }).create(newId(), live)()).cause)
    await pool.close()
  }, 120_000)

  it('whatever else a client throws', async () => {
    for (const thrown of [undefined, null, 'text', 3, {}, { code: 3, message: {} }, { code: '22P02' }]) {
      const pool = { query: () => Promise.reject(thrown) }
      const { cause, unchanged } = fault(await postgresStore({ pool }).create(newId(), live)())
      expect(cause).toBeInstanceOf(Error)
      expect(unchanged).toBeUndefined()
    }
  })
})
