/** One application under test: real engine, real memory store behind a scripted one, a clock that is set by hand. */
import * as E from '#fp-ts/Either'
import * as O from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import * as t from 'io-ts'
import { expect } from 'vitest'
import type { Event } from '../../src/core/Event.ts'
import * as Session from '../../src/core/Session.ts'
import type { SessionError } from '../../src/core/SessionError.ts'
import type { SessionOptions } from '../../src/engine/SessionManager.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import type { OpenOptions } from '../../src/engine/SessionManager.ts'
import type { Committed, Leasing, LockMode, SessionEffect } from '../../src/engine/SessionRef.ts'
import type { Locking, Store } from '../../src/effects/Store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import { scripted } from './scripted.ts'

export const Data = t.readonly(
  t.intersection([
    t.type({ views: t.number }),
    t.partial({ theme: t.string, coupon: t.string, seen: t.readonlyArray(t.string) }),
  ]),
)
export type Data = t.TypeOf<typeof Data>

export const count = Session.modify('views', (n: number) => n + 1)

const MINUTE = 60_000
export const START = Date.UTC(2026, 0, 1)

type Extra = Partial<Omit<SessionOptions<Data, Store<'cas'> & Locking>, 'data' | 'initial' | 'store'>>

export const world = (options: Extra = {}) => {
  const { now: clock, timer, advance } = fakeClock(START)
  const inner = memoryStore({ clock, timer })
  const script = scripted(inner)
  const events: Array<Event> = []
  const sessions = sessionManager({
    data: Data,
    initial: { views: 0 },
    store: script.store,
    clock,
    observer: (event) => events.push(event),
    ...options,
  })
  return {
    sessions,
    inner,
    script,
    events,
    tags: () => events.map(({ _tag }) => _tag),
    /** A request with this cookie. */
    visit: (cookie?: string, opening?: OpenOptions<LockMode>): SessionEffect<Data, 'cas' & Leasing> =>
      sessions.open(O.fromNullable(cookie), opening),
    /** A manager of another process over the same store: no common queue. */
    elsewhere: (more: Extra = {}) =>
      sessionManager({
        data: Data,
        initial: { views: 0 },
        store: script.store,
        clock,
        observer: (event) => events.push(event),
        ...options,
        ...more,
      }),
    pass: advance,
    MINUTE,
  }
}

/** Runs a TaskEither that must be Right. */
export const ok = async <A>(task: TaskEither<SessionError, A>): Promise<A> => {
  const answer = await task()
  if (E.isLeft(answer)) throw new Error(`unexpected Left ${answer.left._tag}`)
  return answer.right
}

/** Runs a TaskEither that must be Left, and gives the error. */
export const bad = async <A>(task: TaskEither<SessionError, A>): Promise<SessionError> => {
  const answer = await task()
  expect(answer._tag).toBe('Left')
  return (answer as E.Left<SessionError>).left
}

/** What a browser sends after this commit; undefined when the cookie was cleared or nothing was set. */
export const cookieAfter = <A>(committed: Committed<A>, before?: string): string | undefined => {
  if (O.isNone(committed.setCookie)) return before
  const pair = committed.setCookie.value.split(';')[0] ?? ''
  return pair.endsWith('=') ? undefined : pair
}

/** A session with these changes, made by a request of its own. */
export const begin = async (
  w: { readonly visit: (cookie?: string) => SessionEffect<Data> },
  ...changes: ReadonlyArray<(s: Session.Session<Data>) => Session.Session<Data>>
): Promise<string> => {
  const first = w.visit()
  for (const change of changes) first.update(change)()
  const cookie = cookieAfter(await ok(first.commit))
  if (cookie === undefined) throw new Error('no cookie was set')
  return cookie
}
