/**
 * ```ts
 * legible: (operation, answer) => Either<StoreError, A>
 * ```
 * Whether a store's answer is one that the contract has. A store is other people's code, and a proxy, an old client or a
 * wrapper may answer anything: what nobody can read is a store that failed, never an exception in the middle of a commit.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { left } from '../core/tagged.ts'
import type { StoreError, StoreOperation } from '../effects/Store.ts'
import { storeError } from '../effects/Store.ts'

type Legible = (value: unknown) => boolean

const tagged =
  (...tags: ReadonlyArray<unknown>): Legible =>
  (value) =>
    typeof value === 'object' && value !== null && tags.includes((value as { readonly _tag?: unknown })._tag)

const number: Legible = (value) => typeof value === 'number' && value >= 0

const isRecord = tagged('Live', 'Ended')
const isNone = tagged('None')
const isSome = tagged('Some')

const isStored: Legible = (value) => {
  if (!isRecord(value)) return false
  const { _tag, credential } = value as { readonly _tag: string; readonly credential?: { readonly digest?: unknown } }
  return _tag === 'Ended' || typeof credential?.digest === 'string'
}

const isOption: Legible = (value) =>
  isNone(value) || (isSome(value) && isStored((value as { readonly value?: unknown }).value))

const ANSWERS: Readonly<Record<StoreOperation, Legible>> = {
  load: isOption,
  create: tagged('Created', 'Exists'),
  update: tagged('Updated', 'Conflict', 'Leased', 'Gone'),
  touch: tagged('Touched', 'Gone'),
  end: tagged('Done', 'Conflict', 'Leased', 'Gone'),
  sweep: () => true,
  acquire: tagged('Acquired', 'Busy', 'Gone'),
  renew: tagged('Acquired', 'Lost'),
  release: tagged('Released', 'Lost'),
  list: Array.isArray,
  endOne: tagged('Done', 'Gone'),
  endAll: number,
  count: number,
  raiseEpoch: number,
  readEpoch: number,
}

const isFault = tagged('StoreError')
const isEither = tagged('Left', 'Right')

/** The answer, or the fault that it is none. Never throws. */
export const legible = <A>(operation: StoreOperation, answer: Either<StoreError, A>): Either<StoreError, A> => {
  try {
    if (isEither(answer)) {
      if (answer._tag === 'Right' && ANSWERS[operation](answer.right)) return answer
      if (answer._tag === 'Left') return isFault(answer.left) ? answer : left(storeError(operation, answer.left))
    }
  } catch (cause) {
    return left(storeError(operation, cause))
  }
  // What it holds may be a record: it is not repeated.
  return left(storeError(operation, new Error(`the store's answer to ${operation} is none that its contract has`)))
}
