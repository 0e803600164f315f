import { readFileSync } from 'node:fs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresSchema, postgresStore } from '../../../src/stores/postgres.ts'
import { newId, record } from '../../../src/testing/contract/bench.ts'
import { startPostgresPair } from '../../servers/postgres.ts'
import { freshDatabase } from '../../servers/shared.ts'
import { fault, must, role, until, world, type World } from './world.ts'

const opened: Array<pg.Pool> = []
const pooled = (connectionString: string, more: pg.PoolConfig = {}): pg.Pool => {
  const pool = new pg.Pool({ connectionString, ...more })
  pool.on('error', () => undefined)
  opened.push(pool)
  return pool
}
afterAll(() => Promise.all(opened.map((pool) => pool.end())))

/** Tables, indexes and columns of a database, as text. */
const layout = async (pool: pg.Pool): Promise<ReadonlyArray<string>> => {
  const columns = await pool.query<{ line: string }>(
    `select format('%s.%s.%s %s', table_schema, table_name, column_name, data_type) as line from information_schema.columns
     where table_schema not in ('pg_catalog', 'information_schema')
     union all select indexdef from pg_indexes where schemaname not in ('pg_catalog', 'information_schema')
     order by 1`,
  )
  return columns.rows.map(({ line }) => line)
}

describe('migrate', () => {
  it('twenty at once make the tables once, and all succeed', async () => {
    const url = await freshDatabase()
    const stores = Array.from({ length: 20 }, () => postgresStore({ pool: pooled(url, { max: 1 }), schema: 'new one' }))
    for (const answer of await Promise.all(stores.map((store) => store.migrate()))) must(answer)
    const pool = pooled(url)
    expect((await pool.query('select * from "new one".sessions_versions')).rows).toEqual([{ version: 1 }])
    must(await stores[0]!.create(newId(), record(Date.now()))())
  })

  it('again changes nothing, and takes no lock that a session needs', async () => {
    const made = await world()
    const before = await layout(made.pool)
    const other = await made.connection()
    await other.query('begin')
    await other.query('lock table sessions, sessions_epochs, sessions_versions in exclusive mode')
    must(await made.store.migrate())
    await other.query('rollback')
    expect(await layout(made.pool)).toEqual(before)
    await made.close()
  })

  it('makes what the exported SQL makes, which may be run twice', async () => {
    const names = { table: `O'Reilly "x"` }
    const [mine, theirs] = [pooled(await freshDatabase()), pooled(await freshDatabase())]
    must(await postgresStore({ pool: mine, ...names }).migrate())
    await theirs.query(postgresSchema(names))
    await theirs.query(postgresSchema(names))
    expect(await layout(theirs)).toEqual(await layout(mine))
    must(await postgresStore({ pool: theirs, ...names }).health())
  })

  it('the page shows the exported SQL', () => {
    const page = readFileSync(new URL('../../../docs/stores/postgres.md', import.meta.url), 'utf8')
    expect(page).toContain(postgresSchema())
  })

  it('two tables on one pool do not meet', async () => {
    const pool = pooled(await freshDatabase())
    const [one, two] = [postgresStore({ pool, table: 'one' }), postgresStore({ pool, table: 'two' })]
    must(await one.migrate())
    must(await two.migrate())
    const id = newId()
    must(await one.create(id, record(0))())
    expect(must(await two.load(id)())._tag).toBe('None')
    expect(must(await one.load(id)())._tag).toBe('Some')
  })

  it('needs no right to create where the tables are there', async () => {
    const made = await world()
    const plain = await role(made)
    try {
      await made.rows(`grant select, insert, update, delete on all tables in schema public to ${plain.name}`)
      const store = postgresStore({ pool: pooled(plain.url) })
      must(await store.migrate())
      must(await store.create(newId(), record(0))())
      await made.rows(`revoke delete on sessions_epochs from ${plain.name}`)
      expect(fault(await store.health()).cause.message).toContain('delete on "sessions_epochs"')
    } finally {
      await plain.drop()
      await made.close()
    }
  })
})

describe('tables that are not as they should be', () => {
  let made: World
  beforeAll(async () => {
    made = await world()
  })
  afterAll(() => made.close())

  it('missing: says so, and what to do', async () => {
    const store = postgresStore({ pool: made.pool, table: 'other' })
    for (const answer of [await store.load(newId())(), await store.health()]) {
      const { cause, unchanged } = fault(answer)
      expect(cause.message).toMatch(/"other".* is not there: run migrate\(\)/)
      expect(unchanged).toBe(true)
    }
  })

  it('in a schema that does not exist: says so', async () => {
    const store = postgresStore({ pool: made.pool, schema: 'nowhere' })
    expect(fault(await store.load(newId())()).cause.message).toMatch(/"nowhere"."sessions".* run migrate\(\)/)
  })

  it.each([
    ['an older layout', 0, /older layout 0; this version needs 1: run migrate\(\)/],
    ['a newer layout', 7, /layout 7, made by a newer version of the library; this one knows layout 1: upgrade/],
  ])('%s: says so', async (_, version, sentence) => {
    await made.rows('update sessions_versions set version = $1', [version])
    await made.rows('alter table sessions rename column meta to head')
    try {
      const load = fault(await made.store.load(newId())())
      expect(load.cause.message).toMatch(sentence)
      expect(load).toMatchObject({ operation: 'load', unchanged: true })
      expect(fault(await made.store.health()).cause.message).toMatch(sentence)
      if (version > 1) expect(fault(await made.store.migrate()).cause.message).toMatch(sentence)
    } finally {
      await made.rows('alter table sessions rename column head to meta')
      await made.rows('update sessions_versions set version = 1')
    }
  })

  it('a damaged row is an error of that session alone', async () => {
    const [good, bad] = [newId(), newId()]
    const live = record(0)
    for (const id of [good, bad]) must(await made.store.create(id, live)())
    for (const damage of [
      `meta = '{}'`,
      `meta = 'null'`,
      `meta = '[1]'`,
      `meta = null`,
      `trail = null`,
      `epoch = null`,
      `created_at = null`,
      `meta = '{"format":1,"schema":0,"flash":{},"credential":{"digest":1,"mintedAt":0}}'`,
      `meta = '{"format":1,"schema":0,"flash":{},"credential":{"digest":"d","mintedAt":0},"subject":"ann"}'`,
    ]) {
      await made.rows(
        `update sessions set meta = g.meta, trail = g.trail, epoch = 0, created_at = 0 from sessions g where g.id = $1 and sessions.id = $2`,
        [good, bad],
      )
      await made.rows(`update sessions set ${damage} where id = $1`, [bad])
      const { cause, unchanged, unreadable } = fault(await made.store.load(bad)())
      expect(unreadable).toBe('damaged')
      expect(cause.message).toBe(
        `The row "${bad}" of "sessions" is damaged: somebody else has written it. Delete it, or restore it`,
      )
      expect(unchanged).toBe(true)
      expect(must(await made.store.load(good)())).toMatchObject({ value: live })
    }
    expect(must(await made.store.update(bad, 'another', live)())).toEqual({ _tag: 'Updated' })
  })
})

describe('a standby', () => {
  it('reads, refuses to write with a sentence, and is not healthy', async () => {
    const pair = await startPostgresPair()
    try {
      const primary = postgresStore({ pool: pooled(pair.primary.url) })
      const store = postgresStore({ pool: pooled(pair.standby.url) })
      must(await primary.migrate())
      const id = newId()
      must(await primary.create(id, record(0))())
      await until('the standby has the session', async () => {
        const found = await store.load(id)()
        return found._tag === 'Right' && found.right._tag === 'Some'
      })
      for (const answer of [await store.create(newId(), record(0))(), await store.health(), await store.migrate()]) {
        const { cause, unchanged } = fault(answer)
        expect(cause.message).toMatch(/read-only.*connect to the primary/)
        expect(unchanged).toBe(true)
      }
    } finally {
      await Promise.all(opened.splice(0).map((pool) => pool.end()))
      await pair.stop()
    }
  }, 60_000)
})
