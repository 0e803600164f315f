/**
 * ```ts
 * interface Turns { enter: (id) => Turn | Promise<Turn | undefined>; leave: (id, turn) => void }
 * ```
 * Commits to one session queue inside a process, and the record that one stored is handed to the next as its base: 200
 * writers cost a few store calls each instead of a storm of conflicts. Not a lock: compare-and-set still decides, and
 * whoever finds the queue full, or waits too long (a request whose runtime was cut off may never leave), goes without.
 *
 * @since 0.1.0
 */
import type { Millis } from '../core/Millis.ts'
import type { Stored } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'

/** The right to go next. */
export interface Turn {
  /** What the last commit of this queue left in the store, as far as it knows. */
  latest: Stored | undefined
  /** How many have left: a queue that moves is not stuck. */
  left: number
  readonly waiting: Array<(turn: Turn | undefined) => void>
}

/** See the module's head. */
export interface Turns {
  /** A turn at once, or a promise of one; of undefined when the queue is full or stuck. */
  readonly enter: (id: SessionId) => Turn | Promise<Turn | undefined>
  readonly leave: (id: SessionId, turn: Turn) => void
}

const MAX_WAITING = 1_000

/** `patience`: ms without anybody leaving after which waiters give up on the queue. */
export const turns = (patience: Millis): Turns => {
  const queues = new Map<SessionId, Turn>()

  const wait = (id: SessionId, turn: Turn): Promise<Turn | undefined> =>
    new Promise((resolve) => {
      const proceed = (given: Turn | undefined): void => {
        clearTimeout(timer)
        resolve(given)
      }
      const watch = (seen: number): ReturnType<typeof setTimeout> =>
        setTimeout(() => {
          if (turn.left !== seen) {
            timer = watch(turn.left)
            return
          }
          if (queues.get(id) === turn) queues.delete(id)
          for (const waiting of turn.waiting.splice(0)) waiting(undefined)
        }, patience)
      let timer = watch(turn.left)
      turn.waiting.push(proceed)
    })

  return {
    enter: (id) => {
      const turn = queues.get(id)
      if (turn !== undefined) return turn.waiting.length < MAX_WAITING ? wait(id, turn) : Promise.resolve(undefined)
      const first: Turn = { latest: undefined, left: 0, waiting: [] }
      queues.set(id, first)
      return first
    },
    leave: (id, turn) => {
      turn.left++
      const next = turn.waiting.shift()
      if (next !== undefined) next(turn)
      else if (queues.get(id) === turn) queues.delete(id)
    },
  }
}
