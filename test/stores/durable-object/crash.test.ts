/** kill -9 of workerd in the middle of everything: whatever was acknowledged is there when it is back. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import type { Acquired } from '../../../src/effects/Store.ts'
import { durableObjectStore, type DurableObjectStore } from '../../../src/stores/durable-object.ts'
import { HOUR, newId, newSubject, record, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { type Workerd, workerd } from './workerd.ts'
import { bridge, must } from './world.ts'

let server: Workerd
beforeAll(async () => {
  server = await workerd()
})
afterAll(() => server.stop())

const newStore = (): DurableObjectStore => durableObjectStore({ namespace: bridge(server.url) })

const crash = async (): Promise<void> => {
  await server.kill()
  await server.start()
}

/** What one writer knows of its session. */
interface Known {
  readonly id: SessionId
  readonly subject: string
  /** The last record that was acknowledged; undefined before the first. */
  live: Live | undefined
  /** The last record that was sent. */
  sent: Live
  ended: 'no' | 'sent' | 'acknowledged'
}

const WRITERS = 12
const ROUNDS = 4
const WRITES = 100
/** How many writes a session gets before it is ended and another one begun. */
const LIFE = 3

const views = (live: Live): number => live.data as number

/** Writes one session after another until the server is gone; tells each acknowledgement. */
const write = async (store: DurableObjectStore, known: Array<Known>, acknowledged: () => void): Promise<void> => {
  for (;;) {
    const subject = newSubject()
    const first = recordOf(Date.now(), subject, { data: 0 })
    const mine: Known = { id: newId(), subject, live: undefined, sent: first, ended: 'no' }
    known.push(mine)
    const created = await store.create(mine.id, first)()
    if (created._tag === 'Left') return
    mine.live = first
    acknowledged()
    for (let n = 1; n <= LIFE; n += 1) {
      mine.sent = successor(mine.live, { data: n })
      const answer = await store.update(mine.id, mine.live.revision, mine.sent)()
      if (answer._tag === 'Left') return
      expect(answer.right._tag).toBe('Updated')
      mine.live = mine.sent
      acknowledged()
    }
    mine.ended = 'sent'
    const ended = await store.end(mine.id, mine.live.revision, Date.now() + HOUR)()
    if (ended._tag === 'Left') return
    mine.ended = 'acknowledged'
    acknowledged()
  }
}

const check = async (store: DurableObjectStore, { id, subject, live, sent, ended }: Known): Promise<void> => {
  const found = must(await store.load(id)())
  const present = found._tag === 'Some' ? found.value : undefined
  if (ended === 'acknowledged') return expect(present?._tag).toBe('Ended')
  if (present === undefined) return expect(live).toBeUndefined()
  if (present._tag === 'Ended') return expect(ended).toBe('sent')
  // What was sent and not acknowledged may be there, too.
  expect([live?.revision, sent.revision]).toContain(present.revision)
  expect(views(present)).toBeGreaterThanOrEqual(live === undefined ? 0 : views(live))
  expect(must(await store.list(subject)()).map((listed) => listed.id)).toEqual([id])
}

it('loses nothing that was acknowledged', async () => {
  const known: Array<Known> = []
  const store = newStore()
  for (let round = 0; round < ROUNDS; round += 1) {
    let left = WRITES
    let writers: Promise<unknown> = Promise.resolve()
    await new Promise<void>((resolve, reject) => {
      const acknowledged = (): void => {
        left -= 1
        if (left === 0) resolve()
      }
      writers = Promise.all(Array.from({ length: WRITERS }, () => write(store, known, acknowledged)))
      writers.catch(reject)
    })
    await server.kill()
    await writers
    await server.start()
  }
  for (const one of known) await check(store, one)
  expect(known.filter(({ ended }) => ended === 'acknowledged').length).toBeGreaterThan(ROUNDS)
})

it('a lease outlives the crash, and its holder goes on', async () => {
  const store = newStore()
  const id = newId()
  const live = record(Date.now())
  must(await store.create(id, live)())
  const { fence } = must(await store.acquire(id, { wait: 0, lease: HOUR })()) as Acquired
  await crash()
  expect(must(await store.acquire(id, { wait: 0, lease: HOUR })())._tag).toBe('Busy')
  expect(must(await store.update(id, live.revision, successor(live))())._tag).toBe('Leased')
  expect(must(await store.update(id, live.revision, successor(live), fence)())._tag).toBe('Updated')
  expect(must(await store.release(id, fence)())._tag).toBe('Released')
})

it('an epoch outlives the crash', async () => {
  const store = newStore()
  const subject = newSubject()
  const epoch = must(await store.raiseEpoch(subject, Date.now())())
  await crash()
  expect(must(await store.readEpoch(subject)())).toBe(epoch)
})

it('while it is down each verb fails, and does not know whether it was done', async () => {
  const store = newStore()
  await server.kill()
  const live = record(Date.now())
  const answers = [
    await store.load(newId())(),
    await store.create(newId(), live)(),
    await store.update(newId(), live.revision, successor(live))(),
    await store.end(newId(), live.revision, Date.now())(),
    await store.acquire(newId(), { wait: 0, lease: 1 })(),
    await store.list(newSubject())(),
  ]
  for (const answer of answers) {
    expect(answer).toMatchObject({ left: { _tag: 'StoreError', cause: expect.any(Error) } })
    expect(answer).not.toHaveProperty('left.unchanged')
  }
})
