/** The index of a subject: an entry too many, never one too few. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { SWEEP_SLACK } from '../../../src/effects/Store.ts'
import {
  durableObjectStore,
  type DurableObjectStore,
  type SessionNamespace,
} from '../../../src/stores/durable-object.ts'
import { HOUR, newId, newSubject, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import type { Probe } from './worker.ts'
import { must, nameOf, probe, world, type World } from './world.ts'

let made: World
let store: DurableObjectStore
const calls: Array<string> = []

/** The bridge, telling what it carries. */
const watched = (namespace: SessionNamespace): SessionNamespace => ({
  idFromName: (name) => namespace.idFromName(name),
  get: (id) => ({
    fetch: (url, init) => {
      calls.push(new URL(url).pathname.slice(1))
      return namespace.get(id).fetch(url, init)
    },
  }),
})

beforeAll(async () => {
  made = await world()
  store = durableObjectStore({ namespace: watched(made.namespace) })
})
afterAll(() => made.close())

const entriesOf = async (subject: string): Promise<Probe['horizons']> =>
  (await probe(made.namespace, nameOf(subject))).horizons

const isDropped = async (subject: string, id: SessionId): Promise<void> =>
  expect(await entriesOf(subject)).not.toHaveProperty(id)

const signedIn = async (subject: string): Promise<{ readonly id: SessionId; readonly live: Live }> => {
  const id = newId()
  const live = recordOf(Date.now(), subject)
  expect(must(await store.create(id, live)())._tag).toBe('Created')
  return { id, live }
}

const ask = async (subject: string, call: string, ...args: ReadonlyArray<unknown>): Promise<unknown> => {
  const stub = made.namespace.get(made.namespace.idFromName(nameOf(subject)))
  const answer = await stub.fetch(`https://test/${call}`, { method: 'POST', body: JSON.stringify(args) })
  return JSON.parse(await answer.text())
}

it('a read and a write are one call each, a sign-in is one more', async () => {
  const { id, live } = await signedIn(newSubject())
  const later = live.touchedAt + 1
  calls.length = 0
  must(await store.load(id)())
  const next = successor(live, { data: { views: 1 }, touchedAt: later })
  expect(must(await store.update(id, live.revision, next)())._tag).toBe('Updated')
  expect(must(await store.touch(id, 0, later, live.expiresAt + 1)())._tag).toBe('Touched')
  expect(calls).toEqual(['load', 'update', 'touch'])
  calls.length = 0
  await signedIn(newSubject())
  expect(calls).toEqual(['enter', 'create'])
})

it('a record that would stand longer than its entry is not written before there is a later one', async () => {
  const subject = newSubject()
  const { id, live } = await signedIn(subject)
  const horizon = live.expiresAt + SWEEP_SLACK + HOUR
  expect(await entriesOf(subject)).toEqual({ [id]: horizon })
  calls.length = 0
  expect(must(await store.touch(id, 0, live.touchedAt + 1, live.expiresAt + HOUR)())._tag).toBe('Touched')
  expect(calls).toEqual(['touch'])
  calls.length = 0
  expect(must(await store.touch(id, 0, live.touchedAt + 2, live.expiresAt + HOUR + 1)())._tag).toBe('Touched')
  expect(calls).toEqual(['touch', 'enter', 'touch'])
  expect(await entriesOf(subject)).toEqual({ [id]: horizon + HOUR + 1 })
  calls.length = 0
  const next = successor(live, { touchedAt: live.touchedAt + 3, expiresAt: live.expiresAt + 3 * HOUR })
  expect(must(await store.update(id, live.revision, next)())._tag).toBe('Updated')
  expect(calls).toEqual(['update', 'enter', 'update'])
  expect(await entriesOf(subject)).toEqual({ [id]: horizon + 3 * HOUR })
})

it('an entry goes when its session is ended, one by one or all', async () => {
  const subject = newSubject()
  const made = [await signedIn(subject), await signedIn(subject), await signedIn(subject)] as const
  const until = Date.now() + HOUR
  must(await store.end(made[0].id, made[0].live.revision, until)())
  await isDropped(subject, made[0].id)
  must(await store.endOne(subject, made[1].id, until)())
  await isDropped(subject, made[1].id)
  must(await store.endAll(subject, until)())
  expect(await entriesOf(subject)).toEqual({})
})

it('an entry goes when its session has moved, and not if it was written again since', async () => {
  const [a, b] = [newSubject(), newSubject()]
  const { id, live } = await signedIn(a)
  const first = (await entriesOf(a))[id]!
  const ofB = successor(live, { subject: { id: b, authenticatedAt: live.touchedAt } })
  must(await store.update(id, live.revision, ofB)())
  await isDropped(a, id)
  const ofA = successor(ofB, { subject: { id: a, authenticatedAt: live.touchedAt } })
  must(await store.update(id, ofB.revision, ofA)())
  await isDropped(b, id)
  must(await store.update(id, ofA.revision, successor(ofA, { subject: { id: a, authenticatedAt: live.touchedAt } }))())
  const again = (await entriesOf(a))[id]!
  expect(again).toBeGreaterThan(first)
  // What the first move left to be done comes late.
  await ask(a, 'forget', first, [id])
  expect(await entriesOf(a)).toEqual({ [id]: again })
  await ask(a, 'forget', again, [id])
  expect(await entriesOf(a)).toEqual({})
})

it('an entry of an ended session that was left is dropped by who lists', async () => {
  const subject = newSubject()
  const { id, live } = await signedIn(subject)
  must(await store.end(id, live.revision, Date.now() + HOUR)())
  await isDropped(subject, id)
  await ask(subject, 'enter', id, live.expiresAt)
  expect(await entriesOf(subject)).toHaveProperty(id)
  expect(must(await store.list(subject)())).toEqual([])
  await isDropped(subject, id)
})

it('an entry whose record is still on its way stays when somebody lists', async () => {
  const subject = newSubject()
  const id = newId()
  await ask(subject, 'enter', id, Date.now() + HOUR)
  expect(must(await store.list(subject)())).toEqual([])
  expect(must(await store.endAll(subject, Date.now() + HOUR)())).toBe(0)
  expect(await entriesOf(subject)).toHaveProperty(id)
})

it('subjects with half a surrogate pair are not one another', async () => {
  const base = newSubject()
  const subjects = ['\ud800', '\ud801', '\ufffd', '\udc00'].map((end) => base + end)
  const ids = await Promise.all(subjects.map(async (subject) => (await signedIn(subject)).id))
  for (const [index, subject] of subjects.entries())
    expect(must(await store.list(subject)()).map(({ id }) => id)).toEqual([ids[index]])
})

it('an index that can not be reached fails no logout, and a sign-in before the record is written', async () => {
  const cut = (call: string): SessionNamespace => ({
    idFromName: (name) => made.namespace.idFromName(name),
    get: (id) => ({
      fetch: (url, init) =>
        url.endsWith(call) ? Promise.reject(new Error('unreachable')) : made.namespace.get(id).fetch(url, init),
    }),
  })
  const subject = newSubject()
  const { id, live } = await signedIn(subject)
  const until = Date.now() + HOUR
  const ended = await durableObjectStore({ namespace: cut('/forget') }).end(id, live.revision, until)()
  expect(ended).toMatchObject({ right: { _tag: 'Done' } })
  expect(await entriesOf(subject)).toHaveProperty(id)
  const refused = newId()
  const answer = await durableObjectStore({ namespace: cut('/enter') }).create(refused, recordOf(Date.now(), subject))()
  expect(answer).toMatchObject({ left: { operation: 'create', cause: { message: 'unreachable' } } })
  expect(must(await store.load(refused)())._tag).toBe('None')
})

it('"end all" of more sessions than one request may ask for goes on when it is repeated', async () => {
  const subject = newSubject()
  const all = await Promise.all(Array.from({ length: 100 }, () => signedIn(subject)))
  let left = 0
  const limited: SessionNamespace = {
    idFromName: (name) => made.namespace.idFromName(name),
    get: (id) => ({
      fetch: (url, init) => {
        left -= 1
        return left < 0 ? Promise.reject(new Error('too many subrequests')) : made.namespace.get(id).fetch(url, init)
      },
    }),
  }
  const tags: Array<string> = []
  while (tags.length < 5 && tags.at(-1) !== 'Right') {
    left = 50
    tags.push((await durableObjectStore({ namespace: limited }).endAll(subject, Date.now() + HOUR)())._tag)
  }
  expect(tags).toEqual(['Left', 'Left', 'Right'])
  for (const { id } of all) expect(must(await store.load(id)())).toMatchObject({ value: { _tag: 'Ended' } })
  expect(await entriesOf(subject)).toEqual({})
})
