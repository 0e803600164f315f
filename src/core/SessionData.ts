/**
 * ```ts
 * set: (key, value) => (session: Session<A>) => Session<A>      // and modify, update, remove, setDefault, clear, flash
 * get: (key)        => (session: Session<A>) => Option<A[key]>  // and getOr, has, keys, values, entries, size, isEmpty
 * pop: (key)        => State<Session<A>, Option<A[key]>>        // and popOr, getOrSetDefault, takeFlash
 * ```
 * The session's data as a dictionary, after CherryPy's dict-like `Session`; data-last and pure.
 *
 * Laws (each a property in test/core/SessionData.test.ts; all on sessions that are not destroyed):
 * 1. `get(k)(set(k, v)(s)) = some(v)` for `v` not undefined; `set(k, w)` after `set(k, v)` is `set(k, w)`.
 * 2. `set(k, v)(s) === s` when `s` has that very value (`Object.is`); so too `modify`, `update`, `setDefault`, `clear`, `remove` of an absent key.
 * 3. `modify(k, f) = s => set(k, f(value of k))(s)`; `update({ k: v }) = set(k, v)`.
 * 4. `pop(k)(s) = [get(k)(s), remove(k)(s)]`; `getOrSetDefault(k, v)(s) = [value afterwards, setDefault(k, v)(s)]`.
 * 5. On a destroyed session every transformation is the identity.
 * 6. `keys`, `values`, `entries` and `size` speak of the keys that `has` is true of.
 *
 * @since 0.1.0
 */
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { Option } from '#fp-ts/Option'
import type { State } from '#fp-ts/State'
import { none, some } from './tagged.ts'
import type { Json } from './Json.ts'
import type { Session } from './Session.ts'

/** The keys that may be absent, those of an index signature among them: what `remove` and `pop` take. */

export type OptionalKey<A> = {
  [K in keyof A]-?: string extends K ? K : object extends Pick<A, K> ? K : never
}[keyof A]

/** A value that is there. */
export type Present<V> = Exclude<V, undefined>

/** A function on a key's value. Looked up by key, so that literals, tuples and unions in its answer are inferred as such. */
export type Modifier<A, K extends keyof A> = { readonly [P in K]: (value: A[P]) => A[P] }[K]

/** What no data is: names the key that a stand-alone `modify` can not be applied to. */
export interface TypeMismatch<K> {
  readonly mismatch: K
}

/** Data that a stand-alone `modify` fits: its function takes every value of the key (absent: undefined) and gives only such. */
export type Fits<A, K extends PropertyKey, V, R> = K extends keyof A
  ? [A[K]] extends [V]
    ? [R] extends [A[K]]
      ? unknown
      : TypeMismatch<K>
    : TypeMismatch<K>
  : TypeMismatch<K>

const holds = <A>(data: A, key: keyof A): boolean => Object.hasOwn(data as object, key)

// An inherited member (`constructor`, `__proto__`) is not data.
const at = <A, K extends keyof A>(data: A, key: K): A[K] | undefined => (holds(data, key) ? data[key] : undefined)

const withData = <A>(session: Session<A>, data: A): Session<A> =>
  session.intent === 'end' || session.data === data ? session : { ...session, data }

/** Sets a key. The same session if it holds that very value already. */
export const set =
  <A, K extends keyof A>(key: K, value: A[K]): Endomorphism<Session<A>> =>
  (session) =>
    Object.is(session.data[key], value) && holds(session.data, key)
      ? session
      : withData(session, { ...session.data, [key]: value })

interface Modify {
  /** Applies a function to a key's value, as in `session.update(modify('views', (n) => n + 1))`. */
  <A, K extends keyof A>(key: K, f: Modifier<A, K>): Endomorphism<Session<A>>
  /** The same, named outside of a context: `const count = modify('views', (n: number) => n + 1)`. */
  <K extends string, V, R extends V>(
    key: K,
    f: (value: V) => R,
  ): <A extends Fits<A, K, V, R>>(session: Session<A>) => Session<A>
}

/** Applies a function to a key's value. The same session if the value stays the same. */
export const modify: Modify =
  <A, K extends keyof A>(key: K, f: (value: A[K]) => A[K]) =>
  (session: Session<A>): Session<A> =>
    set<A, K>(key, f(at(session.data, key) as A[K]))(session)

/** Sets several keys at once (CherryPy: `update`). Keys whose value is undefined are left as they are. */
export const update =
  <A>(changes: Partial<NoInfer<A>>): Endomorphism<Session<A>> =>
  (session) => {
    const given = Object.keys(changes) as Array<keyof A>
    const present = given.filter((key) => changes[key] !== undefined)
    if (present.every((key) => Object.is(session.data[key], changes[key]) && holds(session.data, key))) return session
    // A spread, for it makes a key `__proto__` one like any other.
    const news =
      present.length === given.length ? changes : Object.fromEntries(present.map((key) => [key, changes[key]]))
    return withData(session, { ...session.data, ...news })
  }

/** Removes an optional key (CherryPy: `del`). The same session if it is absent. */
export const remove =
  <A, K extends OptionalKey<A>>(key: K): Endomorphism<Session<A>> =>
  (session) => {
    if (!holds(session.data, key)) return session
    const { [key]: _removed, ...rest } = session.data
    return withData(session, rest as A)
  }

/** Sets a key that is absent or undefined; a key that has a value stays as it is (CherryPy: `setdefault`). */
export const setDefault =
  <A, K extends keyof A>(key: K, value: Present<A[K]>): Endomorphism<Session<A>> =>
  (session) =>
    at(session.data, key) === undefined ? set<A, K>(key, value)(session) : session

/** Back to the initial data; subject and flash stay (CherryPy: `clear`). */
export const clear = <A>(session: Session<A>): Session<A> => withData(session, session.initial)

/** Leaves a message for a later request to take. `value` must be what the flash codec allows: by default a string. */
export const flash =
  <V extends Json = string>(key: string, value: V) =>
  <A>(session: Session<A>): Session<A> =>
    session.intent === 'end' || (Object.is(session.flash[key], value) && Object.hasOwn(session.flash, key))
      ? session
      : { ...session, flash: { ...session.flash, [key]: value } }

/** A key's value, or None when it is absent or undefined. */
export const get =
  <A, K extends keyof A>(key: K) =>
  (session: Session<A>): Option<Present<A[K]>> => {
    const value = at(session.data, key)
    return value === undefined ? none : some(value as Present<A[K]>)
  }

/** A key's value, or `otherwise` when it is absent or undefined (CherryPy: `get` with a default). */
export const getOr =
  <A, K extends keyof A>(key: K, otherwise: Present<A[K]>) =>
  (session: Session<A>): Present<A[K]> => {
    const value = at(session.data, key)
    return value === undefined ? otherwise : (value as Present<A[K]>)
  }

/** Whether a key is there, with a value that is not undefined (CherryPy: `in`). */
export const has =
  <A, K extends keyof A>(key: K) =>
  (session: Session<A>): boolean =>
    at(session.data, key) !== undefined

/** Keys with their values (CherryPy: `items`): those that `has` is true of. */
export const entries = <A>(session: Session<A>): ReadonlyArray<readonly [keyof A & string, A[keyof A]]> =>
  (Object.entries(session.data as object) as Array<[keyof A & string, A[keyof A]]>).filter(
    ([, value]) => value !== undefined,
  )

/** The keys that are there. */
export const keys = <A>(session: Session<A>): ReadonlyArray<keyof A & string> => entries(session).map(([key]) => key)

/** The values that are there. */
export const values = <A>(session: Session<A>): ReadonlyArray<A[keyof A]> => entries(session).map(([, value]) => value)

/** How many keys are there. (CherryPy's `len` counts sessions instead; that is the Directory's `count`.) */
export const size = <A>(session: Session<A>): number => entries(session).length

/** Whether no key is there. */
export const isEmpty = <A>(session: Session<A>): boolean => size(session) === 0

/** Takes an optional key out: its value, and the session without it. Through `transact`, exactly one request gets it. */
export const pop =
  <A, K extends OptionalKey<A>>(key: K): State<Session<A>, Option<Present<A[K]>>> =>
  (session) => [get<A, K>(key)(session), remove<A, K>(key)(session)]

/** Takes an optional key out, or answers `otherwise` (CherryPy: `pop` with a default). */
export const popOr =
  <A, K extends OptionalKey<A>>(key: K, otherwise: Present<A[K]>): State<Session<A>, Present<A[K]>> =>
  (session) => [getOr<A, K>(key, otherwise)(session), remove<A, K>(key)(session)]

/** A key's value after `setDefault` (CherryPy: what `setdefault` returns). */
export const getOrSetDefault =
  <A, K extends keyof A>(key: K, value: Present<A[K]>): State<Session<A>, Present<A[K]>> =>
  (session) => {
    const after = setDefault<A, K>(key, value)(session)
    return [getOr<A, K>(key, value)(after), after]
  }

/** Takes a message out. `V` is what the flash codec allows: by default strings only. */
export const takeFlash =
  <V extends Json = string>(key: string) =>
  <A>(session: Session<A>): [Option<V>, Session<A>] => {
    if (session.intent === 'end' || !Object.hasOwn(session.flash, key)) return [none, session]
    const { [key]: taken, ...rest } = session.flash
    return [some(taken as V), { ...session, flash: rest }]
  }
