/**
 * ```ts
 * listening: (open, heard, opened) => { alive: IO<boolean>; start: IO<void>; close: Task<void> }
 * ```
 * One connection that hears which leases ended before their time. It is opened when somebody first waits, and opened
 * again, for the next who waits, when it broke. Nothing depends on it but promptness: waiters ask by themselves, too.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import type { Task } from '#fp-ts/Task'
import { systemClock } from '../../effects/Clock.ts'
import { CHANNEL } from './sql.ts'

/** What the store needs of a client that listens: a `Client` of `pg` that was not connected yet. */
export interface PostgresListener {
  connect(): Promise<unknown>
  query(text: string): Promise<unknown>
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  end(): Promise<unknown>
}

/** See the module's head. */
export interface Listening {
  /** Whether it hears. */
  readonly alive: IO<boolean>
  /** Opens it, if it is not open. */
  readonly start: IO<void>
  /** Closes it for good. */
  readonly close: Task<void>
}

/** Between two attempts to open it. ms. */
const RETRY_AFTER = 1_000

/** `heard` is told the id of a session whose lease ended; `opened`, that from now on nothing is missed. */
export const listening = (open: IO<PostgresListener>, heard: (id: string) => void, opened: IO<void>): Listening => {
  let client: PostgresListener | undefined
  let hears = false
  let closed = false
  let notBefore = 0

  const drop = async (dead: PostgresListener): Promise<void> => {
    if (client === dead) {
      client = undefined
      hears = false
      notBefore = systemClock() + RETRY_AFTER
    }
    await dead.end().catch(() => undefined)
  }

  const connect = async (): Promise<void> => {
    const mine = open()
    client = mine
    const gone = (): void => void drop(mine)
    mine.on('notification', ({ payload }) => {
      if (payload !== undefined) heard(payload)
    })
    mine.on('error', gone)
    mine.on('end', gone)
    try {
      await mine.connect()
      await mine.query(`listen ${CHANNEL}`)
    } catch {
      // The waiters' own questions meet the same server, and say what is wrong with it.
      return drop(mine)
    }
    if (client !== mine) return
    hears = true
    opened()
  }

  return {
    alive: () => hears,
    start: () => {
      if (client === undefined && !closed && systemClock() >= notBefore) void connect().catch(() => undefined)
    },
    close: async () => {
      closed = true
      if (client !== undefined) await drop(client)
    },
  }
}
