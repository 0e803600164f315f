/** Starts the demo: three servers, one session manager, events as lines. */
import type { Event } from 'coatcheck'
import { honoServer, koaServer, listen, nodeServer } from './servers.ts'
import { demoSessions } from './sessions.ts'
import type { DemoStore } from './stores.ts'

/** A running demo. */
export interface Demo {
  /** The addresses of Hono, Koa and Node http, in this order. */
  readonly origins: readonly [string, string, string]
  readonly stop: () => Promise<void>
}

/** An event as one line: its tag, then its other members. */
export const lineOf = (event: Event): string => {
  const { _tag, ...rest } = event
  const members = Object.entries(rest).map(
    ([name, value]) => `${name}=${value instanceof Error ? value.message : String(value)}`,
  )
  return `${_tag.padEnd(12)} ${members.join(' ')}`.trimEnd()
}

export const startDemo = async (
  ports: readonly [number, number, number],
  say: (line: string) => void,
  store: DemoStore,
): Promise<Demo> => {
  const sessions = demoSessions(store, (event) => {
    say(lineOf(event))
  })
  const known: Array<string> = []
  const origins = (): ReadonlyArray<string> => known
  const running = [
    await listen(honoServer(sessions, origins), ports[0]),
    await listen(koaServer(sessions, origins), ports[1]),
    await listen(nodeServer(sessions, origins), ports[2]),
  ] as const
  const [hono, koa, node] = running
  const at = (port: number): string => `http://localhost:${String(port)}`
  known.push(at(hono.port), at(koa.port), at(node.port))
  return {
    origins: [at(hono.port), at(koa.port), at(node.port)],
    stop: async () => {
      await Promise.all(running.map((server) => server.close()))
    },
  }
}
