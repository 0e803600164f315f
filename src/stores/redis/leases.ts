/**
 * ```ts
 * leases: (keyed) => Locking
 * ```
 * Leases on the record's own key, by the server's clock: a holder that died is over when its lease has run out.
 *
 * Who waits asks again: after 10 ms at first, then less and less often, every 100 ms at last, and when the lease that it
 * waits for is due. A message on release would be faster, and needs a connection of its own per process.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { SessionId } from '../../core/Token.ts'
import { attempt } from '../../effects/attempt.ts'
import { systemClock } from '../../effects/Clock.ts'
import type { Acquired, Busy, Gone, Locking, Lost } from '../../effects/Store.ts'
import { gone, lost, released } from '../../effects/Store.ts'
import type { Keyed } from './directory.ts'
import { whole } from './layout.ts'
import { ACQUIRE, HOLD } from './scripts.ts'

const FIRST_PAUSE: Millis = 10
const LONGEST_PAUSE: Millis = 100

const pause = (ms: Millis): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

const acquired = (fence: string | undefined, until: string | undefined): Acquired => ({
  _tag: 'Acquired',
  fence: Number(fence),
  until: Number(until),
})

/** See the module's head. */
export const leases = ({ port, fault, session }: Keyed): Locking => {
  const acquire = async (id: SessionId, wait: Millis, lease: Millis): Promise<Acquired | Busy | Gone> => {
    const deadline = systemClock() + wait
    let longest = FIRST_PAUSE
    for (;;) {
      const reply = String(await port.run(ACQUIRE, session(id), whole(lease))).split('\t')
      if (reply[0] === 'Gone') return gone
      if (reply[0] === 'Acquired') return acquired(reply[1], reply[2])
      const left = deadline - systemClock()
      if (left <= 0) return { _tag: 'Busy', until: Number(reply[1]) }
      // Half of it is chance, so that those who wait do not ask all at once.
      await pause(Math.min(left, Number(reply[2]) + 1, longest * (0.5 + Math.random() / 2)))
      longest = Math.min(LONGEST_PAUSE, longest * 1.5)
    }
  }

  const hold = async (id: SessionId, fence: number, lease: Millis): Promise<Acquired | typeof released | Lost> => {
    const reply = String(await port.run(HOLD, session(id), whole(fence), whole(lease))).split('\t')
    if (reply[0] === 'Lost') return lost
    return reply[0] === 'Released' ? released : acquired(reply[1], reply[2])
  }

  return {
    acquire: (id, { wait, lease }) =>
      attempt(
        () => acquire(id, wait, lease),
        (cause) => fault('acquire', cause, id),
      ),
    renew: (id, fence, lease) =>
      attempt(
        async () => (await hold(id, fence, Math.max(1, lease))) as Acquired | Lost,
        (cause) => fault('renew', cause, id),
      ),
    release: (id, fence) =>
      attempt(
        async () => (await hold(id, fence, 0)) as typeof released | Lost,
        (cause) => fault('release', cause, id),
      ),
  }
}
