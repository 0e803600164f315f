import * as O from '#fp-ts/Option'
import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { bad, begin, cookieAfter, count, ok, world } from './world.ts'

describe('a lost answer', () => {
  it('of an update is settled: applied once, and Right', async () => {
    const w = world()
    const cookie = await begin(w, count)
    w.script.fail('update', 'after')
    expect((await ok(w.visit(cookie).transact(count))).data.views).toBe(2)
    expect((await ok(w.visit(cookie).read)).data.views).toBe(2)
  })

  it('of a create is settled', async () => {
    const w = world()
    w.script.fail('create', 'after')
    const cookie = await begin(w, count)
    expect((await ok(w.visit(cookie).read)).data.views).toBe(1)
  })

  it('of an end is settled', async () => {
    const w = world()
    const cookie = await begin(w, count)
    w.script.fail('end', 'after')
    const visit = w.visit(cookie)
    await ok(visit.destroy)
    expect(cookieAfter(await ok(visit.commit))).toBeUndefined()
    expect(await ok(w.visit(cookie).status)).toBe('ended')
  })

  it('twice is Left with an unknown outcome, and the next commit of the handle does not apply it again', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const visit = w.visit(cookie)
    visit.update(count)()
    w.script.fail('update', 'after', 'after')
    expect(await bad(visit.commit)).toMatchObject({ _tag: 'StoreUnavailable', outcome: 'unknown' })
    visit.update(count)()
    await ok(visit.commit)
    expect((await ok(w.visit(cookie).read)).data.views).toBe(3)
  })

  it('of a sign-in, settled by the next commit, sends the cookie that was minted', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const visit = w.visit(cookie)
    visit.update(Session.signIn('ada'))()
    w.script.fail('update', 'after', 'after')
    await bad(visit.commit)
    const after = cookieAfter(await ok(visit.commit))
    expect((await ok(w.visit(after).read)).subject).toMatchObject({ value: { id: 'ada' } })
  })

  it('that the trail can not tell of any more is never replayed', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const visit = w.visit(cookie)
    visit.update(count)()
    w.script.fail('update', 'after', 'after')
    await bad(visit.commit)
    for (let i = 0; i < 9; i++) await ok(w.visit(cookie).transact(count))
    expect(await bad(visit.commit)).toMatchObject({ _tag: 'StoreTimeout', outcome: 'unknown' })
    expect((await ok(w.visit(cookie).read)).data.views).toBe(11)
  })
})

describe('a store that fails', () => {
  it('on load is a typed error; nothing is sent, and the handle may try again', async () => {
    const w = world()
    const cookie = await begin(w, count)
    w.script.fail('load', 'before')
    const visit = w.visit(cookie)
    expect(await bad(visit.read)).toMatchObject({ _tag: 'StoreUnavailable', operation: 'load', outcome: 'none' })
    expect((await ok(visit.read)).data.views).toBe(1)
  })

  it("on load lets reads go on under 'anonymous', sticky, and refuses writes", async () => {
    const w = world({ onStoreFailure: 'anonymous' })
    const cookie = await begin(w, count)
    w.script.fail('load', 'before')
    const visit = w.visit(cookie)
    expect((await ok(visit.read)).data.views).toBe(0)
    expect(await ok(visit.status)).toBe('degraded')
    expect(await bad(visit.transact(count))).toMatchObject({ _tag: 'StoreUnavailable' })
    expect(O.isNone((await ok(visit.commit)).setCookie)).toBe(true)
  })

  it('that never answers is a timeout, not a hang', async () => {
    const w = world({ storeTimeout: 20 })
    const cookie = await begin(w, count)
    w.script.fail('load', 'silent')
    expect(await bad(w.visit(cookie).read)).toMatchObject({ _tag: 'StoreTimeout', operation: 'load', after: 20 })
    w.script.fail('update', 'silent', 'silent')
    expect(await bad(w.visit(cookie).transact(count))).toMatchObject({ _tag: 'StoreTimeout', outcome: 'unknown' })
  })

  it('on touch is an event, never a failed request', async () => {
    const w = world()
    const cookie = await begin(w, count)
    w.pass(30 * w.MINUTE)
    w.script.fail('touch', 'before')
    const visit = w.visit(cookie)
    await ok(visit.read)
    await ok(visit.commit)
    expect(w.events).toContainEqual(expect.objectContaining({ _tag: 'store-failed', operation: 'touch', fatal: false }))
  })

  it('between the two steps of another sign-in signs the browser out and reports it', async () => {
    const w = world()
    const cookie = await begin(w, Session.signIn('ada'))
    const visit = w.visit(cookie)
    w.script.fail('create', 'before', 'before')
    visit.update(Session.signIn('bob'))()
    expect(await bad(visit.commit)).toMatchObject({ _tag: 'StoreUnavailable', operation: 'create' })
    expect(await ok(w.visit(cookie).status)).toBe('ended')
  })

  const breaks: ReadonlyArray<readonly [string, () => () => Promise<never>]> = [
    ['rejects', () => () => Promise.reject(new Error('not a TaskEither'))],
    [
      'throws when it is run',
      () => () => {
        throw new Error('not a promise')
      },
    ],
    [
      'throws when it is asked',
      () => {
        throw new Error('not a task')
      },
    ],
  ]
  it.each(breaks)('that %s is a store that failed', async (_, broken) => {
    const w = world()
    const cookie = await begin(w, count)
    const { load, create, update } = w.script.store
    Object.assign(w.script.store, { create: broken, update: broken })
    expect(await bad(w.visit(undefined).transact(count))).toMatchObject({
      _tag: 'StoreUnavailable',
      outcome: 'unknown',
    })
    expect(await bad(w.visit(cookie).transact(count))).toMatchObject({ _tag: 'StoreUnavailable', outcome: 'unknown' })
    Object.assign(w.script.store, { load: broken, create, update })
    expect(await bad(w.visit(cookie).read)).toMatchObject({ _tag: 'StoreUnavailable', outcome: 'none' })
    Object.assign(w.script.store, { load })
    expect((await ok(w.visit(cookie).read)).data.views).toBe(1)
  })
})

describe('data that can not be stored', () => {
  const hostile: ReadonlyArray<readonly [string, unknown, string]> = [
    ['a Date', new Date(0), 'data.theme'],
    ['a Map', new Map(), 'data.theme'],
    ['NaN', NaN, 'data.theme'],
    ['a BigInt', 1n, 'data.theme'],
    ['a function', () => 1, 'data.theme'],
    ['a lone surrogate', '\ud800', 'data.theme'],
  ]
  it.each(hostile)('%s is refused with its path before any store call', async (_name, value, path) => {
    const w = world()
    const cookie = await begin(w, count)
    w.script.calls.length = 0
    const visit = w.visit(cookie)
    expect(await bad(visit.transact(Session.set('theme', value as string)))).toMatchObject({
      _tag: 'InvalidData',
      path,
    })
    expect(w.script.calls).toEqual(['load'])
    expect((await ok(w.visit(cookie).read)).data).toEqual({ views: 1 })
  })

  it('5 MB are refused with the measured size', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const error = await bad(w.visit(cookie).transact(Session.set('theme', 'x'.repeat(5_000_000))))
    expect(error).toMatchObject({ _tag: 'PayloadTooLarge', limit: 65_536 })
    expect((error as { bytes: number }).bytes).toBeGreaterThan(5_000_000)
  })
})

describe('stored data that does not decode', () => {
  it("is refused under 'fail', left as it is, and can be ended", async () => {
    const w = world()
    const cookie = await begin(w, Session.set('theme', 'dark'), Session.signIn('ada'))
    const id = cookie.split('=')[1]!.split('.')[0] as never
    const stored = await w.inner.load(id)()
    const live = (stored as { right: { value: { revision: string } } }).right.value
    await w.inner.update(id, live.revision, { ...live, revision: 'broken', data: { views: 'many' } } as never)()
    const visit = w.visit(cookie)
    expect(await bad(visit.read)).toMatchObject({ _tag: 'InvalidData', on: 'read', path: 'data.views' })
    expect(await bad(visit.transact(count))).toMatchObject({ _tag: 'InvalidData', on: 'read' })
    const discarding = w.elsewhere({ onUndecodable: 'discard' }).open(O.some(cookie))
    expect((await ok(discarding.read)).data).toEqual({ views: 0 })
    const leaving = w.visit(cookie)
    await ok(leaving.transact(Session.signOut))
    const after = cookieAfter(await ok(leaving.commit))
    expect((await ok(w.visit(after).read)).data).toEqual({ views: 0 })
  })
})
