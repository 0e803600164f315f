/**
 * ```ts
 * type attempt = <E, A>(f: () => Promise<A>, onError: (cause: unknown) => E) => TaskEither<E, A>
 * ```
 * The one place where a promise of the outside world becomes a `TaskEither`.
 *
 * @since 0.1.0
 */
import type { TaskEither } from '#fp-ts/TaskEither'
import { left, right } from '../core/tagged.ts'

/**
 * An effect that runs `f` each time it is run: Right of what its promise gives, Left of `onError` of what it rejects
 * with or throws at once. Never rejects, unless `onError` throws.
 */
export const attempt =
  <E, A>(f: () => Promise<A>, onError: (cause: unknown) => E): TaskEither<E, A> =>
  async () => {
    try {
      return right(await f())
    } catch (cause) {
      return left(onError(cause))
    }
  }
