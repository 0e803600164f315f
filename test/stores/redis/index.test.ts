/** The index of a subject's sessions: an entry too many, never one too few. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from 'redis'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { redisStore, type RedisStore } from '../../../src/stores/redis.ts'
import { answer, HOUR, MINUTE, newId, newSubject, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { redisUrl } from '../../servers/shared.ts'
import { held, spy, type Spy } from './spy.ts'

const DAY = 24 * HOUR
const PREFIX = 'index of subjects:'

let client: ReturnType<typeof createClient>
beforeAll(async () => {
  client = createClient({ url: await redisUrl() })
  await client.connect()
})
afterAll(() => client.close())

interface World {
  readonly seen: Spy
  readonly store: RedisStore
  readonly subject: string
  readonly key: string
  readonly ids: () => Promise<ReadonlyArray<SessionId>>
  /** What is in the index itself. */
  readonly entries: () => Promise<ReadonlyArray<string>>
}

const world = (): World => {
  const seen = spy(client)
  const store = redisStore({ client: seen.client, prefix: PREFIX })
  const subject = newSubject()
  const key = `${PREFIX}subject:${subject}`
  return {
    seen,
    store,
    subject,
    key,
    ids: async () => (await answer(store.list(subject))).map(({ id }) => id),
    entries: () => client.zRange(key, 0, -1),
  }
}

const stored = async (
  { store, subject }: World,
  over: Partial<Live> = {},
): Promise<{ readonly id: SessionId; readonly live: Live }> => {
  const id = newId()
  const live = recordOf(Date.now(), subject, over)
  await answer(store.create(id, live))
  return { id, live }
}

const anonymous = (live: Live): Live => {
  const { subject: _, ...rest } = successor(live)
  return rest
}

const signedIn = (live: Live, subject: string): Live =>
  successor(live, { subject: { id: subject, authenticatedAt: live.touchedAt } })

const until = (): number => Date.now() + HOUR

/** Waits for what a store does on its own account after its answer. */
const settled = async (condition: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 10_000
  while (!(await condition())) if (Date.now() > deadline) throw new Error('it did not come to be')
}

describe('a program that stops between the two steps', () => {
  it('create: the entry stands without a record, which is not listed, and is there when the record comes', async () => {
    const all = world()
    const second = held(all.seen, 'CREATE')
    const id = newId()
    const creating = answer(all.store.create(id, recordOf(Date.now(), all.subject)))
    await second.reached
    expect(await all.entries()).toEqual([id])
    expect(await all.ids()).toEqual([])
    expect(await answer(all.store.endAll(all.subject, until()))).toBe(0)
    expect(await all.entries()).toEqual([id])
    await second.go()
    await creating
    expect(await all.ids()).toEqual([id])
  })

  it('sign-in: the same', async () => {
    const all = world()
    const { id, live } = await stored(all, { subject: { id: newSubject(), authenticatedAt: 0 } })
    const second = held(all.seen, 'UPDATE')
    const updating = answer(all.store.update(id, live.revision, signedIn(live, all.subject)))
    await second.reached
    expect([await all.entries(), await all.ids()]).toEqual([[id], []])
    await second.go()
    await updating
    expect(await all.ids()).toEqual([id])
  })

  it('end: the entry stays without a live record, and goes when the list is read', async () => {
    const all = world()
    const [{ id, live }, other] = [await stored(all), await stored(all)]
    all.seen.next('FORGET', () => Promise.reject(new Error('the program stopped here')))
    await answer(all.store.end(id, live.revision, until()))
    expect(await all.entries()).toContain(id)
    expect(await all.ids()).toEqual([other.id])
    await settled(async () => (await all.entries()).length === 1)
    expect(await all.entries()).toEqual([other.id])
  })
})

describe('entries go', () => {
  it('when the session is ended, by its owner or by the directory', async () => {
    const all = world()
    const made = [await stored(all), await stored(all), await stored(all)] as const
    await answer(all.store.end(made[0].id, made[0].live.revision, until()))
    await settled(async () => (await all.entries()).length === 2)
    await answer(all.store.endOne(all.subject, made[1].id, until()))
    await settled(async () => (await all.entries()).length === 1)
    await answer(all.store.endAll(all.subject, until()))
    await settled(async () => (await client.exists(all.key)) === 0)
  })

  it('when the session leaves the subject', async () => {
    const all = world()
    const { id, live } = await stored(all)
    await answer(all.store.update(id, live.revision, anonymous(live)))
    await settled(async () => (await client.exists(all.key)) === 0)
  })

  it('but not when it has come back meanwhile', async () => {
    const all = world()
    const { id, live } = await stored(all)
    const late = held(all.seen, 'FORGET')
    const out = anonymous(live)
    await answer(all.store.update(id, live.revision, out))
    await late.reached
    await answer(all.store.update(id, out.revision, signedIn(out, all.subject)))
    await late.go()
    expect(await all.ids()).toEqual([id])
  })

  it('when their horizon has passed: no record can stand there', async () => {
    const all = world()
    const { id } = await stored(all)
    await client.zAdd(all.key, { score: Date.now() - 1, value: newId() })
    expect(await all.ids()).toEqual([id])
    expect(await all.entries()).toEqual([id])
    await client.zAdd(all.key, { score: Date.now() - 1, value: newId() })
    const { id: another } = await stored(all)
    expect([...(await all.entries())].sort()).toEqual([id, another].sort())
  })

  it('all together, an hour after the last record', async () => {
    const all = world()
    const { live } = await stored(all)
    await stored(all, { expiresAt: live.expiresAt - 30 * MINUTE })
    expect(await client.pExpireTime(all.key)).toBe(live.expiresAt + 2 * MINUTE + HOUR)
  })
})

describe('an entry outlives its record', () => {
  const covered = async (all: World, id: SessionId): Promise<void> => {
    const horizon = (await client.zScore(all.key, id))!
    expect(horizon).toBeGreaterThanOrEqual(await client.pExpireTime(`${PREFIX}session:${id}`))
    expect(await client.pExpireTime(all.key)).toBeGreaterThanOrEqual(horizon)
  }

  it('a touch within its horizon is one call; one beyond it renews the entry first', async () => {
    const all = world()
    const { id, live } = await stored(all)
    all.seen.calls.length = 0
    await answer(all.store.touch(id, 0, live.touchedAt + MINUTE, live.expiresAt + MINUTE))
    expect(all.seen.calls).toEqual(['TOUCH'])
    await covered(all, id)
    all.seen.calls.length = 0
    await answer(all.store.touch(id, 0, live.touchedAt + 2 * MINUTE, live.expiresAt + 2 * HOUR))
    expect(all.seen.calls).toEqual(['TOUCH', 'INDEX', 'TOUCH'])
    await covered(all, id)
    expect(await all.ids()).toEqual([id])
  })

  it('a touch that is overtaken by another subject covers that one', async () => {
    const all = world()
    const other = newSubject()
    const { id, live } = await stored(all)
    const entering = held(all.seen, 'INDEX')
    const touching = answer(all.store.touch(id, 0, live.touchedAt + MINUTE, live.expiresAt + DAY))
    await entering.reached
    const moved = signedIn(live, other)
    await answer(all.store.update(id, live.revision, moved))
    await entering.go()
    expect((await touching)._tag).toBe('Touched')
    await covered({ ...all, key: `${PREFIX}subject:${other}` }, id)
    expect((await answer(all.store.list(other))).map((one) => one.id)).toEqual([id])
  })

  it('an update of the same subject is one call; one beyond the horizon renews the entry first', async () => {
    const all = world()
    const { id, live } = await stored(all, { subject: { id: all.subject, authenticatedAt: 0 } })
    all.seen.calls.length = 0
    const next = successor(live, { expiresAt: live.expiresAt + MINUTE })
    await answer(all.store.update(id, live.revision, next))
    expect(all.seen.calls).toEqual(['UPDATE'])
    all.seen.calls.length = 0
    await answer(all.store.update(id, next.revision, successor(next, { expiresAt: live.expiresAt + 30 * DAY })))
    expect(all.seen.calls).toEqual(['UPDATE', 'INDEX', 'UPDATE'])
    await covered(all, id)
  })

  it('an update that keeps the later deadline of an unseen touch renews it for that', async () => {
    const all = world()
    const { id, live } = await stored(all, { subject: { id: newSubject(), authenticatedAt: 0 } })
    await answer(all.store.touch(id, 0, live.touchedAt + MINUTE, live.expiresAt + 30 * DAY))
    await answer(all.store.update(id, live.revision, signedIn(live, all.subject)))
    expect((await answer(all.store.list(all.subject)))[0]!.expiresAt).toBe(live.expiresAt + 30 * DAY)
    await covered(all, id)
  })

  it('a sign-in whose time does not tell is asked for its entry by the script', async () => {
    const all = world()
    const { id, live } = await stored(all, { subject: { id: newSubject(), authenticatedAt: 0 } })
    all.seen.calls.length = 0
    const quiet = successor(live, { subject: { id: all.subject, authenticatedAt: live.touchedAt - 1 } })
    await answer(all.store.update(id, live.revision, quiet))
    expect(all.seen.calls).toEqual(['UPDATE', 'INDEX', 'UPDATE', 'FORGET'])
    expect(await all.ids()).toEqual([id])
  })
})

describe('a key that is not a session', () => {
  it('among those of a subject hides no other', async () => {
    const all = world()
    const { id } = await stored(all)
    const [list, text] = [await stored(all), await stored(all)]
    await client.del(`${PREFIX}session:${list.id}`)
    await client.rPush(`${PREFIX}session:${list.id}`, 'a list')
    await client.set(`${PREFIX}session:${text.id}`, 'garbage')
    expect(await all.ids()).toEqual([id])
    expect(await answer(all.store.count(all.subject))).toBe(1)
    expect(await answer(all.store.endAll(all.subject, until()))).toBe(1)
  })
})
