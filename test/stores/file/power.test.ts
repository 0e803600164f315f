import { describe, expect, it } from 'vitest'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { storeOn } from '../../../src/stores/file/store.ts'
import { newId, record, successor } from '../../../src/testing/contract/bench.ts'
import { driven, type FakeFiles, fakeFiles } from './fakeFiles.ts'

/**
 * One session's life, cut off at every call to the file system: by a power failure after which what was not fsynced is
 * there, is not there, or is there in part; by a disk that is full for that call, or from that call on.
 */
const NOW = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000
const ann = { id: 'ann', authenticatedAt: NOW }
const bob = { id: 'bob', authenticatedAt: NOW }

const storeFor = (files: FakeFiles, owner: number) =>
  storeOn(files.of(owner), '/s', {
    directory: '/s',
    clock: () => NOW,
    onCorrupt: (id, reason) => corrupt.push(id + reason),
  })
const corrupt: Array<string> = []

type Store = ReturnType<typeof storeFor>

/** What stands under the id, in one word. */
const stateOf = async (files: FakeFiles, store: Store, id: SessionId): Promise<string> => {
  const found = await driven(files, store.load(id)())
  if (found === 'stopped' || found._tag === 'Left') throw new Error('it can not be read', { cause: found })
  if (found.right._tag === 'None') return 'none'
  return found.right.value._tag === 'Ended' ? 'ended' : found.right.value.revision
}

interface Told {
  /** The states that the life goes through, in order, and how many of them were begun, and acknowledged. */
  readonly states: Array<string>
  begun: number
  acknowledged: number
  /** A write that failed said that it had changed nothing. */
  unchanged: boolean
  epoch: number
}

/** Changes, each with the state that it leads to; touch and leases change none. */
const live = async (store: Store, id: SessionId, told: Told, retries = 0): Promise<void> => {
  const first = record(NOW, { data: 'x'.repeat(300), expiresAt: NOW + HOUR })
  const ofAnn = successor(first, { subject: ann })
  const more = successor(ofAnn, { data: 'more' })
  const fenced = successor(more, { data: 'fenced' })
  const ofBob = successor(fenced, { subject: bob })
  told.states.push('none', first.revision, ofAnn.revision, more.revision, fenced.revision, ofBob.revision, 'ended')

  const must = async (work: () => Promise<{ readonly _tag: string }>): Promise<void> => {
    for (let left = retries; ; left -= 1) {
      const given = (await work()) as { readonly _tag: string; readonly left?: { readonly unchanged?: true } }
      if (given._tag === 'Right') return
      told.unchanged = given.left?.unchanged === true
      if (left === 0) throw new Error('stopped')
    }
  }
  const changes = async (work: () => Promise<{ readonly _tag: string }>): Promise<void> => {
    told.begun += 1
    await must(work)
    told.acknowledged += 1
  }
  let fence = 0
  await changes(store.create(id, first))
  await changes(store.update(id, first.revision, ofAnn))
  await must(store.touch(id, 0, NOW + 1000, NOW + 2 * HOUR))
  await changes(store.update(id, ofAnn.revision, more))
  await must(async () => {
    const got = await store.acquire(id, { wait: 0, lease: HOUR })()
    if (got._tag === 'Right' && got.right._tag === 'Acquired') fence = got.right.fence
    return got
  })
  await changes(store.update(id, more.revision, fenced, fence))
  await must(store.release(id, fence))
  await must(async () => {
    const raised = await store.raiseEpoch('ann', NOW)()
    if (raised._tag === 'Right') told.epoch = raised.right
    return raised
  })
  await changes(store.update(id, fenced.revision, ofBob))
  await changes(store.end(id, ofBob.revision, NOW + HOUR))
}

const telling = (): Told => ({ states: [], begun: 0, acknowledged: 0, unchanged: false, epoch: 0 })

const subjectAt = (told: Told, state: string): string | undefined =>
  [undefined, undefined, 'ann', 'ann', 'ann', 'bob', undefined][told.states.indexOf(state)]

/** The state is what was acknowledged last, or what was begun after it; its subject's list has it; it can go on. */
const standsFirm = async (files: FakeFiles, store: Store, id: SessionId, told: Told, where: string): Promise<void> => {
  const state = await stateOf(files, store, id)
  const reached = told.states.indexOf(state)
  expect(reached, where).toBeGreaterThanOrEqual(told.acknowledged)
  expect(reached, where).toBeLessThanOrEqual(told.begun)
  const epoch = await driven(files, store.readEpoch('ann')())
  expect((epoch as { right: number }).right, where).toBeGreaterThanOrEqual(told.epoch)
  for (const subject of ['ann', 'bob']) {
    const listed = (await driven(files, store.list(subject)())) as { right: ReadonlyArray<{ id: string }> }
    expect(
      listed.right.map((entry) => entry.id),
      where,
    ).toEqual(subjectAt(told, state) === subject ? [id] : [])
  }
  // A write may meet what the dead had claimed, finish that, and lose to it, or to its lease.
  let at = reached
  for (let tries = 4; at > 0 && at < told.states.length - 1; tries -= 1) {
    expect(tries, where).toBeGreaterThan(0)
    const found = (await driven(files, store.load(id)())) as { right: { value: Live } }
    await driven(files, store.release(id, found.right.value.fence)())
    const next = successor(found.right.value, { data: 'after' })
    const given = (await driven(files, store.update(id, told.states[at]!, next)())) as { right: { _tag: string } }
    const then = await stateOf(files, store, id)
    if (given.right._tag === 'Updated') {
      expect(then, where).toBe(next.revision)
      break
    }
    expect(told.states.indexOf(then), where).toBeGreaterThanOrEqual(at)
    expect(told.states.indexOf(then), where).toBeLessThanOrEqual(told.begun)
    at = told.states.indexOf(then)
  }
  expect(corrupt, where).toEqual([])
}

const sweptClean = async (files: FakeFiles, store: Store, where: string): Promise<void> => {
  for (let more = true; more;)
    more = ((await driven(files, store.sweep(NOW, 100)())) as { right: { more: boolean } }).right.more
  expect(files.names('/s/tmp'), where).toEqual([])
}

const random = (seed: number) => {
  let state = seed
  return (): boolean => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return ((state >> 8) & 1) === 1
  }
}

/** Runs the life until call `cut`, which `what` decides about; answers whether there was such a call. */
const cutAt = async (
  files: FakeFiles,
  id: SessionId,
  told: Told,
  retries: number,
  what: (call: number) => 'happen' | 'stop' | { readonly fail: string },
): Promise<void> => {
  const store = storeFor(files, 1)
  expect(await files.atOnce(store.migrate)).toMatchObject({ _tag: 'Right' })
  let calls = 0
  const running = live(store, id, told, retries).catch(() => undefined)
  await driven(files, running, (call) => {
    if (!files.needsRoom(call) && what(-1) === 'happen') return 'happen'
    return what((calls += 1))
  })
}

const through = async (cut: (n: number) => Promise<boolean>): Promise<number> => {
  for (let n = 1; ; n += 1) if (!(await cut(n))) return n
}

describe('a power failure at each call', () => {
  it.each([
    ['nothing survives that was not fsynced', () => () => false],
    ['everything does', () => () => true],
    ['each part for itself, one way', (n: number) => random(n)],
    ['each part for itself, another way', (n: number) => random(n + 5_000)],
  ])(
    'leaves what was acknowledged, and the old record or the new one: %s',
    async (_, survivor) => {
      const cuts = await through(async (n) => {
        const files = fakeFiles()
        const told = telling()
        const id = newId()
        let stopped = false
        await cutAt(files, id, told, 0, (call) => {
          if (call === -1) return 'stop'
          if (call < n) return 'happen'
          stopped = true
          return 'stop'
        })
        files.crash(survivor(n))
        const store = storeFor(files, 2)
        await standsFirm(files, store, id, told, `call ${n}`)
        await sweptClean(files, store, `call ${n}`)
        return stopped
      })
      expect(cuts).toBeGreaterThan(100)
    },
    60_000,
  )
})

describe('a full disk', () => {
  it.each([
    ['for one call', 0, (call: number, n: number) => call === n],
    ['from one call on', 0, (call: number, n: number) => call >= n],
    ['for one call, after which each write is tried again', 1, (call: number, n: number) => call === n],
  ])(
    '%s leaves the old record or the new one, no torn one, and nothing in tmp',
    async (_, retries, isFull) => {
      const cuts = await through(async (n) => {
        const files = fakeFiles()
        const told = telling()
        const id = newId()
        let met = false
        await cutAt(files, id, told, retries, (call) => {
          if (call === -1 || !isFull(call, n)) return 'happen'
          met = true
          return { fail: 'ENOSPC' }
        })
        const store = storeFor(files, 2)
        if (retries > 0) expect(await stateOf(files, store, id)).toBe('ended')
        if (told.unchanged && retries === 0) told.begun = told.acknowledged
        await standsFirm(files, store, id, told, `call ${n}`)
        await sweptClean(files, store, `call ${n}`)
        return met
      })
      expect(cuts).toBeGreaterThan(40)
    },
    60_000,
  )
})
