/** Stores that break one rule each, as stores in the wild do, and the case of the contract that must notice it. */
import { right } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import type { Directory, Store, StoreError, Sweeping } from '../../../src/effects/Store.ts'
import type { FakeClock } from '../../../src/testing/fakeClock.ts'
import { type ModelStore, modelStore } from '../modelStore.ts'

export interface Mutant<S> {
  readonly flaw: string
  /** A part of the case's name. */
  readonly noticedBy: string
  readonly make: (clock: FakeClock) => S
}

export type Plain = Store<'cas'> & Sweeping & Directory

/** Lets other effects run in between. */
export const meanwhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

export const mutant = (
  flaw: string,
  noticedBy: string,
  broken: (model: ModelStore) => Partial<Plain>,
): Mutant<Plain> => ({
  flaw,
  noticedBy,
  make: () => {
    const model = modelStore()
    return { ...model, ...broken(model) }
  },
})

export const liveIn = ({ rows }: ModelStore, id: SessionId): Live | undefined => {
  const row = rows.get(id)
  return row?._tag === 'Live' ? row : undefined
}

/** Runs the model's verb, and something after it. */
export const after =
  <A, B>(effect: TaskEither<StoreError, A>, next: (answer: A) => B | Promise<B>): TaskEither<StoreError, A | B> =>
  async () => {
    const given = await effect()
    return given._tag === 'Left' ? given : right(await next(given.right))
  }
