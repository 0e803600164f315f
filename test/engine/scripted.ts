/**
 * A store around a store whose verbs can be counted, held at a promise, and made to fail before or after their effect.
 */
import { left } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Directory, Locking, Store, StoreError } from '../../src/effects/Store.ts'
import { storeError } from '../../src/effects/Store.ts'

type Verb =
  | 'load'
  | 'create'
  | 'update'
  | 'touch'
  | 'end'
  | 'readEpoch'
  | 'raiseEpoch'
  | 'endAll'
  | 'endOne'
  | 'acquire'
  | 'renew'
  | 'release'

/** before: the effect never happens; after: it happens and the answer is lost; silent: it happens and no answer ever comes. */
export type Fault = 'before' | 'after' | 'silent'

interface Gate {
  readonly verb: Verb
  readonly when: 'before' | 'after'
  readonly reached: () => void
  readonly opened: Promise<void>
}

/** A call that waits until it is let go. */
export interface Held {
  /** Resolves when the call is there. */
  readonly reached: Promise<void>
  readonly release: () => void
}

export interface Scripted<S> {
  readonly store: S
  /** The verbs called so far, in order. */
  readonly calls: Array<Verb>
  /** Holds the next call of a verb before its effect, or its answer. */
  readonly hold: (verb: Verb, when?: 'before' | 'after') => Held
  /** Makes the next calls of a verb fail, one by one. */
  readonly fail: (verb: Verb, ...faults: ReadonlyArray<Fault>) => void
}

export const scripted = <S extends Store & Directory & Locking>(
  inner: S,
): Scripted<Store<'cas'> & Directory & Locking> => {
  const calls: Array<Verb> = []
  const gates: Array<Gate> = []
  const faults: Array<{ readonly verb: Verb; readonly fault: Fault }> = []

  const through =
    <A>(verb: Verb, task: TaskEither<StoreError, A>): TaskEither<StoreError, A> =>
    async () => {
      calls.push(verb)
      const at = gates.findIndex((one) => one.verb === verb)
      const gate = at === -1 ? undefined : gates.splice(at, 1)[0]
      const wait = async (when: Gate['when']): Promise<void> => {
        if (gate?.when !== when) return
        gate.reached()
        await gate.opened
      }
      await wait('before')
      const failing = faults.findIndex((one) => one.verb === verb)
      const fault = failing === -1 ? undefined : faults.splice(failing, 1)[0]?.fault
      if (fault === 'before') return left(storeError(verb, new Error('connection refused')))
      const answer = await task()
      await wait('after')
      if (fault === 'after') return left(storeError(verb, new Error('connection reset')))
      if (fault === 'silent') return new Promise(() => undefined)
      return answer
    }

  return {
    calls,
    hold: (verb, when = 'before') => {
      let tell = (): void => undefined
      let open = (): void => undefined
      const there = new Promise<void>((resolve) => {
        tell = resolve
      })
      const opened = new Promise<void>((resolve) => {
        open = resolve
      })
      gates.push({ verb, when, reached: tell, opened })
      return { reached: there, release: open }
    },
    fail: (verb, ...these) => {
      faults.push(...these.map((fault) => ({ verb, fault })))
    },
    store: {
      guarantee: 'cas',
      load: (id) => through('load', inner.load(id)),
      create: (id, live) => through('create', inner.create(id, live)),
      update: (id, expected, live, fence) => through('update', inner.update(id, expected, live, fence)),
      touch: (id, epoch, touchedAt, expiresAt) => through('touch', inner.touch(id, epoch, touchedAt, expiresAt)),
      end: (id, expected, until, fence) => through('end', inner.end(id, expected, until, fence)),
      list: inner.list,
      count: inner.count,
      endOne: (subject, id, until) => through('endOne', inner.endOne(subject, id, until)),
      endAll: (subject, until, except) => through('endAll', inner.endAll(subject, until, except)),
      raiseEpoch: (subject, now) => through('raiseEpoch', inner.raiseEpoch(subject, now)),
      readEpoch: (subject) => through('readEpoch', inner.readEpoch(subject)),
      acquire: (id, wish) => through('acquire', inner.acquire(id, wish)),
      renew: (id, fence, lease) => through('renew', inner.renew(id, fence, lease)),
      release: (id, fence) => through('release', inner.release(id, fence)),
    },
  }
}
