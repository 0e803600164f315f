/** When a session is taken for one request alone, and what is asked of the store then. */
import * as E from '#fp-ts/Either'
import { describe, expect, it } from 'vitest'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import type { OpenOptions } from '../../../src/engine/SessionManager.ts'
import type { LockMode } from '../../../src/engine/SessionRef.ts'
import { begin, count, Data, ok, world } from '../world.ts'
import { OK, route, isFree, during, failure, settled, views } from './world.ts'

describe('when the session is taken', () => {
  it("mode 'none': never; no store call more than without locks", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, ready, finish } = route(w, cookie, 'none')
    expect(ready).toBeUndefined()
    const calls = await during(w, async () => {
      await ref.read()
      ref.update(count)
      await finish(OK)
    })
    expect(calls).toEqual(['load', 'update'])
  })

  it("mode 'implicit': at the first read, after it was loaded, and loaded again; the commit gives it back", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, ready, finish } = route(w, cookie, 'implicit')
    expect(ready).toBeUndefined()
    expect(await during(w, () => ref.read())).toEqual(['load', 'acquire', 'load'])
    expect(await isFree(w, cookie)).toBe(false)
    ref.update(count)
    expect(await during(w, () => finish(OK))).toEqual(['update', 'release'])
    expect(await isFree(w, cookie)).toBe(true)
    expect(await views(w, cookie)).toBe(2)
  })

  it("mode 'implicit': at a transact that comes first", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    expect(await during(w, () => ref.transact(count))).toEqual(['load', 'acquire', 'load', 'update'])
    expect(await isFree(w, cookie)).toBe(false)
    expect(await during(w, () => finish(OK))).toEqual(['release'])
  })

  it("mode 'implicit': an update alone decides nothing on what was read, and takes nothing", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    ref.update(count)
    expect(await during(w, () => finish(OK))).toEqual(['load', 'update'])
  })

  it("mode 'implicit': a request that does not use its session waits for nobody, and asks nothing of the store", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { finish } = route(w, cookie, 'implicit')
    expect(await during(w, () => expect(finish(OK)).toBeUndefined())).toEqual([])
  })

  it("mode 'early': before the handler, whether it uses the session or not", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ready, finish } = route(w, cookie, 'early')
    expect(await during(w, () => ready?.())).toEqual(['load', 'acquire', 'load'])
    expect(await isFree(w, cookie)).toBe(false)
    expect(await during(w, () => finish(OK))).toEqual(['release'])
    expect(await isFree(w, cookie)).toBe(true)
  })

  it("mode 'explicit': by hand alone; lock answers the session", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'explicit')
    expect(await during(w, () => ref.read())).toEqual(['load'])
    expect(await isFree(w, cookie)).toBe(true)
    const calls = await during(w, async () => {
      expect((await ref.lock()).data.views).toBe(1)
    })
    expect(calls).toEqual(['acquire', 'load'])
    expect(await isFree(w, cookie)).toBe(false)
    await finish(OK)
    expect(await isFree(w, cookie)).toBe(true)
  })

  it("mode 'explicit': lock answers what others stored since the first read, with the own updates on top", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'explicit')
    expect((await ref.read()).data.views).toBe(1)
    ref.update(count)
    await ok(w.visit(cookie).transact(count))
    expect((await ref.lock()).data.views).toBe(3)
    await finish(OK)
    expect(await views(w, cookie)).toBe(3)
  })

  it("mode 'explicit': an update with ifUnchanged that was decided before is refused, and the session given back", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'explicit')
    await ref.read()
    ref.update(count, { ifUnchanged: true })
    await ok(w.visit(cookie).transact(count))
    expect(await failure(ref.lock())).toBe('StaleRead')
    expect(await isFree(w, cookie)).toBe(true)
    expect(await finish(OK)).toMatchObject({ error: undefined })
    expect(await views(w, cookie)).toBe(2)
  })

  it("mode 'implicit': ifUnchanged means since the first read, which is under the lock", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const other = await ok(w.visit(cookie, { lock: 'explicit' }).lock)
    expect(other.data.views).toBe(1)
    const holder = route(w, cookie, 'explicit')
    const waiter = route(w, cookie, 'implicit')
    expect(await isFree(w, cookie)).toBe(false)
    w.pass(11_000)
    await holder.ref.lock()
    waiter.ref.update(count, { ifUnchanged: true })
    const reading = waiter.ref.read()
    await settled()
    await holder.ref.transact(count)
    await holder.finish(OK)
    expect((await reading).data.views).toBe(3)
    expect(await waiter.finish(OK)).toMatchObject({ error: undefined })
    expect(await views(w, cookie)).toBe(3)
  })

  it("mode 'implicit': what was recorded with ifUnchanged before it is still there when a store failed", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const holder = route(w, cookie, 'explicit')
    await holder.ref.lock()
    const waiter = route(w, cookie, 'implicit')
    waiter.ref.update(count, { ifUnchanged: true })
    const failing = failure(waiter.ref.transact(count))
    await settled()
    await holder.ref.transact(count)
    w.script.fail('update', 'before', 'before')
    await holder.finish(OK)
    expect(await failing).toBe('StoreUnavailable')
    expect(await waiter.finish(OK)).toMatchObject({ error: undefined })
    expect(await views(w, cookie)).toBe(3)
  })

  it("mode 'implicit': once, by whatever runs at the same time", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref } = route(w, cookie, 'implicit')
    const calls = await during(w, () => Promise.all([ref.read(), ref.read(), ref.transact(count), ref.lock()]))
    expect(calls).toEqual(['load', 'acquire', 'load', 'update'])
  })

  it.each(['implicit', 'early'] as const)("a passive request of mode '%s' takes nothing", async (mode) => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, ready, finish } = route(w, cookie, mode, { passive: true })
    await ready?.()
    expect(await during(w, () => ref.read())).toEqual(['load'])
    await finish(OK)
  })

  it("a passive read under mode 'implicit' takes nothing", async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref } = route(w, cookie, 'implicit')
    expect(await during(w, () => ref.read({ passive: true }))).toEqual(['load'])
    expect(await during(w, () => ref.read())).toEqual([])
  })

  it('where no cookie can be sent (a WebSocket) it is taken by hand alone', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref } = route(w, cookie, 'implicit', { canSetCookie: false })
    expect(await during(w, () => ref.transact(count))).toEqual(['load', 'update'])
    expect(await during(w, () => ref.lock())).toEqual(['acquire', 'load'])
    expect(await during(w, () => ref.release())).toEqual(['release'])
  })

  it('without a session there is nothing to take, nor when one begins', async () => {
    const w = world()
    for (const mode of ['implicit', 'explicit'] as const) {
      const { ref, finish } = route(w, undefined, mode)
      const calls = await during(w, async () => {
        if (mode === 'explicit') expect((await ref.lock()).data.views).toBe(0)
        await ref.read()
        await ref.transact(count)
        await ref.read()
        await finish(OK)
      })
      expect(calls).toEqual(['create'])
    }
  })

  it.each([
    ['garbage', () => '__Host-id=garbage', []],
    ['an unknown id', () => `__Host-id=${'A'.repeat(22)}.${'A'.repeat(43)}`, ['load']],
    ['a wrong secret', (cookie: string) => `${cookie.slice(0, cookie.indexOf('.'))}.${'A'.repeat(43)}`, ['load']],
  ])('%s can not take a victim’s session', async (_, forged, calls) => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref } = route(w, forged(cookie), 'early')
    expect(await during(w, () => ref.lock())).toEqual(calls)
    expect(await isFree(w, cookie)).toBe(true)
  })

  it('the manager’s mode is the default, the mount’s stands above it', async () => {
    const w = world({ lock: 'implicit' })
    const cookie = await begin(w, count)
    const open = (options?: OpenOptions<LockMode>) => w.sessions.openRequest(cookie, (header) => header, options)
    const plain = open()
    expect(await during(w, () => plain.ref.read())).toEqual(['load', 'acquire', 'load'])
    await plain.finish(OK)
    const out = open({ lock: 'none' })
    expect(await during(w, () => out.ref.read())).toEqual(['load'])
    expect(await failure(out.ref.lock())).toBe('Misconfigured')
  })
})

describe('options', () => {
  const options = { data: Data, initial: { views: 0 } }

  it.each([
    ['lock', 'always'],
    ['lockTimeout', 0],
    ['lockLease', Number.NaN],
    ['lockLease', 60_001],
    ['maxHold', -1],
  ])('%s: %s is Misconfigured', (option, value) => {
    const { inner } = world()
    expect(() => sessionManager({ ...options, store: inner, [option]: value })).toThrow(option)
  })

  it('a store without leases has no lock modes, neither for the manager nor for a mount', async () => {
    const { inner } = world()
    const { acquire: _a, renew: _r, release: _s, ...store } = inner
    // @ts-expect-error The store does not implement Locking.
    expect(() => sessionManager({ ...options, store, lock: 'implicit' })).toThrow(/leases/)
    const sessions = sessionManager({ ...options, store, lock: 'none' })
    // @ts-expect-error Nor does the manager have the mode then.
    expect(() => sessions.openRequest({}, () => undefined, { lock: 'early' })).toThrow(/leases/)
    const { ref } = sessions.openRequest({}, () => undefined, { lock: 'none' })
    // @ts-expect-error Nor the handle its functions.
    expect(await failure(ref.lock() as Promise<unknown>)).toBe('Misconfigured')
    expect(E.isRight(await sessions.open({ _tag: 'None' }).read())).toBe(true)
  })
})
