/**
 * ```ts
 * refusal: (request, base, result, plan, changes) => SessionError | undefined
 * ```
 * What a request may not do with what it has: write to a session that it lost, create where it must not, or set a cookie
 * that can not leave any more (design §4, §6, §8).
 *
 * @since 0.1.0
 */
import type { Action, Nothing, Plan, Touch } from '../core/Plan.ts'
import { changed, isLogout } from '../core/Plan.ts'
import type { Change } from '../core/Replay.ts'
import { replay } from '../core/Replay.ts'
import type { Session } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import { headersSent, misconfigured, sessionEnded, superseded } from '../core/SessionError.ts'
import type { Base, Request } from './request.ts'
import { mustSignIn } from './request.ts'

/** Whether a request that lost its session, or came too late for it, may start another by signing in (design §4). */
const mayStartAnew = <A>({ grant, status }: Request<A>): boolean =>
  grant === undefined || (status === 'superseded' && grant.subject === undefined)

// A logout wants nothing of a session that is lost already.
const wanted = <A>(base: Session<A>, result: Session<A>): boolean => changed(base, result) || result.intent === 'rotate'

/** Whether an action writes more than the time of activity. */
export const stores = (action: Action): action is Exclude<Action, Nothing | Touch> =>
  action._tag !== 'Nothing' && action._tag !== 'Touch'

/** Why a plan must not be carried out, if it must not. Asked before any store call of the write. */
export const refusal = <A>(
  req: Request<A>,
  base: Base<A>,
  result: Session<A>,
  { action, cookie }: Plan,
  changes: ReadonlyArray<Change<A>>,
): SessionError | undefined => {
  if (base.unreadable !== undefined && changes.length > 0 && !isLogout(base.session, result)) return base.unreadable
  if (base.record === undefined && changes.length > 0 && mustSignIn(req.status)) {
    const lost = req.status === 'superseded' ? superseded : sessionEnded
    if (action._tag === 'Create' && !mayStartAnew(req)) return lost
    if (action._tag === 'Nothing' && wanted(base.session, replay(base.session, changes).session)) return lost
  }
  if (action._tag === 'Create') {
    if (req.destroyed && result.subject._tag === 'None') return sessionEnded
    if (req.degraded !== undefined) return req.degraded
    if (!req.create || req.passive)
      return req.engine.limits.development && result.subject._tag === 'Some'
        ? misconfigured('create', false, 'a route that signs in must be allowed to create a session')
        : sessionEnded
  }
  const needsCookie = cookie === 'Set' || (req.engine.carriage !== undefined && stores(action))
  return needsCookie && !req.canSetCookie ? headersSent : undefined
}
