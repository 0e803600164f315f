/** A store whose n-th calls fail. */
import { left } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Directory, Locking, Store, StoreError, StoreOperation } from '../../src/effects/Store.ts'
import { storeError } from '../../src/effects/Store.ts'
import type { Fault } from './scripted.ts'

/**
 * `black`: it never happens and no answer ever comes. Garbage: it happens, and what comes is no answer at all, one of another
 * verb, a half one, or an exception. The others are `scripted`'s.
 */
export type Failure = Fault | 'black' | 'undefined' | 'null' | 'stranger' | 'text' | 'half' | 'throw'

const GARBAGE: Readonly<Partial<Record<Failure, unknown>>> = {
  undefined: undefined,
  null: { _tag: 'Right', right: null },
  stranger: { _tag: 'Right', right: { _tag: 'OK' } },
  text: '<html>502 Bad Gateway</html>',
  half: { _tag: 'Right', right: { _tag: 'Some', value: { _tag: 'Live' } } },
}

export interface Faulty {
  readonly store: Store<'cas'> & Directory & Locking
  /** The calls so far. */
  readonly calls: Array<StoreOperation>
  /** Which of the calls to come fail, by number from 1, and how. */
  readonly failures: Map<number, Failure>
}

export const faulty = (inner: Store<'cas'> & Directory & Locking): Faulty => {
  const calls: Array<StoreOperation> = []
  const failures = new Map<number, Failure>()
  const through =
    <A>(verb: StoreOperation, task: TaskEither<StoreError, A>): TaskEither<StoreError, A> =>
    async () => {
      calls.push(verb)
      const failure = failures.get(calls.length)
      if (failure === 'before') return left(storeError(verb, new Error('connection refused')))
      if (failure === 'black') return new Promise(() => undefined)
      const answer = await task()
      if (failure === 'after') return left(storeError(verb, new Error('connection reset')))
      if (failure === 'silent') return new Promise(() => undefined)
      if (failure === 'throw') throw new Error('not a TaskEither')
      if (failure !== undefined) return GARBAGE[failure] as typeof answer
      return answer
    }
  return {
    calls,
    failures,
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
