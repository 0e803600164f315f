/** Requests that race on one session, and what must hold afterwards whatever the order was. */
import { AsyncLocalStorage } from 'node:async_hooks'
import * as O from '#fp-ts/Option'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import type { Status } from '../../src/core/Status.ts'
import type { Live } from '../../src/core/Stored.ts'
import type { SessionId } from '../../src/core/Token.ts'
import { cached, withRetry } from '../../src/effects/combinators.ts'
import type { OpenOptions, SessionManager, Directed, SessionOptions } from '../../src/engine/SessionManager.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import type { Leasing, LockMode, SessionEffect, SessionRef } from '../../src/engine/SessionRef.ts'
import type { MemoryStore } from '../../src/stores/memory.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import { fakeRandom } from '../../src/testing/fakeRandom.ts'
import type { Effect, Look, Losing } from './interleavings/gated.ts'
import { gated, history as noHistory } from './interleavings/gated.ts'
import { idOf, invariants, shown } from './interleavings/invariants.ts'
import type { Run } from './schedule.ts'
import { everySchedule } from './schedule.ts'
import { begin, Data, ok, START } from './world.ts'

type Manager = SessionManager<Data, 'cas' & Leasing> & Directed
export type Change = (s: Session.Session<Data>) => Session.Session<Data>

/** What one request did. */
interface Done {
  /** Marks that it was told are stored. */
  readonly acked: Array<string>
  readonly errors: Array<string>
  /** The cookies that it came with. */
  readonly brought: ReadonlyArray<string>
  /** What the browser holds after the response: undefined = it was cleared. */
  cookie: string | undefined
  /** The Set-Cookie value, if any. */
  setCookie: string | undefined
  /** Whether its handler said that the session was its to end. */
  admitted: boolean
  /** Whether an event said that updates of it were dropped. */
  dropped: boolean
}

/** What a request's handler is given. */
export interface Handler {
  readonly ref: SessionRef<Data, 'cas' & Leasing>
  readonly sessions: Manager
  /** Stores a mark now. */
  readonly mark: (name: string) => Promise<void>
  /** Loads, and notes whether the cookie was admitted. */
  readonly admitted: () => Promise<boolean>
  /** Records a mark for the commit. */
  readonly later: (name: string) => void
  /** Stores now what was recorded. */
  readonly commit: () => Promise<void>
  /** The headers leave; what follows is the stream. */
  readonly headers: () => Promise<void>
  /** Time passes, when its turn comes. */
  readonly pass: (ms: number) => Promise<void>
  readonly sweep: () => Promise<void>
}

/** A request: what its handler does, what it comes with, how it is answered. */
export interface Asked {
  readonly act: (handler: Handler) => Promise<void>
  /** Which of the cookies that were given out before it brings. Default: the first. */
  readonly brings?: ReadonlyArray<number>
  /** Default 200. */
  readonly status?: number
  readonly opening?: OpenOptions<LockMode>
}

/** A cookie that was given out before the race, and the record under its id when the race begins. */
interface Given {
  readonly cookie: string
  readonly live: Live | undefined
}

/** What stood when everything was over. */
export interface Outcome {
  readonly effects: ReadonlyArray<Effect>
  readonly looks: ReadonlyArray<Look>
  /** The store calls as they took effect: actor, verb and answer. */
  readonly calls: ReadonlyArray<string>
  readonly done: ReadonlyArray<Done>
  /** The live records. */
  readonly live: ReadonlyArray<readonly [SessionId, Live]>
  readonly statusOf: (cookie: string | undefined) => Promise<Status>
  /** Presents a cookie, as the next page view does. */
  readonly present: (cookie: string | undefined) => Promise<void>
  readonly first: string | undefined
  readonly given: ReadonlyArray<Given>
  /** Lets time pass. */
  readonly pass: (ms: number) => void
  /** How many events had this tag. */
  readonly events: (tag: string) => number
}

/** What a race's set-up may use. */
export interface SetUp {
  readonly visit: (cookie?: string) => SessionEffect<Data>
  readonly pass: (ms: number) => void
  /** A page view; answers the cookie that the browser holds then. */
  readonly view: (cookie: string) => Promise<string>
}

/** What stands between the engine and the memory store. */
export type Around = 'nothing' | 'cached' | 'withRetry'

/** A race: how it begins, who takes part, and what must hold besides. */
export interface Race {
  readonly begins?: ReadonlyArray<Change>
  /** In place of `begins`: what the browsers were given before. */
  readonly before?: (setUp: SetUp) => Promise<ReadonlyArray<string>>
  readonly requests: ReadonlyArray<Asked['act'] | Asked>
  /** ms that pass before the requests. */
  readonly after?: number
  readonly renewAfter?: number
  readonly options?: Partial<Omit<SessionOptions<Data, MemoryStore>, 'data' | 'initial' | 'store'>>
  /** Breaks the store. */
  readonly breaking?: (store: MemoryStore) => MemoryStore
  /** Default: nothing. */
  readonly around?: Around
  /** Whether one process serves all: then commits queue. Default: each has its own. */
  readonly together?: boolean
  readonly losing?: Losing
  readonly then?: (outcome: Outcome) => void | Promise<void>
}

const DAY = 86_400_000

// One for all runs: each costs every promise of the process something, for ever.
const acting = new AsyncLocalStorage<number>()

const mark =
  (name: string): Change =>
  (s) =>
    Session.modify<Data, 'seen'>('seen', (seen = []) => [...seen, name])(s)

const pairOf = (setCookie: string | undefined): string | undefined => {
  const pair = setCookie?.split(';')[0]
  return pair === undefined || pair.endsWith('=') ? undefined : pair
}

const told = (error: unknown): string => {
  if (!isSessionException(error)) throw error
  return error.sessionError._tag
}

interface Stage {
  readonly sessions: Manager
  readonly pass: (ms: number) => Promise<void>
  readonly sweep: () => Promise<void>
}

const request = async (
  { sessions, pass, sweep }: Stage,
  { act, status: answered = 200, opening = {} }: Asked,
  done: Done,
): Promise<void> => {
  const opened = sessions.openRequest(done.brought.join('; '), (header) => header, opening)
  const { ref } = opened
  let deferred: ReadonlyArray<string> = []
  let sent = false
  const carry = async (work: Promise<unknown>, ...names: ReadonlyArray<string>): Promise<void> => {
    const carried = deferred
    await work
    deferred = deferred.slice(carried.length)
    done.acked.push(...carried, ...names)
  }
  const finish = async (status: number, threw: boolean): Promise<void> => {
    sent = true
    const finished = await opened.finish({ _tag: threw ? 'Threw' : 'Answered', status })
    if (finished?.defect !== undefined) throw finished.defect.error
    if (finished?.error !== undefined) done.errors.push(finished.error._tag)
    else if (status < 500 && !done.dropped) done.acked.push(...deferred)
    deferred = []
    done.setCookie = finished?.reply.setCookie
    if (done.setCookie !== undefined) done.cookie = pairOf(done.setCookie)
  }
  let failed = false
  try {
    await act({
      ref,
      sessions,
      pass,
      sweep,
      mark: (name) => carry(ref.transact(mark(name)), name),
      commit: () => carry(ref.commit()),
      headers: () => finish(200, false),
      admitted: async () => (done.admitted = (await ref.status()) === 'live'),
      later: (name) => {
        deferred = [...deferred, name]
        ref.update(mark(name))
      },
    })
  } catch (error) {
    done.errors.push(told(error))
    failed = true
  }
  if (!sent) await finish(failed ? Math.max(409, answered) : answered, failed)
}

const liveOf = async (store: MemoryStore, ids: Iterable<SessionId>): Promise<Outcome['live']> => {
  const found: Array<readonly [SessionId, Live]> = []
  for (const id of ids) {
    const stored = await store.load(id)()
    if (stored._tag === 'Right' && O.isSome(stored.right) && stored.right.value._tag === 'Live')
      found.push([id, stored.right.value])
  }
  return found
}

const soon = (_: number, wake: () => void): (() => void) => {
  const waking = setImmediate(wake)
  return () => {
    clearImmediate(waking)
  }
}

/** Explores a race. Answers how many orders there were. */
export const race = (given: Race): Promise<number> =>
  everySchedule(async (gate): Promise<Run> => {
    const { begins, before, after = 0, renewAfter, breaking, around = 'nothing', together = false, then } = given
    const time = fakeClock(START)
    const inner = memoryStore({ clock: time.now, timer: time.timer })
    const history = noHistory()
    const requests = given.requests.map((one): Asked => (typeof one === 'function' ? { act: one } : one))
    const events = new Map<string, number>()
    const options = {
      data: Data,
      initial: { views: 0 },
      clock: time.now,
      random: { ...fakeRandom(), unit: () => 0 },
      ...(renewAfter === undefined ? {} : { renewAfter }),
      ...given.options,
    }
    const plain = sessionManager({ ...options, store: inner })
    const visit = (cookie?: string): SessionEffect<Data> => plain.open(O.fromNullable(cookie))
    const view = async (cookie: string): Promise<string> => {
      const visited = visit(cookie)
      await ok(visited.read)
      const { setCookie } = await ok(visited.commit)
      return pairOf(O.toUndefined(setCookie)) ?? cookie
    }
    const first =
      before === undefined
        ? begins === undefined
          ? []
          : [await begin({ visit }, ...begins)]
        : await before({ visit, view, pass: time.advance })
    time.advance(after)
    const done = requests.map(({ brings = [0] }): Done => {
      const brought = brings.map((index) => first[index]).filter((cookie) => cookie !== undefined)
      const cookie = brought[0]
      return { acked: [], errors: [], brought, cookie, setCookie: undefined, admitted: false, dropped: false }
    })
    let begun = false
    const broken = breaking === undefined ? inner : breaking(inner)
    const process = (actor: () => number | undefined): Manager => {
      const store = gated(broken, { gate, actor, history, clock: time.now, losing: given.losing })
      return sessionManager({
        ...options,
        store:
          around === 'cached'
            ? cached({ ttl: 30_000, clock: time.now })(store)
            : around === 'withRetry'
              ? withRetry({ clock: time.now, timer: soon, delay: 0 })(store)
              : store,
        observer: ({ _tag }) => {
          events.set(_tag, (events.get(_tag) ?? 0) + 1)
          const who = actor()
          if (_tag === 'dropped' && who !== undefined) (done[who] as Done).dropped = true
        },
      })
    }
    const shared = together ? process(() => acting.getStore()) : undefined
    const managers = requests.map((_, actor) => shared ?? process(() => (begun ? actor : undefined)))
    // What is kept near was read before all this begins.
    const distinct = first.filter((cookie, index) => first.findIndex((one) => idOf(one) === idOf(cookie)) === index)
    if (around === 'cached')
      for (const manager of managers)
        for (const cookie of distinct) await ok(manager.open(O.some(cookie), { passive: true }).status)
    const ids = first.map((cookie) => idOf(cookie) as SessionId)
    const standing = new Map<string, Live>(await liveOf(inner, ids))
    events.clear()
    begun = true
    return {
      actors: requests.map((asked, actor) => () => {
        const sessions = managers[actor] as Manager
        const pass = async (ms: number): Promise<void> => {
          await gate.pass(actor)
          history.calls.push(`${String(actor)} lets ${String(ms)} ms pass`)
          time.advance(ms)
        }
        const store = gated(broken, { gate, actor: () => actor, history, clock: time.now, losing: undefined })
        const sweep = async (): Promise<void> => {
          await store.sweep(time.now(), 100)()
        }
        const work = (): Promise<void> => request({ sessions, pass, sweep }, asked, done[actor] as Done)
        return together ? acting.run(actor, work) : work()
      }),
      settled: async () => {
        const outcome: Outcome = {
          ...history,
          done,
          live: await liveOf(inner, new Set([...ids, ...history.effects.map(({ id }) => id)])),
          statusOf: (cookie) => ok(visit(cookie).status),
          present: async (cookie) => {
            if (cookie !== undefined) await view(cookie)
          },
          first: first[0],
          given: first.map((cookie) => ({ cookie, live: standing.get(idOf(cookie)) })),
          pass: time.advance,
          events: (tag) => events.get(tag) ?? 0,
        }
        try {
          await invariants(outcome, {
            renewing: options.renewAfter !== undefined,
            lossy: given.losing !== undefined,
            absoluteTimeout: given.options?.absoluteTimeout ?? DAY,
            now: time.now(),
          })
          await then?.(outcome)
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error)
          throw new Error([message, ...history.calls, ...history.effects.map(shown)].join('\n  '), { cause: error })
        }
      },
    }
  })
