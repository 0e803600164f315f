/**
 * ```ts
 * interface Leases { acquire; renew; release; held: (id) => Held | undefined; abandon: (id) => void }
 * ```
 * Who holds which session, and who waits for it, first come, first served. The clock alone decides whether a lease has
 * run out; timers only wake waiters up, so a lease that nobody waits for costs no timer.
 *
 * Laws: a fence is granted once; at most one lease of an id is live; a waiter gets exactly one answer, at its deadline
 * or before.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Millis } from '../../core/Millis.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Clock } from '../../effects/Clock.ts'
import type { Acquired, Busy, Gone, Lost, Released } from '../../effects/Store.ts'
import { gone, lost, released } from '../../effects/Store.ts'
import type { Timer } from '../../effects/Timer.ts'

/** A lease that has not run out. */
export interface Held {
  readonly fence: number
  readonly until: Millis
}

/** See the module's head. */
export interface Leases {
  readonly acquire: (
    id: SessionId,
    options: { readonly wait: Millis; readonly lease: Millis },
  ) => Promise<Acquired | Busy | Gone>
  readonly renew: (id: SessionId, fence: number, lease: Millis) => Acquired | Lost
  readonly release: (id: SessionId, fence: number) => Released | Lost
  /** The live lease of an id. */
  readonly held: (id: SessionId) => Held | undefined
  /** The record is no more: its waiters get `Gone`. */
  readonly abandon: (id: SessionId) => void
}

interface Waiter {
  readonly deadline: Millis
  readonly lease: Millis
  readonly answer: (answer: Acquired | Busy | Gone) => void
  disarm: IO<void>
}

/** The lease of one id, live or just run out, and its waiters in the order of their coming. */
interface Queue {
  fence: number
  until: Millis
  readonly waiters: Set<Waiter>
}

const acquired = (fence: number, until: Millis): Acquired => ({ _tag: 'Acquired', fence, until })
const busy = (until: Millis): Busy => ({ _tag: 'Busy', until })

/** `raise` raises the fence of a live record and answers it; undefined when there is no such record. */
export const leases = (clock: Clock, timer: Timer, raise: (id: SessionId) => number | undefined): Leases => {
  const queues = new Map<SessionId, Queue>()

  const dismiss = (queue: Queue, waiter: Waiter, answer: Acquired | Busy | Gone): void => {
    queue.waiters.delete(waiter)
    waiter.disarm()
    waiter.answer(answer)
  }

  const arm = (id: SessionId, queue: Queue, waiter: Waiter, at: Millis): void => {
    waiter.disarm()
    waiter.disarm = timer(Math.max(0, at - clock()), () => {
      settle(id, queue)
    })
  }

  /** Passes a free lease on, turns away who waited long enough, and forgets a free lease that nobody waits for. */
  const settle = (id: SessionId, queue: Queue): void => {
    const now = clock()
    for (const waiter of queue.waiters) {
      if (queue.until <= now) {
        const fence = raise(id)
        if (fence !== undefined) {
          queue.fence = fence
          queue.until = now + waiter.lease
        }
        dismiss(queue, waiter, fence === undefined ? gone : acquired(fence, queue.until))
      } else if (waiter.deadline <= now) dismiss(queue, waiter, busy(queue.until))
    }
    if (queue.until <= now) queues.delete(id)
    // Only the first in line is to be woken when the lease runs out; the others have their deadlines.
    else for (const waiter of queue.waiters) return arm(id, queue, waiter, Math.min(waiter.deadline, queue.until))
  }

  const live = (id: SessionId): Queue | undefined => {
    const queue = queues.get(id)
    if (queue === undefined || queue.until > clock()) return queue
    settle(id, queue)
    return queues.get(id)
  }

  const grant = (id: SessionId, lease: Millis): Acquired | Gone => {
    const fence = raise(id)
    if (fence === undefined) return gone
    const until = clock() + lease
    queues.set(id, { fence, until, waiters: new Set() })
    return acquired(fence, until)
  }

  return {
    acquire: (id, { wait, lease }) => {
      const queue = live(id)
      if (queue === undefined) return Promise.resolve(grant(id, lease))
      if (wait <= 0) return Promise.resolve(busy(queue.until))
      return new Promise((answer) => {
        const deadline = clock() + wait
        const waiter: Waiter = { deadline, lease, answer, disarm: () => undefined }
        queue.waiters.add(waiter)
        arm(id, queue, waiter, queue.waiters.size === 1 ? Math.min(deadline, queue.until) : deadline)
      })
    },
    renew: (id, fence, lease) => {
      const queue = live(id)
      if (queue?.fence !== fence) return lost
      queue.until = clock() + lease
      settle(id, queue)
      return acquired(fence, queue.until)
    },
    release: (id, fence) => {
      const queue = live(id)
      if (queue?.fence !== fence) return lost
      queue.until = 0
      settle(id, queue)
      return released
    },
    held: (id) => (queues.size === 0 ? undefined : live(id)),
    abandon: (id) => {
      const queue = queues.get(id)
      if (queue === undefined) return
      queues.delete(id)
      for (const waiter of queue.waiters) dismiss(queue, waiter, gone)
    },
  }
}
