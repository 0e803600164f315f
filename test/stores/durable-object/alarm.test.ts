/** What goes by itself, on the real alarms of real objects: their times are what `expiresAt` and `until` make them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { type Acquired, SWEEP_SLACK } from '../../../src/effects/Store.ts'
import { durableObjectStore, type DurableObjectStore } from '../../../src/stores/durable-object.ts'
import { HOUR, MINUTE, newId, newSubject, record, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import type { Probe } from './worker.ts'
import { must, nameOf, probe, probeUntil, world, type World } from './world.ts'

let made: World
let store: DurableObjectStore
beforeAll(async () => {
  made = await world()
  store = durableObjectStore({ namespace: made.namespace })
})
afterAll(() => made.close())

const lookAt = (name: string): Promise<Probe> => probe(made.namespace, name)

const empty = ({ keys }: Probe): boolean => keys.length === 0

const NOTHING: Pick<Probe, 'keys' | 'alarm'> = { keys: [], alarm: null }

const stored = async (over: Partial<Live> = {}): Promise<{ readonly id: SessionId; readonly live: Live }> => {
  const id = newId()
  const live = record(Date.now(), over)
  expect(must(await store.create(id, live)())._tag).toBe('Created')
  return { id, live }
}

describe('the object of a session', () => {
  it('stores nothing for who only asks', async () => {
    const id = newId()
    expect(must(await store.load(id)())._tag).toBe('None')
    expect(must(await store.update(id, 'a', record(0))())._tag).toBe('Gone')
    expect(must(await store.touch(id, 0, 1, 2)())._tag).toBe('Gone')
    expect(must(await store.end(id, 'a', 1)())._tag).toBe('Gone')
    expect(must(await store.endOne('a', id, 1)())._tag).toBe('Gone')
    expect(must(await store.acquire(id, { wait: 1, lease: 1 })())._tag).toBe('Gone')
    expect(await lookAt(id)).toMatchObject(NOTHING)
  })

  it('sets its alarm for two minutes after the record expires, and leaves it alone when that moves away', async () => {
    const { id, live } = await stored()
    const due = live.expiresAt + SWEEP_SLACK
    expect(await lookAt(id)).toMatchObject({ keys: ['session'], alarm: due })
    must(await store.touch(id, 0, live.touchedAt + 1, live.expiresAt + HOUR)())
    expect(await lookAt(id)).toMatchObject({ alarm: due })
    const next = successor(live, { expiresAt: live.expiresAt + 2 * HOUR })
    must(await store.update(id, live.revision, next)())
    expect(await lookAt(id)).toMatchObject({ alarm: due })
  })

  it('sets it anew when the end comes nearer, and when the session is ended', async () => {
    const { id, live } = await stored()
    const next = successor(live, { expiresAt: live.expiresAt - MINUTE })
    must(await store.update(id, live.revision, next)())
    expect(await lookAt(id)).toMatchObject({ alarm: next.expiresAt + SWEEP_SLACK })
    const tombstone = live.touchedAt + 2 * HOUR
    must(await store.end(id, next.revision, tombstone)())
    expect(await lookAt(id)).toMatchObject({ alarm: tombstone })
  })

  it('is empty when the record is two minutes past its end', async () => {
    const { id } = await stored({ expiresAt: Date.now() - SWEEP_SLACK + 200 })
    expect(await probeUntil(made.namespace, id, empty)).toMatchObject(NOTHING)
    expect(must(await store.load(id)())._tag).toBe('None')
  })

  it('an alarm that finds a record which was touched meanwhile keeps it, and sets itself anew', async () => {
    const { id, live } = await stored()
    const later = live.expiresAt + HOUR
    expect(must(await store.touch(id, 0, live.touchedAt + 1, later)())._tag).toBe('Touched')
    expect(await probe(made.namespace, id, 'ring')).toMatchObject({ keys: ['session'], alarm: later + SWEEP_SLACK })
    expect(must(await store.load(id)())).toMatchObject({
      value: { ...live, touchedAt: live.touchedAt + 1, expiresAt: later },
    })
  })

  it('a tombstone goes at its time', async () => {
    const { id, live } = await stored()
    must(await store.end(id, live.revision, Date.now() + 200)())
    expect(await probeUntil(made.namespace, id, empty)).toMatchObject(NOTHING)
  })

  it('who waits for the lease of a record that goes is told', async () => {
    const { id, live } = await stored()
    const first = must(await store.acquire(id, { wait: 0, lease: HOUR })())
    const waiting = store.acquire(id, { wait: HOUR, lease: HOUR })()
    const due = successor(live, { expiresAt: Date.now() - SWEEP_SLACK })
    must(await store.update(id, live.revision, due, (first as Acquired).fence)())
    expect(must(await waiting)._tag).toBe('Gone')
  })
})

describe('the object of a subject', () => {
  it('stores nothing for who only asks', async () => {
    const subject = newSubject()
    expect(must(await store.list(subject)())).toEqual([])
    expect(must(await store.endAll(subject, Date.now())())).toBe(0)
    expect(must(await store.readEpoch(subject)())).toBe(0)
    expect(await lookAt(nameOf(subject))).toMatchObject(NOTHING)
  })

  it('has an entry for longer than the record can stand, and drops it by itself', async () => {
    const subject = newSubject()
    const now = Date.now()
    const id = newId()
    must(await store.create(id, recordOf(now, subject))())
    const horizon = now + HOUR + SWEEP_SLACK + HOUR
    expect(await lookAt(nameOf(subject))).toMatchObject({ keys: ['alarm', `entry:${id}`], alarm: horizon })
    // Of a record that went long ago.
    must(await store.create(newId(), recordOf(now, subject, { expiresAt: now - SWEEP_SLACK - HOUR }))())
    const { horizons } = await probeUntil(made.namespace, nameOf(subject), ({ alarms }) => alarms > 0)
    expect(horizons).toEqual({ [id]: horizon })
  })

  it('is empty when it has nothing to remember', async () => {
    const subject = newSubject()
    const now = Date.now()
    must(await store.create(newId(), recordOf(now, subject, { expiresAt: now - SWEEP_SLACK - HOUR + 200 }))())
    expect(await probeUntil(made.namespace, nameOf(subject), empty)).toMatchObject(NOTHING)
  })

  it('keeps what is not due when its alarm goes off, and sets the next one', async () => {
    const subject = newSubject()
    const now = Date.now()
    const [late, early] = [newId(), newId()]
    must(await store.create(late, recordOf(now, subject, { expiresAt: now + 5 * HOUR }))())
    must(await store.raiseEpoch(subject, now)())
    must(await store.create(early, recordOf(now, subject, { expiresAt: now - SWEEP_SLACK - HOUR }))())
    const told = await probeUntil(made.namespace, nameOf(subject), ({ alarms }) => alarms > 0)
    expect(told.keys).toEqual(['alarm', `entry:${late}`, 'epoch'])
    // The epoch's two hours.
    expect(told.alarm).toBeGreaterThanOrEqual(now + 2 * HOUR)
    expect(told.alarm).toBeLessThan(now + 3 * HOUR)
    expect(must(await store.count(subject)())).toBe(1)
  })
})
