import * as E from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { refused } from '../../src/effects/Store.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { cookieFor, cookieForEffect } from '../../src/testing/cookieFor.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'

const Data = t.readonly(t.intersection([t.type({ views: t.number }), t.partial({ note: t.string })]))
const HOUR = 3_600_000

const scene = (name = '__Host-id') => {
  const clock = fakeClock()
  const store = memoryStore({ clock: clock.now, timer: clock.timer })
  const sessions = sessionManager({ data: Data, initial: { views: 0 }, store, clock: clock.now, cookie: { name } })
  const opened = async (cookie: string) => {
    const handle = sessions.open(some(cookie))
    const session = await handle.read()
    if (E.isLeft(session)) throw new Error(session.left._tag)
    return { session: session.right, status: await handle.status() }
  }
  return { sessions, clock, store, opened }
}

describe('cookieFor', () => {
  it('is the Cookie header of a signed-in session with that data', async () => {
    const { sessions, opened } = scene()
    const cookie = await cookieFor(sessions, { subject: 'alice', data: { note: 'hi' } })
    expect(cookie).toMatch(/^__Host-id=[\w-]{22}\.[\w-]{43}$/)
    const { session, status } = await opened(cookie)
    expect(status).toEqual(E.right('live'))
    expect(Session.subjectId(session)).toBe('alice')
    expect(session.data).toEqual({ views: 0, note: 'hi' })
  })

  it('is of an anonymous session when nobody is named', async () => {
    const { sessions, opened } = scene()
    const { session } = await opened(await cookieFor(sessions, { data: { views: 3 } }))
    expect(Session.isSignedIn(session)).toBe(false)
    expect(session.data).toEqual({ views: 3 })
  })

  it("has the manager's cookie name, and two are two sessions", async () => {
    const { sessions, opened } = scene('__Secure-sid')
    const [one, two] = [await cookieFor(sessions, { subject: 'a' }), await cookieFor(sessions, { subject: 'a' })]
    expect(one).toMatch(/^__Secure-sid=/)
    expect((await opened(one)).session.id).not.toBe((await opened(two)).session.id)
  })

  it('takes a level and the options of the sign-in', async () => {
    const { sessions, clock, opened } = scene()
    const cookie = await cookieFor(sessions, {
      subject: { id: 'alice', level: 2 },
      signIn: { persistent: true, idleTimeout: 2 * HOUR },
    })
    const { session } = await opened(cookie)
    expect(Session.isRecent(HOUR, 2)(clock.now())(session)).toBe(true)
    expect(session.lifetime).toEqual(some({ persistent: true, idleTimeout: 2 * HOUR }))
    expect(Session.deadlines(sessions.policy)(session).idleAt).toBe(clock.now() + 2 * HOUR)
  })
})

describe('what it refuses', () => {
  it.each([{}, { data: {} }, { data: { views: 0 } }])(
    '%j: there is no cookie of a session without content',
    async (what) => {
      const { sessions } = scene()
      await expect(cookieFor(sessions, what)).rejects.toMatchObject({
        name: 'SessionError',
        message: expect.stringContaining('leave the Cookie header away'),
      })
    },
  )

  it('data that the codec refuses', async () => {
    const { sessions } = scene()
    const wrong = { views: 'many' } as unknown as { readonly views: number }
    await expect(cookieFor(sessions, { data: wrong })).rejects.toMatchObject({
      sessionError: { _tag: 'InvalidData', path: 'data.views' },
    })
  })

  it('is a Left of the effect, which does nothing before it is run', async () => {
    const clock = fakeClock()
    const memory = memoryStore({ clock: clock.now, timer: clock.timer })
    let creates = 0
    const store: typeof memory = {
      ...memory,
      create: () => async () => {
        creates += 1
        return E.left(refused('create', new Error('full')))
      },
    }
    const sessions = sessionManager({ data: Data, initial: { views: 0 }, store })
    const effect = cookieForEffect(sessions, { subject: 'alice' })
    expect(creates).toBe(0)
    expect(await effect()).toMatchObject({ left: { _tag: 'StoreUnavailable', operation: 'create' } })
    expect(creates).toBe(1)
  })
})
