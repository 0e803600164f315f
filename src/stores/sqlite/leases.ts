/**
 * ```ts
 * leases: (driver, sql, run, poll) => Locking & { wake: (id) => void; wakeAll: IO<void> }
 * ```
 * A lease is two columns of the session's row, and runs on the machine's clock, which all processes with the file share.
 * Who waits asks again when it is woken by a release in this process, when the lease runs out, and every now and then.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Millis } from '../../core/Millis.ts'
import type { SessionId } from '../../core/Token.ts'
import { systemClock } from '../../effects/Clock.ts'
import type { Acquired, Busy, Gone, Locking } from '../../effects/Store.ts'
import { gone, lost, released } from '../../effects/Store.ts'
import type { Driver } from './driver.ts'
import type { Statements } from './sql.ts'
import type { Run } from './verbs.ts'

/** See the module's head. */
export interface Leases extends Locking {
  /** The lease of this session ended, or the session did. */
  readonly wake: (id: SessionId) => void
  /** Some did: who waits looks. */
  readonly wakeAll: IO<void>
}

const acquired = (fence: number, until: Millis): Acquired => ({ _tag: 'Acquired', fence, until })

/** See the module's head. */
export const leases = (driver: Driver, sql: Statements, run: Run, poll: Millis): Leases => {
  /** How each sleeper is woken. */
  const sleepers = new Map<SessionId, Set<IO<void>>>()

  const wake = (id: SessionId): void => {
    for (const up of sleepers.get(id) ?? []) up()
  }

  const sleep = async (id: SessionId, ms: Millis): Promise<void> => {
    const set = sleepers.get(id) ?? new Set<IO<void>>()
    sleepers.set(id, set)
    let up: IO<void> = () => undefined
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      up = () => {
        clearTimeout(timer)
        resolve()
      }
      set.add(up)
    })
    set.delete(up)
    if (set.size === 0) sleepers.delete(id)
  }

  const acquire = async (
    id: SessionId,
    { wait, lease }: { readonly wait: Millis; readonly lease: Millis },
  ): Promise<Acquired | Busy | Gone> => {
    const deadline = systemClock() + wait
    for (;;) {
      const now = systemClock()
      const [row] = await driver.first(sql.acquire, { id, now, until: now + lease })
      const until = Number(row?.['lease_until'])
      if (row?.['a'] === 'T') return acquired(Number(row['fence']), until)
      if (row?.['a'] !== 'A') {
        if (row?.['a'] !== 'B') return gone
        const left = deadline - systemClock()
        if (left <= 0) return { _tag: 'Busy', until }
        // Spread, so that waiters of several processes do not ask at once.
        const interval = poll * (0.75 + Math.random() / 2)
        await sleep(id, Math.max(1, Math.min(left, until - systemClock() + 1, interval)))
      }
    }
  }

  return {
    wake,
    wakeAll: () => {
      for (const id of [...sleepers.keys()]) wake(id)
    },
    acquire: (id, wish) => () => run('acquire', () => acquire(id, wish)),
    renew: (id, fence, lease) => () =>
      run('renew', async () => {
        const now = systemClock()
        const [row] = await driver.first(sql.renew, { id, fence, now, until: now + lease })
        return row === undefined ? lost : acquired(fence, now + lease)
      }),
    release: (id, fence) => () =>
      run('release', async () => {
        const [row] = await driver.first(sql.release, { id, fence, now: systemClock() })
        if (row === undefined) return lost
        wake(id)
        return released
      }),
  }
}
