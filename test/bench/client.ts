/**
 * A small keep-alive HTTP client over loopback, cheaper than any server under test: one request in flight on each
 * connection, bounded by its caller in connections and in time.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { answerLength, headersOf, parseAnswer, type Seen } from './drive.ts'

interface Connection {
  readonly send: (path: string, cookie: string | undefined) => Promise<Seen>
  readonly close: () => void
}

/** An answer that does not come within this time ends the benchmark, ms. */
const patience = 20_000

const open = async (port: number): Promise<Connection> => {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  socket.setEncoding('latin1')
  socket.setTimeout(patience)
  let received = ''
  let settle: ((text: string) => void) | undefined
  let fail: ((reason: Error) => void) | undefined
  socket.on('data', (text: string) => {
    received += text
    const length = answerLength(received)
    if (length < 0) return
    const answer = received.slice(0, length)
    received = received.slice(length)
    settle?.(answer)
  })
  socket.on('error', (reason) => fail?.(reason))
  socket.on('close', () => fail?.(new Error('The server closed the connection')))
  socket.on('timeout', () => socket.destroy(new Error(`No answer within ${patience} ms`)))
  return {
    send: async (path, cookie) => {
      const lines = headersOf(cookie).map(([name, value]) => `${name}: ${value}\r\n`)
      const text = await new Promise<string>((resolve, reject) => {
        settle = resolve
        fail = reject
        socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
      })
      if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`${path} answered ${text.slice(0, text.indexOf('\r\n'))}`)
      return parseAnswer(text)
    },
    close: () => {
      fail = undefined
      socket.destroy()
    },
  }
}

/** Opens as many connections, hands them over, and closes them whatever happens. */
export const withConnections = async <A>(
  port: number,
  count: number,
  use: (connections: readonly Connection[]) => Promise<A>,
): Promise<A> => {
  const connections = await Promise.all(Array.from({ length: count }, () => open(port)))
  try {
    return await use(connections)
  } finally {
    for (const connection of connections) connection.close()
  }
}

/**
 * Does not let this process sleep meanwhile: a server that is slower than its client would pay for waking it with every
 * answer, and on a virtual machine that costs it as much as the answer itself. Not for a run with a database, which needs
 * this process's core.
 */
export const awake = async <A>(work: () => Promise<A>): Promise<A> => {
  let working = true
  const turn = (): void => {
    if (working) setImmediate(turn)
  }
  turn()
  try {
    return await work()
  } finally {
    working = false
  }
}
