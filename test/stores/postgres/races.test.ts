/**
 * Two real connections: one holds a transaction open, the store's statement waits for its lock, and answers from the row
 * as the other left it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type pg from 'pg'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { SWEEP_SLACK } from '../../../src/effects/Store.ts'
import { HOUR, MINUTE, newId, newSubject, record, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { blocked, must, until, world, type World } from './world.ts'

let made: World
let other: pg.Client
let id: SessionId
let live: Live

beforeAll(async () => {
  made = await world()
  other = await made.connection()
})
afterAll(() => made.close())

const begun = async (over: Partial<Live> = {}): Promise<void> => {
  id = newId()
  live = record(Date.now(), over)
  must(await made.store.create(id, live)())
}

/** Another writer's transaction, of which the store's statement sees nothing until it is committed. */
const meanwhile = async <A>(statement: string, values: Array<unknown>, run: () => Promise<A>): Promise<A> => {
  await other.query('begin')
  try {
    await other.query(statement, values)
    const answer = run()
    await blocked(made)
    await other.query('commit')
    return await answer
  } finally {
    // Harmless after the commit; gives the lock back when something failed before it.
    await other.query('rollback')
  }
}

const ELSE = `update sessions set revision = 'else', trail = array[revision] || trail, data = '"else"' where id = $1`
const LEASE = `update sessions set fence = fence + 1, lease_until = now() + interval '1 hour' where id = $1`
const ENDED = `update sessions set revision = null, subject = null, expires_at = 9e12, due = 9e12 where id = $1`

const stands = async (): Promise<unknown> => {
  const found = must(await made.store.load(id)())
  return found._tag === 'Some' && found.value._tag === 'Live' ? found.value.data : found
}

describe('an update that waited for another writer', () => {
  const run = (expected = live.revision, fence?: number) =>
    made.store.update(id, expected, successor(live, { data: 'mine' }), fence)()

  it('meets another revision: Conflict, with the record as it is now', async () => {
    await begun()
    const answer = must(await meanwhile(ELSE, [id], () => run()))
    expect(answer).toMatchObject({ _tag: 'Conflict', present: { revision: 'else', data: 'else' } })
    expect(await stands()).toBe('else')
  })

  it('meets its own write, whose answer was lost: Updated, once', async () => {
    await begun()
    const mine = successor(live, { data: 'mine' })
    const answer = await meanwhile(
      `update sessions set revision = $2, trail = array[revision], data = '"mine"' where id = $1`,
      [id, mine.revision],
      () => made.store.update(id, live.revision, mine)(),
    )
    expect(must(answer)._tag).toBe('Updated')
    expect(await stands()).toBe('mine')
  })

  it('meets its own write in the trail: Updated, and the newer one stands', async () => {
    await begun()
    const mine = successor(live, { data: 'mine' })
    const answer = await meanwhile(
      `update sessions set revision = 'else', trail = array[$2, revision], data = '"else"' where id = $1`,
      [id, mine.revision],
      () => made.store.update(id, live.revision, mine)(),
    )
    expect(must(answer)._tag).toBe('Updated')
    expect(await stands()).toBe('else')
  })

  it('meets a lease: Leased, until it ends', async () => {
    await begun()
    const answer = must(await meanwhile(LEASE, [id], () => run()))
    expect(answer).toMatchObject({ _tag: 'Leased' })
    expect((answer as { readonly until: number }).until).toBeGreaterThan(Date.now() + HOUR / 2)
  })

  it('meets a tombstone: Gone', async () => {
    await begun()
    expect(must(await meanwhile(ENDED, [id], () => run()))._tag).toBe('Gone')
    expect(await stands()).toMatchObject({ value: { _tag: 'Ended', until: 9e12 } })
  })

  it('meets nothing: Gone', async () => {
    await begun()
    expect(must(await meanwhile('delete from sessions where id = $1', [id], () => run()))._tag).toBe('Gone')
  })

  it('meets a touch: Updated, with the later times', async () => {
    await begun()
    const [touchedAt, expiresAt] = [live.touchedAt + MINUTE, live.expiresAt + MINUTE]
    const touch = 'update sessions set touched_at = $2, expires_at = $3 where id = $1'
    expect(must(await meanwhile(touch, [id, touchedAt, expiresAt], () => run()))._tag).toBe('Updated')
    const found = must(await made.store.load(id)())
    expect(found).toMatchObject({ value: { data: 'mine', touchedAt, expiresAt } })
  })

  it('meets a writer who gives up: Updated', async () => {
    await begun()
    await other.query('begin')
    await other.query(ELSE, [id])
    const answer = run()
    await blocked(made)
    await other.query('rollback')
    expect(must(await answer)._tag).toBe('Updated')
    expect(await stands()).toBe('mine')
  })

  it('held the lease, which another took over: Conflict', async () => {
    await begun()
    const lease = must(await made.store.acquire(id, { wait: 0, lease: HOUR })())
    const fence = (lease as { readonly fence: number }).fence
    expect(must(await meanwhile(LEASE, [id], () => run(live.revision, fence)))._tag).toBe('Conflict')
    expect(await stands()).toEqual({ views: 0 })
  })
})

describe('an end that waited for another writer', () => {
  const run = () => made.store.end(id, live.revision, Date.now() + HOUR)()

  it.each([
    ['another revision', ELSE, 'Conflict'],
    ['a lease', LEASE, 'Leased'],
    ['a tombstone', ENDED, 'Gone'],
    ['nothing', 'delete from sessions where id = $1', 'Gone'],
    ['a touch', 'update sessions set touched_at = touched_at + 1 where id = $1', 'Done'],
  ])('meets %s', async (_, statement, tag) => {
    await begun()
    const answer = must(await meanwhile(statement, [id], run))
    expect(answer._tag).toBe(tag)
    if (answer._tag === 'Conflict') expect(answer.present).toMatchObject({ revision: 'else', data: 'else' })
  })
})

describe('the other verbs that waited', () => {
  it.each([
    ['a tombstone', ENDED, 'Gone'],
    ['another epoch', 'update sessions set epoch = epoch + 1 where id = $1', 'Gone'],
    ['an earlier end of its time', 'update sessions set expires_at = 0 where id = $1', 'Gone'],
    ['another revision', ELSE, 'Touched'],
  ])('touch meets %s', async (_, statement, tag) => {
    await begun()
    const run = () => made.store.touch(id, 0, live.touchedAt + 1, live.expiresAt + 1)()
    expect(must(await meanwhile(statement, [id], run))._tag).toBe(tag)
  })

  it('create meets its own record, whose answer was lost: Created; another one, or a tombstone: Exists', async () => {
    const insert = `insert into sessions (id, revision, trail, epoch, created_at, touched_at, expires_at, due, meta, data)
      values ($1, $2, '{}', 0, 0, 0, 9e12, 9e12, '{}', '0')`
    const mine = record(Date.now())
    id = newId()
    expect(must(await meanwhile(insert, [id, mine.revision], () => made.store.create(id, mine)()))._tag).toBe('Created')
    id = newId()
    expect(must(await meanwhile(insert, [id, 'else'], () => made.store.create(id, mine)()))._tag).toBe('Exists')
    id = newId()
    expect(must(await meanwhile(insert, [id, null], () => made.store.create(id, mine)()))._tag).toBe('Exists')
  })

  it('acquire meets another’s lease: Busy; a tombstone: Gone', async () => {
    await begun()
    const run = () => made.store.acquire(id, { wait: 0, lease: MINUTE })()
    const busy = must(await meanwhile(LEASE, [id], run))
    expect(busy._tag).toBe('Busy')
    expect((busy as { readonly until: number }).until).toBeGreaterThan(Date.now() + HOUR / 2)
    await begun()
    expect(must(await meanwhile(ENDED, [id], run))._tag).toBe('Gone')
  })

  it('renew and release meet another’s lease: Lost', async () => {
    for (const verb of ['renew', 'release'] as const) {
      await begun()
      must(await made.store.acquire(id, { wait: 0, lease: HOUR })())
      const run = async () => must<{ readonly _tag: string }>(await made.store[verb](id, 1, HOUR)())
      expect((await meanwhile(LEASE, [id], run))._tag).toBe('Lost')
    }
  })

  it('endOne and endAll leave a session that left its subject', async () => {
    const [subject, to] = [newSubject(), newSubject()]
    const stays = newId()
    must(await made.store.create(stays, recordOf(Date.now(), subject))())
    const leaves = `update sessions set subject = convert_to($2, 'UTF8') where id = $1`
    id = newId()
    must(await made.store.create(id, recordOf(Date.now(), subject))())
    const one = () => made.store.endOne(subject, id, 9e12)()
    expect(must(await meanwhile(leaves, [id, to], one))._tag).toBe('Gone')
    id = newId()
    must(await made.store.create(id, recordOf(Date.now(), subject))())
    const all = () => made.store.endAll(subject, 9e12)()
    expect(must(await meanwhile(leaves, [id, to], all))).toBe(1)
    expect(must(await made.store.count(to)())).toBe(2)
    expect(must(await made.store.count(subject)())).toBe(0)
  })

  it('two raises of one epoch give two epochs', async () => {
    const subject = newSubject()
    const raise = `insert into sessions_epochs values (convert_to($1, 'UTF8'), $2)`
    const now = Date.now()
    expect(must(await meanwhile(raise, [subject, now], () => made.store.raiseEpoch(subject, now)()))).toBe(now + 1)
  })
})

describe('sweeping beside others', () => {
  const dead = async (count: number): Promise<ReadonlyArray<SessionId>> => {
    const ids = Array.from({ length: count }, newId)
    const expiresAt = Date.now() - SWEEP_SLACK - HOUR
    for (const at of ids) must(await made.store.create(at, record(0, { expiresAt }))())
    return ids
  }
  const left = async (ids: ReadonlyArray<SessionId>): Promise<number> =>
    Number((await made.rows('select count(*) as n from sessions where id = any($1)', [ids]))[0]!['n'])

  it('passes over what another transaction has locked, and removes it the next time', async () => {
    const ids = await dead(5)
    await other.query('begin')
    await other.query('select from sessions where id = any($1) for update', [ids.slice(0, 2)])
    expect(must(await made.store.sweep(Date.now(), 100)())).toEqual({ removed: 3, more: false })
    await other.query('commit')
    expect(must(await made.store.sweep(Date.now(), 100)())).toEqual({ removed: 2, more: false })
  })

  it('spares what was prolonged by a transaction that it did not see', async () => {
    const [one] = await dead(1)
    await other.query('begin')
    await other.query(`update sessions set expires_at = $2 where id = $1`, [one, Date.now() + HOUR])
    expect(must(await made.store.sweep(Date.now(), 100)())).toEqual({ removed: 0, more: false })
    await other.query('commit')
    expect(must(await made.store.sweep(Date.now(), 100)())).toEqual({ removed: 0, more: false })
    expect(await left([one!])).toBe(1)
  })

  it('ten sweepers at once remove each row once', async () => {
    const ids = await dead(200)
    const sweep = async (): Promise<number> => {
      let removed = 0
      for (let more = true; more;) {
        const swept = must(await made.store.sweep(Date.now(), 7)())
        removed += swept.removed
        more = swept.more
      }
      return removed
    }
    const counts = await Promise.all(Array.from({ length: 10 }, sweep))
    // Who found all others' rows locked went home early.
    const rest = await sweep()
    expect(counts.reduce((sum, count) => sum + count, rest)).toBe(200)
    expect(await left(ids)).toBe(0)
  })

  it('an epoch is kept for hours and then goes with a sweep', async () => {
    const [old, young] = [newSubject(), newSubject()]
    const now = Date.now()
    const epoch = must(await made.store.raiseEpoch(young, now - HOUR)())
    must(await made.store.raiseEpoch(old, now - 3 * HOUR)())
    must(await made.store.sweep(now, 100)())
    expect(must(await made.store.readEpoch(young)())).toBe(epoch)
    expect(must(await made.store.readEpoch(old)())).toBe(0)
  })

  it('a record that was prolonged is looked at again when it may be due, and no earlier', async () => {
    id = newId()
    const now = Date.now()
    live = record(now, { touchedAt: now - HOUR, expiresAt: now - SWEEP_SLACK - MINUTE })
    must(await made.store.create(id, live)())
    must(await made.store.touch(id, 0, now - HOUR, now + HOUR)())
    const due = async (): Promise<unknown> =>
      (await made.rows('select due from sessions where id = $1', [id]))[0]!['due']
    expect(await due()).toBe(live.expiresAt + SWEEP_SLACK)
    must(await made.store.sweep(now, 100)())
    expect(await due()).toBe(now + HOUR + SWEEP_SLACK)
    must(await made.store.update(id, live.revision, successor(live, { touchedAt: now, expiresAt: now + MINUTE }))())
    expect(await due()).toBe(now + MINUTE + SWEEP_SLACK)
  })
})

it('no statement of these tests is left behind', async () => {
  await until('all statements ended', async () => {
    const [row] = await made.rows(
      `select count(*)::int as n from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
    )
    return row!['n'] === 0
  })
})
