import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSessionException } from '../../src/core/SessionError.ts'
import { postgresStore, type PostgresStore } from '../../src/stores/postgres.ts'
import { HOUR, newId, record, recordOf, successor } from '../../src/testing/contract/bench.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { must, world, type World } from './postgres/world.ts'

const capabilities = { guarantee: 'cas', sweeping: true, directory: true, locking: true } as const

/** Runs the suite on one store, made first and closed last. */
const contract = (name: string, make: () => Promise<{ readonly store: PostgresStore; close: () => Promise<void> }>) => {
  let made: Awaited<ReturnType<typeof make>>
  // PGlite takes its time on a busy machine.
  beforeAll(async () => {
    made = await make()
  }, 120_000)
  afterAll(() => made.close())
  for (const { name: law, run } of storeContract(name, () => made.store, capabilities)) it(law, run)
}

describe('the store contract on PostgreSQL 18', () => contract('postgres', () => world()))

describe('the store contract on PostgreSQL 15, by statements without names', () =>
  contract('postgres 15', () => world({ major: 15, prepare: false })))

describe('the store contract under odd names, with a connection that listens', () =>
  contract('postgres, listening', async () => {
    let url = ''
    const made = await world({
      table: `Der "Tisch"; drop table 'x' -- ü`,
      schema: 'select',
      listen: () => new pg.Client({ connectionString: url }),
    })
    url = made.url
    return made
  }))

describe('the store contract on one connection', () =>
  contract('postgres, one client', async () => {
    const made = await world()
    return { ...made, store: postgresStore({ pool: await made.connection() }) }
  }))

describe('on PGlite', () => {
  const directory = mkdtempSync(join(tmpdir(), 'coatcheck-pglite-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  describe('the store contract', () =>
    contract('pglite', async () => {
      const database = new PGlite(directory)
      const store = postgresStore({ pool: database })
      must(await store.migrate())
      return { store, close: () => database.close() }
    }))

  it('sessions are in its directory when it is opened again', async () => {
    const id = newId()
    const live = record(Date.now(), { data: { kept: true } })
    const first = new PGlite(directory)
    must(await postgresStore({ pool: first }).create(id, live)())
    await first.close()
    const second = new PGlite(directory)
    const found = must(await postgresStore({ pool: second }).load(id)())
    await second.close()
    expect(found).toMatchObject({ _tag: 'Some', value: { data: { kept: true } } })
  }, 120_000)
})

describe('one row', () => {
  let made: World
  beforeAll(async () => {
    made = await world()
  })
  afterAll(() => made.close())

  it('every number that a clock can give comes back, fractions and extremes too', async () => {
    const times = [0, -1, 0.1, 1e3 / 7, Date.now() + 0.123, 2 ** 53, 8.64e15, 1e21, 1e300]
    for (const time of times) {
      const id = newId()
      const live = record(0, { createdAt: time, touchedAt: time, expiresAt: time })
      must(await made.store.create(id, live)())
      expect(must(await made.store.load(id)())).toMatchObject({ _tag: 'Some', value: live })
    }
  })

  it('subjects that are no Unicode text are kept apart', async () => {
    const subjects = ['\ud800', '\udfff', '\ufffd', '"\\ud800"', 'a\u0000', 'a']
    for (const subject of subjects) must(await made.store.create(newId(), recordOf(0, subject))())
    for (const subject of subjects) expect(must(await made.store.count(subject)())).toBe(1)
  })

  it('the subject is the bytes of the text, the data its JSON, a date is a function away', async () => {
    const id = newId()
    const live = recordOf(Date.UTC(2026, 0, 2), 'ann', { data: { b: 1, a: '\u0000' } })
    must(await made.store.create(id, live)())
    const [row] = await made.rows(
      `select convert_from(subject, 'UTF8') as subject, data::text, to_timestamp(created_at / 1000) as at from sessions where id = $1`,
      [id],
    )
    expect(row).toEqual({ subject: 'ann', data: '{"b":1,"a":"\\u0000"}', at: new Date('2026-01-02') })
  })

  it('holds a digest and no data once it is ended', async () => {
    const id = newId()
    const live = recordOf(0, 'bob', { data: { card: '4111' } })
    must(await made.store.create(id, live)())
    must(await made.store.end(id, live.revision, 9e12)())
    const [row] = await made.rows('select * from sessions where id = $1', [id])
    const left = Object.entries(row!).filter(([, value]) => value !== null)
    expect(Object.fromEntries(left)).toEqual({ id, fence: '0', expires_at: 9e12, due: 9e12 })
  })
})

describe('round trips', () => {
  let made: World
  beforeAll(async () => {
    made = await world()
  })
  afterAll(() => made.close())

  it('every verb is one statement, by a name that fits PostgreSQL', async () => {
    const { store, sent } = made
    const id = newId()
    const live = recordOf(Date.now(), 'ann')
    const next = successor(live)
    const until = Date.now() + HOUR
    const verbs: ReadonlyArray<() => Promise<unknown>> = [
      store.create(id, live),
      store.load(id),
      store.update(id, live.revision, next),
      store.update(id, live.revision, next),
      store.update(id, live.revision, successor(live)),
      store.touch(id, 0, Date.now(), until),
      store.acquire(id, { wait: 0, lease: 60_000 }),
      store.acquire(id, { wait: 0, lease: 60_000 }),
      store.update(id, next.revision, successor(next)),
      store.renew(id, 1, 60_000),
      store.release(id, 1),
      store.list('ann'),
      store.count('ann'),
      store.raiseEpoch('ann', Date.now()),
      store.readEpoch('ann'),
      store.endOne('bob', id, until),
      store.end(id, 'another', until),
      store.end(id, next.revision, until),
      store.end(id, next.revision, until),
      store.endAll('ann', until),
      store.sweep(Date.now(), 10),
    ]
    for (const verb of verbs) {
      sent.length = 0
      await verb()
      expect(sent).toHaveLength(1)
      expect(sent[0]!.name).toMatch(/^coatcheck_\w{5,40}$/)
    }
  })

  it('nothing is sent before something is asked', () => {
    made.sent.length = 0
    postgresStore({ pool: made.pool })
    expect(made.sent).toEqual([])
  })
})

describe('options', () => {
  const pool = { query: () => Promise.reject(new Error('not asked')) }

  it.each([
    ['table', ''],
    ['table', 'a'.repeat(51)],
    ['table', 'ü'.repeat(26)],
    ['table', 'a\u0000'],
    ['table', 'a$b'],
    ['table', 3],
    ['schema', ''],
    ['schema', 'a'.repeat(64)],
    ['poll', 0],
    ['poll', -1],
    ['poll', Number.NaN],
    ['poll', Number.POSITIVE_INFINITY],
  ])('%s can not be %j', (option, value) => {
    const make = () => postgresStore({ pool, [option]: value })
    expect(make).toThrow(expect.objectContaining({ sessionError: expect.objectContaining({ option }) }))
    expect(make).toThrow(expect.toSatisfy(isSessionException))
  })
})
