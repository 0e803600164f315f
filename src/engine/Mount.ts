/**
 * ```ts
 * mount: (chain, manager, request, cookieHeaderOf, options) => Mounted      find: (chain, manager) => SessionRef | undefined
 * ```
 * The managers that one request has met: a linked list, newest first, which the adapter keeps on the request.
 *
 * Laws:
 * 1. `find(mount(chain, m, …), m)` is the handle that the first mount of `m` opened: the same manager met twice leaves the
 *    chain as it is, and opens nothing.
 * 2. Two managers with one cookie name on one request are `Misconfigured` on that request: each would overwrite the
 *    other's cookie.
 *
 * @since 0.1.0
 */
import type { Access, Requirement } from '../core/Access.ts'
import { access } from '../core/Access.ts'
import type { Millis } from '../core/Millis.ts'
import type { Session } from '../core/Session.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Status } from '../core/Status.ts'
import type { Guarantee } from '../effects/Store.ts'
import type { OpenOptions, SessionManager } from './SessionManager.ts'
import type { Ending, Finished, LockModeOf, Reply, SessionRef } from './SessionRef.ts'

/** The side of a manager that does not depend on the type of its data. */
export interface AnyManager {
  readonly cookieName: string
  readonly cookieNames: ReadonlyArray<string>
  readonly clock: () => Millis
}

/** The side of a handle that does not depend on the type of its data. */
export interface AnyRef {
  readonly read: () => Promise<Session<unknown>>
  readonly status: () => Promise<Status>
}

/** See the module's head. */
export interface Mounted {
  readonly manager: AnyManager
  readonly ref: AnyRef
  /** To be awaited before the handler runs, where it is there (lock mode 'early'). */
  readonly ready: (() => Promise<void>) | undefined
  readonly finish: (ending: Ending) => Finished | Promise<Finished> | undefined
  readonly next: Mounted | undefined
}

/** Where an adapter keeps the chain: on the framework's context, or on the request. */
const CHAIN = Symbol('coatcheck')

interface Carrier {
  [CHAIN]?: Mounted | undefined
}

/** The chain that the object carries. */
export const chainOf = (carrier: object): Mounted | undefined => (carrier as Carrier)[CHAIN]

/** Makes the object carry a chain. */
export const carry = (carrier: object, chain: Mounted | undefined): void => {
  ;(carrier as Carrier)[CHAIN] = chain
}

const where = (chain: Mounted | undefined, manager: AnyManager): Mounted | undefined => {
  for (let at = chain; at !== undefined; at = at.next) if (at.manager === manager) return at
  return undefined
}

/** The handle of a manager that the request has met. */
export const find = <A, G extends Guarantee>(
  chain: Mounted | undefined,
  manager: SessionManager<A, G>,
): SessionRef<A, G> | undefined =>
  // Sound: this very manager opened it.
  where(chain, manager)?.ref as SessionRef<A, G> | undefined

/** Adds a manager, which opens the request. Throws a `SessionException` (`Misconfigured`) when another one uses its cookie name. */
export const mount = <A, G extends Guarantee, R>(
  chain: Mounted | undefined,
  manager: SessionManager<A, G>,
  request: R,
  cookieHeaderOf: (request: R) => string | undefined,
  options: OpenOptions<LockModeOf<G>>,
): Mounted => {
  for (let at = chain; at !== undefined && chain !== undefined; at = at.next) {
    if (at.manager === manager) return chain
    if (at.manager.cookieName === manager.cookieName)
      throw toError(
        misconfigured('cookie.name', manager.cookieName, 'two session managers met on one request must differ in it'),
      )
  }
  const { ref, ready, finish } = manager.openRequest(request, cookieHeaderOf, options)
  return { manager, ref, ready, finish, next: chain }
}

/** The cookie names of all managers: their Set-Cookie lines outlive a dropped response. */
export const cookieNames = (chain: Mounted | undefined): ReadonlyArray<string> =>
  chain === undefined ? [] : [...chain.manager.cookieNames, ...cookieNames(chain.next)]

/** Whether the request may enter a protected route. `ref` is the handle that the framework holds under the name that the guard asks for. */
export const enter = async (chain: Mounted | undefined, ref: unknown, requirement: Requirement): Promise<Access> => {
  for (let at = chain; at !== undefined; at = at.next) {
    if (at.ref !== ref) continue
    const session = await at.ref.read()
    return access(requirement, at.manager.clock())(await at.ref.status(), session)
  }
  throw toError(misconfigured('requireSubject', 'a request without a session', 'mount the session before it'))
}

/** How a commit ended, for an adapter. */
export interface Outcome {
  readonly reply: Reply
  /** The exception to answer with instead of the handler's response. */
  readonly failure: { readonly error: unknown } | undefined
}

/** What a commit's end means. A recorded function that throws is the application's defect: its exception is the failure. */
const outcomeOf = ({ reply, error, defect }: Finished): Outcome => ({
  reply,
  failure: defect ?? (error === undefined ? undefined : { error: toError(error) }),
})

/** How a commit ends: at once where nothing was to be stored. Never rejects. */
export const outcome = (done: Finished | Promise<Finished>): Outcome | Promise<Outcome> =>
  done instanceof Promise ? done.then(outcomeOf) : outcomeOf(done)

/** How the commits of all managers ended. */
export interface Outcomes {
  readonly replies: ReadonlyArray<Reply>
  /** The first one. */
  readonly failure: Outcome['failure']
}

const joined = ({ reply, failure }: Outcome, others: Outcomes | undefined): Outcomes =>
  others === undefined
    ? { replies: [reply], failure }
    : { replies: [reply, ...others.replies], failure: failure ?? others.failure }

const rest = (first: Outcome, next: Mounted | undefined, ending: Ending): Outcomes | Promise<Outcomes> => {
  if (next === undefined) return joined(first, undefined)
  // The managers that follow must know that the response failed: their updates do not outlive it.
  const others = finishAll(next, first.failure === undefined ? ending : { _tag: 'Threw', status: 500 })
  return others instanceof Promise ? others.then((settled) => joined(first, settled)) : joined(first, others)
}

/** Commits for all managers, the newest first. At once where nothing is to be stored; undefined: no session was used. */
export const finishAll = (chain: Mounted | undefined, ending: Ending): Outcomes | Promise<Outcomes> | undefined => {
  for (let at = chain; at !== undefined; at = at.next) {
    const { next } = at
    const done = at.finish(ending)
    if (done === undefined) continue
    const first = outcome(done)
    return first instanceof Promise ? first.then((settled) => rest(settled, next, ending)) : rest(first, next, ending)
  }
  return undefined
}
