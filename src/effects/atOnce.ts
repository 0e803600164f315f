/**
 * ```ts
 * atOnce: ((...args) => Either<StoreError, A>) => ((...args) => TaskEither<StoreError, A>)
 * nowOf:  (verb) => ((...args) => Either<StoreError, A>) | undefined
 * ```
 * Verbs of a store in this process, which have their answer before anybody could wait for it. The engine, if it finds it
 * so, saves itself the promises. The knowledge is the verb's own: a verb that wraps it, or stands in its place, is not
 * taken for it.
 *
 * Laws: `await atOnce(f)(...args)()` equals `f(...args)`, and `f` is called once, when the effect is run;
 * `nowOf(atOnce(f)) === f`; `nowOf` of any other function is undefined.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { StoreError } from './Store.ts'

/** What is known at once, or a promise of it. */
export type Soon<A> = A | Promise<A>

const NOW = Symbol('now')

type Now<Args extends ReadonlyArray<unknown>, A> = (...args: Args) => Either<StoreError, A>
type Verb<Args extends ReadonlyArray<unknown>, A> = (...args: Args) => TaskEither<StoreError, A>

/** A verb of the contract that answers at once. */
export const atOnce = <Args extends ReadonlyArray<unknown>, A>(now: Now<Args, A>): Verb<Args, A> =>
  Object.assign(
    (...args: Args): TaskEither<StoreError, A> =>
      () =>
        Promise.resolve(now(...args)),
    { [NOW]: now },
  )

/** The answer of a verb without its effect's promise, where it is one that `atOnce` made. */
export const nowOf = <Args extends ReadonlyArray<unknown>, A>(verb: Verb<Args, A>): Now<Args, A> | undefined =>
  (verb as Partial<Record<typeof NOW, Now<Args, A>>>)[NOW]
