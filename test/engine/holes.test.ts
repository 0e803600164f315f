/** Single interleavings and faults that broke the engine once, written out. */
import * as O from '#fp-ts/Option'
import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import type { Live } from '../../src/core/Stored.ts'
import type { SessionId } from '../../src/core/Token.ts'
import { bad, begin, cookieAfter, count, ok, world } from './world.ts'

const idOf = (cookie: string): SessionId => cookie.split('=')[1]?.split('.')[0] as SessionId

const recordOf = async (w: ReturnType<typeof world>, cookie: string): Promise<Live> => {
  const stored = await w.inner.load(idOf(cookie))()
  if (stored._tag === 'Left' || O.isNone(stored.right) || stored.right.value._tag === 'Ended')
    throw new Error('no record')
  return stored.right.value
}

describe('a lost answer', () => {
  it('is settled by the record that the queue hands on, too', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const unlucky = w.visit(cookie)
    unlucky.update(count)()
    w.script.fail('update', 'after', 'after')
    await bad(unlucky.commit)
    const other = w.visit(cookie)
    const held = w.script.hold('update')
    const writing = other.transact(count)()
    await held.reached
    const again = unlucky.commit()
    held.release()
    await writing
    expect(await again).toMatchObject({ _tag: 'Right' })
    expect((await ok(w.visit(cookie).read)).data.views).toBe(3)
  })

  it('that the trail can not tell of any more is not replayed by a later commit either', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const visit = w.visit(cookie)
    visit.update(count)()
    w.script.fail('update', 'after', 'after')
    await bad(visit.commit)
    for (let i = 0; i < 9; i++) await ok(w.visit(cookie).transact(count))
    expect(await bad(visit.commit)).toMatchObject({ _tag: 'StoreTimeout', outcome: 'unknown' })
    await ok(visit.commit)
    await ok(visit.transact(count))
    expect((await ok(w.visit(cookie).read)).data.views).toBe(12)
  })

  it('that a later write of the request has made impossible is forgotten', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const visit = w.visit(cookie)
    visit.update(count)()
    w.script.fail('update', 'before', 'before')
    await bad(visit.commit)
    await ok(visit.commit)
    for (let i = 0; i < 9; i++) await ok(w.visit(cookie).transact(count))
    await ok(visit.transact(count))
    expect((await ok(w.visit(cookie).read)).data.views).toBe(12)
  })

  it('of a sign-in is verified when it is settled, even if the write that settles it fails', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const { ref, finish } = w.sessions.openRequest(cookie, (header) => header)
    w.script.fail('update', 'after', 'after')
    const held = w.script.hold('update')
    const signingIn = ref.effect.transact(Session.signIn('ada'))()
    await held.reached
    await ok(w.sessions.subject('ada').endAll)
    held.release()
    await signingIn
    await bad(ref.effect.transact(Session.set('theme', NaN as never)))
    expect((await finish({ _tag: 'Answered', status: 200 }))?.reply.setCookie).toBeUndefined()
  })
})

describe('a logout that was admitted again', () => {
  it('and fails gives no right to write to the rotated session', async () => {
    const w = world()
    const cookie = await begin(w, Session.set('theme', 'dark'), Session.signIn('ada'))
    const leaving = w.visit(cookie)
    await ok(leaving.read)
    const rotating = w.elsewhere().open(O.some(cookie))
    await ok(rotating.transact(Session.regenerate))
    const rotated = cookieAfter(await ok(rotating.commit))
    // The first end meets the rotation, the second and its repetition fail.
    const held = w.script.hold('end')
    const ending = leaving.destroy()
    await held.reached
    const second = w.script.hold('end')
    held.release()
    await second.reached
    w.script.fail('end', 'before', 'before')
    second.release()
    expect(await ending).toMatchObject({ left: { _tag: 'StoreUnavailable' } })
    expect(await bad(leaving.transact(count))).toEqual({ _tag: 'Superseded' })
    expect((await ok(w.visit(rotated).read)).data).toEqual({ views: 0, theme: 'dark' })
    await ok(leaving.destroy)
    expect(await ok(w.visit(rotated).status)).toBe('ended')
  })
})

describe('a request that loses its session', () => {
  it('sends no cookie that it renewed before: it would overwrite the newer one', async () => {
    const w = world({ renewAfter: 120_000 })
    const cookie = await begin(w, Session.signIn('ada'))
    w.pass(121_000)
    const { ref, finish } = w.sessions.openRequest(cookie, (header) => header)
    await ref.read()
    await ref.commit()
    await ok(w.elsewhere().open(O.some(cookie)).transact(Session.signOut))
    await expect(ref.transact(count)).rejects.toMatchObject({ sessionError: { _tag: 'Superseded' } })
    expect((await finish({ _tag: 'Answered', status: 409 }))?.reply.setCookie).toBeUndefined()
  })

  it('because it ended, once it was admitted, never creates: not by a sign-in either', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const slow = w.visit(cookie)
    await ok(slow.read)
    await ok(w.elsewhere().open(O.some(cookie)).destroy)
    expect(await bad(slow.transact(Session.signIn('ada')))).toEqual({ _tag: 'SessionEnded' })
    expect(w.script.calls.filter((verb) => verb === 'create')).toHaveLength(1)
  })
})

describe('renewal', () => {
  it('never writes over data that could not be decoded', async () => {
    const w = world({ renewAfter: 120_000 })
    const cookie = await begin(w, Session.set('theme', 'dark'), Session.signIn('ada'))
    const live = await recordOf(w, cookie)
    const newer = { ...live, revision: 'newer', schema: 2, data: { name: 'kept' } }
    await w.inner.update(idOf(cookie), live.revision, newer)()
    w.pass(121_000)
    const visit = w.visit(cookie)
    expect(await bad(visit.read)).toMatchObject({ _tag: 'InvalidData' })
    await visit.commit()
    expect((await recordOf(w, cookie)).data).toEqual({ name: 'kept' })
  })

  it('is left to who presented the newer secret, once that was confirmed', async () => {
    const w = world({ renewAfter: 120_000 })
    const cookie = await begin(w, Session.signIn('ada'))
    const long = w.visit(cookie)
    await ok(long.read)
    w.pass(121_000)
    const visit = w.visit(cookie)
    await ok(visit.read)
    const renewed = cookieAfter(await ok(visit.commit))
    const next = w.visit(renewed)
    await ok(next.read)
    await ok(next.commit)
    await ok(long.transact(count))
    w.pass(121_000)
    expect(cookieAfter(await ok(long.commit))).toBeUndefined()
    expect(await ok(w.visit(renewed).status)).toBe('live')
  })
})

describe('the commit before the response', () => {
  it('sends a cookie that follows from what is stored also when a recorded function throws', async () => {
    const w = world()
    const { ref, finish } = w.sessions.openRequest(undefined, (header) => header)
    await ref.transact(Session.signIn('ada'))
    const defect = new Error('a defect')
    ref.update(() => {
      throw defect
    })
    const done = await finish({ _tag: 'Answered', status: 200 })
    expect(done?.defect).toEqual({ error: defect })
    const cookie = done?.reply.setCookie?.split(';')[0]
    expect(await ok(w.visit(cookie).status)).toBe('live')
  })
})

describe('a secret that is presented after its grace', () => {
  it("ends the session under 'end', also when another request writes just then", async () => {
    const w = world({ renewAfter: 120_000, onReuse: 'end' })
    const cookie = await begin(w, Session.signIn('ada'))
    w.pass(121_000)
    const visit = w.visit(cookie)
    await ok(visit.read)
    const renewed = cookieAfter(await ok(visit.commit))
    const next = w.visit(renewed)
    await ok(next.read)
    await ok(next.commit)
    w.pass(60_000)
    const held = w.script.hold('end')
    const theft = w.visit(cookie).status()
    await held.reached
    await ok(
      w
        .elsewhere()
        .open(O.some(renewed as string))
        .transact(count),
    )
    held.release()
    await theft
    expect(await ok(w.visit(renewed).status)).toBe('ended')
  })
})
