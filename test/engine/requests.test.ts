import * as E from '#fp-ts/Either'
import * as O from '#fp-ts/Option'
import { flow, pipe } from '#fp-ts/function'
import * as TE from '#fp-ts/TaskEither'
import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { bad, begin, cookieAfter, count, type Data, ok, world } from './world.ts'

describe('you pay for what you use (promise 5)', () => {
  it('a handle that is only opened calls nothing', async () => {
    const w = world()
    const opened = w.sessions.openRequest({}, () => {
      throw new Error('the header was read')
    })
    expect(opened.finish({ _tag: 'Answered', status: 200 })).toBeUndefined()
    expect(w.script.calls).toEqual([])
  })

  it('a visitor without a cookie who reads stores nothing and gets no cookie', async () => {
    const w = world()
    const visit = w.visit()
    expect((await ok(visit.read)).data).toEqual({ views: 0 })
    expect((await ok(visit.commit)).setCookie).toEqual(O.none)
    expect(w.script.calls).toEqual([])
  })

  it('a read is one store call, a read and a write are two', async () => {
    const w = world()
    const cookie = await begin(w, count)
    w.script.calls.length = 0
    const reader = w.visit(cookie)
    await ok(reader.read)
    await ok(reader.read)
    await ok(reader.commit)
    expect(w.script.calls).toEqual(['load'])
    const writer = w.visit(cookie)
    await ok(writer.read)
    writer.update(count)()
    await ok(writer.commit)
    expect(w.script.calls).toEqual(['load', 'load', 'update'])
  })

  it('activity is touched once in touchEvery', async () => {
    const w = world({ idleTimeout: 20 * 60_000 })
    const cookie = await begin(w, count)
    w.script.calls.length = 0
    for (let i = 0; i < 3; i++) {
      w.pass(61_000)
      await ok(w.visit(cookie).read)
      await ok(
        pipe(w.visit(cookie), (v) =>
          pipe(
            v.read,
            TE.chain(() => v.commit),
          ),
        ),
      )
    }
    expect(w.script.calls.filter((verb) => verb === 'touch')).toHaveLength(3)
    await ok(
      pipe(w.visit(cookie), (v) =>
        pipe(
          v.read,
          TE.chain(() => v.commit),
        ),
      ),
    )
    expect(w.script.calls.filter((verb) => verb === 'touch')).toHaveLength(3)
  })

  it('an update that changes nothing is not stored', async () => {
    const w = world()
    const cookie = await begin(w, Session.set('theme', 'dark'))
    w.script.calls.length = 0
    const visit = w.visit(cookie)
    visit.update(Session.set('theme', 'dark'))()
    await ok(visit.commit)
    expect(w.script.calls).toEqual(['load'])
  })
})

describe('the functional face', () => {
  it('works as the design shows it', async () => {
    const w = world()
    const handle = w.sessions.open(O.none)
    const program = pipe(
      handle.transact(count),
      TE.chain(() => handle.commit),
    )
    const done = await program()
    expect(E.isRight(done) && done.right.session.data).toEqual({ views: 1 })
    expect(E.isRight(done) && O.isSome(done.right.setCookie)).toBe(true)
  })

  it('reads see the updates recorded before them', async () => {
    const w = world()
    const visit = w.visit()
    visit.update(count)()
    visit.update(count)()
    expect((await ok(visit.read)).data.views).toBe(2)
    expect(w.script.calls).toEqual([])
  })

  it('transact gives the result of a State that ends the session, as it was applied to that session', async () => {
    const w = world()
    const cookie = await begin(w, flow(count, count, Session.signIn('ada')))
    const last = (session: Session.Session<Data>): [unknown, Session.Session<Data>] => [
      { views: session.data.views, subject: Session.subjectId(session) },
      Session.destroy(session),
    ]
    expect(await ok(w.visit(cookie).transact(last))).toEqual({ views: 2, subject: 'ada' })
    // Nothing is left to end: the result is that of nobody's fresh session.
    expect(await ok(w.visit(cookie).transact(last))).toEqual({ views: 0, subject: undefined })
  })

  it('transact gives the exact result of a State, and carries earlier updates in the same write', async () => {
    const w = world()
    const cookie = await begin(w, Session.set('coupon', 'TENOFF'))
    w.script.calls.length = 0
    const visit = w.visit(cookie)
    visit.update(count)()
    expect(await ok(visit.transact(Session.pop('coupon')))).toEqual(O.some('TENOFF'))
    expect(w.script.calls).toEqual(['load', 'update'])
    expect((await ok(w.visit(cookie).read)).data).toEqual({ views: 1 })
  })

  it('a function that throws stores nothing and is rethrown as it is', async () => {
    const w = world()
    const cookie = await begin(w, count)
    const boom = new Error('boom')
    const visit = w.visit(cookie)
    await expect(
      visit.transact((s: Session.Session<{ readonly views: number }>): typeof s => {
        if (s.data.views > 0) throw boom
        return s
      })(),
    ).rejects.toBe(boom)
    expect((await ok(w.visit(cookie).read)).data.views).toBe(1)
    // The handle and the session's queue live on.
    expect((await ok(visit.transact(count))).data.views).toBe(2)
  })

  it('exactly one Set-Cookie text comes of many changes', async () => {
    const w = world()
    const visit = w.visit()
    await ok(visit.transact(count))
    await ok(visit.transact(Session.signIn('ada')))
    await ok(visit.transact(Session.regenerate))
    const done = await ok(visit.commit)
    const cookie = cookieAfter(done)
    expect((await ok(w.visit(cookie).read)).subject).toMatchObject({ value: { id: 'ada' } })
    await ok(visit.destroy)
    expect(cookieAfter(await ok(visit.commit))).toBeUndefined()
  })
})

describe('no lost update (promise 2)', () => {
  const everyone = async (transact: boolean) => {
    const w = world()
    const cookie = await begin(w, count)
    const others = w.elsewhere()
    w.script.calls.length = 0
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const visit = (i % 2 === 0 ? w.sessions : others).open(O.some(cookie))
        await ok(visit.read)
        const add = Session.modify<{ readonly views: number; readonly seen?: ReadonlyArray<string> }, 'seen'>(
          'seen',
          (seen = []) => [...seen, `k${i}`],
        )
        if (transact) {
          await ok(visit.transact(count))
          await ok(visit.transact(add))
        } else {
          visit.update(count)()
          visit.update(add)()
          await ok(visit.commit)
        }
      }),
    )
    const { data } = await ok(w.visit(cookie).read)
    expect(data.views).toBe(51)
    expect(new Set(data.seen).size).toBe(50)
  }

  it('keeps 50 concurrent updates from two processes', () => everyone(false))
  it('keeps 50 concurrent transacts from two processes', () => everyone(true))

  it('200 writers of one process make at most 5 store calls each', async () => {
    const w = world()
    const cookie = await begin(w, count)
    w.script.calls.length = 0
    await Promise.all(Array.from({ length: 200 }, () => ok(w.visit(cookie).transact(count))))
    expect((await ok(w.visit(cookie).read)).data.views).toBe(201)
    expect(w.script.calls.length / 200).toBeLessThanOrEqual(5)
  })

  it('a coupon is popped once', async () => {
    const w = world()
    const cookie = await begin(w, Session.set('coupon', 'TENOFF'))
    const others = w.elsewhere()
    const popped = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        ok((i % 2 === 0 ? w.sessions : others).open(O.some(cookie)).transact(Session.pop('coupon'))),
      ),
    )
    expect(popped.filter(O.isSome)).toHaveLength(1)
  })

  it('ifUnchanged refuses instead, but not for a renewal', async () => {
    const w = world({ renewAfter: 120_000 })
    const cookie = await begin(w, Session.signIn('ada'))
    const one = w.visit(cookie)
    const seen = await ok(one.read)
    await ok(w.visit(cookie).transact(count))
    one.update(Session.set('theme', `theme ${seen.data.views}`), { ifUnchanged: true })()
    expect(await bad(one.commit)).toEqual({ _tag: 'StaleRead' })
    // Read again and decide anew: the refused decision is gone, the handle stands on the newer record.
    expect((await ok(one.read)).data).toEqual({ views: 1 })
    one.update(Session.set('theme', 'fresh'), { ifUnchanged: true })()
    expect((await ok(one.commit)).session.data).toEqual({ views: 1, theme: 'fresh' })

    const two = w.visit(cookie)
    await ok(two.read)
    w.pass(121_000)
    const renewing = w.visit(cookie)
    await ok(renewing.read)
    expect(O.isSome((await ok(renewing.commit)).setCookie)).toBe(true)
    two.update(Session.set('theme', 'dark'), { ifUnchanged: true })()
    expect((await ok(two.commit)).session.data.theme).toBe('dark')
  })
})
