/**
 * ```ts
 * around: (store: S, wrap: Wrap) => S
 * ```
 * A store whose every verb, of the contract and of the capabilities that it has, goes through one function. What it is
 * besides (guarantee, migrations, anything of its own) stays.
 *
 * @since 0.1.0
 */
import type { TaskEither } from '#fp-ts/TaskEither'
import { misconfigured, toError } from '../../core/SessionError.ts'
import type { Store, StoreError, StoreOperation } from '../Store.ts'

/** Makes another effect of the effect of a verb. */
export type Wrap = <A>(operation: StoreOperation, task: TaskEither<StoreError, A>) => TaskEither<StoreError, A>

// As a record, so that a verb that is added to the contract can not be forgotten here.
const VERBS: Readonly<Record<StoreOperation, true>> = {
  load: true,
  create: true,
  update: true,
  touch: true,
  end: true,
  sweep: true,
  acquire: true,
  renew: true,
  release: true,
  list: true,
  endOne: true,
  endAll: true,
  count: true,
  raiseEpoch: true,
  readEpoch: true,
}

type Verb = (...args: ReadonlyArray<unknown>) => TaskEither<StoreError, unknown>

/** See the module's head. */
export const around = <S extends Store>(store: S, wrap: Wrap): S => {
  const verbs = store as unknown as Readonly<Record<string, Verb | undefined>>
  const wrapped: Record<string, Verb> = {}
  for (const operation of Object.keys(VERBS) as ReadonlyArray<StoreOperation>) {
    const verb = verbs[operation]
    if (verb !== undefined) wrapped[operation] = (...args) => wrap(operation, verb(...args))
  }
  return { ...store, ...wrapped }
}

/** For those who have no types: a combinator that changes records can not go around one that hands them out unchanged. */
export const demandNotNear = (combinator: string, store: object): void => {
  if ('peek' in store && store.peek !== undefined)
    throw toError(misconfigured(combinator, 'a cached store', 'it goes inside of cached, not around it'))
}
