/** What only PostgreSQL can suffer: an exhausted pool, a standby, a fail-over. */
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isLeft } from '#fp-ts/Either'
import { postgresStore } from '../../src/stores/postgres.ts'
import { startPostgresPair } from '../servers/postgres.ts'
import { startProxy } from '../servers/proxy.ts'
import { freshDatabase } from '../servers/shared.ts'
import { counting } from './load.ts'
import { serveSite } from './site.ts'
import { miscount } from './tally.ts'

const poolOf = (connectionString: string, options: pg.PoolConfig = {}): pg.Pool => {
  const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 1_000, ...options })
  pool.on('error', () => undefined)
  onTestFinished(() => pool.end())
  return pool
}

const visit = async (store: ReturnType<typeof postgresStore>) => {
  const site = await serveSite(store)
  onTestFinished(site.close)
  return site
}

describe('PostgreSQL', () => {
  it('a pool without a free connection is a 503, and the rest of the site answers', async () => {
    const pool = poolOf(await freshDatabase(), { max: 1, connectionTimeoutMillis: 200 })
    const store = postgresStore({ pool })
    await store.migrate()
    const site = await visit(store)
    const { cookie } = await site.get('/count')
    const held = await pool.connect()
    expect(await site.get('/read', cookie)).toMatchObject({ status: 503, cookie: undefined })
    expect(await site.get('/count', cookie)).toMatchObject({ status: 503, cookie: undefined })
    expect(await site.get('/', cookie)).toMatchObject({ status: 200 })
    held.release()
    expect(await site.get('/count', cookie)).toMatchObject({ status: 200, body: '2' })
  })

  it('a standby reads, and says that it can not write', async () => {
    const pair = await startPostgresPair()
    onTestFinished(pair.stop)
    const primary = postgresStore({ pool: poolOf(pair.primary.url) })
    await primary.migrate()
    const site = await visit(primary)
    const { cookie } = await site.get('/count')
    const standby = postgresStore({ pool: poolOf(pair.standby.url) })
    const reading = await visit(standby)
    const until = Date.now() + 10_000
    while ((await reading.get('/read', cookie)).body !== '1') expect(Date.now()).toBeLessThan(until)
    expect(await reading.get('/count', cookie)).toMatchObject({ status: 503, cookie: undefined })
    expect(String((reading.events.find(({ _tag }) => _tag === 'store-failed') as { cause?: unknown }).cause)).toMatch(
      /read-only|standby/,
    )
    const health = await standby.health()
    expect(isLeft(health)).toBe(true)
  }, 60_000)

  it('a fail-over with synchronous replication loses nothing that was acknowledged', async () => {
    const pair = await startPostgresPair()
    onTestFinished(pair.stop)
    let present = pair.primary.port
    const proxy = await startProxy(() => present)
    onTestFinished(proxy.stop)
    const store = postgresStore({ pool: poolOf(`postgres://postgres@127.0.0.1:${proxy.port}/postgres`) })
    await store.migrate()
    const site = await visit(store)
    const { cookie } = await site.get('/count')
    const load = counting(site, cookie!)
    await load.more(100)
    await pair.primary.kill()
    await pair.promote()
    present = pair.standby.port
    proxy.reset()
    await load.more(100)
    await load.stop()
    const counted = Number((await site.get('/read', cookie)).body) - 1
    expect(miscount(load.tally(), counted)).toBeUndefined()
  }, 90_000)
})
