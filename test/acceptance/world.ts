/** One manager over one controlled memory store, a clock that stands still, and an application that is served. */
import * as t from 'io-ts'
import { onTestFinished } from 'vitest'
import type { Event } from '../../src/core/Event.ts'
import * as Session from '../../src/core/Session.ts'
import { sessionManager, type SessionOptions } from '../../src/engine/SessionManager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import type { Answer, Driver, Ref, Route, Served, Sessions } from './app.ts'
import { controlled, type ControlledStore, deferred } from './gates.ts'
import { type Browser, newBrowser } from './http.ts'

const DataCodec = t.intersection([
  t.type({ views: t.number }),
  t.partial({ seen: t.record(t.string, t.number), coupon: t.string, note: t.string, junk: t.unknown }),
])

export interface Data {
  readonly views: number
  readonly seen?: Readonly<Record<string, number>>
  readonly coupon?: string
  readonly note?: string
  /** For values that no session can hold. */
  readonly junk?: unknown
}

const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** Where every world's clock begins. */
const EPOCH = Date.UTC(2026, 0, 1)

type Options = Omit<SessionOptions<Data, ControlledStore>, 'data' | 'initial' | 'store'>

export interface World {
  readonly sessions: Sessions
  readonly store: ControlledStore
  readonly clock: () => number
  readonly advance: (ms: number) => void
  readonly events: ReadonlyArray<Event>
  /** Resolves at the next event of this kind. */
  readonly next: (tag: Event['_tag']) => Promise<Event>
}

interface Ground {
  readonly store: ControlledStore
  readonly clock: () => number
  readonly advance: (ms: number) => void
}

const newGround = (): Ground => {
  const { now: clock, advance, timer } = fakeClock(EPOCH)
  return { clock, advance, store: controlled(memoryStore({ clock, timer })) }
}

/** `ground`: the store and the clock of another world, as of another process. */
export const newWorld = (options: Options = {}, { store, clock, advance }: Ground = newGround()): World => {
  const events: Array<Event> = []
  let waiting: ReadonlyArray<{ readonly tag: Event['_tag']; readonly resolve: (event: Event) => void }> = []
  const sessions = sessionManager({
    data: DataCodec as t.Type<Data, unknown>,
    initial: { views: 0 },
    store,
    clock,
    observer: (event) => {
      events.push(event)
      for (const { tag, resolve } of waiting) if (tag === event._tag) resolve(event)
      waiting = waiting.filter(({ tag }) => tag !== event._tag)
    },
    ...options,
  })
  return {
    sessions,
    store,
    clock,
    advance,
    events,
    next: (tag) => {
      const { promise, resolve } = deferred<Event>()
      waiting = [...waiting, { tag, resolve }]
      return promise
    },
  }
}

/** What a page shows of a session. */
export interface Shown {
  readonly id: string
  readonly subject: string | null
  readonly status: string
  readonly data: Data
  readonly flash: Readonly<Record<string, unknown>>
}

/** What the handler of `/me` answers. */
export const shown = async (session: Ref): Promise<Answer> => {
  const { id, data, flash, ...rest } = await session.read()
  const status = await session.status()
  const subject = Session.subjectId({ id, data, flash, ...rest }) ?? null
  return { body: JSON.stringify({ id, subject, status, data, flash } satisfies Shown) }
}

export const read = ({ body }: { readonly body: string }): Shown => JSON.parse(body) as Shown

export const count = Session.modify('views', (n: number) => n + 1)

const route = (handle: Route['handle']): Route => ({ handle })

/** What most scenarios need. */
const standard: Readonly<Record<string, Route>> = {
  '/ping': route(() => ({ body: 'pong' })),
  '/me': route(shown),
  '/count': route((session) => {
    session.update(count)
    return { body: 'counted' }
  }),
  '/note': route((session, { query }) => {
    session.update(Session.set('note', query.get('text') ?? ''))
    return { body: 'noted' }
  }),
  '/login': route((session, { query }) => {
    session.update(Session.signIn(query.get('as') ?? 'alice'))
    return { body: 'welcome' }
  }),
  '/logout': route((session) => {
    session.update(Session.signOut)
    return { body: 'goodbye' }
  }),
  '/destroy': route(async (session) => {
    await session.destroy()
    return { body: 'gone' }
  }),
  '/regenerate': route((session) => {
    session.update(Session.regenerate)
    return { body: 'fresh' }
  }),
}

export interface Stage extends World, Served {
  /** A browser without cookies. */
  readonly visitor: () => Browser
  /** A browser that has signed in. */
  readonly member: (as?: string) => Promise<Browser>
}

export interface Setting extends Options {
  readonly routes?: Readonly<Record<string, Route>>
  readonly beside?: Sessions
  /** Mounts the manager a second time, as `beside`. */
  readonly twice?: boolean
  /** Shares the store and the clock of another stage: two processes behind one address. */
  readonly like?: World
}

/** Serves the standard routes and those of the scenario, until the test is over. */
export const stage = async (
  driver: Driver,
  { routes, beside, twice = false, like, ...options }: Setting = {},
): Promise<Stage> => {
  const world = newWorld(options, like)
  const second = twice ? world.sessions : beside
  const served = await driver.serve({
    sessions: world.sessions,
    routes: { ...standard, ...routes },
    ...(second === undefined ? {} : { beside: second }),
  })
  onTestFinished(served.close)
  const visitor = (): Browser => newBrowser(served.url, world.clock)
  return {
    ...world,
    ...served,
    visitor,
    member: async (as = 'alice') => {
      const browser = visitor()
      await browser.send(`/login?as=${as}`)
      return browser
    },
  }
}

/** What a page of this browser shows now. */
export const pageOf = async (browser: Browser): Promise<Shown> => read(await browser.send('/me'))
