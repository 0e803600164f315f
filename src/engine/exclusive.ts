/**
 * ```ts
 * exclusive: (request, mode, alone) => Lock<A>
 * ```
 * Exclusive access (design §6): the session's lease, taken by hand or at the first use, kept alive while the request runs,
 * given back by the commit that precedes the headers.
 *
 * Laws:
 * 1. The session is loaded and admitted before its lease is asked for: who can not prove it can not keep others waiting.
 * 2. Once the lease is there the record is loaded and admitted anew: what the request reads is what it holds.
 * 3. While it is held every write carries its fence, so a lease that ran out unnoticed stores nothing. Afterwards only
 *    what was decided on the content that still stands is stored (`LeaseLost` otherwise), and a logout.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLeft, left, none, right } from '../core/tagged.ts'
import type { Millis } from '../core/Millis.ts'
import type { SessionError } from '../core/SessionError.ts'
import { lockTimeout, misconfigured, toError } from '../core/SessionError.ts'
import type { SessionId } from '../core/Token.ts'
import type { Acquired, Busy, Gone, Locking, StoreError } from '../effects/Store.ts'
import { adopt, reloaded } from './adopt.ts'
import { read, write } from './calls.ts'
import { load } from './load.ts'
import type { Lock, Request } from './request.ts'
import type { LockMode } from './SessionRef.ts'

interface Held {
  readonly id: SessionId
  readonly fence: number
  /** When it may no longer be prolonged. */
  readonly end: Millis
}

/** How often a lease is prolonged in its time: of four renewals one may go unanswered. */
const RENEWALS = 4

const ignore = (): void => undefined

// A hold must not keep a process alive that has nothing else to do; workers' timers are numbers.
const unref = (timer: number | { readonly unref?: () => unknown }): void => {
  if (typeof timer !== 'number') timer.unref?.()
}

/** `alone`: no adapter commits for this request. Throws a `SessionException` (`Misconfigured`) where the store gives no leases. */
export const exclusive = <A>(req: Request<A>, mode: LockMode, alone: boolean): Lock<A> => {
  const { engine } = req
  const { clock, limits, store } = engine
  if (store.acquire === undefined)
    throw toError(misconfigured('lock', mode, 'it needs a store that gives leases (Locking)'))
  const locking = store as Locking
  const period = limits.lockLease / RENEWALS
  // Where no cookie can be sent (a WebSocket) no commit follows that would give it back.
  let due = mode !== 'explicit' && req.canSetCookie
  let held: Held | undefined
  let timer: ReturnType<typeof setTimeout>

  const drop = (): void => {
    held = undefined
    lock.fence = undefined
    clearTimeout(timer)
  }

  const renew = async (lease: Held): Promise<void> => {
    const rest = lease.end - clock()
    if (rest <= 0) return
    const renewal = locking.renew(lease.id, lease.fence, Math.min(limits.lockLease, rest))
    const answer = await read(engine, 'renew', renewal, false, Math.min(limits.storeTimeout, period))
    if (held !== lease) return
    if (answer._tag === 'Right' && answer.right._tag === 'Lost') lock.lose()
    else keep(lease)
  }

  const keep = (lease: Held): void => {
    timer = setTimeout(() => void renew(lease), period)
    unref(timer)
  }

  const acquire = async (id: SessionId, wait: Millis): Promise<Either<SessionError, Acquired | Busy | Gone>> => {
    let abandoned = false
    const asked = locking.acquire(id, { wait, lease: limits.lockLease })
    const task: TaskEither<StoreError, Acquired | Busy | Gone> = async () => {
      const answer = await asked()
      // Too late for this request: it must not keep others waiting.
      if (abandoned && answer._tag === 'Right' && answer.right._tag === 'Acquired')
        void read(engine, 'release', locking.release(id, answer.right.fence), false)
      return answer
    }
    const answer = await read(engine, 'acquire', task, true, limits.storeTimeout + wait)
    abandoned = isLeft(answer)
    return answer
  }

  /** Asks without waiting first: that others hold it is worth an event. */
  const obtained = async (id: SessionId): Promise<Either<SessionError, Acquired | Gone>> => {
    const started = clock()
    let answer = await acquire(id, 0)
    if (isLeft(answer) || answer.right._tag !== 'Busy') return answer as Either<SessionError, Acquired | Gone>
    answer = await acquire(id, limits.lockTimeout)
    engine.emit?.({ _tag: 'lock-waited', id, waited: clock() - started })
    return isLeft(answer) || answer.right._tag !== 'Busy'
      ? (answer as Either<SessionError, Acquired | Gone>)
      : left(lockTimeout(limits.lockTimeout))
  }

  const enter: Lock<A>['enter'] = async (changes, byHand) => {
    if (held !== undefined || !(byHand || (due && !req.passive && !req.finished))) return right(changes)
    // Whether the handler may have seen what is there before the lease is.
    const seen = req.base !== undefined
    const loaded = await load(req)
    if (isLeft(loaded)) return loaded
    const base = loaded.right
    if (base.record === undefined) {
      due = false
      return right(changes)
    }
    const answer = await obtained(base.id)
    if (isLeft(answer)) return answer
    due = false
    if (answer.right._tag === 'Gone') return adopt(req, base, none, changes)
    const { fence } = answer.right
    held = { id: base.id, fence, end: clock() + limits.maxHold }
    lock.fence = fence
    keep(held)
    const { pending } = req
    const admitted = await reloaded(req, base, changes)
    if (isLeft(admitted) && (seen || admitted.left._tag !== 'StaleRead')) {
      await lock.leave()
      return admitted
    }
    if (lock.fence === fence) lock.lost = false
    if (req.base?.record === undefined) await lock.leave()
    if (!isLeft(admitted)) return admitted
    // Nothing was read before this: nothing is stale.
    req.pending = pending
    return right(changes)
  }

  const lock: Lock<A> = {
    fence: undefined,
    lost: false,
    alone,
    enter,
    leave: async () => {
      due = false
      if (held === undefined) return
      const { id, fence } = held
      drop()
      await write(engine, 'release', locking.release(id, fence), ignore, false)
    },
    lose: () => {
      drop()
      lock.lost = true
    },
    forget: drop,
  }
  return lock
}
