/**
 * ```ts
 * acquiring: (ask, acquire, waiting, ear, poll) => (id, { wait, lease }) => Promise<Acquired | Busy | Gone>
 * ```
 * Waiting for a lease. A lease is two columns of the session's row: no connection is held by its holder, and none by
 * who waits, who asks again when it is woken, when the lease runs out by the server's clock, and every now and then.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import { systemClock } from '../../effects/Clock.ts'
import type { Acquired, Busy, Gone } from '../../effects/Store.ts'
import { gone } from '../../effects/Store.ts'
import type { Ask, Statement } from './client.ts'
import type { Listening } from './listening.ts'
import type { Waiting } from './waiting.ts'

/** How often a waiter asks who is also told: a notification can be lost with its connection. ms. */
const POLL_WHEN_TOLD = 1_000

/** Somebody took it while the statement looked: ask again soon. ms. */
const SOON = 5

/** The answer of `acquire`, `T<fence> <until>` or `B<until> <remaining ms>`, after its letter. */
const pair = (text: string): readonly [number, number] => {
  const [first, second] = text.slice(1).split(' ')
  return [Number(first), Number(second)]
}

/** What an answer of `acquire` or `renew` grants. */
export const acquired = (fence: number, until: Millis): Acquired => ({ _tag: 'Acquired', fence, until })

/** See the module's head. `ear` is undefined where nobody listens. */
export const acquiring =
  (ask: Ask, acquire: Statement, waiting: Waiting, ear: Listening | undefined, poll: Millis) =>
  async (
    id: string,
    { wait, lease }: { readonly wait: Millis; readonly lease: Millis },
  ): Promise<Acquired | Busy | Gone> => {
    const deadline = systemClock() + wait
    // Before the question, so that no release between the answer and the sleep goes unheard.
    const waiter = waiting.enter(id)
    let until = 0
    try {
      for (;;) {
        const answer = (await ask(acquire, [id, lease])) ?? 'G'
        const kind = answer[0]
        if (kind === 'G') return gone
        const [first, second] = kind === 'A' ? [until, SOON] : pair(answer)
        if (kind === 'T') return acquired(first, second)
        until = first
        const left = deadline - systemClock()
        // `A` has nobody to name yet, and the lease may be free: one who does not wait asks again, too.
        if (left <= 0 && kind === 'B') return { _tag: 'Busy', until }
        ear?.start()
        // Spread, so that waiters of many processes do not ask at once.
        const pause = ear?.alive() === true ? POLL_WHEN_TOLD : poll * (0.75 + Math.random() / 2)
        await waiter.sleep(Math.max(1, Math.min(left, second + 1, pause)))
      }
    } finally {
      waiter.leave()
    }
  }
