/**
 * Races without sleeping: hold a step, act, let it go. And a store that can be held, failed and counted verb by verb.
 */
import { left } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Directory, Locking, Store, StoreError } from '../../src/effects/Store.ts'
import { storeError } from '../../src/effects/Store.ts'

/** A promise that is settled from outside. */
export const deferred = <A = undefined>(): { readonly promise: Promise<A>; readonly resolve: (value: A) => void } => {
  let resolve: (value: A) => void = () => undefined
  const promise = new Promise<A>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** A place where a step waits until the test lets it go. */
export interface Gate {
  /** Awaited by the step: resolves once the gate is open. */
  readonly pass: () => Promise<void>
  /** Awaited by the test: resolves once everyone who is expected has arrived. */
  readonly reached: Promise<void>
  readonly open: () => void
}

/** A gate on a store call, whose answer may also get lost. */
export interface StoreGate extends Gate {
  /** Opens it with a fault in place of the store's answer. */
  readonly lose: () => void
}

/** `expected`: how many must have arrived before `reached` resolves. */
export const gate = (expected = 1): Gate => {
  const opened = deferred()
  const reached = deferred()
  let arrived = 0
  return {
    pass: async () => {
      arrived += 1
      if (arrived === expected) reached.resolve(undefined)
      await opened.promise
    },
    reached: reached.promise,
    open: () => opened.resolve(undefined),
  }
}

export type Verb =
  | 'load'
  | 'create'
  | 'update'
  | 'touch'
  | 'end'
  | 'endAll'
  | 'raiseEpoch'
  | 'readEpoch'
  | 'acquire'
  | 'renew'
  | 'release'

export interface ControlledStore extends Store<'cas'>, Directory, Locking {
  /** Every call so far, in order. */
  readonly calls: ReadonlyArray<Verb>
  /** Runs something and gives the calls that it caused. */
  readonly during: (act: () => Promise<unknown>) => Promise<ReadonlyArray<Verb>>
  /** The next call of this verb waits at the gate, before it reaches the store or with the store's answer in hand. */
  readonly hold: (verb: Verb, when?: 'before' | 'after') => StoreGate
  /** From now on calls fail: all, or those of the given verbs. */
  readonly fail: (...verbs: ReadonlyArray<Verb>) => void
  readonly heal: () => void
}

interface Held {
  readonly gate: Gate
  readonly when: 'before' | 'after'
  lost: boolean
}

const OUTAGE = new Error('connection refused')

/** The store, under control. It is a store beyond a network: never `local`, so that the manager's time limits hold. */
export const controlled = ({ local: _local, ...store }: Store<'cas'> & Directory & Locking): ControlledStore => {
  const calls: Array<Verb> = []
  const held = new Map<Verb, ReadonlyArray<Held>>()
  let failing: (verb: Verb) => boolean = () => false

  const control =
    <Args extends ReadonlyArray<unknown>, B>(verb: Verb, call: (...args: Args) => TaskEither<StoreError, B>) =>
    (...args: Args): TaskEither<StoreError, B> =>
    async () => {
      calls.push(verb)
      const [next, ...rest] = held.get(verb) ?? []
      held.set(verb, rest)
      if (next?.when === 'before') await next.gate.pass()
      if (failing(verb)) return left(storeError(verb, OUTAGE))
      const answer = await call(...args)()
      if (next?.when === 'after') await next.gate.pass()
      return next?.lost === true ? left(storeError(verb, OUTAGE)) : answer
    }

  return {
    ...store,
    load: control('load', store.load),
    create: control('create', store.create),
    update: control('update', store.update),
    touch: control('touch', store.touch),
    end: control('end', store.end),
    endAll: control('endAll', store.endAll),
    raiseEpoch: control('raiseEpoch', store.raiseEpoch),
    readEpoch: control('readEpoch', store.readEpoch),
    acquire: control('acquire', store.acquire),
    renew: control('renew', store.renew),
    release: control('release', store.release),
    calls,
    during: async (act) => {
      const before = calls.length
      await act()
      return calls.slice(before)
    },
    hold: (verb, when = 'before') => {
      const next: Held = { gate: gate(), when, lost: false }
      held.set(verb, [...(held.get(verb) ?? []), next])
      return {
        ...next.gate,
        lose: () => {
          next.lost = true
          next.gate.open()
        },
      }
    },
    fail: (...verbs) => {
      failing = verbs.length === 0 ? () => true : (verb) => verbs.includes(verb)
    },
    heal: () => {
      failing = () => false
    },
  }
}
