/**
 * ```ts
 * left, right: Either      none, some, fromNullable: Option      isLeft, isRight, isSome, toUndefined
 * ```
 * fp-ts's tagged values, made and told apart. Types and values are fp-ts's (a test compares them); but its modules run code
 * when they are loaded, which bundlers must keep: 1.3 KB after gzip in whatever is deployed to an edge.
 *
 * @since 0.1.0
 */
import type { Either, Left, Right } from '#fp-ts/Either'
import type { Option, Some } from '#fp-ts/Option'

/** A failure. */
export const left = <E = never, A = never>(e: E): Either<E, A> => ({ _tag: 'Left', left: e })

/** A success. */
export const right = <E = never, A = never>(a: A): Either<E, A> => ({ _tag: 'Right', right: a })

/** Whether it is a failure. */
export const isLeft = <E>(either: Either<E, unknown>): either is Left<E> => either._tag === 'Left'

/** Whether it is a success. */
export const isRight = <A>(either: Either<unknown, A>): either is Right<A> => either._tag === 'Right'

/** No value. */
export const none: Option<never> = { _tag: 'None' }

/** A value. */
export const some = <A>(value: A): Option<A> => ({ _tag: 'Some', value })

/** Whether there is a value. */
export const isSome = <A>(option: Option<A>): option is Some<A> => option._tag === 'Some'

/** The value, unless it is null or undefined. */
export const fromNullable = <A>(value: A): Option<NonNullable<A>> =>
  value === null || value === undefined ? none : some(value)

/** The value, or undefined. */
export const toUndefined = <A>(option: Option<A>): A | undefined => (option._tag === 'Some' ? option.value : undefined)
