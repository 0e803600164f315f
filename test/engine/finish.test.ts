import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import type { OpenOptions } from '../../src/engine/SessionManager.ts'
import type { Ending } from '../../src/engine/SessionRef.ts'
import { begin, count, ok, world } from './world.ts'

const answered = (status: number): Ending => ({ _tag: 'Answered', status })
const threw = (status: number): Ending => ({ _tag: 'Threw', status })

const route = (w: ReturnType<typeof world>, cookie?: string, options?: OpenOptions) =>
  w.sessions.openRequest(cookie, (header) => header, options)

describe('what a status means for deferred updates (design §5)', () => {
  it.each([answered(200), answered(302), answered(404), threw(403)])('%j stores them', async (ending) => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie)
    ref.update(count)
    expect(await finish(ending)).toMatchObject({ error: undefined })
    expect((await ok(w.visit(cookie).read)).data.views).toBe(2)
  })

  it.each([answered(500), answered(503), threw(500)])(
    '%j discards them, but not what transact stored',
    async (ending) => {
      const w = world()
      const cookie = await begin(w, count)
      const { ref, finish } = route(w, cookie)
      await ref.transact(count)
      ref.update(count)
      expect(await finish(ending)).toMatchObject({ error: undefined })
      expect((await ok(w.visit(cookie).read)).data.views).toBe(2)
      expect(w.events).toContainEqual(expect.objectContaining({ _tag: 'dropped', reason: 'response-failed' }))
    },
  )

  it.each(['destroy', 'signOut'] as const)('a failed goodbye page does not undo %s', async (how) => {
    const w = world()
    const cookie = await begin(w, count, Session.signIn('ada'))
    const { ref, finish } = route(w, cookie)
    ref.update(Session[how])
    const done = await finish(threw(500))
    expect(done?.reply.setCookie).toBeDefined()
    expect((await ok(w.visit(cookie).read)).subject._tag).toBe('None')
  })

  it('a cookie that follows from what is stored leaves with an error response too', async () => {
    const w = world()
    const { ref, finish } = route(w)
    await ref.transact(Session.signIn('ada'))
    expect((await finish(threw(500)))?.reply.setCookie).toContain('__Host-id=')
  })
})

describe('updates without a live session (design §6)', () => {
  const ended = async (ending: Ending, admitted: boolean, onDropped?: 'drop') => {
    const w = world(onDropped === undefined ? {} : { onDropped })
    const cookie = await begin(w, Session.signIn('ada'))
    const { ref, finish } = route(w, cookie)
    if (admitted) await ref.read()
    await ok(w.visit(cookie).destroy)
    ref.update(count)
    const done = await finish(ending)
    return { error: done?.error?._tag, cookie: done?.reply.setCookie, tags: w.tags() }
  }

  it('a 2xx is not sent for what was not stored', async () => {
    expect(await ended(answered(200), false)).toMatchObject({ error: 'SessionEnded', cookie: undefined })
    expect(await ended(answered(204), true)).toMatchObject({ error: 'SessionEnded', cookie: undefined })
  })
  it('a redirect of a request that was never admitted goes out; of one that was, it does not', async () => {
    const redirected = await ended(answered(302), false)
    expect(redirected.error).toBeUndefined()
    expect(redirected.tags).toContain('dropped')
    expect(await ended(answered(302), true)).toMatchObject({ error: 'SessionEnded' })
  })
  it("'drop' drops always, with an event", async () => {
    const dropped = await ended(answered(200), true, 'drop')
    expect(dropped.error).toBeUndefined()
    expect(dropped.tags).toContain('dropped')
  })

  it.each([{ create: false }, { passive: true }])(
    '%j drops what a visitor without a session changes',
    async (mount) => {
      const w = world()
      const { ref, finish } = route(w, undefined, mount)
      ref.update(count)
      expect(await finish(answered(200))).toEqual({ reply: { setCookie: undefined, vary: true }, error: undefined })
      expect(w.script.calls).toEqual([])
      expect(w.events).toEqual([{ _tag: 'dropped', reason: 'no-session', updates: 1 }])
    },
  )

  it('in development a sign-in there is Misconfigured', async () => {
    const w = world({ development: true })
    const { ref } = route(w, undefined, { create: false })
    await expect(ref.transact(Session.signIn('ada'))).rejects.toMatchObject({ sessionError: { _tag: 'Misconfigured' } })
  })

  it('destroy with nothing to end still ignores what follows', async () => {
    const w = world()
    const { ref, finish } = route(w)
    await ref.destroy()
    ref.update(count)
    expect(await finish(answered(200))).toMatchObject({ reply: { setCookie: undefined }, error: undefined })
    expect(w.script.calls).toEqual([])
    expect(w.events).toEqual([{ _tag: 'dropped', reason: 'destroyed', updates: 1 }])
  })

  it('after destroy later updates are ignored with an event, a sign-in starts anew', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie)
    await ref.destroy()
    ref.update(count)
    expect(await finish(answered(200))).toMatchObject({ error: undefined })
    expect(w.events).toContainEqual({ _tag: 'dropped', reason: 'destroyed', updates: 1 })

    const again = await begin(w, Session.signIn('ada'))
    const second = route(w, again)
    await second.ref.destroy()
    second.ref.update(Session.signIn('bob'))
    const done = await second.finish(answered(200))
    const bob = done?.reply.setCookie?.split(';')[0]
    expect(Session.subjectId(await ok(w.visit(bob).read))).toBe('bob')
  })
})

describe('after the headers have left', () => {
  it('transact still stores; what needs a cookie is HeadersSent, before any store call', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie)
    await ref.read()
    await finish(answered(200))
    expect((await ref.transact(count)).data.views).toBe(2)
    w.script.calls.length = 0
    await expect(ref.transact(Session.regenerate)).rejects.toMatchObject({ sessionError: { _tag: 'HeadersSent' } })
    expect(w.script.calls).toEqual([])
    const fresh = route(w)
    expect(fresh.finish(answered(200))).toBeUndefined()
    await expect(fresh.ref.transact(count)).rejects.toMatchObject({ sessionError: { _tag: 'HeadersSent' } })
    await ref.destroy()
    expect(await ok(w.visit(cookie).status)).toBe('ended')
  })

  it('an update is an event, and throws in development', async () => {
    const w = world()
    const { ref, finish } = route(w, await begin(w, count))
    await ref.read()
    await finish(answered(200))
    ref.update(count)
    expect(w.events).toContainEqual({ _tag: 'dropped', reason: 'after-commit', updates: 1 })
    const strict = world({ development: true })
    const late = route(strict)
    expect(late.finish(answered(200))).toBeUndefined()
    expect(() => {
      late.ref.update(count)
    }).toThrow(/transact/)
  })

  it('an update while the commit is under way comes too late', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie)
    ref.update(count)
    const held = w.script.hold('update')
    const finishing = finish(answered(200))
    await held.reached
    ref.update(count)
    held.release()
    await finishing
    expect((await ok(w.visit(cookie).read)).data.views).toBe(2)
    expect(w.events).toContainEqual({ _tag: 'dropped', reason: 'after-commit', updates: 1 })
  })

  it('what nobody awaits and what fails does not end the process', async () => {
    const w = world()
    const cookie = await begin(w, count)
    w.script.fail('load', 'before', 'before', 'before', 'before', 'before')
    void route(w, cookie).ref.read()
    void route(w, cookie).ref.status()
    void route(w, cookie).ref.commit()
    void route(w, cookie).ref.transact(count)
    void route(w, cookie).ref.destroy()
    await new Promise((resolve) => setImmediate(resolve))
    expect(w.events.filter(({ _tag }) => _tag === 'store-failed')).toHaveLength(5)
  })

  it('the commit waits for a forgotten transact', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = route(w, cookie)
    const held = w.script.hold('update')
    void ref.transact(count)
    const finishing = finish(answered(200))
    await held.reached
    let sent = false
    void Promise.resolve(finishing).then(() => {
      sent = true
    })
    await Promise.resolve()
    expect(sent).toBe(false)
    held.release()
    await finishing
    expect((await ok(w.visit(cookie).read)).data.views).toBe(2)
  })
})
