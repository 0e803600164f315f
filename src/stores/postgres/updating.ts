/**
 * ```ts
 * updating: (asking, faulted, updates, alone, later) => (values) => Promise<Either<StoreError, …>>
 * ```
 * Updates of several sessions that are wanted in one turn of the event loop are one statement, and so one commit: it
 * costs the driver, the server and the disk little more than one of them alone.
 *
 * It writes each row under the very conditions of an update alone, and answers which rows it wrote. One that it did not
 * write is sent alone, to be written or told why not. If PostgreSQL refuses the statement, because of one of them or to
 * break a circle of waiting writers, nothing of it was done, and each is sent alone.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { left, right } from '../../core/tagged.ts'
import type { Conflict, Gone, Leased, StoreError, Updated } from '../../effects/Store.ts'
import { updated } from '../../effects/Store.ts'
import type { Asking, Statement } from './client.ts'
import { type EndOfTurn, gathering } from './gathering.ts'
import { arrayOf } from './row.ts'
import type { Faulted } from './running.ts'

type Answer = Either<StoreError, Updated | Gone | Leased | Conflict>

/** Carries out an update that no lease allows. `values`: the id, what `columns` makes of the record, the expected revision. */
export type Update = (values: ReadonlyArray<unknown>) => Promise<Answer>

interface Wanted {
  readonly values: ReadonlyArray<unknown>
  readonly settle: (answer: Answer | Promise<Answer>) => void
}

const idOf = ({ values }: Wanted): unknown => values[0]

// What PostgreSQL says with ERROR it has rolled back; everything else may have been done, or never sent.
const rolledBack = (thrown: unknown): boolean =>
  (thrown as { readonly severity?: unknown } | null)?.severity === 'ERROR'

/** See the module's head. */
export const updating = (
  { askAll }: Asking,
  faulted: Faulted,
  updates: Statement,
  alone: Update,
  later: EndOfTurn | undefined,
): Update => {
  if (later === undefined) return alone

  /** The ids of the rows that were written; a `StoreError` for all of them. */
  const written = async (all: ReadonlyArray<Wanted>): Promise<Either<StoreError, ReadonlySet<unknown>>> => {
    const parameters = all[0]?.values.map((_, i) => arrayOf(all.map(({ values }) => values[i]))) ?? []
    try {
      return right(new Set((await askAll(updates, parameters)).map(({ a }) => a)))
    } catch (thrown) {
      return rolledBack(thrown) ? right(new Set()) : left(await faulted('update', thrown))
    }
  }

  const together = async (all: ReadonlyArray<Wanted>): Promise<void> => {
    const done = await written(all)
    for (const wanted of all) {
      if (done._tag === 'Left') wanted.settle(done)
      else wanted.settle(done.right.has(idOf(wanted)) ? right(updated) : alone(wanted.values))
    }
  }

  const want = gathering<Wanted>(later, (all) => {
    // A statement writes a row once.
    const first = new Map([...all].reverse().map((wanted) => [idOf(wanted), wanted]))
    const rest = all.filter((wanted) => first.get(idOf(wanted)) !== wanted)
    for (const { values, settle } of first.size === 1 ? all : rest) settle(alone(values))
    if (first.size > 1) void together([...first.values()])
  })
  return (values) =>
    new Promise((settle) => {
      want({ values, settle })
    })
}
