/**
 * ```ts
 * renamed: (directory: Directory, names: (subject) => Promise<ReadonlyArray<string>>) => Directory
 * ```
 * A directory in which a subject stands under other names than its own: under one, or, while keys are being replaced,
 * under any of several. The first name is the one that new records get.
 *
 * Laws:
 * 1. With one name each verb is one call.
 * 2. With several, a session that moves to the first name while it is looked for is found; the subject's epoch is the
 *    highest of theirs, and a raise is above it.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLeft, left, right } from '../../core/tagged.ts'
import type { Directory, Listed, Store, StoreError, StoreOperation } from '../Store.ts'
import { gone, refused } from '../Store.ts'

/** Whether a store finds the sessions of a subject. */
export const isDirectory = <S extends Store>(store: S & Partial<Directory>): store is S & Directory =>
  store.raiseEpoch !== undefined

type Names = (subject: string) => Promise<ReadonlyArray<string>>

const unique = (lists: ReadonlyArray<ReadonlyArray<Listed>>): ReadonlyArray<Listed> =>
  [...new Map(lists.flat().map((one) => [one.id, one])).values()].sort((a, b) => a.createdAt - b.createdAt)

/** See the module's head. */
export const renamed = (directory: Directory, names: Names): Directory => {
  const withNames =
    <A>(
      operation: StoreOperation,
      subject: string,
      ask: (names: ReadonlyArray<string>) => Promise<Either<StoreError, A>>,
    ): TaskEither<StoreError, A> =>
    async () => {
      let known: ReadonlyArray<string>
      try {
        known = await names(subject)
      } catch (cause) {
        return left(refused(operation, cause))
      }
      return ask(known)
    }

  /** The answers for each name, one after the other, until one of them is a fault. */
  const inTurn = async <A>(
    known: ReadonlyArray<string>,
    ask: (name: string) => TaskEither<StoreError, A>,
  ): Promise<Either<StoreError, ReadonlyArray<A>>> => {
    const answers: Array<A> = []
    for (const name of known) {
      const answer = await ask(name)()
      if (isLeft(answer)) return answer
      answers.push(answer.right)
    }
    return right(answers)
  }

  return {
    list: (subject) =>
      withNames('list', subject, async (known) => {
        const lists = await inTurn(moving(known), (name) => directory.list(name))
        return isLeft(lists) ? lists : right(unique(lists.right))
      }),
    count: (subject) =>
      withNames('count', subject, async (known) => {
        const [only, ...others] = known
        if (only !== undefined && others.length === 0) return directory.count(only)()
        // Under two names at once it would be counted twice.
        const lists = await inTurn(moving(known), (name) => directory.list(name))
        return isLeft(lists) ? lists : right(unique(lists.right).length)
      }),
    endOne: (subject, id, until) =>
      withNames('endOne', subject, async (known) => {
        for (const name of moving(known)) {
          const answer = await directory.endOne(name, id, until)()
          if (isLeft(answer) || answer.right._tag === 'Done') return answer
        }
        return right(gone)
      }),
    endAll: (subject, until, except) =>
      withNames('endAll', subject, async (known) => {
        const counts = await inTurn(moving(known), (name) => directory.endAll(name, until, except))
        return isLeft(counts) ? counts : right(counts.right.reduce((a, b) => a + b, 0))
      }),
    raiseEpoch: (subject, now) =>
      withNames('raiseEpoch', subject, async (known) => {
        // Each above the one before: the last is above all.
        let epoch = now
        for (const name of known) {
          const answer = await directory.raiseEpoch(name, epoch)()
          if (isLeft(answer)) return answer
          epoch = answer.right
        }
        return right(epoch)
      }),
    readEpoch: (subject) =>
      withNames('readEpoch', subject, async (known) => {
        const epochs = await inTurn(known, (name) => directory.readEpoch(name))
        return isLeft(epochs) ? epochs : right(Math.max(...epochs.right))
      }),
  }
}

/**
 * The order in which to look for sessions that move from a later name to the first while one looks. Processes whose rings
 * have another order may move them back while a change of keys is rolled out.
 */
const moving = (known: ReadonlyArray<string>): ReadonlyArray<string> =>
  known.length > 1 ? [...known, ...known.slice(0, 1)] : known
