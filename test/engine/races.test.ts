import * as O from '#fp-ts/Option'
import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { bad, begin, cookieAfter, count, ok, world } from './world.ts'

const signedIn = () => {
  const w = world()
  return begin(w, count, Session.signIn('ada')).then((cookie) => ({ w, cookie }))
}

describe('the dead stay dead (promise 3)', () => {
  it.each(['destroy', 'signOut'] as const)('a write in flight at %s is refused', async (how) => {
    const { w, cookie } = await signedIn()
    const slow = w.visit(cookie)
    slow.update(count)()
    const held = w.script.hold('update')
    const committing = slow.commit()
    await held.reached
    const others = w.elsewhere()
    const leaving = others.open(O.some(cookie))
    if (how === 'destroy') await ok(leaving.destroy)
    else await ok(leaving.transact(Session.signOut))
    held.release()
    expect(await committing).toMatchObject({ left: { _tag: how === 'destroy' ? 'SessionEnded' : 'Superseded' } })
    expect(O.isNone((await ok(w.visit(cookie).read)).subject)).toBe(true)
    expect(await ok(slow.status)).toBe(how === 'destroy' ? 'ended' : 'superseded')
  })

  it('a request that first uses its session after the logout neither revives nor creates one', async () => {
    const { w, cookie } = await signedIn()
    const late = w.visit(cookie)
    await ok(w.visit(cookie).destroy)
    w.script.calls.length = 0
    late.update(count)()
    expect(await bad(late.commit)).toEqual({ _tag: 'SessionEnded' })
    expect(w.script.calls).toEqual(['load'])
    expect(await ok(late.status)).toBe('ended')
  })

  it('an admitted subject whose session was ended can not sign in from the late request', async () => {
    const { w, cookie } = await signedIn()
    const slow = w.visit(cookie)
    await ok(slow.read)
    await ok(w.elsewhere().open(O.some(cookie)).destroy)
    expect(await bad(slow.transact(Session.signIn('ada')))).toEqual({ _tag: 'SessionEnded' })
  })

  it('a late request that was never admitted may sign in: a new session with nothing recorded before', async () => {
    const { w, cookie } = await signedIn()
    await ok(w.visit(cookie).destroy)
    const late = w.visit(cookie)
    late.update(Session.set('theme', 'dark'))()
    const session = await ok(late.transact(Session.signIn('bob')))
    expect(session.data).toEqual({ views: 0 })
    expect(session.subject).toMatchObject({ value: { id: 'bob' } })
    expect(cookieAfter(await ok(late.commit))).not.toBe(cookie)
  })

  it('logging out twice is Right both times', async () => {
    const { w, cookie } = await signedIn()
    const [one, two] = [w.visit(cookie), w.elsewhere().open(O.some(cookie))]
    await Promise.all([ok(one.read), ok(two.read)])
    await ok(one.transact(Session.signOut))
    await ok(two.transact(Session.signOut))
    await ok(two.destroy)
  })
})

describe('rotation', () => {
  it('sign-in keeps the data, moves to a new secret, and the old one reads anonymous', async () => {
    const w = world()
    const before = await begin(w, count)
    const login = w.visit(before)
    const session = await ok(login.transact(Session.signIn('ada')))
    expect(session.data).toEqual({ views: 1 })
    const after = cookieAfter(await ok(login.commit))
    expect(after).not.toBe(before)
    expect(after?.split('.')[0]).toBe(before.split('.')[0])
    const old = w.visit(before)
    expect(O.isNone((await ok(old.read)).subject)).toBe(true)
    expect(await ok(old.status)).toBe('superseded')
    old.update(count)()
    expect(await bad(old.commit)).toEqual({ _tag: 'Superseded' })
    expect(await bad(w.visit(before).transact(Session.regenerate))).toEqual({ _tag: 'Superseded' })
    // Nothing would change, and still: Right would mean that it stands.
    expect(await bad(w.visit(before).transact(Session.pop('coupon')))).toEqual({ _tag: 'Superseded' })
    await ok(w.visit(before).transact(Session.signOut))
    expect(w.events).toContainEqual(expect.objectContaining({ _tag: 'rejected', reason: 'superseded' }))
  })

  it('another subject starts from the initial data under a new id, and the first is dead', async () => {
    const { w, cookie } = await signedIn()
    const login = w.visit(cookie)
    const session = await ok(login.transact(Session.signIn('bob')))
    expect(session.data).toEqual({ views: 0 })
    const bob = cookieAfter(await ok(login.commit))
    expect(bob?.split('.')[0]).not.toBe(cookie.split('.')[0])
    expect(await ok(w.visit(cookie).status)).toBe('ended')
    expect((await ok(w.visit(bob).read)).subject).toMatchObject({ value: { id: 'bob' } })
  })

  it('a write in flight at sign-in is not replayed into the new session', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const slow = w.visit(cookie)
    await ok(slow.read)
    const login = w.elsewhere().open(O.some(cookie))
    await ok(login.transact(Session.signIn('ada')))
    expect(await bad(slow.transact(Session.set('theme', 'evil')))).toEqual({ _tag: 'Superseded' })
    const after = cookieAfter(await ok(login.commit))
    expect((await ok(w.visit(after).read)).data).toEqual({ views: 1 })
  })

  it('a lost login response does not lock the browser out', async () => {
    const w = world()
    const cookie = await begin(w, count)
    await ok(w.visit(cookie).transact(Session.signIn('ada')))
    // The response was lost: the browser still has the old cookie.
    const again = w.visit(cookie)
    const session = await ok(again.transact(Session.signIn('ada')))
    expect(session.data).toEqual({ views: 0 })
    const after = cookieAfter(await ok(again.commit))
    expect((await ok(w.visit(after).read)).subject).toMatchObject({ value: { id: 'ada' } })
  })

  it('a logout wins over a concurrent regenerate', async () => {
    const { w, cookie } = await signedIn()
    const leaving = w.visit(cookie)
    await ok(leaving.read)
    const rotating = w.elsewhere().open(O.some(cookie))
    await ok(rotating.transact(Session.regenerate))
    const rotated = cookieAfter(await ok(rotating.commit))
    await ok(leaving.destroy)
    expect(await ok(w.visit(rotated).status)).toBe('ended')
  })

  it('a second rotation in one request replaces the unsent secret', async () => {
    const { w, cookie } = await signedIn()
    const visit = w.visit(cookie)
    await ok(visit.transact(Session.regenerate))
    const first = cookieAfter(await ok(visit.commit))
    await ok(visit.transact(Session.regenerate))
    const second = cookieAfter(await ok(visit.commit))
    expect(await ok(w.visit(first).status)).toBe('superseded')
    expect(await ok(w.visit(second).status)).toBe('live')
  })
})

describe('renewal', () => {
  const aged = async () => {
    const w = world({ renewAfter: 120_000 })
    const cookie = await begin(w, Session.signIn('ada'))
    w.pass(121_000)
    return { w, cookie }
  }
  const renew = async (w: Awaited<ReturnType<typeof aged>>['w'], cookie: string) => {
    const visit = w.visit(cookie)
    await ok(visit.read)
    return cookieAfter(await ok(visit.commit), cookie)
  }

  it('parallel requests with the old secret stay signed in, and one new secret is minted', async () => {
    const { w, cookie } = await aged()
    const visits = Array.from({ length: 10 }, () => w.visit(cookie))
    await Promise.all(visits.map((v) => ok(v.read)))
    const cookies = await Promise.all(visits.map(async (v) => cookieAfter(await ok(v.commit), cookie)))
    expect(new Set(cookies.filter((one) => one !== cookie)).size).toBe(1)
    expect(await ok(w.visit(cookie).status)).toBe('live')
  })

  it('a lost response costs nothing: the old secret stays valid and is renewed again later', async () => {
    const { w, cookie } = await aged()
    const lost = await renew(w, cookie)
    expect(lost).not.toBe(cookie)
    w.pass(100_000)
    expect(await ok(w.visit(cookie).status)).toBe('live')
    expect(await renew(w, cookie)).toBe(cookie)
    w.pass(21_000)
    const second = await renew(w, cookie)
    expect(second).not.toBe(cookie)
    expect(await ok(w.visit(second).status)).toBe('live')
    expect(await ok(w.visit(cookie).status)).toBe('live')
  })

  it('after the first use of the new secret the old one has its grace, and is reuse after it', async () => {
    const { w, cookie } = await aged()
    const renewed = await renew(w, cookie)
    await renew(w, renewed as string)
    w.pass(59_000)
    expect(await ok(w.visit(cookie).status)).toBe('live')
    w.pass(1_000)
    expect(await ok(w.visit(cookie).status)).toBe('unknown')
    expect(w.tags()).toContain('token-reused')
    expect(await ok(w.visit(renewed).status)).toBe('live')
  })

  it('does not confirm on behalf of a request that presented the old secret', async () => {
    const { w, cookie } = await aged()
    const old = w.visit(cookie)
    await ok(old.read)
    const renewed = await renew(w, cookie)
    // Its conflict shows it the renewed record; the new secret was presented by nobody.
    await ok(old.transact(count))
    await ok(old.transact(count))
    w.pass(119_000)
    expect(await ok(w.visit(cookie).status)).toBe('live')
    expect(await ok(w.visit(renewed).status)).toBe('live')
  })
})

describe('revocation', () => {
  it('a sign-in that races "end all" does not survive it', async () => {
    const w = world()
    const login = w.visit()
    login.update(Session.signIn('ada'))()
    const held = w.script.hold('create')
    const committing = login.commit()
    await held.reached
    await ok(w.sessions.subject('ada').endAll)
    held.release()
    expect(await committing).toMatchObject({ left: { _tag: 'SessionEnded' } })
    expect(await ok(w.sessions.subject('ada').count)).toBe(0)
  })

  it('a proof read before the credentials were checked covers the time until the commit', async () => {
    const w = world()
    const login = w.visit()
    const proof = await ok(login.subjectEpoch('ada'))
    await ok(w.sessions.subject('ada').endAll)
    login.update(Session.signIn('ada', { epoch: proof }))()
    expect(await bad(login.commit)).toEqual({ _tag: 'SessionEnded' })
    expect(await ok(w.sessions.subject('ada').count)).toBe(0)
  })

  it('ends all, others, one; tells who listens', async () => {
    const w = world()
    const cookies = [await begin(w, Session.signIn('ada')), await begin(w, Session.signIn('ada'))] as const
    await begin(w, Session.signIn('adam'))
    const ada = w.sessions.subject('ada')
    const [first, second] = await ok(ada.list)
    const heard: Array<string> = []
    for (const one of [first, second]) w.sessions.onEnded(one!.id, () => heard.push(one!.id))
    expect(await ok(ada.endOthers(first!.id))).toBe(1)
    expect(heard).toEqual([second!.id])
    expect(await ok(w.visit(cookies[0]).status)).toBe('live')
    expect(await ok(w.sessions.subject('adam').endOne(first!.id))).toBe(false)
    expect(await ok(ada.endOne(first!.id))).toBe(true)
    expect(await ok(w.visit(cookies[0]).status)).toBe('ended')
    expect(await ok(w.sessions.subject('adam').count)).toBe(1)
  })

  it('logs tell of no token', async () => {
    const { w, cookie } = await signedIn()
    await ok(w.visit(cookie).destroy)
    const secret = cookie.split('.')[1] as string
    expect(JSON.stringify(w.events)).not.toContain(secret)
  })
})
