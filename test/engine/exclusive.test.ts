/** Exclusive sessions, step by step: what is asked of the store when, and what becomes of the lease. */
import * as E from '#fp-ts/Either'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import type { SessionId } from '../../src/core/Token.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import type { Ending, LockMode } from '../../src/engine/SessionRef.ts'
import type { OpenOptions } from '../../src/engine/SessionManager.ts'
import { bad, begin, count, Data, ok, world } from './world.ts'

const OK: Ending = { _tag: 'Answered', status: 200 }
const answered = (status: number): Ending => ({ _tag: 'Answered', status })
const threw = (status: number): Ending => ({ _tag: 'Threw', status })

type World = ReturnType<typeof world>

const route = (w: World, cookie: string | undefined, lock: LockMode, options: OpenOptions<LockMode> = {}) =>
  w.sessions.openRequest(cookie, (header) => header, { ...options, lock })

const idIn = (cookie: string): SessionId => cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf('.')) as SessionId

/** Whether the session is free: another could take it without waiting. */
const isFree = async (w: World, cookie: string): Promise<boolean> => {
  const asked = await ok(w.inner.acquire(idIn(cookie), { wait: 0, lease: 1_000 }) as never)
  const answer = asked as { readonly _tag: string; readonly fence: number }
  if (answer._tag === 'Acquired') await w.inner.release(idIn(cookie), answer.fence)()
  return answer._tag === 'Acquired'
}

const during = async (w: World, act: () => unknown): Promise<ReadonlyArray<string>> => {
  const before = w.script.calls.length
  await act()
  return w.script.calls.slice(before)
}

const failure = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    return isSessionException(error) ? error.sessionError._tag : String(error)
  }
  return 'none'
}

/** Lets everything go on that can. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const views = async (w: World, cookie: string): Promise<number> => (await ok(w.visit(cookie).read)).data.views

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

describe('by hand', () => {
  it('taking it twice is harmless, in every mode', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    expect(await during(w, () => Promise.all([ref.lock(), ref.lock(), ref.read()]))).toEqual([])
    expect(await during(w, () => finish(OK))).toEqual(['release'])
    expect(await isFree(w, cookie)).toBe(true)
  })

  it('release stores what was recorded, gives it back, and reading goes on', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    ref.update(count)
    expect(await during(w, () => ref.release())).toEqual(['update', 'release'])
    expect(await isFree(w, cookie)).toBe(true)
    expect(await views(w, cookie)).toBe(2)
    await ok(w.visit(cookie).transact(count))
    expect(await during(w, () => ref.read())).toEqual([])
    ref.update(count)
    // A later change compares and sets: one conflict, one replay.
    expect(await during(w, () => finish(OK))).toEqual(['update', 'update'])
    expect(await views(w, cookie)).toBe(4)
  })

  it('release, and take it again', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'explicit')
    await ref.lock()
    await ref.release()
    await ok(w.visit(cookie).transact(count))
    expect((await ref.lock()).data.views).toBe(2)
    expect(await during(w, () => finish(OK))).toEqual(['release'])
  })

  it('release of what is not held is harmless; before the first read it is a wish to go without', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref } = route(w, cookie, 'implicit')
    expect(await during(w, () => ref.release())).toEqual([])
    expect(await during(w, () => ref.read())).toEqual(['load'])
    expect(await during(w, () => route(w, cookie, 'none').ref.release())).toEqual([])
  })

  it('a release whose updates are not stored keeps the session held', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    ref.update(count)
    w.script.fail('update', 'before', 'before')
    expect(await failure(ref.release())).toBe('StoreUnavailable')
    expect(await isFree(w, cookie)).toBe(false)
    await ref.release()
    expect(await isFree(w, cookie)).toBe(true)
    await finish(OK)
    expect(await views(w, cookie)).toBe(2)
  })

  it('commit by hand keeps it, for more may follow', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    ref.update(count)
    expect(await during(w, () => ref.commit())).toEqual(['update'])
    expect(await isFree(w, cookie)).toBe(false)
    await ref.transact(count)
    expect(await during(w, () => finish(OK))).toEqual(['release'])
  })

  it('without an adapter, commit is what precedes the headers: it gives the session back, stored or not', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const visit = w.visit(cookie, { lock: 'implicit' })
    await ok(visit.read)
    visit.update(count)()
    expect(await during(w, visit.commit)).toEqual(['update', 'release'])
    const failing = w.visit(cookie, { lock: 'explicit' })
    await ok(failing.lock)
    failing.update(count)()
    w.script.fail('update', 'before', 'before')
    expect(await bad(failing.commit)).toMatchObject({ _tag: 'StoreUnavailable' })
    expect(await isFree(w, cookie)).toBe(true)
  })

  it('under mode none lock is Misconfigured, before any store call', async () => {
    const w = world()
    const cookie = await begin(w, count)
    expect(
      await during(w, async () => expect(await bad(w.visit(cookie).lock)).toMatchObject({ option: 'lock' })),
    ).toEqual([])
  })
})

describe('every way out gives it back', () => {
  it.each<[string, Ending]>([
    ['200', OK],
    ['304', answered(304)],
    ['404', answered(404)],
    ['500', answered(500)],
    ['a thrown 403', threw(403)],
    ['a thrown error', threw(500)],
  ])('%s', async (_, ending) => {
    for (const mode of ['early', 'implicit'] as const) {
      const w = world()
      const cookie = await begin(w, count)
      const { ref, ready, finish } = route(w, cookie, mode)
      await (ready?.() ?? ref.read())
      ref.update(count)
      await finish(ending)
      expect(w.script.calls.at(-1)).toBe('release')
      expect(await isFree(w, cookie)).toBe(true)
      expect(await views(w, cookie)).toBe(ending.status < 500 ? 2 : 1)
    }
  })

  it.each<[string, (s: Session.Session<Data>) => Session.Session<Data>, number]>([
    [
      'a function that throws',
      () => {
        throw new TypeError('mine')
      },
      0,
    ],
    ['data that no store can hold', Session.set('views', Number.NaN), 0],
  ])('a commit that fails: %s', async (_, f) => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    ref.update(f)
    const done = await finish(OK)
    expect(done?.error ?? done?.defect).toBeDefined()
    expect(await isFree(w, cookie)).toBe(true)
  })

  it('a commit that the store fails', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    ref.update(count)
    w.script.fail('update', 'before', 'before')
    expect((await finish(OK))?.error).toMatchObject({ _tag: 'StoreUnavailable' })
    expect(await isFree(w, cookie)).toBe(true)
  })

  it('an operation that nobody awaited', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    const held = w.script.hold('acquire')
    void ref.transact(count)
    await held.reached
    const done = finish(OK)
    held.release()
    await done
    expect(await isFree(w, cookie)).toBe(true)
    expect(await views(w, cookie)).toBe(2)
  })

  it('a stream: the commit that precedes its first byte gives it back, later changes compare and set', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    await finish(OK)
    expect(await isFree(w, cookie)).toBe(true)
    await ok(w.visit(cookie).transact(count))
    expect(await during(w, () => ref.transact(count))).toEqual(['update', 'update'])
    expect(await views(w, cookie)).toBe(3)
  })

  it('a stream may take it by hand, and then gives it back by hand', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    await finish(OK)
    await ref.lock()
    expect(await isFree(w, cookie)).toBe(false)
    await ref.transact(count)
    await ref.release()
    expect(await isFree(w, cookie)).toBe(true)
  })
})

describe('with what ends or replaces the session', () => {
  const held = async (...changes: ReadonlyArray<(s: Session.Session<Data>) => Session.Session<Data>>) => {
    const w = world()
    const cookie = await begin(w, count, ...changes)
    const { ref, finish } = route(w, cookie, 'implicit')
    await ref.read()
    return { w, cookie, ref, finish }
  }

  it('destroy carries the fence, and nothing is left to give back', async () => {
    const { w, cookie, ref, finish } = await held(Session.signIn('ada'))
    expect(await during(w, () => ref.destroy())).toEqual(['end'])
    expect(await during(w, () => finish(OK))).toEqual([])
    expect(await ok(w.visit(cookie).status)).toBe('ended')
  })

  it('signOut and regenerate keep the id, and the hold', async () => {
    for (const change of [Session.signOut, Session.regenerate]) {
      const { w, ref, finish } = await held(Session.signIn('ada'))
      await ref.transact(change)
      await ref.transact(count)
      expect(await during(w, () => finish(OK))).toEqual(['release'])
    }
  })

  it('signIn as another: the old session is ended under the fence, the new one nobody knows yet', async () => {
    const { w, cookie, ref, finish } = await held(Session.signIn('ada'))
    expect(await during(w, () => ref.transact(Session.signIn('bob')))).toEqual([
      'readEpoch',
      'end',
      'create',
      'readEpoch',
    ])
    await ref.transact(count)
    expect(await during(w, () => finish(OK))).toEqual([])
    expect(await ok(w.visit(cookie).status)).toBe('ended')
  })

  it('revocation ignores leases: the holder is told, and so is who waits', async () => {
    const { w, cookie, ref } = await held(Session.signIn('ada'))
    const waiter = route(w, cookie, 'implicit')
    const waiting = waiter.ref.read()
    await settled()
    await ok(w.sessions.subject('ada').endAll)
    expect((await waiting).subject._tag).toBe('None')
    expect(await waiter.ref.status()).toBe('ended')
    expect(await failure(ref.transact(count))).toBe('SessionEnded')
    expect(await failure(waiter.ref.transact(count))).toBe('SessionEnded')
  })

  it.each<[string, (s: Session.Session<Data>) => Session.Session<Data>, string]>([
    ['regenerates', Session.regenerate, 'superseded'],
    ['signs out', Session.signOut, 'superseded'],
    ['destroys it', Session.destroy, 'ended'],
  ])('who waits while the holder %s is not let in, and does not keep it', async (_, change, status) => {
    const { w, cookie, ref, finish } = await held(Session.signIn('ada'))
    const waiter = route(w, cookie, 'implicit')
    const waiting = waiter.ref.read()
    await settled()
    await ref.transact(change)
    await finish(OK)
    expect((await waiting).subject._tag).toBe('None')
    expect(await waiter.ref.status()).toBe(status)
    if (status === 'superseded') expect(await isFree(w, cookie)).toBe(true)
    waiter.ref.update(count)
    expect((await waiter.finish(OK))?.error).toMatchObject({ _tag: status === 'ended' ? 'SessionEnded' : 'Superseded' })
  })

  it.each([
    ['deferred before a read that waits', true],
    ['a transact that waits', false],
  ])('a logout wins over the regenerate that it waited for: %s', async (_, deferred) => {
    const { w, cookie, ref, finish } = await held(Session.signIn('ada'))
    const waiter = route(w, cookie, 'implicit')
    if (deferred) waiter.ref.update(Session.signOut)
    const waiting = deferred ? failure(waiter.ref.read()) : failure(waiter.ref.transact(Session.signOut))
    await settled()
    await ref.transact(Session.regenerate)
    const rotated = (await finish(OK))?.reply.setCookie?.split(';')[0]
    expect(await waiting).toBe(deferred ? 'Superseded' : 'none')
    expect(await waiter.finish(OK)).toMatchObject({ error: undefined })
    expect(await ok(w.visit(rotated).status)).toBe('superseded')
    expect(w.events).toContainEqual(expect.objectContaining({ _tag: 'signed-out', subject: 'ada' }))
    expect(await isFree(w, cookie)).toBe(true)
  })
})

describe('waiting', () => {
  it('is first come, first served, one at a time, and tells how long it took', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const holder = route(w, cookie, 'explicit')
    await holder.ref.lock()
    const order: Array<number> = []
    let inside = 0
    const waiting = [1, 2, 3, 4].map(async (n) => {
      const { ref, finish } = route(w, cookie, 'implicit')
      const { data } = await ref.read()
      order.push(n)
      expect((inside += 1)).toBe(1)
      await settled()
      ref.update(Session.set('views', data.views + 1))
      inside -= 1
      await finish(OK)
    })
    await settled()
    expect(order).toEqual([])
    w.pass(70)
    await holder.finish(OK)
    await Promise.all(waiting)
    expect(order).toEqual([1, 2, 3, 4])
    expect(await views(w, cookie)).toBe(5)
    const waited = w.events.filter(({ _tag }) => _tag === 'lock-waited')
    expect(waited).toEqual([70, 70, 70, 70].map((ms) => ({ _tag: 'lock-waited', id: idIn(cookie), waited: ms })))
  })

  it('is bounded: LockTimeout, 503 with Retry-After, and nothing was stored', async () => {
    const w = world({ lockTimeout: 4_000 })
    const cookie = await begin(w, count)
    await ok(w.visit(cookie, { lock: 'explicit' }).lock)
    const { ref } = route(w, cookie, 'implicit')
    const reading = ref.read()
    await settled()
    w.pass(4_000)
    const error = await reading.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!isSessionException(error)) throw new Error('no SessionException')
    expect(error).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
    expect(error.sessionError).toEqual({ _tag: 'LockTimeout', after: 4_000 })
    expect(w.tags()).toContain('lock-waited')
  })

  it('an early request that times out answers in place of its handler', async () => {
    const w = world({ lockTimeout: 4_000 })
    const cookie = await begin(w, count)
    await ok(w.visit(cookie, { lock: 'explicit' }).lock)
    const { ready, finish } = route(w, cookie, 'early')
    const opening = failure(ready?.() ?? Promise.resolve())
    await settled()
    w.pass(4_000)
    expect(await opening).toBe('LockTimeout')
    await finish(threw(503))
    expect(w.script.calls.at(-1)).toBe('acquire')
  })

  it('of a plain write is no retry; who holds it does not queue behind it', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const holder = route(w, cookie, 'explicit')
    await holder.ref.lock()
    const writing = [1, 2, 3].map(() => ok(w.visit(cookie).transact(count)))
    await vi.waitFor(() => {
      expect(w.script.calls.filter((verb) => verb === 'update').length).toBeGreaterThan(60)
    })
    await holder.ref.transact(count)
    await holder.finish(OK)
    await Promise.all(writing)
    expect(await views(w, cookie)).toBe(5)
    for (const event of w.events) if (event._tag === 'committed') expect(event.attempts).toBeLessThanOrEqual(4)
    expect(w.tags().filter((tag) => tag === 'lock-waited')).toHaveLength(3)
  })

  it('of a plain write is bounded, too', async () => {
    const w = world({ lockTimeout: 60 })
    const cookie = await begin(w, count)
    const holder = route(w, cookie, 'explicit')
    await holder.ref.lock()
    const errors = await Promise.all([1, 2, 3].map(() => bad(w.visit(cookie).transact(count))))
    for (const error of errors) expect(error).toEqual({ _tag: 'LockTimeout', after: 60 })
    await holder.finish(OK)
    expect(await views(w, cookie)).toBe(1)
  })
})

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
