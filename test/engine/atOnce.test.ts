import * as E from '#fp-ts/Either'
import * as O from '#fp-ts/Option'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Event } from '../../src/core/Event.ts'
import * as Session from '../../src/core/Session.ts'
import type { SessionEffect } from '../../src/engine/SessionRef.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { count, Data, cookieAfter, ok } from './world.ts'

afterEach(() => {
  vi.useRealTimers()
})

const begun = async () => {
  const events: Array<Event> = []
  const sessions = sessionManager({
    data: Data,
    initial: { views: 0 },
    store: memoryStore(),
    observer: (event) => events.push(event),
  })
  const first = sessions.open(O.none)
  first.update(Session.set('views', 1))()
  const cookie = cookieAfter(await ok(first.commit)) as string
  events.length = 0
  return { sessions, cookie, events }
}

describe('a store that answers at once', () => {
  it('has the write done before the call returns: no turn of anybody else comes in between', async () => {
    const { sessions, cookie, events } = await begun()
    const { ref, finish } = sessions.openRequest(cookie, (value) => value)
    const running = ref.transact(count)
    expect(events.map(({ _tag }) => _tag)).toEqual(['loaded', 'committed'])
    expect((await running).data.views).toBe(2)
    const finished = finish({ _tag: 'Answered', status: 200 })
    expect(finished).not.toBeInstanceOf(Promise)
  })

  it('has a deferred update stored by a commit that answers at once', async () => {
    const { sessions, cookie } = await begun()
    const { ref, finish } = sessions.openRequest(cookie, (value) => value)
    ref.update(count)
    expect(finish({ _tag: 'Answered', status: 200 })).toMatchObject({ error: undefined, defect: undefined })
    expect((await ref.read()).data.views).toBe(2)
  })

  it('lets each of 200 writers that had read before all writes lose once at most, and pause never', async () => {
    const { sessions, cookie, events } = await begun()
    const writers: Array<SessionEffect<Data>> = []
    for (let n = 0; n < 200; n++) writers.push(sessions.open(O.some(cookie)))
    for (const writer of writers) await writer.read()
    // A pause would never end.
    vi.useFakeTimers()
    const written = await Promise.all(writers.map((writer) => writer.transact(count)()))
    expect(written.every(E.isRight)).toBe(true)
    expect(events.filter(({ _tag }) => _tag === 'replayed')).toHaveLength(199)
    expect(await sessions.open(O.some(cookie)).read()).toMatchObject({ right: { data: { views: 201 } } })
  })

  it('rejects with what a function throws, and does not throw it', async () => {
    const { sessions, cookie } = await begun()
    const { ref, finish } = sessions.openRequest(cookie, (value) => value)
    const failing = (): never => {
      throw new Error('no')
    }
    await expect(ref.transact(failing)).rejects.toThrow('no')
    await expect(sessions.open(O.some(cookie)).transact(failing)()).rejects.toThrow('no')
    ref.update(failing)
    expect(finish({ _tag: 'Answered', status: 200 })).toMatchObject({ defect: { error: new Error('no') } })
  })
})
