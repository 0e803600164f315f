/** Each operation, with each of its store calls failing in each way. */
import * as O from '#fp-ts/Option'
import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import type { SessionException } from '../../src/core/SessionError.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import type { Leasing, SessionRef } from '../../src/engine/SessionRef.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Failure } from './faulty.ts'
import { faulty } from './faulty.ts'
import { begin, Data, ok, START } from './world.ts'

type Change = (s: Session.Session<Data>) => Session.Session<Data>

const mark =
  (name: string): Change =>
  (s) =>
    Session.modify<Data, 'seen'>('seen', (seen = []) => [...seen, name])(s)

interface Operation {
  readonly begins?: ReadonlyArray<Change>
  /** ms before the request. */
  readonly after?: number
  readonly renewAfter?: number
  readonly act: (ref: SessionRef<Data, 'cas' & Leasing>, name: string) => Promise<unknown>
  /** Whether the mark of a successful `act` stands in the session afterwards. */
  readonly marks: boolean
  /** What the browser's cookie must be once it is through. */
  readonly leaves: 'live' | 'ended'
  readonly subject?: string
}

const ADA = [Session.set<Data, 'theme'>('theme', 'dark'), Session.signIn('ada')]
const both =
  (...changes: ReadonlyArray<Change>): Change =>
  (s) =>
    changes.reduce((session, f) => f(session), s)
const through =
  (...changes: ReadonlyArray<Change>): Operation['act'] =>
  (ref, name) =>
    ref.transact(both(...changes, mark(name)))

const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: { act: through(), marks: true, leaves: 'live' },
  'sign-in without a session': { act: through(Session.signIn('ada')), marks: true, leaves: 'live', subject: 'ada' },
  write: { begins: ADA, act: through(), marks: true, leaves: 'live', subject: 'ada' },
  'sign-in on an anonymous session': {
    begins: [mark('before')],
    act: through(Session.signIn('ada')),
    marks: true,
    leaves: 'live',
    subject: 'ada',
  },
  'sign-in of another': {
    begins: ADA,
    act: through(Session.signIn('bob')),
    marks: true,
    leaves: 'live',
    subject: 'bob',
  },
  'sign-out': { begins: ADA, act: through(Session.signOut), marks: true, leaves: 'live' },
  regenerate: { begins: ADA, act: through(Session.regenerate), marks: true, leaves: 'live', subject: 'ada' },
  destroy: { begins: ADA, act: (ref) => ref.destroy(), marks: false, leaves: 'ended' },
  renewal: {
    begins: ADA,
    after: 121_000,
    renewAfter: 120_000,
    act: (ref) => ref.commit(),
    marks: false,
    leaves: 'live',
    subject: 'ada',
  },
  'write and renewal': {
    begins: ADA,
    after: 121_000,
    renewAfter: 120_000,
    act: through(),
    marks: true,
    leaves: 'live',
    subject: 'ada',
  },
  touch: { begins: ADA, after: 10 * 60_000, act: (ref) => ref.commit(), marks: false, leaves: 'live', subject: 'ada' },
  read: { begins: ADA, act: (ref) => ref.read(), marks: false, leaves: 'live', subject: 'ada' },
  lock: { begins: ADA, act: (ref) => ref.lock(), marks: false, leaves: 'live', subject: 'ada' },
  'lock, write, release': {
    begins: ADA,
    act: async (ref, name) => {
      await ref.lock()
      await ref.transact(mark(name))
      await ref.release()
    },
    marks: true,
    leaves: 'live',
    subject: 'ada',
  },
  'proven sign-in': {
    begins: [mark('before')],
    act: async (ref, name) => {
      const epoch = await ref.subjectEpoch('ada')
      await ref.transact(both(Session.signIn('ada', { epoch }), mark(name)))
    },
    marks: true,
    leaves: 'live',
    subject: 'ada',
  },
  'several steps': {
    begins: ADA,
    act: async (ref, name) => {
      await ref.transact(Session.regenerate)
      ref.update(mark(name))
      await ref.commit()
    },
    marks: true,
    leaves: 'live',
    subject: 'ada',
  },
}

const WAYS: Readonly<Record<string, ReadonlyArray<Failure>>> = {
  'before its effect': ['before'],
  'before its effect, twice': ['before', 'before'],
  'after its effect': ['after'],
  'after its effect, twice': ['after', 'after'],
  'after its effect, then before': ['after', 'before'],
  'without an answer': ['silent'],
  'without an answer, twice': ['silent', 'silent'],
  'without effect or answer, twice': ['black', 'black'],
  'with no answer at all': ['undefined'],
  'with nothing for an answer, twice': ['null', 'null'],
  'with an answer of another system, twice': ['stranger', 'stranger'],
  'with a page of a proxy, twice': ['text', 'text'],
  'with half a record, twice': ['half', 'half'],
  'with an exception, twice': ['throw', 'throw'],
}

const caught = async (work: Promise<unknown>): Promise<SessionException | undefined> => {
  try {
    await work
  } catch (error) {
    if (isSessionException(error)) return error
    throw error
  }
  return undefined
}

const start = async ({ begins, after = 0, renewAfter }: Operation) => {
  const time = { now: START }
  const inner = memoryStore({ clock: () => time.now })
  const broken = faulty(inner)
  const options = {
    data: Data,
    initial: { views: 0 },
    clock: () => time.now,
    storeTimeout: 12,
    lockTimeout: 3,
    ...(renewAfter === undefined ? {} : { renewAfter }),
  }
  const plain = sessionManager({ ...options, store: inner })
  const visit = (cookie?: string) => plain.open(O.fromNullable(cookie))
  const cookie = begins === undefined ? undefined : await begin({ visit }, ...begins)
  time.now += after
  const { ref, finish } = sessionManager({ ...options, store: broken.store }).openRequest(cookie, (header) => header, {
    lock: 'explicit',
  })
  const held = (setCookie: string | undefined): string | undefined => {
    if (setCookie === undefined) return cookie
    const pair = setCookie.split(';')[0] ?? ''
    return pair.endsWith('=') ? undefined : pair
  }
  const pass = (ms: number): void => {
    time.now += ms
  }
  return { broken, pass, visit, cookie, ref, finish, held, statusOf: (one?: string) => ok(visit(one).status) }
}

type Started = Awaited<ReturnType<typeof start>>

const breaking = ({ broken }: Started, step: number, failures: ReadonlyArray<Failure>): void => {
  failures.forEach((failure, offset) => broken.failures.set(step + offset, failure))
}

const typed = (error: SessionException): 'none' | 'unknown' => {
  expect(error.status).toBe(503)
  const { sessionError } = error
  if (sessionError._tag !== 'StoreUnavailable' && sessionError._tag !== 'StoreTimeout')
    throw new Error(`unexpected ${sessionError._tag}`)
  return sessionError.outcome
}

const timesIn = (session: Session.Session<Data>, name: string): number =>
  (session.data.seen ?? []).filter((one) => one === name).length

const callsOf = async (operation: Operation): Promise<ReadonlyArray<string>> => {
  const started = await start(operation)
  await operation.act(started.ref, 'first')
  await started.finish({ _tag: 'Answered', status: 200 })
  return started.broken.calls
}

const cases: Array<readonly [string, number, string, string]> = []
for (const [name, operation] of Object.entries(OPERATIONS))
  (await callsOf(operation)).forEach((verb, index) => {
    for (const way of Object.keys(WAYS)) cases.push([name, index + 1, verb, way])
  })

describe('a call that fails', () => {
  it.each(cases)('%s, call %i (%s) %s: tried again on the same handle', async (name, step, verb, way) => {
    const operation = OPERATIONS[name] as Operation
    const started = await start(operation)
    const { ref, finish, held, visit, statusOf, broken } = started
    breaking(started, step, WAYS[way] as ReadonlyArray<Failure>)
    const failure = await caught(operation.act(ref, 'first'))
    if (failure !== undefined) typed(failure)
    broken.failures.clear()
    // A lease that nobody could give back is over by itself.
    if (verb === 'acquire' || verb === 'release') started.pass(10_001)
    const again = failure !== undefined
    // A sign-in that could not be verified was ended: whoever signed in must do so anew, with another request.
    const revoked = again && (await ref.status()) === 'ended' && broken.calls.includes('endOne')
    if (again && !revoked) expect(await caught(operation.act(ref, 'second'))).toBeUndefined()
    const lost = await caught(ref.transact(mark('third')))
    const finished = await finish({ _tag: 'Answered', status: 200 })
    expect(finished?.error).toBeUndefined()
    const cookie = held(finished?.reply.setCookie)
    if (operation.leaves === 'ended' || revoked) {
      expect(lost).toMatchObject({ status: 409 })
      expect(await statusOf(started.cookie)).not.toBe('live')
      expect(await statusOf(cookie)).not.toBe('live')
      return
    }
    expect(lost).toBeUndefined()
    expect(await statusOf(cookie)).toBe('live')
    const session = await ok(visit(cookie).read)
    expect(Session.subjectId(session)).toBe(operation.subject)
    expect(timesIn(session, 'third')).toBe(1)
    if (!operation.marks) return
    if (again) expect(timesIn(session, 'first')).toBeLessThanOrEqual(1)
    else expect(timesIn(session, 'first')).toBe(1)
    expect(timesIn(session, 'second')).toBe(again ? 1 : 0)
  })

  it.each(cases)('%s, call %i (%s) %s: reported', async (name, step, _verb, way) => {
    const operation = OPERATIONS[name] as Operation
    const started = await start(operation)
    const { ref, finish, held, visit, statusOf, broken } = started
    breaking(started, step, WAYS[way] as ReadonlyArray<Failure>)
    const failure = await caught(operation.act(ref, 'first'))
    const outcome = failure === undefined ? undefined : typed(failure)
    const finished = await finish(
      failure === undefined ? { _tag: 'Answered', status: 200 } : { _tag: 'Threw', status: 503 },
    )
    broken.failures.clear()
    expect(finished?.error).toBeUndefined()
    const { setCookie } = finished?.reply ?? {}
    const cookie = held(setCookie)
    // What is handed out is stored.
    if (setCookie !== undefined && cookie !== undefined) expect(await statusOf(cookie)).toBe('live')
    if (failure === undefined) {
      expect(await statusOf(cookie)).toBe(cookie === undefined ? 'none' : 'live')
      if (operation.leaves === 'ended') expect(await statusOf(started.cookie)).toBe('ended')
      else if (operation.marks) expect(timesIn(await ok(visit(cookie).read), 'first')).toBe(1)
    }
    // Where nothing was stored nothing is lost, unless a sign-in was taken back.
    if (outcome === 'none' && started.cookie !== undefined && !broken.calls.includes('endOne'))
      expect(await statusOf(cookie)).toBe('live')
  })
})
