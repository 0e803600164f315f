/** What the statements cost the server: which indexes they use, and what an update leaves alone. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { SWEEP_SLACK } from '../../../src/effects/Store.ts'
import { statements } from '../../../src/stores/postgres/sql.ts'
import { tablesOf } from '../../../src/stores/postgres/schema.ts'
import { HOUR, newId, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { must, until, world, type World } from './world.ts'

describe.each([18, 15] as const)('on 20,000 rows, PostgreSQL %i', (major) => {
  let made: World
  const sql = statements(tablesOf({}), true)

  beforeAll(async () => {
    made = await world({ major })
    const now = Date.now()
    await made.rows(
      `insert into sessions (id, revision, trail, epoch, subject, authenticated_at, created_at, touched_at, expires_at, due, meta, data)
       select 'id' || n, 'r' || n, '{}', 0, convert_to('user' || n % 5000, 'UTF8'), 0, 0, 0, e, e + ${SWEEP_SLACK}, '{}', '{}'
       from (select n, $1::float8 + (n - 10000) * 1000 as e from generate_series(1, 20000) n) rows`,
      [now],
    )
    await made.rows(
      `insert into sessions_epochs select convert_to('user' || n, 'UTF8'), n from generate_series(1, 5000) n`,
    )
    await made.rows('vacuum analyze')
  }, 120_000)
  afterAll(() => made.close())

  /** The plan that a prepared statement has in the long run, as text. */
  const plan = async (verb: keyof typeof sql): Promise<string> => {
    const client = await made.connection()
    await client.query('set plan_cache_mode = force_generic_plan')
    await client.query(`prepare verb as ${sql[verb].text}`)
    const count = Math.max(...[...sql[verb].text.matchAll(/\$(\d+)/g)].map((found) => Number(found[1])))
    const values = Array.from({ length: count }, () => 'null').join(', ')
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain execute verb(${values})`)
    await client.end()
    return rows.map((row) => row['QUERY PLAN']).join('\n')
  }

  it.each([
    ['load', 'sessions_pkey'],
    ['update', 'sessions_pkey'],
    ['touch', 'sessions_pkey'],
    ['end', 'sessions_pkey'],
    ['acquire', 'sessions_pkey'],
    ['renew', 'sessions_pkey'],
    ['release', 'sessions_pkey'],
    ['endOne', 'sessions_pkey'],
    ['list', 'sessions_subject'],
    ['count', 'sessions_subject'],
    ['endAll', 'sessions_subject'],
    ['readEpoch', 'sessions_epochs_pkey'],
    ['sweep', 'sessions_due'],
  ] as const)('%s finds its rows by %s', async (verb, index) => {
    const text = await plan(verb)
    expect(text).toContain(index)
    expect(text).not.toMatch(/Seq Scan on sessions\b/)
  })

  it('a sweep removes by the place of the rows, and sorts nothing', async () => {
    const text = await plan('sweep')
    expect(text).toMatch(/Tid Scan on sessions/)
    expect(text).not.toMatch(/Sort/)
  })

  it('a sweep in batches removes exactly what is due', async () => {
    const now = Date.now()
    const [due] = await made.rows(`select count(*)::int as n from sessions where expires_at < $1`, [now - SWEEP_SLACK])
    let removed = 0
    for (let more = true; more;) {
      const swept = must(await made.store.sweep(now, 1_000)())
      expect(swept.removed).toBeLessThanOrEqual(1_000)
      removed += swept.removed
      more = swept.more
    }
    expect(removed).toBe(due!['n'])
    expect(removed).toBeGreaterThan(5_000)
  })
})

describe('what an update leaves alone', () => {
  let made: World
  const MANY = 200
  beforeAll(async () => {
    made = await world()
  })
  afterAll(() => made.close())

  /** Updates, HOT ones among them, and the bytes of what is too large for a row. */
  const figures = async (): Promise<Readonly<Record<'upd' | 'hot' | 'large', number>>> => {
    const [row] = await made.rows(
      `select s.n_tup_upd::int as upd, s.n_tup_hot_upd::int as hot, pg_relation_size(c.reltoastrelid)::int as large
       from pg_stat_user_tables s join pg_class c on c.oid = s.relid where s.relname = 'sessions'`,
    )
    return row as Readonly<Record<'upd' | 'hot' | 'large', number>>
  }

  /** Statistics are written some time after a transaction: waits until those of `count` updates are. */
  const after = async (count: number, before: Awaited<ReturnType<typeof figures>>) => {
    await until('the statistics are written', async () => (await figures()).upd - before.upd >= count)
    const now = await figures()
    return { hot: now.hot - before.hot, updated: now.upd - before.upd, grown: now.large - before.large }
  }

  const stored = async (data: string): Promise<{ id: SessionId; live: Live }> => {
    const id = newId()
    const live = recordOf(Date.now(), 'ann', { data })
    must(await made.store.create(id, live)())
    return { id, live }
  }

  it('touches change no index and do not rewrite data: all are HOT updates', async () => {
    const { id, live } = await stored(randomBytes(40_000).toString('base64'))
    const before = await figures()
    for (let n = 1; n <= MANY; n += 1)
      must(await made.store.touch(id, 0, live.touchedAt + n, live.expiresAt + n * 1_000)())
    expect(before.large).toBeGreaterThan(40_000)
    expect(await after(MANY, before)).toEqual({ hot: MANY, updated: MANY, grown: 0 })
  })

  it('so are updates that neither sign in nor shorten the life, and leases', async () => {
    const { id, live } = await stored('small')
    const before = await figures()
    let last = live
    for (let n = 1; n <= MANY; n += 1) {
      const next = successor(last, { data: n, touchedAt: live.touchedAt + n, expiresAt: live.expiresAt + n })
      must(await made.store.update(id, last.revision, next)())
      last = next
    }
    for (let n = 1; n <= MANY; n += 1) {
      must(await made.store.acquire(id, { wait: 0, lease: HOUR })())
      must(await made.store.release(id, n)())
    }
    expect(await after(3 * MANY, before)).toEqual({ hot: 3 * MANY, updated: 3 * MANY, grown: 0 })
  })

  it('a sign-in changes an index, and is not: the figure does tell', async () => {
    const { id, live } = await stored('small')
    const before = await figures()
    const next = successor(live, { subject: { id: 'bob', authenticatedAt: 0 } })
    must(await made.store.update(id, live.revision, next)())
    expect(await after(1, before)).toMatchObject({ hot: 0, updated: 1 })
  })

  it('a refused update writes nothing', async () => {
    const { id, live } = await stored('small')
    const version = async (): Promise<unknown> =>
      (await made.rows('select xmin, xmax, ctid from sessions where id = $1', [id]))[0]
    const before = await version()
    must(await made.store.update(id, 'another', successor(live))())
    must(await made.store.end(id, 'another', 9e12)())
    must(await made.store.touch(id, 9, 0, 0)())
    expect(await version()).toEqual(before)
  })
})
