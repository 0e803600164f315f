/**
 * What the portable application is made of: a manager over a memory store that can be held, failed and counted, a clock
 * that stands still, and gates. Everything is told from outside, over HTTP: nothing here knows a test.
 */
import { type Directed, type Event, type Leasing, type SessionManager, sessionManager } from 'coatcheck'
import { type Directory, type Locking, type Store, storeError } from 'coatcheck/Store'
import { memoryStore } from 'coatcheck/stores/memory'
import { left } from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'

const DataCodec = t.intersection([
  t.type({ views: t.number }),
  t.partial({ seen: t.record(t.string, t.number), coupon: t.string, note: t.string, junk: t.unknown }),
])

export interface Data {
  readonly views: number
  readonly seen?: Readonly<Record<string, number>>
  readonly coupon?: string
  readonly note?: string
  readonly junk?: unknown
}

export type Sessions = SessionManager<Data, 'cas' & Leasing> & Directed

/** What a test may set of a manager: what JSON can say. */
export interface Options {
  readonly idleTimeout?: number
  readonly absoluteTimeout?: number
  readonly renewAfter?: number
  readonly onReuse?: 'report' | 'end'
  readonly onDropped?: 'fail' | 'drop'
  readonly onStoreFailure?: 'fail' | 'anonymous'
  readonly storeTimeout?: number
  /** Keeps the store `local`, so that the manager calls it without a time limit. Default: a store beyond a network. */
  readonly local?: boolean
}

/** Where every world's clock begins. */
export const EPOCH = Date.UTC(2026, 0, 1)

/** Nothing is held for longer, whatever a test does. */
const LONGEST_HOLD = 20_000

/** A place where steps wait. Asked again and again: in workerd a request that only waits for another one counts as hung. */
export interface Gate {
  arrived: number
  open: boolean
}

export const pass = async (gate: Gate): Promise<void> => {
  gate.arrived += 1
  for (let waited = 0; !gate.open && waited < LONGEST_HOLD; waited += 2)
    await new Promise((resolve) => setTimeout(resolve, 2))
}

interface Held {
  readonly verb: string
  readonly when: 'before' | 'after'
  readonly gate: Gate
}

export interface World {
  readonly sessions: Sessions
  /** A second manager, under a cookie of its own. */
  readonly admin: Sessions
  readonly store: Store<'cas'> & Directory & Locking
  readonly calls: Array<string>
  readonly events: Array<Event>
  readonly gate: (name: string) => Gate
  readonly hold: (verb: string, when: 'before' | 'after', gate: string) => void
  readonly fail: (verbs: ReadonlyArray<string>) => void
  /** From now on each call takes as long. */
  readonly delay: (ms: number) => void
  readonly advance: (ms: number) => void
}

const OUTAGE = new Error('connection refused')

export const newWorld = ({ local = false, ...options }: Options = {}): World => {
  let now = EPOCH
  const clock = (): number => now
  const calls: Array<string> = []
  const events: Array<Event> = []
  const gates = new Map<string, Gate>()
  let held: ReadonlyArray<Held> = []
  let failing: ReadonlyArray<string> = []
  let slow = 0

  const gate = (name: string): Gate => {
    const known = gates.get(name) ?? { arrived: 0, open: false }
    gates.set(name, known)
    return known
  }
  const control =
    <Args extends ReadonlyArray<unknown>, B>(verb: string, call: (...args: Args) => TaskEither<unknown, B>) =>
    (...args: Args) =>
    async () => {
      calls.push(verb)
      const next = held.find((one) => one.verb === verb)
      held = held.filter((one) => one !== next)
      if (slow > 0) await new Promise((resolve) => setTimeout(resolve, slow))
      if (next?.when === 'before') await pass(next.gate)
      if (failing.includes(verb) || failing.includes('all')) return left(storeError(verb as 'load', OUTAGE))
      const answer = await call(...args)()
      if (next?.when === 'after') await pass(next.gate)
      return answer
    }

  const { local: isLocal, ...inner } = memoryStore({ clock })
  const controlled = Object.fromEntries(
    Object.entries(inner).map(([name, verb]) => [
      name,
      typeof verb === 'function' && name !== 'sweep' ? control(name, verb as () => TaskEither<unknown, unknown>) : verb,
    ]),
  ) as unknown as Store<'cas'> & Directory & Locking
  const store = local && isLocal === true ? { ...controlled, local: true as const } : controlled
  const manager = (name: string): Sessions =>
    sessionManager({
      data: DataCodec as t.Type<Data, unknown>,
      initial: { views: 0 },
      store,
      clock,
      observer: (event) => events.push(event),
      cookie: { name },
      ...options,
    })

  return {
    sessions: manager('__Host-id'),
    admin: manager('__Host-admin'),
    store,
    calls,
    events,
    gate,
    hold: (verb, when, name) => {
      held = [...held, { verb, when, gate: gate(name) }]
    },
    fail: (verbs) => {
      failing = verbs
    },
    delay: (ms) => {
      slow = ms
    },
    advance: (ms) => {
      now += ms
    },
  }
}
