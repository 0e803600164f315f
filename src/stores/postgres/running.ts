/**
 * ```ts
 * running: (ask, faulted) => { verb, write }
 * ```
 * Runs statements as verbs of the store: what a client throws is a `StoreError`, what a statement answers is an answer.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { IO } from '#fp-ts/IO'
import type { TaskEither } from '#fp-ts/TaskEither'
import { left, right } from '../../core/tagged.ts'
import type { Conflict, Gone, Leased, ManagedOperation, StoreError, StoreOperation } from '../../effects/Store.ts'
import { conflict, gone, leased, refused } from '../../effects/Store.ts'
import type { Ask, Statement } from './client.ts'
import { storedOf } from './row.ts'

/** Another writer that comes between that often in one call is a sign that something is wrong. */
const MOST_TRIES = 20

const inTheWay = (): Error => new Error(`Other writers changed the session each of ${MOST_TRIES} times. Try again`)

/** Why a write was refused; undefined when another writer came between. */
const refusal = (answer: string): Gone | Leased | Conflict | undefined => {
  switch (answer.charAt(0)) {
    case 'G':
      return gone
    case 'L':
      return leased(Number(answer.slice(1)))
    case 'C': {
      // A row that somebody else has damaged is told by the load that follows.
      const present = storedOf(answer.slice(1))
      return conflict(present?._tag === 'Live' ? present : undefined)
    }
    default:
      return undefined
  }
}

/** What a client threw, as the error of an operation. */
export type Faulted = (operation: StoreOperation | ManagedOperation, thrown: unknown) => Promise<StoreError>

/** See the module's head. */
export interface Running {
  /** Work that throws what its statements throw. */
  readonly verb: <A>(
    operation: StoreOperation | ManagedOperation,
    work: () => Promise<A>,
  ) => Promise<Either<StoreError, A>>
  /** `update` or `end`: run again while another writer comes between; `success` is the answer to the given letter. */
  readonly write: <A>(
    operation: 'update' | 'end',
    statement: Statement,
    values: Array<unknown>,
    letter: string,
    success: A,
  ) => Promise<Either<StoreError, A | Gone | Leased | Conflict>>
}

/** See the module's head. */
export const running = (ask: Ask, faulted: Faulted): Running => ({
  verb: async (operation, work) => {
    try {
      return right(await work())
    } catch (thrown) {
      return left(await faulted(operation, thrown))
    }
  },
  write: async (operation, statement, values, letter, success) => {
    try {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const answer = (await ask(statement, values)) ?? 'G'
        if (answer === letter) return right(success)
        const why = refusal(answer)
        if (why !== undefined) return right(why)
      }
      return left(refused(operation, inTheWay()))
    } catch (thrown) {
      return left(await faulted(operation, thrown))
    }
  },
})

/** Does something after a task that gave an answer of a kind. */
export const after =
  <A>(task: TaskEither<StoreError, A>, isOne: (answer: A) => boolean, then: IO<void>): TaskEither<StoreError, A> =>
  async () => {
    const answer = await task()
    if (answer._tag === 'Right' && isOne(answer.right)) then()
    return answer
  }
