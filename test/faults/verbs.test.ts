/**
 * What a verb of a store makes of a network that fails while it runs: an answer that is lost after the commit is settled
 * by the trail of revisions (promise 2), an outage is a Left in time, and what was healed works again.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Either, isLeft, isRight } from '#fp-ts/Either'
import { none, some } from '#fp-ts/Option'
import * as Session from '../../src/core/Session.ts'
import type { SessionId } from '../../src/core/Token.ts'
import { count, managed, STORE_TIMEOUT, type Visits } from './site.ts'
import { remotes, type Remote } from './remotes.ts'

type Change = (session: Session.Session<Visits>) => Session.Session<Visits>

describe.each(Object.entries(remotes))('%s', (_name, start) => {
  let remote: Remote
  beforeAll(async () => {
    remote = await start()
  }, 60_000)
  afterAll(() => remote.stop())

  /** A session with one view and, where asked for, a subject; its cookie. */
  const begin = async (subject?: string) => {
    const { sessions, events } = managed(remote.store)
    const first = sessions.open(none)
    first.update(count)()
    if (subject !== undefined) first.update(Session.signIn<Visits>({ id: subject }))()
    const committed = await first.commit()
    if (isLeft(committed) || committed.right.setCookie._tag === 'None') throw new Error('no session could be begun')
    const cookie = committed.right.setCookie.value.split(';')[0]!
    return { sessions, events, cookie, id: committed.right.session.id, visit: () => sessions.open(some(cookie)) }
  }

  const stored = async (id: SessionId) => {
    const found = await remote.direct.load(id)()
    if (isLeft(found)) throw new Error('the store can not be read past the proxy')
    return found.right
  }

  const viewsOf = async (id: SessionId): Promise<unknown> => {
    const found = await stored(id)
    return found._tag === 'Some' && found.value._tag === 'Live' ? (found.value.data as { views: number }).views : found
  }

  /** Runs `act`, whose first answer is lost after the server has carried it out; then the connection breaks, and heals. */
  const losing = async <A>(act: () => Promise<A>): Promise<A> => {
    const before = remote.proxy.lost()
    remote.proxy.weather('lose-answers')
    const acting = act()
    await remote.proxy.losing(before + 1)
    remote.proxy.weather('pass')
    remote.proxy.reset()
    return acting
  }

  /** A change that makes the weather when it is applied: after the load, before the write. */
  const thenLosing =
    (change: Change, settled: { losing?: Promise<unknown> }): Change =>
    (session) => {
      if (settled.losing === undefined) {
        const before = remote.proxy.lost()
        remote.proxy.weather('lose-answers')
        settled.losing = remote.proxy.losing(before + 1).then(() => {
          remote.proxy.weather('pass')
          remote.proxy.reset()
        })
      }
      return change(session)
    }

  it('update: the answer is lost, the function is applied once', async () => {
    const { id, visit } = await begin()
    for (let time = 1; time <= 5; time += 1) {
      const weather: { losing?: Promise<unknown> } = {}
      const answer = await visit().transact(thenLosing(count, weather))()
      await weather.losing
      expect(answer).toMatchObject({ _tag: 'Right', right: { data: { views: 1 + time } } })
      expect(await viewsOf(id)).toBe(1 + time)
    }
  })

  it('create: the answer is lost, there is one session and its cookie works', async () => {
    const { sessions } = managed(remote.store)
    const weather: { losing?: Promise<unknown> } = {}
    const handle = sessions.open(none)
    handle.update(thenLosing(count, weather))()
    const committed = await handle.commit()
    await weather.losing
    if (isLeft(committed) || committed.right.setCookie._tag === 'None') throw new Error(JSON.stringify(committed))
    const cookie = committed.right.setCookie.value.split(';')[0]!
    expect(await sessions.open(some(cookie)).read()).toMatchObject({ right: { data: { views: 1 } } })
  })

  it('end: the answer is lost, the session is ended', async () => {
    const { id, visit } = await begin()
    const handle = visit()
    expect(isRight(await handle.read())).toBe(true)
    expect(isRight(await losing(() => handle.destroy()))).toBe(true)
    expect(await stored(id)).toMatchObject({ value: { _tag: 'Ended' } })
    expect(await visit().status()).toEqual({ _tag: 'Right', right: 'ended' })
  })

  it('rotation: the answer is lost, the new secret works and the old one does not', async () => {
    const { sessions, visit } = await begin()
    const weather: { losing?: Promise<unknown> } = {}
    const handle = visit()
    handle.update(thenLosing(Session.regenerate, weather))()
    const committed = await handle.commit()
    await weather.losing
    if (isLeft(committed) || committed.right.setCookie._tag === 'None') throw new Error(JSON.stringify(committed))
    const cookie = committed.right.setCookie.value.split(';')[0]!
    expect(await sessions.open(some(cookie)).status()).toEqual({ _tag: 'Right', right: 'live' })
    expect(await visit().status()).toEqual({ _tag: 'Right', right: 'superseded' })
  })

  it('load: the answer is lost, the request fails and the next one reads', async () => {
    const { visit } = await begin()
    const answer = await losing(() => visit().read())
    // A client that sends again by itself may have settled it.
    if (isLeft(answer)) expect(answer.left._tag).toMatch(/^Store(Unavailable|Timeout)$/)
    expect(await visit().read()).toMatchObject({ right: { data: { views: 1 } } })
  })

  it('a directory’s end of all: the answer is lost, all are ended', async () => {
    const subject = `subject-${remote.proxy.port}`
    const sessions = await Promise.all([begin(subject), begin(subject)])
    const answer = await losing(() => sessions[0].sessions.subject(subject).endAll())
    if (isLeft(answer)) expect(answer.left._tag).toMatch(/^Store(Unavailable|Timeout)$/)
    for (const { id } of sessions) expect(await stored(id)).toEqual(some(expect.objectContaining({ _tag: 'Ended' })))
  })

  it('a black hole: Left in time, nothing is written, and what was healed works', async () => {
    const { id, visit } = await begin()
    const handle = visit()
    expect(isRight(await handle.read())).toBe(true)
    remote.proxy.weather('black-hole')
    const [read, written] = await Promise.all([visit().read(), handle.transact(count)()])
    expect(read).toMatchObject({ _tag: 'Left', left: { _tag: expect.stringMatching(/^Store/) } })
    expect(written).toMatchObject({ _tag: 'Left', left: { _tag: expect.stringMatching(/^Store/) } })
    expect(await viewsOf(id)).toBe(1)
    remote.proxy.weather('pass')
    remote.proxy.reset()
    await healed(visit)
    const before = await viewsOf(id)
    expect(await visit().transact(count)()).toMatchObject({ _tag: 'Right' })
    expect(await viewsOf(id)).toBe(Number(before) + 1)
  })

  /** Clients reconnect in their own time: asked until one answers, within ten of our timeouts. */
  const healed = async (visit: () => { readonly read: () => Promise<Either<unknown, unknown>> }): Promise<void> => {
    const until = Date.now() + 10 * STORE_TIMEOUT
    while (isLeft(await visit().read())) if (Date.now() > until) throw new Error('it did not heal')
  }

  it('a connection that is refused: Left, nothing is written, and what was healed works', async () => {
    const { id, visit } = await begin()
    remote.proxy.weather('refuse')
    remote.proxy.reset()
    expect(await visit().transact(count)()).toMatchObject({
      _tag: 'Left',
      left: { _tag: expect.stringMatching(/^Store/) },
    })
    expect(await viewsOf(id)).toBe(1)
    remote.proxy.weather('pass')
    await healed(visit)
    expect(await visit().transact(count)()).toMatchObject({ _tag: 'Right', right: { data: { views: 2 } } })
  })

  it('slow answers: 50 at once are 50', async () => {
    const { id, visit } = await begin()
    remote.proxy.weather({ delay: 15 })
    const answers = await Promise.all(Array.from({ length: 50 }, () => visit().transact(count)()))
    remote.proxy.weather('pass')
    expect(answers.filter(isRight)).toHaveLength(50)
    expect(await viewsOf(id)).toBe(51)
  })
})
