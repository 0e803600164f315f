/** Requests that race on one session, and what must hold afterwards whatever the order was. */
import * as O from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import { expect } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import type { Status } from '../../src/core/Status.ts'
import type { Live, Stored } from '../../src/core/Stored.ts'
import type { SessionId } from '../../src/core/Token.ts'
import type { Directory, Store, StoreError } from '../../src/effects/Store.ts'
import type { SessionManager, Directed } from '../../src/engine/SessionManager.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import type { SessionRef } from '../../src/engine/SessionRef.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { fakeRandom } from '../../src/testing/fakeRandom.ts'
import type { Gate, Run } from './schedule.ts'
import { everySchedule } from './schedule.ts'
import { begin, Data, ok, START } from './world.ts'

type Base = Store<'cas'> & Directory
type Manager = SessionManager<Data> & Directed

/** What one request did. */
export interface Done {
  /** Marks that it was told are stored. */
  readonly acked: Array<string>
  readonly errors: Array<string>
  /** What the browser holds after the response: undefined = it was cleared. */
  cookie: string | undefined
  /** The Set-Cookie value, if any. */
  setCookie: string | undefined
  /** Whether its handler said that the session was its to end. */
  admitted: boolean
}

/** What a request's handler is given. */
export interface Handler {
  readonly ref: SessionRef<Data>
  readonly sessions: Manager
  /** Stores a mark now. */
  readonly mark: (name: string) => Promise<void>
  /** Loads, and notes whether the cookie was admitted. */
  readonly admitted: () => Promise<void>
  /** Records a mark for the commit. */
  readonly later: (name: string) => void
}

/** One change of one record, as it took effect. */
interface Effect {
  readonly actor: number
  readonly id: SessionId
  readonly before: Stored | undefined
  readonly after: Stored | undefined
}

/** What stood when everything was over. */
export interface Outcome {
  readonly done: ReadonlyArray<Done>
  readonly effects: ReadonlyArray<Effect>
  /** The store calls as they took effect: actor and verb. */
  readonly calls: ReadonlyArray<string>
  /** The live records. */
  readonly live: ReadonlyArray<readonly [SessionId, Live]>
  readonly statusOf: (cookie: string | undefined) => Promise<Status>
  /** Presents a cookie, as the next page view does. */
  readonly present: (cookie: string | undefined) => Promise<void>
  readonly first: string | undefined
}

/** A race: how it begins, who takes part, and what must hold besides. */
export interface Race {
  readonly begins?: ReadonlyArray<(s: Session.Session<Data>) => Session.Session<Data>>
  readonly requests: ReadonlyArray<(handler: Handler) => Promise<void>>
  /** ms that pass before the requests. */
  readonly after?: number
  readonly renewAfter?: number
  /** Breaks the store. */
  readonly breaking?: (store: Base) => Base
  readonly then?: (outcome: Outcome) => void | Promise<void>
}

const mark =
  (name: string) =>
  (s: Session.Session<Data>): Session.Session<Data> =>
    Session.modify<Data, 'seen'>('seen', (seen = []) => [...seen, name])(s)

const marksOf = (stored: Stored | undefined): ReadonlyArray<string> =>
  stored?._tag === 'Live' ? ((stored.data as { readonly seen?: ReadonlyArray<string> }).seen ?? []) : []

const pairOf = (setCookie: string | undefined): string | undefined => {
  const pair = setCookie?.split(';')[0]
  return pair === undefined || pair.endsWith('=') ? undefined : pair
}

const idOf = (cookie: string): string => cookie.split('=')[1]?.split('.')[0] ?? ''

const gated = (inner: Base, gate: Gate, actor: number, effects: Array<Effect>, calls: Array<string>): Base => {
  const peek = async (id: SessionId): Promise<Stored | undefined> => {
    const answer = await inner.load(id)()
    return answer._tag === 'Right' ? O.toUndefined(answer.right) : undefined
  }
  const reading =
    <A>(verb: string, task: TaskEither<StoreError, A>): TaskEither<StoreError, A> =>
    async () => {
      await gate.pass(actor)
      calls.push(`${String(actor)} ${verb}`)
      return task()
    }
  const writing =
    <A>(verb: string, id: SessionId, task: TaskEither<StoreError, A>): TaskEither<StoreError, A> =>
    async () => {
      await gate.pass(actor)
      calls.push(`${String(actor)} ${verb}`)
      const before = await peek(id)
      const answer = await task()
      const after = await peek(id)
      if (before !== after) effects.push({ actor, id, before, after })
      return answer
    }
  return {
    guarantee: 'cas',
    local: true,
    load: (id) => reading('load', inner.load(id)),
    create: (id, live) => writing('create', id, inner.create(id, live)),
    update: (id, expected, live, fence) => writing('update', id, inner.update(id, expected, live, fence)),
    touch: (id, epoch, touchedAt, expiresAt) => writing('touch', id, inner.touch(id, epoch, touchedAt, expiresAt)),
    end: (id, expected, until, fence) => writing('end', id, inner.end(id, expected, until, fence)),
    list: inner.list,
    count: inner.count,
    endOne: (subject, id, until) => writing('endOne', id, inner.endOne(subject, id, until)),
    endAll: (subject, until, except) => reading('endAll', inner.endAll(subject, until, except)),
    raiseEpoch: (subject, now) => reading('raiseEpoch', inner.raiseEpoch(subject, now)),
    readEpoch: (subject) => reading('readEpoch', inner.readEpoch(subject)),
  }
}

const told = (error: unknown): string => {
  if (!isSessionException(error)) throw error
  return error.sessionError._tag
}

const request = async (
  sessions: Manager,
  cookie: string | undefined,
  handler: Race['requests'][number],
  done: Done,
): Promise<void> => {
  const { ref, finish } = sessions.openRequest(cookie, (header) => header)
  const deferred: Array<string> = []
  let status = 200
  try {
    await handler({
      ref,
      sessions,
      mark: async (name) => {
        const carried = deferred.splice(0)
        await ref.transact(mark(name))
        done.acked.push(...carried, name)
      },
      admitted: async () => {
        done.admitted = (await ref.status()) === 'live'
      },
      later: (name) => {
        deferred.push(name)
        ref.update(mark(name))
      },
    })
  } catch (error) {
    done.errors.push(told(error))
    status = 409
  }
  const finished = await finish({ _tag: status === 200 ? 'Answered' : 'Threw', status })
  if (finished?.error !== undefined) done.errors.push(finished.error._tag)
  else if (status === 200) done.acked.push(...deferred)
  done.setCookie = finished?.reply.setCookie
  done.cookie = done.setCookie === undefined ? cookie : pairOf(done.setCookie)
}

/** Which marks came into being, how often, over the whole history. */
const births = (effects: ReadonlyArray<Effect>): ReadonlyMap<string, number> => {
  const born = new Map<string, number>()
  for (const { before, after } of effects) {
    const old = marksOf(before)
    for (const name of new Set(marksOf(after))) if (!old.includes(name)) born.set(name, (born.get(name) ?? 0) + 1)
  }
  return born
}

const invariants = async ({ done, effects, live, statusOf, first }: Outcome, renewing: boolean): Promise<void> => {
  const born = births(effects)
  for (const { acked } of done) for (const name of acked) expect([name, born.get(name)]).toEqual([name, 1])
  for (const { after } of effects) expect(new Set(marksOf(after)).size).toBe(marksOf(after).length)
  // What nobody was told is stored is not.
  const acknowledged = done.flatMap(({ acked }) => acked)
  for (const name of born.keys()) expect(acknowledged).toContain(name)
  // A mark goes only with a sign-out or an end.
  for (const { before, after } of effects) {
    const gone = marksOf(before).filter((name) => !marksOf(after).includes(name))
    if (gone.length > 0 && after?._tag === 'Live') expect(after.subject).toBeUndefined()
  }
  // The dead stay dead.
  for (const { before, after } of effects) if (before?._tag === 'Ended') expect(after).toEqual(before)
  // Only who holds the present epoch writes, save for a logout.
  const epochs = new Map<string, number>()
  for (const { actor, id, before, after } of effects) {
    const key = `${String(actor)} ${id}`
    if (before?._tag === 'Live' && after?._tag === 'Live') {
      const known = epochs.get(key) ?? 0
      if (after.subject !== undefined || before.subject === undefined) expect([key, before.epoch]).toEqual([key, known])
    }
    if (after?._tag === 'Live') epochs.set(key, after.epoch)
  }
  // No cookie that was ever handed out opens what is dead; one, at most, opens what lives, and one does.
  const cookies = [first, ...done.map(({ setCookie }) => pairOf(setCookie))].filter((cookie) => cookie !== undefined)
  const opening = new Map<string, number>()
  for (const cookie of new Set(cookies))
    if ((await statusOf(cookie)) === 'live') opening.set(idOf(cookie), (opening.get(idOf(cookie)) ?? 0) + 1)
  const ids = live.map(([id]) => id as string)
  for (const [id, count] of opening) {
    expect(ids).toContain(id)
    expect(count).toBeLessThanOrEqual(renewing ? 2 : 1)
  }
  for (const id of ids) expect([id, opening.get(id) ?? 0]).not.toEqual([id, 0])
  // Who lost the session sends no cookie, unless to clear that of one which it ended itself.
  for (const { errors, setCookie } of done)
    if (errors.includes('Superseded') || errors.includes('SessionEnded')) expect(pairOf(setCookie)).toBeUndefined()
}

const liveOf = async (store: Base, ids: Iterable<SessionId>): Promise<Outcome['live']> => {
  const found: Array<readonly [SessionId, Live]> = []
  for (const id of ids) {
    const stored = await store.load(id)()
    if (stored._tag === 'Right' && O.isSome(stored.right) && stored.right.value._tag === 'Live')
      found.push([id, stored.right.value])
  }
  return found
}

/** Explores a race. Answers how many orders there were. */
export const race = ({ begins, requests, after = 0, renewAfter, breaking, then }: Race): Promise<number> =>
  everySchedule(async (gate): Promise<Run> => {
    const time = { now: START }
    const clock = (): number => time.now
    const inner = memoryStore({ clock })
    const broken = breaking === undefined ? inner : breaking(inner)
    const random = { ...fakeRandom(), unit: () => 0 }
    const options = {
      data: Data,
      initial: { views: 0 },
      clock,
      random,
      ...(renewAfter === undefined ? {} : { renewAfter }),
    }
    const plain = sessionManager({ ...options, store: inner })
    const first =
      begins === undefined ? undefined : await begin({ visit: (c) => plain.open(O.fromNullable(c)) }, ...begins)
    time.now += after
    const effects: Array<Effect> = []
    const calls: Array<string> = []
    const done: Array<Done> = requests.map(() => ({
      acked: [],
      errors: [],
      cookie: first,
      setCookie: undefined,
      admitted: false,
    }))
    return {
      actors: requests.map((handler, actor) => () => {
        const sessions = sessionManager({ ...options, store: gated(broken, gate, actor, effects, calls) })
        return request(sessions, first, handler, done[actor] as Done)
      }),
      settled: async () => {
        const ids = new Set(effects.map(({ id }) => id))
        if (first !== undefined) ids.add(idOf(first) as SessionId)
        const outcome: Outcome = {
          done,
          effects,
          calls,
          live: await liveOf(inner, ids),
          statusOf: (cookie) => ok(plain.open(O.fromNullable(cookie)).status),
          present: async (cookie) => {
            const view = plain.open(O.fromNullable(cookie))
            await ok(view.read)
            await ok(view.commit)
          },
          first,
        }
        await invariants(outcome, renewAfter !== undefined)
        await then?.(outcome)
      },
    }
  })
