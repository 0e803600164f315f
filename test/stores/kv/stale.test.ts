/** What eventual consistency does, and what it can not: two places with caches of their own, over one namespace. */
import { isRight } from '#fp-ts/Either'
import { none, some, toUndefined } from '#fp-ts/Option'
import * as t from 'io-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { kvStore } from '../../../src/stores/kv.ts'
import { HOUR, MINUTE, newId, record, successor } from '../../../src/testing/contract/bench.ts'
import { cookieFor } from '../../../src/testing/cookieFor.ts'
import { type Place, placeOf } from './place.ts'
import { must, started } from './world.ts'

let made: Awaited<ReturnType<typeof started>>
beforeAll(async () => {
  made = await started()
}, 60_000)
afterAll(() => made.close())

/** Here and there: a store in each place, and a session that both have read. */
const two = async () => {
  const [here, there] = [placeOf(made.namespace), placeOf(made.namespace)]
  const [near, far] = [kvStore({ namespace: here.namespace }), kvStore({ namespace: there.namespace })]
  const id = newId()
  const now = Date.now()
  const live = record(now)
  must(await near.create(id, live)())
  must(await far.load(id)())
  return { here, there, near, far, id, now, live, until: now + HOUR }
}

const tag = async (store: ReturnType<typeof kvStore>, id: ReturnType<typeof newId>): Promise<string> => {
  const found = must(await store.load(id)())
  return found._tag === 'None' ? 'None' : found.value._tag
}

describe('the dead', () => {
  it('are seen alive elsewhere until the place has heard, and no longer', async () => {
    const { near, far, there, id, live, until } = await two()
    must(await near.end(id, live.revision, until)())
    expect([await tag(near, id), await tag(far, id)]).toEqual(['Ended', 'Live'])
    there.refresh()
    expect(await tag(far, id)).toBe('Ended')
  })

  const late: ReadonlyArray<readonly [string, (given: Awaited<ReturnType<typeof two>>) => Promise<unknown>]> = [
    ['an update', async ({ far, id, live }) => must(await far.update(id, live.revision, successor(live))())],
    ['a touch', async ({ far, id, now }) => must(await far.touch(id, 0, now + MINUTE, now + 20 * HOUR)())],
  ]
  it.each(late)('stay dead when %s that has not heard of the end comes after it', async (_, write) => {
    const given = await two()
    const { near, far, here, there, id, live, until } = given
    must(await near.end(id, live.revision, until)())
    await write(given)
    expect(await made.namespace.get(`sessions:live:${id}`)).not.toBe(null)
    for (const place of [here, there]) place.refresh()
    expect([await tag(near, id), await tag(far, id)]).toEqual(['Ended', 'Ended'])
    for (const store of [near, far]) {
      expect(must(await store.update(id, live.revision, successor(live))())).toEqual({ _tag: 'Gone' })
      expect(must(await store.touch(id, 0, Date.now(), until)())).toEqual({ _tag: 'Gone' })
      expect(must(await store.end(id, live.revision, until)())).toEqual({ _tag: 'Gone' })
      expect(must(await store.create(id, live)())).toEqual({ _tag: 'Exists' })
    }
  })

  it.each(late)('stay dead when the end comes between the two halves of %s', async (_, write) => {
    const given = await two()
    const { near, here, there, id, live, until } = given
    const { came, go } = there.hold()
    const writing = write(given)
    await came
    must(await near.end(id, live.revision, until)())
    go()
    await writing
    for (const place of [here, there]) place.refresh()
    expect([await tag(near, id), await tag(given.far, id)]).toEqual(['Ended', 'Ended'])
  })

  it('are nobody where only the record was heard to leave', async () => {
    const { near, here, there, id, live, until } = await two()
    must(await near.end(id, live.revision, until)())
    there.refresh()
    // The tombstone's key is read from the cache still, where it was not there a moment ago.
    const get = there.namespace.get
    const half = kvStore({
      namespace: {
        ...here.namespace,
        get: (key, options) => (key === `sessions:ended:${id}` ? Promise.resolve(null) : get(key, options)),
      },
    })
    expect(await tag(half, id)).toBe('None')
    expect(must(await half.update(id, live.revision, successor(live))())).toEqual({ _tag: 'Gone' })
  })
})

describe('the last writer wins', () => {
  it('over one that it has not seen: nothing can prevent that, and no type promises it', async () => {
    const { near, far, there, id, live } = await two()
    must(await near.update(id, live.revision, successor(live, { data: 'lost' }))())
    const last = successor(live, { data: 'last' })
    expect(must(await far.update(id, live.revision, last)())).toEqual({ _tag: 'Updated' })
    there.refresh()
    expect(must(await far.load(id)())).toMatchObject({ value: { data: 'last' } })
  })

  it('and not over one that it sees', async () => {
    const { near, far, there, id, live } = await two()
    const first = successor(live, { data: 'first' })
    must(await near.update(id, live.revision, first)())
    there.refresh()
    const given = must(await far.update(id, live.revision, successor(live, { data: 'late' }))())
    expect(given).toMatchObject({ _tag: 'Conflict', present: { data: 'first' } })
  })
})

describe('under the session manager', () => {
  const managerIn = ({ namespace }: Place) =>
    sessionManager({
      data: t.type({ views: t.number }),
      initial: { views: 0 },
      store: kvStore({ namespace, prefix: 'app:' }),
      touchEvery: 60_000,
    })
  const add = Session.modify('views', (n: number) => n + 1)

  it('a request in flight elsewhere can not bring a session back after its logout', async () => {
    const [here, there] = [placeOf(made.namespace), placeOf(made.namespace)]
    const [near, far] = [managerIn(here), managerIn(there)]
    const cookie = await cookieFor(near, { subject: 'alice' })

    const flight = far.open(some(cookie))
    must(await flight.read())
    must(await near.open(some(cookie)).destroy())
    flight.update(add)()
    const landed = await flight.commit()
    // It has not heard of the logout: its write is accepted, and worth nothing.
    expect(isRight(landed)).toBe(true)

    for (const place of [here, there]) {
      place.refresh()
      const session = managerIn(place).open(some(cookie))
      expect(must(await session.read()).subject).toEqual(none)
      expect(must(await session.status())).toBe('ended')
    }
  })

  it('a session is read, changed by deferred updates, and stored before its answer leaves', async () => {
    const place = placeOf(made.namespace)
    const first = managerIn(place).open(none)
    first.update(add)()
    const { setCookie } = must(await first.commit())
    const cookie = toUndefined(setCookie)!.split(';')[0]!
    place.refresh()
    const second = managerIn(place).open(some(cookie))
    second.update(add)()
    expect(must(await second.commit()).session.data.views).toBe(2)
  })
})
