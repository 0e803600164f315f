/** An exclusive session that is ended, replaced or revoked; who waits for one. */
import { describe, expect, it, vi } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import { isSessionException } from '../../../src/core/SessionError.ts'
import { bad, begin, count, type Data, ok, world } from '../world.ts'
import { OK, threw, route, idIn, isFree, during, failure, settled, views } from './world.ts'

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

  it('a stolen secret’s use ends the session, if need be when its holder is done', async () => {
    const w = world({ renewAfter: 120_000, onReuse: 'end' })
    const old = await begin(w, count, Session.signIn('ada'))
    w.pass(121_000)
    const renewing = w.sessions.openRequest(old, (header) => header)
    await renewing.ref.read()
    const renewed = (await renewing.finish(OK))?.reply.setCookie?.split(';')[0] as string
    const confirming = w.sessions.openRequest(renewed, (header) => header)
    await confirming.ref.read()
    await confirming.finish(OK)
    w.pass(61_000)
    const holder = route(w, renewed, 'explicit')
    await holder.ref.lock()
    const thief = w.visit(old)
    const stealing = ok(thief.status)
    await vi.waitFor(() => {
      expect(w.script.calls.filter((verb) => verb === 'end').length).toBeGreaterThan(2)
    })
    await holder.finish(OK)
    expect(await stealing).toBe('unknown')
    expect(await ok(w.visit(renewed).status)).toBe('ended')
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
    // Longer than a request may go on trying.
    w.pass(6_000)
    await holder.finish(OK)
    await Promise.all(writing)
    expect(await views(w, cookie)).toBe(5)
    for (const event of w.events) if (event._tag === 'committed') expect(event.attempts).toBeLessThanOrEqual(4)
    expect(w.tags().filter((tag) => tag === 'lock-waited')).toHaveLength(3)
  })

  it('in the queue hands nobody a record that is older than the one that he read', async () => {
    const w = world()
    const cookie = await begin(w, Session.set('theme', 'light'))
    const held = w.script.hold('update', 'after')
    const first = ok(w.visit(cookie).transact(count))
    await held.reached
    // As of another process, or of a holder: past this manager's queue.
    const { ref } = w.elsewhere().openRequest(cookie, (header) => header)
    await ref.transact(Session.set('theme', 'dark'))
    const late = w.visit(cookie)
    expect((await ok(late.read)).data.theme).toBe('dark')
    const writing = ok(late.transact(Session.set('theme', 'light')))
    await settled()
    held.release()
    await first
    expect((await writing).data).toEqual({ views: 1, theme: 'light' })
    expect((await ok(w.visit(cookie).read)).data).toEqual({ views: 1, theme: 'light' })
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
