/** Stores that break their contract: the invariants of the interleavings must notice each, or they notice nothing. */
import { right } from '#fp-ts/Either'
import { isSome } from '#fp-ts/Option'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { done } from '../../src/effects/Store.ts'
import type { Handler, Race } from './race.ts'
import { race } from './race.ts'

type Breaking = NonNullable<Race['breaking']>

const writes =
  (name: string) =>
  async ({ mark }: Handler): Promise<void> => {
    await mark(name)
  }
const regenerates = async ({ ref }: Handler): Promise<void> => {
  await ref.transact(Session.regenerate)
}

/** Writes whatever stands there. */
const blind: Breaking = (store) => ({
  ...store,
  update: (id, expected, live) => async () => {
    const present = await store.load(id)()
    const found = present._tag === 'Right' && isSome(present.right) ? present.right.value : undefined
    return store.update(id, found?._tag === 'Live' ? found.revision : expected, live)()
  },
})
/** Says that it wrote and did not. */
const forgetful: Breaking = (store) => ({ ...store, update: () => () => Promise.resolve(right({ _tag: 'Updated' })) })
/** Says that it ended the session and did not. */
const deaf: Breaking = (store) => ({ ...store, end: () => () => Promise.resolve(right(done)) })

beforeAll(() => {
  vi.stubGlobal('setTimeout', (f: () => void) => setImmediate(f))
})
afterAll(() => {
  vi.unstubAllGlobals()
})

describe('the invariants notice a store', () => {
  const begins = [Session.signIn('ada')] as NonNullable<Race['begins']>
  it.each<readonly [string, Breaking, Race['requests']]>([
    ['that compares nothing, of two writes', blind, [writes('a'), writes('b')]],
    ['that compares nothing, of a rotation and a write', blind, [regenerates, writes('b')]],
    ['that acknowledges without writing', forgetful, [writes('a'), writes('b')]],
  ])('%s', async (_, breaking, requests) => {
    expect(await race({ begins, requests })).toBeGreaterThan(1)
    await expect(race({ begins, requests, breaking })).rejects.toThrow(/^schedule \d/)
  })

  it('that leaves the ended alive', async () => {
    const requests: Race['requests'] = [({ ref }) => ref.destroy(), writes('a')]
    const then: Race['then'] = ({ live }) => {
      expect(live).toEqual([])
    }
    expect(await race({ begins, requests, then })).toBeGreaterThan(1)
    await expect(race({ begins, requests, then, breaking: deaf })).rejects.toThrow(/^schedule \d/)
  })
})
