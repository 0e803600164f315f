/**
 * What needs real HTTP: throughput, CPU time of the server process, and what becomes of requests that run at once.
 * The server is a child process of its own (`serve`), the client is the caller's.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { awake, withConnections } from './client.ts'
import { cookieOf } from './drive.ts'
import { drift, percentile } from './statistics.ts'
import { type App, keyOf, nothing, paths, type Subject, visit } from './Subject.ts'

export interface Ports {
  readonly bare: number
  readonly session: number
  /** Over a store that counts, where the subject has one. */
  readonly counted?: number
}

export interface Usage {
  /** CPU time that the process has used, µs. */
  readonly cpu: number
  /** Calls of the counting store's verbs. */
  readonly calls: number
}

/** The client's side of a server. */
export interface Server {
  readonly ports: Ports
  readonly usage: () => Promise<Usage>
}

const listenerOf = async (app: App): Promise<(req: IncomingMessage, res: ServerResponse) => void> => {
  if (app._tag === 'listener') return app.listener
  const { getRequestListener } = await import('@hono/node-server')
  const listener = getRequestListener(app.fetch)
  return (req, res) => void listener(req, res)
}

const listen = async (app: App): Promise<number> => {
  const server = createServer(await listenerOf(app))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** The server's side: its applications' ports, and what its process and its counting store have used so far. */
export const serve = async (subject: Subject) => {
  const counted = await subject.mountCounted?.()
  return {
    ports: {
      bare: await listen(await subject.mount('bare')),
      session: await listen(await subject.mount('session')),
      ...(counted && { counted: await listen(counted.app) }),
    },
    usage: (): Usage => {
      const { user, system } = process.cpuUsage()
      return { cpu: user + system, calls: counted?.calls() ?? 0 }
    },
  }
}

export type HttpScenario = 'bare' | 'untouched' | 'read' | 'write' | 'new' | 'sign-in'
export const httpScenarios: readonly HttpScenario[] = ['untouched', 'read', 'write', 'new', 'sign-in']

export interface Load {
  /** Requests answered per second. */
  readonly rps: number
  /** CPU time of the whole server process per request, µs. */
  readonly cpu: number
  /** How long the client waited for an answer, ms. */
  readonly p50: number
  readonly p99: number
}

const pathOf = {
  bare: paths.untouched,
  untouched: paths.untouched,
  read: paths.read,
  write: paths.write,
  new: paths.create,
  'sign-in': paths.signIn,
}
const bodyOf = { bare: nothing, untouched: nothing, read: visit.user, new: nothing, 'sign-in': nothing }

const parallel = 32

/** Requests before the first that counts, and those that count: no times, so that a busy machine warms up as well. */
const warmUp = 16_384
const counted = 4_096

/** Requests of each connection to the session of that library, and to its bare handler. */
const perConnection = (requests: number, { thinned }: Subject, scenario: HttpScenario): number =>
  Math.max(1, Math.round(requests / parallel / (scenario === 'bare' ? 1 : thinned)))

/** Sends as many requests to one scenario. Each connection has a session of its own, so that every counter must be right. */
const flood = (subject: Subject, scenario: HttpScenario, { ports, usage }: Server, requests: number): Promise<Load> =>
  withConnections(scenario === 'bare' ? ports.bare : ports.session, parallel, async (connections) => {
    const carriesData = subject.cookieCarries === 'data'
    const path = pathOf[scenario]
    const each = perConnection(requests, subject, scenario)
    // Reads and writes keep to one session for each connection; who signs in was somebody else before.
    const sessions = { bare: 0, untouched: 0, read: 1, write: 1, new: 0, 'sign-in': each }[scenario]
    const cookies = await Promise.all(
      connections.map(async ({ send }) => {
        const made: string[] = []
        while (made.length < sessions) made.push(cookieOf((await send(paths.create, undefined)).setCookie) ?? '')
        return made
      }),
    )
    const setsCookie = scenario === 'new' || (scenario === 'sign-in' && (subject.rotates || carriesData))
    const waits: number[] = []
    const before = (await usage()).cpu
    const start = performance.now()
    await awake(() =>
      Promise.all(
        connections.map(async ({ send }, i) => {
          for (let count = 1; count <= each; count++) {
            const sent = performance.now()
            const { body, setCookie } = await send(path, cookies[i]![count % sessions])
            waits.push(performance.now() - sent)
            const right = scenario === 'write' ? String(carriesData ? 1 : count) : bodyOf[scenario]
            if (body !== right) throw new Error(`${keyOf(subject)} ${scenario}: '${body}' where '${right}' is right`)
            if (setsCookie && setCookie.length === 0) throw new Error(`${keyOf(subject)} ${scenario}: no Set-Cookie`)
          }
        }),
      ),
    )
    const rps = (waits.length * 1000) / (performance.now() - start)
    const cpu = ((await usage()).cpu - before) / waits.length
    return { rps, cpu, p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) }
  })

/** Until the server's code is compiled: its process is measured in CPU time, and the compiler's threads are part of it. */
export const warm = async (subject: Subject, scenarios: readonly HttpScenario[], server: Server): Promise<void> => {
  for (const scenario of ['bare', ...scenarios] as const) await flood(subject, scenario, server, warmUp)
}

/** One round of one subject: every scenario, the bare handler first and last. */
export const load = async (
  subject: Subject,
  scenarios: readonly HttpScenario[],
  server: Server,
): Promise<{ readonly loads: ReadonlyMap<HttpScenario, Load>; readonly drift: number }> => {
  const loads = new Map<HttpScenario, Load>()
  const first = await flood(subject, 'bare', server, counted)
  for (const scenario of scenarios) loads.set(scenario, await flood(subject, scenario, server, counted))
  const last = await flood(subject, 'bare', server, counted)
  const mean = (part: keyof Load): number => (first[part] + last[part]) / 2
  loads.set('bare', { rps: mean('rps'), cpu: mean('cpu'), p50: mean('p50'), p99: mean('p99') })
  return { loads, drift: drift(first.cpu, last.cpu) }
}

/** `atOnce` increments of one session, each on a connection of its own: read, wait 5 ms, write. How many are left? */
export const survivors = (subject: Subject, { ports }: Server, atOnce: number): Promise<number> =>
  withConnections(ports.session, atOnce, async (connections) => {
    const first = connections[0]!
    // As a browser does: of the cookies that come back the last one to arrive is kept.
    let cookie = cookieOf((await first.send(paths.create, undefined)).setCookie)
    const increment = async (send: typeof first.send): Promise<void> => {
      const { setCookie } = await send(paths.slow, cookie)
      cookie = cookieOf(setCookie) ?? cookie
    }
    // One after another loses nothing: what is lost below is lost by the library, not by this client.
    for (const { send } of connections.slice(0, 3)) await increment(send)
    const before = Number((await first.send(paths.count, cookie)).body)
    if (before !== 3) throw new Error(`${keyOf(subject)}: three increments one after another left ${before}`)
    await Promise.all(connections.map(({ send }) => increment(send)))
    return Number((await first.send(paths.count, cookie)).body) - before
  })

/** That many writers of one session at once, all acknowledged: store calls per write, where the subject's store counts them. */
export const storeCalls = async ({ ports, usage }: Server, writers: number): Promise<number | undefined> =>
  ports.counted === undefined
    ? undefined
    : withConnections(ports.counted, writers, async (connections) => {
        const first = connections[0]!
        const cookie = cookieOf((await first.send(paths.create, undefined)).setCookie)
        const before = (await usage()).calls
        await Promise.all(connections.map(({ send }) => send(paths.write, cookie)))
        const used = (await usage()).calls - before
        const { body } = await first.send(paths.count, cookie)
        if (body !== String(writers)) throw new Error(`${writers} acknowledged writes left ${body}`)
        return used / writers
      })
