/** By hand, and on every way out. */
import { describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Ending } from '../../../src/engine/SessionRef.ts'
import { bad, begin, count, type Data, ok, world } from '../world.ts'
import { OK, answered, threw, route, isFree, during, failure, views } from './world.ts'

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

  it('a stream that comes to its session late does not take it by itself: nothing would give it back', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie, 'implicit')
    expect(finish(OK)).toBeUndefined()
    expect(await during(w, () => ref.transact(count))).toEqual(['load', 'update'])
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
