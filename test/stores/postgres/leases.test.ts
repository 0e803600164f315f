import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionId } from '../../../src/core/Token.ts'
import type { Acquired } from '../../../src/effects/Store.ts'
import { postgresStore, type PostgresStore } from '../../../src/stores/postgres.ts'
import { HOUR, MINUTE, newId, newSubject, record, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { freshDatabase } from '../../servers/shared.ts'
import { must, until, watched, world, type World } from './world.ts'

const holder = fileURLToPath(new URL('./holder.ts', import.meta.url))
const LONG = { wait: 0, lease: HOUR }
const PATIENT = { wait: MINUTE, lease: HOUR }

const made = async ({ store }: { readonly store: PostgresStore }, subject?: string): Promise<SessionId> => {
  const id = newId()
  must(await store.create(id, subject === undefined ? record(Date.now()) : recordOf(Date.now(), subject))())
  return id
}

const taken = async (store: PostgresStore, id: SessionId): Promise<Acquired> =>
  must(await store.acquire(id, LONG)()) as Acquired

describe('a lease', () => {
  let one: World
  beforeAll(async () => {
    one = await world()
  })
  afterAll(() => one.close())

  it('holds no connection while it is held, and a waiter holds none between its questions', async () => {
    const pool = new pg.Pool({ connectionString: one.url, max: 1 })
    const store = postgresStore({ pool, poll: 20 })
    const ids = await Promise.all(Array.from({ length: 20 }, () => made(one)))
    const held = await Promise.all(ids.map((id) => taken(store, id)))
    const waiting = Promise.all(ids.map((id) => store.acquire(id, PATIENT)()))
    // One connection serves twenty holders, twenty waiters and whoever else comes.
    for (const id of ids) must(await store.load(id)())
    for (const [at, id] of ids.entries()) must(await store.release(id, held[at]!.fence)())
    for (const answer of await waiting) expect(must(answer)._tag).toBe('Acquired')
    await pool.end()
  })

  it('goes by the clock of the server', async () => {
    const id = await made(one)
    const [before] = await one.rows('select extract(epoch from clock_timestamp())::float8 * 1000 as now')
    const { until } = await taken(one.store, id)
    const [after] = await one.rows('select extract(epoch from clock_timestamp())::float8 * 1000 as now')
    expect(until).toBeGreaterThanOrEqual(Math.floor(before!['now'] as number) + HOUR)
    expect(until).toBeLessThanOrEqual((after!['now'] as number) + HOUR)
  })

  it('passes to who waits in another process, by asking again, where nobody listens', async () => {
    const id = await made(one)
    const elsewhere = postgresStore({ pool: one.pool, poll: 10 })
    const { fence } = await taken(one.store, id)
    const waiting = elsewhere.acquire(id, PATIENT)()
    must(await one.store.release(id, fence)())
    expect(must(await waiting)).toMatchObject({ _tag: 'Acquired', fence: fence + 1 })
  })

  it('survives a holder that died: another gets it when it runs out, with a higher fence', async () => {
    const id = await made(one)
    const child = spawn(
      process.execPath,
      ['--import', './.config/strip-types.js', '--conditions', 'coatcheck-source', holder, one.url, id],
      { cwd: fileURLToPath(new URL('../../../', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const lease = JSON.parse(line) as Acquired
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(must(await one.store.acquire(id, { wait: 0, lease: HOUR })())).toEqual({ _tag: 'Busy', until: lease.until })
    await one.rows('update sessions set lease_until = clock_timestamp() where id = $1', [id])
    expect(must(await one.store.acquire(id, LONG)())).toMatchObject({ _tag: 'Acquired', fence: lease.fence + 1 })
  })

  it('a waiter is told of an error of the database', async () => {
    const id = await made(one)
    await taken(one.store, id)
    const pool = new pg.Pool({ connectionString: one.url })
    const { pool: client, sent } = watched(pool)
    const waiting = postgresStore({ pool: client, poll: 5 }).acquire(id, PATIENT)()
    await until('it waits', () => sent.length > 1)
    await pool.end()
    expect(await waiting).toMatchObject({ _tag: 'Left', left: { operation: 'acquire', unchanged: true } })
  })
})

describe('with connections that listen', () => {
  /** A day: whoever gets a lease in time was told. */
  const poll = 86_400_000
  let url: string
  const worlds: Array<World> = []
  const ears: Array<pg.Client> = []

  const listener = (): pg.Client => {
    const client = new pg.Client({ connectionString: url, application_name: 'ear' })
    ears.push(client)
    return client
  }
  /** A process that has heard nothing yet but listens. */
  const process = async (every = poll): Promise<World> => {
    const one = await world({ url, poll: every, listen: listener })
    worlds.push(one)
    return one
  }
  const listening = async ({ rows }: World, count: number): Promise<void> =>
    until(`${count} connections listen`, async () => {
      const [row] = await rows(
        `select count(*)::int as n from pg_stat_activity where datname = current_database() and application_name = 'ear' and query like 'listen%' and state = 'idle'`,
      )
      return row!['n'] === count
    })
  const acquires = ({ sent }: World): number => sent.filter(({ name }) => name?.includes('acquire')).length
  /** Resolves when the waiter has asked after it began to listen: from now on it must be told. */
  const settled = (one: World): Promise<void> => until('it asked again', () => acquires(one) >= 2)

  /** What is told from now on. */
  const told = async (one: World): Promise<Array<string | undefined>> => {
    const heard: Array<string | undefined> = []
    const ear = await one.connection()
    ear.on('notification', ({ payload }) => heard.push(payload))
    await ear.query('listen coatcheck_leases')
    return heard
  }

  beforeAll(async () => {
    url = await freshDatabase()
  })
  afterAll(() => Promise.all(worlds.map((one) => one.close())))

  it('no connection is opened before somebody waits, and it is closed with the store', async () => {
    const [here, there] = [await process(), await process()]
    const id = await made(here)
    const { fence } = await taken(here.store, id)
    await listening(here, 0)
    const waiting = there.store.acquire(id, PATIENT)()
    await listening(here, 1)
    must(await here.store.release(id, fence)())
    expect(must(await waiting)._tag).toBe('Acquired')
    await there.store.close()
    await listening(here, 0)
  })

  it.each([
    ['a release', 'Acquired', (store: PostgresStore, id: SessionId, fence: number) => store.release(id, fence)],
    ['an end', 'Gone', (store: PostgresStore, id: SessionId, fence: number) => store.end(id, 'r', 9e12, fence)],
    ['endOne', 'Gone', (store: PostgresStore, id: SessionId, _: number, who: string) => store.endOne(who, id, 9e12)],
    ['endAll', 'Gone', (store: PostgresStore, _: SessionId, __: number, who: string) => store.endAll(who, 9e12)],
  ] as const)('%s in another process wakes a waiter at once', async (_, tag, act) => {
    const [here, there] = [await process(), await process()]
    const subject = newSubject()
    const id = newId()
    must(await here.store.create(id, recordOf(Date.now(), subject, { revision: 'r' }))())
    const { fence } = await taken(here.store, id)
    const waiting = there.store.acquire(id, PATIENT)()
    await settled(there)
    const heard = await told(here)
    must<unknown>(await act(here.store, id, fence, subject)())
    expect(must(await waiting)._tag).toBe(tag)
    await until('it is told', () => heard.length > 0)
    expect(heard).toEqual([id])
  })

  it('a connection that broke is opened again, and who waits meanwhile asks by itself', async () => {
    const [here, there] = [await process(), await process(10)]
    const id = await made(here)
    const first = await taken(here.store, id)
    const waiting = there.store.acquire(id, PATIENT)()
    await settled(there)
    const ear = ears.at(-1)! as pg.Client & { readonly processID: number | null }
    await until('it is connected', () => ear.processID !== null)
    const ended = new Promise((resolve) => ear.once('end', resolve))
    await here.rows(`select pg_terminate_backend($1)`, [ear.processID])
    await ended
    must(await here.store.release(id, first.fence)())
    const second = must(await waiting) as Acquired
    expect(second.fence).toBe(first.fence + 1)

    const again = there.store.acquire(id, PATIENT)()
    await until('another connection was made', () => ears.at(-1) !== ear)
    must(await here.store.release(id, second.fence)())
    expect(must(await again)._tag).toBe('Acquired')
  })

  it('a connection that can not be opened costs nobody a lease', async () => {
    const nowhere = () => new pg.Client({ connectionString: 'postgres://127.0.0.1:1/none' })
    const one = await world({ url, poll: 10, listen: nowhere })
    worlds.push(one)
    const id = await made(one)
    const { fence } = await taken(one.store, id)
    const elsewhere = postgresStore({ pool: one.pool, poll: 10 })
    const waiting = one.store.acquire(id, PATIENT)()
    must(await elsewhere.release(id, fence)())
    expect(must(await waiting)._tag).toBe('Acquired')
  })

  it('a write under a lease, a renewal and a touch wake nobody', async () => {
    const [here, there] = [await process(), await process()]
    const id = newId()
    const live = record(Date.now())
    must(await here.store.create(id, live)())
    const { fence } = await taken(here.store, id)
    const waiting = there.store.acquire(id, PATIENT)()
    await settled(there)
    const heard = await told(here)
    must(await here.store.update(id, live.revision, successor(live), fence)())
    must(await here.store.renew(id, fence, HOUR)())
    must(await here.store.touch(id, 0, Date.now(), Date.now() + HOUR)())
    must(await here.store.release(id, fence)())
    expect(must(await waiting)._tag).toBe('Acquired')
    // Notifications arrive in the order of their commits.
    await until('it is told', () => heard.length > 0)
    expect(heard).toEqual([id])
  })

  it('an end of what nobody holds, and a release that came too late, tell nobody', async () => {
    const here = await process()
    const heard = await told(here)
    const [free, late, last] = [await made(here), await made(here), await made(here)]
    const { revision } = record(0)
    must(await here.store.end(free, revision, 9e12)())
    must(await here.store.endOne('nobody', free, 9e12)())
    must(await here.store.release(late, 1)())
    const { fence } = await taken(here.store, last)
    must(await here.store.release(last, fence)())
    await until('it is told', () => heard.length > 0)
    expect(heard).toEqual([last])
  })
})
