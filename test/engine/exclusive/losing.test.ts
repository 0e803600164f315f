/** A lease that runs out under its holder; store calls of the lock that fail. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import { begin, count, ok, world } from '../world.ts'
import { OK, threw, type World, route, isFree, during, failure, views } from './world.ts'

describe('a lease that runs out', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** Time as the engine's timers and the store see it. */
  const pass = async (w: World, ms: number, step = 500): Promise<void> => {
    for (let rest = ms; rest > 0; rest -= step) {
      w.pass(step)
      await vi.advanceTimersByTimeAsync(step)
    }
  }

  const lapsed = async (w: World, cookie: string) => {
    const holder = route(w, cookie, 'implicit')
    await holder.ref.read()
    // The event loop was blocked: the store's time went on, the timers did not run.
    w.pass(10_001)
    return holder
  }

  /** Lets the engine's pauses go by until the work is done. */
  const flow = async <B>(work: B | Promise<B> | undefined): Promise<B | undefined> => {
    let done = false
    const end = (): void => {
      done = true
    }
    Promise.resolve(work).then(end, end)
    while (!done && work !== undefined) await vi.advanceTimersByTimeAsync(10)
    return work
  }

  it('is prolonged while the request runs, up to maxHold', async () => {
    const w = world({ lockLease: 6_000, maxHold: 20_000 })
    const cookie = await begin(w, count)
    const holder = route(w, cookie, 'implicit')
    await holder.ref.read()
    await pass(w, 19_000)
    expect(await isFree(w, cookie)).toBe(false)
    await pass(w, 2_000)
    expect(await isFree(w, cookie)).toBe(true)
    const renewals = w.script.calls.filter((verb) => verb === 'renew').length
    await pass(w, 60_000)
    expect(w.script.calls.filter((verb) => verb === 'renew')).toHaveLength(renewals)
  })

  it('is not prolonged once it was given back', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    await finish(OK)
    expect(await during(w, () => pass(w, 30_000))).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('survives a renewal that fails', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    w.script.fail('renew', 'before', 'after')
    await pass(w, 20_000)
    expect(await isFree(w, cookie)).toBe(false)
    ref.update(count)
    expect(await finish(OK)).toMatchObject({ error: undefined })
    expect(w.events).toContainEqual(expect.objectContaining({ _tag: 'store-failed', operation: 'renew', fatal: false }))
  })

  it.each([
    ['before a renewal could tell', 0],
    ['and a renewal is told', 4_000],
  ])('under a stalled holder: what others stored meanwhile stands, %s', async (_, later) => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = await lapsed(w, cookie)
    await ok(w.visit(cookie).transact(Session.set('theme', 'dark')))
    await vi.advanceTimersByTimeAsync(later)
    ref.update(count)
    expect((await finish(OK))?.error).toEqual({ _tag: 'LeaseLost' })
    expect((await ok(w.visit(cookie).read)).data).toEqual({ views: 1, theme: 'dark' })
  })

  it('under a stalled holder while another holds it: its write waits, and is refused', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref } = await lapsed(w, cookie)
    const other = route(w, cookie, 'explicit')
    await other.ref.lock()
    const writing = failure(ref.transact(count))
    await vi.advanceTimersByTimeAsync(200)
    await other.ref.transact(count)
    await other.finish(OK)
    await vi.advanceTimersByTimeAsync(200)
    expect(await writing).toBe('LeaseLost')
    expect(await views(w, cookie)).toBe(2)
    // Told once, it may take the session again and decide anew.
    expect((await ref.lock()).data.views).toBe(2)
    expect((await ref.transact(count)).data.views).toBe(3)
  })

  it('while the session is loaded again, too', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'explicit')
    await ref.read()
    const held = w.script.hold('load')
    const locking = ref.lock()
    await held.reached
    w.pass(10_001)
    await vi.advanceTimersByTimeAsync(4_000)
    held.release()
    expect((await locking).data.views).toBe(1)
    await ok(w.visit(cookie).transact(count))
    ref.update(count)
    expect((await flow(finish(OK)))?.error).toEqual({ _tag: 'LeaseLost' })
    expect(await views(w, cookie)).toBe(2)
  })

  it('harms nobody when the content is as it was read', async () => {
    const w = world({ renewAfter: 120_000 })
    const cookie = await begin(w, count, Session.signIn('ada'))
    const { ref, finish } = await lapsed(w, cookie)
    w.pass(120_000)
    const renewal = w.visit(cookie)
    await ok(renewal.read)
    await ok(renewal.commit)
    expect(w.tags()).toContain('renewed')
    ref.update(count)
    expect(await flow(finish(OK))).toMatchObject({ error: undefined })
    expect(await views(w, cookie)).toBe(2)
  })

  it('does not undo a logout', async () => {
    for (const logout of [Session.signOut, Session.destroy]) {
      const w = world()
      const cookie = await begin(w, count, Session.signIn('ada'))
      const { ref, finish } = await lapsed(w, cookie)
      await ok(w.visit(cookie).transact(count))
      ref.update(Session.set('theme', 'dark'))
      ref.update(logout)
      expect(await flow(finish(OK))).toMatchObject({ error: undefined })
      expect(await ok(w.visit(cookie).status)).toBe(logout === Session.signOut ? 'superseded' : 'ended')
    }
  })

  it('when it is taken again, and the session was changed: LeaseLost once', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref } = await lapsed(w, cookie)
    await ok(w.visit(cookie).transact(count))
    await vi.advanceTimersByTimeAsync(4_000)
    expect(await failure(ref.lock())).toBe('LeaseLost')
    expect(await isFree(w, cookie)).toBe(true)
    expect((await ref.lock()).data.views).toBe(2)
  })
})

describe('a store call of the lock that fails', () => {
  it.each(['before', 'after'] as const)(
    'acquire, %s its effect: a typed error, and the session is free again in time',
    async (fault) => {
      const w = world()
      const cookie = await begin(w, count)
      w.script.fail('acquire', fault)
      const { ref, finish } = route(w, cookie, 'implicit')
      expect(await failure(ref.read())).toBe('StoreUnavailable')
      await finish(threw(503))
      if (fault === 'after') w.pass(10_000)
      expect(await isFree(w, cookie)).toBe(true)
    },
  )

  it('acquire, whose answer comes too late: given back at once', async () => {
    const w = world({ storeTimeout: 30 })
    const cookie = await begin(w, count)
    const held = w.script.hold('acquire')
    const { ref } = route(w, cookie, 'implicit')
    expect(await failure(ref.read())).toBe('StoreTimeout')
    held.release()
    await vi.waitFor(() => {
      expect(w.script.calls.at(-1)).toBe('release')
    })
    expect(await isFree(w, cookie)).toBe(true)
  })

  it('the load after it: given back', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'explicit')
    await ref.read()
    w.script.fail('load', 'before')
    expect(await failure(ref.lock())).toBe('StoreUnavailable')
    expect(await isFree(w, cookie)).toBe(true)
    await finish(OK)
  })

  it.each(['before', 'after'] as const)(
    'release, %s its effect: tried again, and never the response’s failure',
    async (fault) => {
      const w = world()
      const cookie = await begin(w, count)
      const { ref, finish } = route(w, cookie, 'implicit')
      await ref.read()
      ref.update(count)
      w.script.fail('release', fault)
      expect(await finish(OK)).toMatchObject({ error: undefined })
      expect(await isFree(w, cookie)).toBe(true)
      const broken = route(w, cookie, 'implicit')
      await broken.ref.read()
      w.script.fail('release', 'before', 'before')
      expect(await broken.finish(OK)).toMatchObject({ error: undefined })
      expect(w.events).toContainEqual(
        expect.objectContaining({ _tag: 'store-failed', operation: 'release', fatal: false }),
      )
      w.pass(10_000)
      expect(await isFree(w, cookie)).toBe(true)
    },
  )

  it('an update whose answer was lost is not applied twice, be the lease there or not', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    ref.update(count)
    w.script.fail('update', 'after', 'after')
    expect(await failure(ref.commit())).toBe('StoreUnavailable')
    w.pass(10_000)
    expect(await finish(OK)).toMatchObject({ error: undefined })
    expect(await views(w, cookie)).toBe(2)
  })

  it('nor when the session is taken after it', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'explicit')
    await ref.read()
    ref.update(count)
    w.script.fail('update', 'after', 'after')
    expect(await failure(ref.commit())).toBe('StoreUnavailable')
    expect((await ref.lock()).data.views).toBe(2)
    await finish(OK)
    expect(await views(w, cookie)).toBe(2)
  })
})
