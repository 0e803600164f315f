/**
 * One round of one subject, in a process of its own: µs added over the bare handler of the same framework.
 *
 * A round is a number of cycles; a cycle runs a slice of requests of every scenario, and a scenario's figure is the median
 * over the cycles of its difference to the bare slice of the same cycle. So a slow stretch of the machine, which is longer
 * than a cycle, falls out, and a slice during which the process had to wait for its core is run again. The bare handler is measured once more before the first and after the last cycle: when
 * the two differ, the round was disturbed, and the caller decides.
 */
import { cookieOf, drive, type Drive, type Seen } from './drive.ts'
import { drift, median } from './statistics.ts'
import { keyOf, nothing, paths, type Subject, visit } from './Subject.ts'

/** Scenarios with a figure. `empty` is a middleware that does nothing, the control for frameworks made of middleware. */
export type Scenario = 'empty' | 'untouched' | 'read' | 'write' | 'new'

export interface Sizes {
  readonly cycles: number
  /** Requests in a slice. */
  readonly slice: number
  /** Requests of each scenario before the first is timed. */
  readonly warmUp: number
}

export interface Round {
  /** µs per bare request, without a cookie. */
  readonly bare: number
  /** µs added per request. */
  readonly added: Readonly<Record<Scenario, number>>
  /** Added by the untouched session over the empty middleware, µs. */
  readonly overEmpty: number
  /** How far the bare handler's cost moved from the start to the end of the round, as a part of it. */
  readonly drift: number
  /** Slices measured again because the process had to wait for its core meanwhile. */
  readonly repeated: number
}

interface Slice {
  readonly drive: Drive
  readonly path: string
  readonly cookie: string | undefined
  readonly check: (seen: Seen) => void
}

const expectBody =
  (where: string, body: () => string) =>
  (seen: Seen): void => {
    if (seen.body !== body()) throw new Error(`${where} answered '${seen.body}' where '${body()}' is right`)
  }

/** A session by a real first request, read back by a second one. */
const begin = async (name: string, session: Drive): Promise<string> => {
  const { setCookie } = await session(paths.create, undefined, 1)
  const cookie = cookieOf(setCookie)
  if (cookie === undefined) throw new Error(`${name}: a new session came without a Set-Cookie`)
  expectBody(`${name}: the first read of a session`, () => visit.user)(await session(paths.read, cookie, 1))
  return cookie
}

/** A slice whose wall time is more than this many times the process's CPU time had to wait for the core. */
const waited = 1.1

/** Attempts to get a slice through without waiting; then the last one counts as it is, and the medians deal with it. */
const patience = 4

export const measure = async (subject: Subject, { cycles, slice, warmUp }: Sizes): Promise<Round> => {
  const name = keyOf(subject)
  const bare = drive(await subject.mount('bare'))
  const empty = drive(await subject.mount('empty'))
  const session = drive(await subject.mount('session'))
  const reading = await begin(name, session)
  const writing = await begin(name, session)

  let written = 0
  const counter = (): string => String(subject.cookieCarries === 'data' ? 1 : written)
  let created = reading
  const isNothing = expectBody(name, () => nothing)
  const slices = {
    bare: { drive: bare, path: paths.untouched, cookie: undefined, check: isNothing },
    'bare with cookie': { drive: bare, path: paths.untouched, cookie: reading, check: isNothing },
    empty: { drive: empty, path: paths.untouched, cookie: undefined, check: isNothing },
    untouched: { drive: session, path: paths.untouched, cookie: undefined, check: isNothing },
    read: { drive: session, path: paths.read, cookie: reading, check: expectBody(`${name} read`, () => visit.user) },
    write: { drive: session, path: paths.write, cookie: writing, check: expectBody(`${name} write`, counter) },
    new: {
      drive: session,
      path: paths.create,
      cookie: undefined,
      check: ({ setCookie }: Seen) => {
        const cookie = cookieOf(setCookie)
        if (cookie === undefined) throw new Error(`${name} new: no Set-Cookie`)
        if (cookie === created && subject.cookieCarries === 'reference')
          throw new Error(`${name} new: the same session`)
        created = cookie
      },
    },
  } as const
  type Name = keyof typeof slices
  const names = Object.keys(slices) as readonly Name[]
  let repeated = 0
  /** µs per request. */
  const run = async (which: Name, times: number, attempts: number): Promise<number> => {
    const { drive, path, cookie, check }: Slice = slices[which]
    for (let attempt = 1; ; attempt++) {
      // The event loop turns between slices, so that timers and collections that wait for it get their time outside.
      await new Promise(setImmediate)
      if (which === 'write') written += times
      const cpu = process.cpuUsage()
      const start = performance.now()
      const seen = await drive(path, cookie, times)
      const elapsed = (performance.now() - start) * 1000
      const { user, system } = process.cpuUsage(cpu)
      check(seen)
      if (elapsed <= (user + system) * waited || attempt === attempts) return elapsed / times
      repeated++
    }
  }

  // In slices as the timed ones, scenario after scenario: the code is compiled for the mixture that it will meet.
  for (let done = 0; done < warmUp; done += slice) for (const which of names) await run(which, slice, 1)

  // The fastest of many: what the machine can do now, whatever the collector did meanwhile.
  const reference = async (): Promise<number> => {
    let fastest = Number.POSITIVE_INFINITY
    for (let i = 0; i < 15; i++) fastest = Math.min(fastest, await run('bare', slice, patience))
    return fastest
  }

  const costs: Record<Name, number[]> = {
    bare: [],
    'bare with cookie': [],
    empty: [],
    untouched: [],
    read: [],
    write: [],
    new: [],
  }
  const before = await reference()
  for (let cycle = 0; cycle < cycles; cycle++) {
    // Another order in each cycle (their number is prime): none always pays for what its forerunner left to collect.
    for (let i = 0; i < names.length; i++) {
      const which = names[(i * (1 + (cycle % 6)) + cycle) % names.length]!
      costs[which].push(await run(which, slice, patience))
    }
  }
  const after = await reference()

  expectBody(`${name}: the last session created`, () => visit.user)(await session(paths.read, created, 1))
  if (subject.cookieCarries === 'reference') {
    expectBody(`${name}: the counter at the end`, counter)(await session(paths.count, writing, 1))
  }

  const over = (which: Name, base: Name): number => median(costs[which].map((cost, i) => cost - costs[base][i]!))
  return {
    bare: median(costs.bare),
    added: {
      empty: over('empty', 'bare'),
      untouched: over('untouched', 'bare'),
      read: over('read', 'bare with cookie'),
      write: over('write', 'bare with cookie'),
      new: over('new', 'bare'),
    },
    overEmpty: over('untouched', 'empty'),
    drift: drift(before, after),
    repeated,
  }
}
