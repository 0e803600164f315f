import * as t from 'io-ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Either } from '#fp-ts/Either'
import { none } from '#fp-ts/Option'
import * as Session from '../../src/core/Session.ts'
import { SWEEP_SLACK } from '../../src/effects/Store.ts'
import type { StoreError } from '../../src/effects/Store.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import type { ExpressSessionStore } from '../../src/stores/express-session.ts'
import { expressSessionStore } from '../../src/stores/express-session.ts'
import { HOUR, newId, record, successor } from '../../src/testing/contract/bench.ts'
import { cookieFor } from '../../src/testing/cookieFor.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { freshDatabase, redisUrl } from '../servers/shared.ts'

const load = createRequire(import.meta.url)
const session = load('express-session') as { readonly MemoryStore: new () => ExpressSessionStore }
type Maker = (of: typeof session) => new (options: object) => ExpressSessionStore

const must = <E, A>(answer: Either<E, A>): A => {
  if (answer._tag === 'Left') throw new Error(JSON.stringify(answer.left))
  return answer.right
}

const fault = (answer: Either<StoreError, unknown>): StoreError & { readonly cause: Error } => {
  if (answer._tag === 'Right') throw new Error(`succeeded: ${JSON.stringify(answer.right)}`)
  return answer.left as StoreError & { readonly cause: Error }
}

describe('the store contract, what it asks of a store where the last writer wins', () => {
  const directory = mkdtempSync(join(tmpdir(), 'coatcheck-express-session-'))
  const pool = new pg.Pool({ max: 4 })
  const stores = new Map<string, ExpressSessionStore>()
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    pool.options.connectionString = await freshDatabase()
    client = createClient({ url: await redisUrl() })
    await client.connect()
    const Postgres = (load('connect-pg-simple') as Maker)(session)
    const { RedisStore } = load('connect-redis') as { readonly RedisStore: ReturnType<Maker> }
    const Files = (load('session-file-store') as Maker)(session)
    stores
      .set('MemoryStore', new session.MemoryStore())
      .set('connect-pg-simple', new Postgres({ pool, createTableIfMissing: true, pruneSessionInterval: false }))
      .set('connect-redis', new RedisStore({ client, prefix: `express-session-${newId()}:` }))
      .set('session-file-store', new Files({ path: directory, logFn: () => undefined, retries: 0 }))
  }, 120_000)
  afterAll(async () => {
    await pool.end()
    await client.close()
    rmSync(directory, { recursive: true, force: true })
  })

  for (const name of ['MemoryStore', 'connect-pg-simple', 'connect-redis', 'session-file-store']) {
    const make = () => expressSessionStore(stores.get(name)!)
    for (const { name: law, run } of storeContract(name, make, { guarantee: 'last-write-wins' })) it(law, run, 60_000)

    it(`${name}: holds a manager's sessions beside those of others, and ends them`, async () => {
      const given = { data: t.type({ views: t.number }), initial: { views: 0 } }
      const sessions = sessionManager({ ...given, store: make() })
      const cookie = await cookieFor(sessions, { data: { views: 1 }, subject: 'ada' })
      const open = () => sessions.openRequest({}, () => cookie).ref
      const first = open()
      first.update(Session.modify('views', (views) => views + 1))
      await first.commit()
      const { data, subject } = await open().read()
      expect([data, subject]).toMatchObject([{ views: 2 }, { value: { id: 'ada' } }])
      await open().destroy()
      expect(await open().status()).toBe('ended')
    })
  }
})

/** A store that keeps what it was given, as it was given. */
const watched = () => {
  const sessions = new Map<string, { readonly cookie: Record<string, unknown> }>()
  const store: ExpressSessionStore = {
    get: (sid, callback) => callback(null, sessions.get(sid)),
    set: (sid, one, callback) => {
      sessions.set(sid, one)
      callback()
    },
    destroy: (sid, callback) => {
      sessions.delete(sid)
      callback(null)
    },
  }
  return { sessions, store }
}

describe('what is written', () => {
  it('has the cookie by which such stores know how long: as long as the record may live, and the slack', async () => {
    const { sessions, store } = watched()
    const id = newId()
    const now = Date.now()
    must(await expressSessionStore(store).create(id, record(now, { expiresAt: now + HOUR }))())
    const { cookie } = sessions.get(`sessions-live-${id}`)!
    const { expires, ...ages } = cookie as { readonly expires: string; readonly maxAge: number }
    expect(ages).toEqual({ maxAge: ages.maxAge, originalMaxAge: ages.maxAge })
    for (const ttl of [ages.maxAge, Date.parse(expires) - now]) {
      expect(ttl).toBeGreaterThan(HOUR + SWEEP_SLACK - 30_000)
      expect(ttl).toBeLessThan(HOUR + SWEEP_SLACK + 30_000)
    }
  })

  it('is under ids without colons, and of an ended session its mark alone is left', async () => {
    const { sessions, store } = watched()
    const [id, own] = [newId(), expressSessionStore(store, { prefix: 'app:one:' })]
    const live = record(Date.now())
    must(await own.create(id, live)())
    expect([...sessions.keys()]).toEqual([`app-one-live-${id}`])
    must(await own.end(id, live.revision, Date.now() + HOUR)())
    expect([...sessions.keys()]).toEqual([`app-one-ended-${id}`])
  })
})

describe('what fails', () => {
  const live = record(Date.now())
  const failing = (verbs: Partial<ExpressSessionStore>) => expressSessionStore({ ...watched().store, ...verbs })
  const down = new Error('the server is down')

  it.each<readonly [string, Partial<ExpressSessionStore>]>([
    ['told', { get: (_, callback) => callback(down) }],
    [
      'thrown',
      {
        get: () => {
          throw down
        },
      },
    ],
    ['rejected', { get: () => Promise.reject(down) }],
  ])('an error that is %s is an error of the verb, never an absent session', async (_, verbs) => {
    const store = failing(verbs)
    const [loading, updating] = [await store.load(newId())(), await store.update(newId(), '', successor(live))()]
    expect([fault(loading).operation, fault(loading).cause.message]).toEqual(['load', down.message])
    expect(fault(updating).operation).toBe('update')
  })

  it.each([
    ['a text', 'a text'],
    [{ secret: 'x' }, 'the store failed without saying why'],
  ])('what is no Error is told as far as it is a sentence: %j', async (thrown, sentence) => {
    const store = failing({ get: (_, callback) => callback(thrown) })
    expect(fault(await store.load(newId())()).cause.message).toBe(sentence)
  })

  it('so is a failing write', async () => {
    const store = failing({ set: (_, __, callback) => callback(down) })
    expect(fault(await store.create(newId(), live)())).toMatchObject({ operation: 'create', cause: down })
  })

  it('no such file: none of express-session’s stores has one', async () => {
    const store = failing({ get: (_, callback) => callback(Object.assign(new Error('no entry'), { code: 'ENOENT' })) })
    expect(must(await store.load(newId())())).toEqual(none)
  })

  it.each([{ cookie: {}, views: 1 }, { cookie: {}, coatcheck: 7 }, 'text', 7])(
    'what somebody else has put under the id is an error of that session: %j',
    async (other) => {
      const store = failing({ get: (_, callback) => callback(null, other) })
      expect(fault(await store.load(newId())())).toMatchObject({ operation: 'load', unchanged: true })
    },
  )

  it.each([undefined, null, {}, { get: () => undefined, set: () => undefined }])('%j is no store', (store) => {
    expect(() => expressSessionStore(store as never)).toThrow(
      expect.objectContaining({ sessionError: expect.objectContaining({ option: 'store' }) }),
    )
  })
})
