/**
 * ```ts
 * cookieFor: (sessions, { subject?, data?, … }) => Promise<string>
 * ```
 * A Cookie header for tests of protected routes: a real session, made through the public functions and stored in the
 * manager's own store, so that the route under test meets what a browser would have sent.
 *
 * @since 0.1.0
 */
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLeft, left, none, right } from '../core/tagged.ts'
import type { SignIn, SignInOptions } from '../core/Session.ts'
import { signIn } from '../core/Session.ts'
import { update } from '../core/SessionData.ts'
import type { SessionError } from '../core/SessionError.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Guarantee } from '../effects/Store.ts'
import type { SessionManager } from '../engine/SessionManager.ts'

/** The session to make. At least one of `subject` and `data` must be there: nothing is stored of an untouched session. */
export interface CookieFor<A> {
  /** Who is signed in, as `signIn` takes it. Default: nobody. */
  readonly subject?: SignIn
  /** Options of that sign-in: `persistent`, timeouts in ms, … */
  readonly signIn?: SignInOptions<A>
  /** What differs from the manager's initial data. */
  readonly data?: Partial<A>
}

const EMPTY = misconfigured(
  'data',
  undefined,
  'a session without a subject and without own data is not stored, so there is no cookie of it; leave the Cookie header away',
)

/** The same as an effect: Left where the store or the codec refuses. */
export const cookieForEffect =
  <A, G extends Guarantee>(
    sessions: SessionManager<A, G>,
    { subject, signIn: options, data = {} }: CookieFor<A>,
  ): TaskEither<SessionError, string> =>
  async () => {
    const session = sessions.open(none)
    session.update(update(data))()
    if (subject !== undefined) session.update(signIn(subject, options))()
    const committed = await session.commit()
    if (isLeft(committed)) return committed
    const { setCookie, beside = [] } = committed.right
    if (setCookie._tag === 'None') return left(EMPTY)
    return right([setCookie.value, ...beside].map((line) => line.split(';', 1)[0]).join('; '))
  }

/** Stores a session and resolves to the value of a `Cookie` header that proves it. Rejects with a `SessionException`. */
export const cookieFor = async <A, G extends Guarantee>(
  sessions: SessionManager<A, G>,
  what: CookieFor<A>,
): Promise<string> => {
  const cookie = await cookieForEffect(sessions, what)()
  if (isLeft(cookie)) throw toError(cookie.left)
  return cookie.right
}
