import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { some } from '#fp-ts/Option'
import * as Session from '../../../src/core/Session.ts'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { cached, prefixed } from '../../../src/effects/combinators.ts'
import type { Store } from '../../../src/effects/Store.ts'
import { conflict } from '../../../src/effects/Store.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { answer, newId, record, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { scripted } from '../../engine/scripted.ts'
import { cookieAfter, ok } from '../../engine/world.ts'
import { modelStore } from '../../testing/modelStore.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

const world = () => {
  const inner = modelStore()
  return { inner, shop: prefixed('shop')(inner), admin: prefixed('admin')(inner) }
}

const stored = async (store: Store, live: Live): Promise<SessionId> => {
  const id = newId()
  expect(await answer(store.create(id, live))).toEqual({ _tag: 'Created' })
  return id
}

describe('two applications in one store', () => {
  it('what one stored is not there for the other, signed in or not', async () => {
    const { inner, shop, admin } = world()
    for (const live of [record(NOW), recordOf(NOW, 'ann')]) {
      const id = await stored(shop, live)
      const before = inner.rows.get(id)
      expect(await answer(shop.load(id))).toEqual(some(live))
      expect(await answer(admin.load(id))).toEqual({ _tag: 'None' })
      expect(await answer(admin.create(id, recordOf(NOW, 'ann')))).toEqual({ _tag: 'Exists' })
      expect(await answer(admin.update(id, 'made up', successor(live)))).toEqual({ _tag: 'Gone' })
      expect(await answer(admin.end(id, 'made up', NOW))).toEqual({ _tag: 'Gone' })
      expect(inner.rows.get(id)).toBe(before)
    }
  })

  it('a Conflict carries the record as its application wrote it', async () => {
    const { shop } = world()
    const live = recordOf(NOW, 'ann')
    const id = await stored(shop, live)
    expect(await answer(shop.update(id, 'other', successor(recordOf(NOW, 'ann'))))).toEqual(conflict(live))
    expect(await answer(shop.end(id, 'other', NOW))).toEqual(conflict(live))
  })

  it('the same subject is somebody else', async () => {
    const { inner, shop, admin } = world()
    const [bought, managed] = [await stored(shop, recordOf(NOW, 'ann')), await stored(admin, recordOf(NOW, 'ann'))]
    expect((await answer(shop.list('ann'))).map(({ id }) => id)).toEqual([bought])
    expect(await answer(admin.count('ann'))).toBe(1)
    expect(await answer(shop.endOne('ann', managed, NOW))).toEqual({ _tag: 'Gone' })
    expect(await answer(shop.raiseEpoch('ann', NOW))).toBeGreaterThanOrEqual(NOW)
    expect(await answer(admin.readEpoch('ann'))).toBe(0)
    expect(await answer(shop.endAll('ann', NOW + HOUR))).toBe(1)
    expect(inner.rows.get(managed)?._tag).toBe('Live')
  })

  it('names and subjects do not run into one another', async () => {
    const inner = modelStore()
    const id = await stored(prefixed('a')(inner), recordOf(NOW, 'b:c'))
    expect(await answer(prefixed('a')(inner).count('b:c'))).toBe(1)
    for (const [name, subject] of [
      ['a-b', 'c'],
      ['b', 'c'],
      ['A', 'b:c'],
      ['a', 'b'],
    ] as const)
      expect(await answer(prefixed(name)(inner).count(subject))).toBe(0)
    expect(await answer(prefixed('b')(inner).load(id))).toEqual({ _tag: 'None' })
  })

  it('data that says it is another application’s stays data', async () => {
    const { shop, admin } = world()
    const live = record(NOW, { data: { app: 'admin', data: { root: true } } })
    const id = await stored(shop, live)
    expect(await answer(admin.load(id))).toEqual({ _tag: 'None' })
    expect(await answer(shop.load(id))).toEqual(some(live))
  })

  it('records without a name, and of a subject without one, are not there', async () => {
    const { inner, shop } = world()
    for (const data of [null, 'shop', ['shop'], {}, { app: 'Shop', data: 1 }, { app: ['shop'], data: 1 }]) {
      const id = await stored(inner, record(NOW, { data }))
      expect(await answer(shop.load(id))).toEqual({ _tag: 'None' })
    }
    const id = await stored(inner, recordOf(NOW, 'ann', { data: { app: 'shop', data: 1 } }))
    expect(await answer(shop.load(id))).toEqual({ _tag: 'None' })
  })

  it('each verb is one call', async () => {
    const script = scripted(memoryStore())
    const store = prefixed('shop')(script.store)
    const id = newId()
    const live = recordOf(NOW, 'ann')
    await answer(store.create(id, live))
    await answer(store.load(id))
    await answer(store.update(id, 'other', successor(live)))
    await answer(store.touch(id, 0, NOW, NOW))
    await answer(store.readEpoch('ann'))
    await answer(store.raiseEpoch('ann', NOW))
    await answer(store.endOne('bob', id, NOW))
    await answer(store.end(id, live.revision, NOW))
    await answer(store.endAll('ann', NOW))
    expect(script.calls.join(' ')).toBe('create load update touch readEpoch raiseEpoch endOne end endAll')
  })
})

it('a cookie of one application is nobody’s in the other', async () => {
  const { shop, admin } = world()
  const options = { data: t.type({ views: t.number }), initial: { views: 0 } }
  const [shops, admins] = [sessionManager({ ...options, store: shop }), sessionManager({ ...options, store: admin })]
  const buying = shops.open({ _tag: 'None' })
  buying.update(Session.signIn('1'))()
  const cookie = cookieAfter(await ok(buying.commit))!
  const managing = admins.open(some(cookie))
  expect(Session.isSignedIn(await ok(managing.read))).toBe(false)
  expect(await ok(managing.status)).toBe('unknown')
  expect(Session.subjectId(await ok(shops.open(some(cookie)).read))).toBe('1')
})

it.each(['', 'a:b', 'a b', 'é', 'a'.repeat(65), undefined])('%j is no name', (name) => {
  expect(() => prefixed(name as string)).toThrow('prefixed')
})

it('does not go around a cache, which would hand out the records of others', () => {
  // @ts-expect-error Nor does it compile.
  expect(() => prefixed('a')(cached({ ttl: 1 })(memoryStore()))).toThrow('goes inside of cached')
})
