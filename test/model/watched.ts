/** A store whose calls wait at the gate, fail as the program says, and are noted with what they changed. */
import { left } from '#fp-ts/Either'
import type { Either } from '#fp-ts/Either'
import * as O from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Stored } from '../../src/core/Stored.ts'
import type { SessionId } from '../../src/core/Token.ts'
import type {
  Acquired,
  Busy,
  Directory,
  Gone,
  Locking,
  Store,
  StoreError,
  StoreOperation,
  Sweeping,
} from '../../src/effects/Store.ts'
import { storeError } from '../../src/effects/Store.ts'
import type { Happening } from './history.ts'
import type { Gates } from './scheduler.ts'

export type Whole = Store<'cas'> & Directory & Locking & Partial<Sweeping>

/** How often a request asks again for a lease that another one holds. */
const PATIENCE = 4

const told = (answer: Either<StoreError, unknown>): string => {
  if (answer._tag === 'Left') return 'a fault'
  const value = answer.right as { readonly _tag?: string } | number | undefined
  return typeof value === 'object' ? (value._tag ?? 'answered') : String(value)
}

export interface Watched {
  readonly store: Whole & Sweeping
  /** Every id that was ever given away. */
  readonly ids: ReadonlySet<SessionId>
}

export const watched = (
  inner: Whole,
  { actor, pass, away, apart }: Gates,
  history: Array<Happening>,
  clock: () => number,
): Watched => {
  const ids = new Set<SessionId>()

  const peek = async (id: SessionId): Promise<Stored | undefined> => {
    const answer = await inner.load(id)()
    return answer._tag === 'Right' ? O.toUndefined(answer.right) : undefined
  }

  /** Takes effect, between two looks at every record that it may change. */
  const effective = <A>(
    verb: StoreOperation,
    of: SessionId | undefined,
    task: TaskEither<StoreError, A>,
  ): Promise<Either<StoreError, A>> =>
    away(async () => {
      const looked = of === undefined ? [...ids] : [of]
      const before = new Map<SessionId, Stored | undefined>()
      for (const id of looked) before.set(id, await peek(id))
      const answer = await task()
      for (const id of looked) {
        const after = await peek(id)
        const old = before.get(id)
        if (JSON.stringify(old) !== JSON.stringify(after))
          history.push({ _tag: 'Effect', actor: actor(), verb, id, before: old, after, now: clock() })
      }
      return answer
    })

  const through =
    <A>(verb: StoreOperation, of: SessionId | undefined, task: TaskEither<StoreError, A>): TaskEither<StoreError, A> =>
    async () => {
      const fault = await pass()
      const call = { _tag: 'Call' as const, actor: actor(), verb, id: of ?? '', fault }
      if (fault === 'before' || fault === 'late') {
        history.push({ ...call, answer: 'a fault' })
        if (fault === 'late')
          apart(async () => {
            await pass()
            history.push({ ...call, answer: 'arrives now' })
            await effective(verb, of, task)
          })
        return left(storeError(verb, new Error('connection lost')))
      }
      const at = history.length
      const answer = await effective(verb, of, task)
      history.splice(at, 0, { ...call, answer: told(answer) })
      if (fault === 'after') return left(storeError(verb, new Error('connection lost')))
      return answer
    }

  const loading =
    (id: SessionId): TaskEither<StoreError, O.Option<Stored>> =>
    async () => {
      const answer = await through('load', id, inner.load(id))()
      if (answer._tag === 'Right')
        history.push({ _tag: 'Loaded', actor: actor(), id, stored: O.toUndefined(answer.right) })
      return answer
    }

  // Waiting inside of the store would be one call that never ends: each time that it asks is one.
  const acquiring =
    (id: SessionId, wait: number, lease: number): TaskEither<StoreError, Acquired | Busy | Gone> =>
    async () => {
      for (let asked = 0; ; asked++) {
        const answer = await through('acquire', id, inner.acquire(id, { wait: 0, lease }))()
        if (wait === 0 || asked >= PATIENCE || answer._tag === 'Left' || answer.right._tag !== 'Busy') return answer
      }
    }

  return {
    ids,
    store: {
      guarantee: 'cas',
      local: true,
      load: loading,
      create: (id, live) => {
        ids.add(id)
        return through('create', id, inner.create(id, live))
      },
      update: (id, expected, live, fence) => through('update', id, inner.update(id, expected, live, fence)),
      touch: (id, epoch, at, until) => through('touch', id, inner.touch(id, epoch, at, until)),
      end: (id, expected, until, fence) => through('end', id, inner.end(id, expected, until, fence)),
      list: (subject) => through('list', undefined, inner.list(subject)),
      count: (subject) => through('count', undefined, inner.count(subject)),
      endOne: (subject, id, until) => through('endOne', id, inner.endOne(subject, id, until)),
      endAll: (subject, until, except) => through('endAll', undefined, inner.endAll(subject, until, except)),
      raiseEpoch: (subject, now) => through('raiseEpoch', undefined, inner.raiseEpoch(subject, now)),
      readEpoch: (subject) => through('readEpoch', undefined, inner.readEpoch(subject)),
      acquire: (id, { wait, lease }) => acquiring(id, wait, lease),
      renew: (id, fence, lease) => through('renew', id, inner.renew(id, fence, lease)),
      release: (id, fence) => through('release', id, inner.release(id, fence)),
      sweep: (now, limit) =>
        inner.sweep === undefined
          ? () => Promise.resolve({ _tag: 'Right', right: { removed: 0, more: false } })
          : through('sweep', undefined, inner.sweep(now, limit)),
    },
  }
}
