import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { pause } from './keep.ts'

/**
 * What happens to bytes on their way.
 *
 * - `pass`: nothing.
 * - `refuse`: a new connection is reset.
 * - `black-hole`: nothing arrives, neither way, and nobody is told.
 * - `lose-answers`: requests arrive and are carried out, answers do not arrive.
 * - `delay`: each chunk is that many ms late, each way.
 */
export type Weather = 'pass' | 'refuse' | 'black-hole' | 'lose-answers' | { readonly delay: number }

/** A TCP proxy in front of a server on the loopback interface, whose weather the test makes. */
export interface Proxy {
  readonly port: number
  /** How many connections are open through it. */
  readonly connections: () => number
  /** How many bytes of answers were lost. */
  readonly lost: () => number
  /** From now on. Connections that are open stay open. */
  readonly weather: (weather: Weather) => void
  /** Resets every open connection, as a router that lost its table would. */
  readonly reset: () => void
  /** Resolves when at least that many bytes of answers were lost: the server has acted by then. */
  readonly losing: (bytes: number) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts one, with good weather. */
export const startProxy = async (target: () => number): Promise<Proxy> => {
  const pairs = new Set<readonly [Socket, Socket]>()
  let present: Weather = 'pass'
  let lost = 0

  const carry = (from: Socket, to: Socket, isAnswer: boolean): void => {
    // Kept in order: each chunk waits for the one before it.
    let last = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      if (present === 'black-hole') return
      if (present === 'lose-answers' && isAnswer) {
        lost += chunk.length
        return
      }
      const delay = typeof present === 'object' ? present.delay : 0
      last = last.then(async () => {
        if (delay > 0) await pause(delay)
        if (!to.destroyed) to.write(chunk)
      })
    })
    from.on('end', () => {
      if (present !== 'black-hole') last = last.then(() => void to.end())
    })
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (inner) => {
    if (present === 'refuse') {
      inner.resetAndDestroy()
      return
    }
    const outer = connect({ port: target(), host: '127.0.0.1', allowHalfOpen: true })
    const pair = [inner, outer] as const
    pairs.add(pair)
    const drop = (): void => {
      pairs.delete(pair)
      inner.destroy()
      outer.destroy()
    }
    for (const socket of pair) socket.setNoDelay(true).on('error', drop).on('close', drop)
    carry(inner, outer, false)
    carry(outer, inner, true)
    inner.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    connections: () => pairs.size,
    lost: () => lost,
    weather: (weather) => {
      present = weather
    },
    reset: () => {
      for (const [inner, outer] of pairs) {
        inner.resetAndDestroy()
        outer.destroy()
      }
    },
    losing: async (bytes) => {
      const until = Date.now() + 10_000
      while (lost < bytes) {
        if (Date.now() > until) throw new Error(`only ${lost} bytes of answers came to be lost`)
        await pause(5)
      }
    },
    stop: () =>
      new Promise((resolve) => {
        for (const pair of pairs) for (const socket of pair) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
