/** Runs a program on the real engine: two processes, two browsers, one store whose every call waits its turn. */
import * as O from '#fp-ts/Option'
import { sha256 } from '../../src/effects/digest.node.ts'
import { systemRandom } from '../../src/effects/Random.ts'
import * as Session from '../../src/core/Session.ts'
import type { Event } from '../../src/core/Event.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { Data } from '../engine/world.ts'
import type { Actor, Aftermath, Happening } from './history.ts'
import type { Asked, Program, Step } from './program.ts'
import { gates } from './scheduler.ts'
import type { Whole } from './watched.ts'
import { watched } from './watched.ts'

const MINUTE = 60_000

export interface Stand {
  readonly store: Whole
  readonly time: { readonly now: () => number; readonly advance: (ms: number) => void }
}

let runs = 0

const mark =
  (name: string) =>
  (s: Session.Session<Data>): Session.Session<Data> =>
    Session.update<Data>({ views: s.data.views + 1, seen: [...(s.data.seen ?? []), name] })(s)

const pairOf = (setCookie: string | undefined): string | undefined => setCookie?.split(';')[0]?.split('=')[1]

const WAITS: Readonly<Partial<Record<Step, number>>> = {
  'wait a minute': MINUTE + 1_000,
  'wait 10 minutes': 10 * MINUTE,
  'wait 3 hours': 180 * MINUTE,
}

/** See the module's head. */
export const execute = async (program: Program, { store: inner, time }: Stand): Promise<Aftermath> => {
  const run = String(++runs)
  const ada = `ada:${run}:${String(process.pid)}`
  const bob = `bob:${run}:${String(process.pid)}`
  const history: Array<Happening> = []
  const gate = gates(program.choices)
  /** Who was told by an event that updates are not stored. */
  const dropped = new Set<Actor>()
  const { store } = watched(inner, gate, history, time.now)
  const options = {
    data: Data,
    initial: { views: 0 },
    clock: time.now,
    random: { ...systemRandom, unit: () => 0 },
    lockTimeout: 5,
    observer: (event: Event) => {
      if (event._tag === 'dropped') dropped.add(gate.actor())
    },
    ...(program.renewing ? { renewAfter: 120_000 } : {}),
  }
  const managers = [sessionManager({ ...options, store }), sessionManager({ ...options, store })] as const
  const plain = sessionManager({ ...options, store: inner })
  const jars: Array<string | undefined> = [undefined, undefined]
  const earlier: Array<string | undefined> = [undefined, undefined]

  const arrive = (browser: number, cookie: string | undefined): void => {
    if (cookie === undefined) return
    earlier[browser] = jars[browser]
    jars[browser] = cookie === '' ? undefined : cookie
  }

  const begin = async (browser: 0 | 1): Promise<void> => {
    const { ref, finish } = managers[0].openRequest(undefined, (header) => header)
    const name = `b${String(browser)}begin`
    await ref.transact(mark(name))
    if (program.begins === 'ada') await ref.transact(Session.signIn(ada))
    const finished = await finish({ _tag: 'Answered', status: 200 })
    const cookie = pairOf(finished?.reply.setCookie)
    history.push({ _tag: 'Stepped', actor: 'begin', step: 'finish', error: undefined, acked: [name] })
    history.push({ _tag: 'Replied', actor: 'begin', cookie, now: time.now() })
    arrive(browser, cookie)
  }

  const request = async (asked: Asked, actor: number): Promise<void> => {
    await gate.pass()
    const { browser } = asked
    const cookies = [jars[browser], ...(program.doubled ? [earlier[browser]] : [])].filter((one) => one !== undefined)
    history.push({ _tag: 'Sent', actor, browser, cookies })
    const sessions = managers[asked.process]
    const header = cookies.map((cookie) => `${sessions.cookieName}=${cookie}`).join('; ')
    const { ref, finish } = sessions.openRequest(header, (given) => given, { lock: 'explicit' })
    let deferred: Array<string> = []
    let failed = false

    let sent = false

    // The response leaves, and arrives when its turn comes; a stream goes on meanwhile.
    const respond = async (): Promise<void> => {
      sent = true
      const asks = asked.status === 'thrown' ? 500 : asked.status
      const status = failed && asks === 200 ? 409 : asks
      const threw = asked.status === 'thrown' || (failed && status === 409)
      const carried = deferred
      const finished = await finish({ _tag: threw ? 'Threw' : 'Answered', status })
      const error = finished?.error?._tag
      const acked = error === undefined && status < 500 && !dropped.has(actor) ? carried : []
      deferred = deferred.slice(carried.length)
      history.push({ _tag: 'Stepped', actor, step: 'finish', error, acked })
      const cookie = finished?.reply.setCookie === undefined ? undefined : pairOf(finished.reply.setCookie)
      history.push({ _tag: 'Replied', actor, cookie, now: time.now() })
      gate.apart(async () => {
        await gate.pass()
        history.push({ _tag: 'Arrived', actor, browser, cookie, lost: asked.lost })
        if (!asked.lost) arrive(browser, cookie)
      })
    }

    const perform = async (step: Step, name: string): Promise<Partial<Extract<Happening, { _tag: 'Stepped' }>>> => {
      const wait = WAITS[step]
      if (wait !== undefined) {
        await gate.pass()
        time.advance(wait)
        history.push({ _tag: 'Clock', now: time.now() })
        return {}
      }
      // What a sign-in or sign-out carries may be dropped with the data that it was put into.
      const forget = (): void => {
        deferred = []
      }
      switch (step) {
        case 'read':
        case 'passive': {
          const { id, revision, data } = await ref.read({ passive: step === 'passive' })
          return { read: { id, revision: O.toUndefined(revision), marks: data.seen ?? [] } }
        }
        case 'update':
          deferred.push(name)
          ref.update(mark(name))
          return {}
        case 'transact': {
          await ref.transact(mark(name))
          return { acked: [...deferred.splice(0), name] }
        }
        case 'commit':
          await ref.commit()
          return { acked: deferred.splice(0) }
        case 'headers':
          if (!sent) await respond()
          return {}
        case 'regenerate':
          await ref.transact(Session.regenerate)
          return { acked: deferred.splice(0) }
        case 'sign in ada':
        case 'sign in bob': {
          forget()
          await ref.transact(Session.signIn(step === 'sign in ada' ? ada : bob))
          return {}
        }
        case 'prove ada': {
          forget()
          const epoch = await ref.subjectEpoch(ada)
          await ref.transact(Session.signIn(ada, { epoch }))
          return {}
        }
        case 'sign out':
          forget()
          await ref.transact(Session.signOut)
          return {}
        case 'destroy':
          forget()
          await ref.destroy()
          return {}
        case 'lock':
          await ref.lock()
          return {}
        case 'release':
          await ref.release()
          return {}
        case 'revoke ada': {
          const ended = await sessions.subject(ada).endAll()
          return ended._tag === 'Left' ? { error: ended.left._tag } : {}
        }
        case 'sweep':
        case 'wait a minute':
        case 'wait 10 minutes':
        case 'wait 3 hours':
          await store.sweep(time.now(), 100)()
          return {}
      }
    }

    for (const [index, step] of asked.steps.entries()) {
      const told = { _tag: 'Stepped' as const, actor, step, error: undefined, acked: [] }
      try {
        history.push({ ...told, ...(await perform(step, `b${String(browser)}r${String(actor)}.${String(index)}`)) })
      } catch (error) {
        if (!isSessionException(error)) throw error
        // What was recorded stays, but for what nobody can tell of, or what was decided on what is no more.
        if (['StoreTimeout', 'LeaseLost'].includes(error.sessionError._tag)) deferred = []
        failed = true
        history.push({ ...told, error: error.sessionError._tag })
      }
    }
    if (!sent) await respond()
  }

  if (program.begins !== 'nothing') for (const browser of [0, 1] as const) await begin(browser)
  // Renewal and touch are due.
  time.advance(program.renewing ? 3 * MINUTE : 0)
  await gate.run(program.requests.map((asked, actor) => () => request(asked, actor)))

  const visit = (cookie: string) => plain.openRequest(`${plain.cookieName}=${cookie}`, (header) => header)
  return {
    program,
    history,
    jars,
    statusOf: (cookie) => visit(cookie).ref.status(),
    present: async (cookie) => {
      const { ref, finish } = visit(cookie)
      await ref.read()
      await finish({ _tag: 'Answered', status: 200 })
    },
    pass: time.advance,
  }
}

/** The digest of the secret that a cookie carries. */
export const digestOf = (cookie: string): string => sha256(cookie.split('.')[1] as never) as string
/** The id that it carries. */
export const idOf = (cookie: string): string => cookie.split('.')[0] ?? ''
