/**
 * ```ts
 * interface Bench<S> { store: S; now: Millis; pass: (ms) => Promise<void>; … }
 * interface Trial<S> { name: string; run: (bench: Bench<S>) => Promise<void> }
 * ```
 * What the cases of the store contract are made with: fresh ids and records, answers without their wrapping, and
 * assertions that need no test runner.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLeft } from '../../core/tagged.ts'
import type { Json } from '../../core/Json.ts'
import type { Millis } from '../../core/Millis.ts'
import type { Live, Stored } from '../../core/Stored.ts'
import { FORMAT, nextTrail } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import { systemRandom } from '../../effects/Random.ts'
import type { Store, StoreError } from '../../effects/Store.ts'

/** A clock that the store under test goes by and the suite may advance. `fakeClock()` is one. */
export interface ContractClock {
  readonly now: IO<Millis>
  readonly advance: (ms: Millis) => void | Promise<void>
}

/** What one case works with. */
export interface Bench<S> {
  readonly store: S
  /** The store's time when the case began. */
  readonly now: Millis
  /** Lets time pass: at once where the store's clock can be advanced, else by waiting. */
  readonly pass: (ms: Millis) => Promise<void>
  /** Whether the store's clock stands still unless it is advanced. */
  readonly still: boolean
  /** Bytes of encoded data that the store takes. */
  readonly maxBytes: number
}

/** One case. `cas`: not to be asked of a store where the last writer wins. */
export interface Trial<S> {
  readonly name: string
  readonly cas?: true
  readonly run: (bench: Bench<S>) => Promise<void>
}

export const SECOND: Millis = 1_000
export const MINUTE: Millis = 60_000
export const HOUR: Millis = 3_600_000

const show = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? String(value) : text.length > 300 ? `${text.slice(0, 300)}…` : text
}

/** Fails the case. */
export const fail = (message: string, actual: unknown, expected: unknown): never => {
  throw Object.assign(new Error(`${message}: expected ${show(expected)}, got ${show(actual)}`), { actual, expected })
}

/** Fails the case unless `condition` holds. */
export const check = (condition: boolean, message: string): void => {
  if (!condition) fail(message, false, true)
}

const sameJson = (a: unknown, b: unknown): boolean => {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  const own = Object.getOwnPropertyDescriptor
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => own(b, key) !== undefined && sameJson(own(a, key)?.value, own(b, key)?.value))
  )
}

/** Fails the case unless both are the same JSON value; the order of keys does not count. */
export const equal = (actual: unknown, expected: unknown, message: string): void => {
  if (!sameJson(actual, expected)) fail(message, actual, expected)
}

const isDeepFrozen = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen))

/** Fails the case unless nothing of the value can be changed. */
export const frozen = (value: unknown, message: string): void => {
  check(isDeepFrozen(value), `${message}: must be frozen all the way down`)
}

/** Runs an effect of the store; a `StoreError` fails the case. */
export const answer = async <A>(task: TaskEither<StoreError, A>): Promise<A> => {
  const given = await task()
  if (isLeft(given)) throw new Error(`the store failed in "${given.left.operation}"`, { cause: given.left.cause })
  return given.right
}

/** Runs an effect and compares the tag of its answer; gives the whole answer. */
export const answers = async <A extends { readonly _tag: string }, T extends A['_tag']>(
  task: TaskEither<StoreError, A>,
  tag: T,
  message: string,
): Promise<Extract<A, { readonly _tag: T }>> => {
  const given = await answer(task)
  if (given._tag !== tag) fail(message, given._tag, tag)
  return given as Extract<A, { readonly _tag: T }>
}

/** An id that was never used. */
export const newId: IO<SessionId> = systemRandom.id

/** A tag that was never used. */
export const newTag: IO<string> = systemRandom.tag

/** A subject that was never used. */
export const newSubject = (): string => `subject-${systemRandom.tag()}`

/** An anonymous record that expires in an hour, with a revision of its own. */
export const record = (now: Millis, over: Partial<Live> = {}): Live => ({
  _tag: 'Live',
  format: FORMAT,
  revision: newTag(),
  trail: [],
  epoch: 0,
  fence: 0,
  credential: { digest: systemRandom.secret(), mintedAt: now },
  createdAt: now,
  touchedAt: now,
  expiresAt: now + HOUR,
  schema: 0,
  data: { views: 0 },
  flash: {},
  ...over,
})

/** The record that a writer puts in the place of `live`. */
export const successor = (live: Live, over: Partial<Live> = {}): Live => ({
  ...live,
  revision: newTag(),
  trail: nextTrail(live),
  ...over,
})

/** A record of a subject. */
export const recordOf = (now: Millis, subject: string, over: Partial<Live> = {}): Live =>
  record(now, { subject: { id: subject, authenticatedAt: now }, ...over })

/** Stores a record under a new id. */
export const stored = async (
  { store, now }: Bench<Store>,
  over: Partial<Live> = {},
): Promise<{ readonly id: SessionId; readonly live: Live }> => {
  const id = newId()
  const live = record(now, over)
  await answers(store.create(id, live), 'Created', 'create under a new id')
  return { id, live }
}

/** What stands under an id; undefined for nothing. */
export const standing = async ({ store }: Bench<Store>, id: SessionId): Promise<Stored | undefined> => {
  const given = await answer(store.load(id))
  return given._tag === 'None' ? undefined : given.value
}

/** The live record under an id. */
export const living = async (bench: Bench<Store>, id: SessionId): Promise<Live> => {
  const present = await standing(bench, id)
  return present?._tag === 'Live' ? present : fail('a live record must stand there', present, 'a live record')
}

/** Fails the case unless the record stands under the id. The fence is the store's own. */
export const holds = async (bench: Bench<Store>, id: SessionId, live: Live, message: string): Promise<void> => {
  const present = await living(bench, id)
  equal(present, { ...live, fence: present.fence }, message)
}

/** Fails the case unless nothing stands under the id. */
export const holdsNothing = async (bench: Bench<Store>, id: SessionId, message: string): Promise<void> => {
  equal(await standing(bench, id), undefined, message)
}

/** Fails the case unless a tombstone stands under the id. */
export const holdsTombstone = async (
  bench: Bench<Store>,
  id: SessionId,
  until: Millis,
  message: string,
): Promise<void> => {
  equal(await standing(bench, id), { _tag: 'Ended', until }, message)
}

/** Stores `data` and fails the case unless it comes back as JSON would bring it. */
export const keepsData = async (bench: Bench<Store>, data: Json, message: string): Promise<void> => {
  const { id } = await stored(bench, { data })
  const { data: back } = await living(bench, id)
  equal(back, JSON.parse(JSON.stringify(data)), message)
}

/** `count` runs at once. */
export const atOnce = <A>(count: number, run: (index: number) => Promise<A>): Promise<ReadonlyArray<A>> =>
  Promise.all(Array.from({ length: count }, (_, index) => run(index)))

/** How many answers have the tag. */
export const tagged = (given: ReadonlyArray<{ readonly _tag: string }>, tag: string): number =>
  given.filter(({ _tag }) => _tag === tag).length
