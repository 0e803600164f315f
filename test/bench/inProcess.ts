/**
 * One round of one subject, in a process of its own: what it adds per request to the bare handler of the same framework,
 * in wall time and in CPU time.
 *
 * A round is a number of cycles; a cycle runs a slice of requests of every scenario, and a scenario's figure is the median
 * over the cycles of its difference to the bare slice of the same cycle. So a slow stretch of the machine, which is longer
 * than a cycle, falls out, and a slice during which the process had to wait for its core is run again. The bare handler is
 * measured once more before the first and after the last cycle: when the two differ, the round was disturbed, and the
 * caller decides.
 */
import { baseOf, type Name, names, type Scenario, scenarios, slicesOf } from './scenarios.ts'
import { drift, median } from './statistics.ts'
import type { Subject } from './Subject.ts'

export interface Sizes {
  readonly cycles: number
  /** Requests in a slice. */
  readonly slice: number
  /** Requests of each scenario before the first is timed. */
  readonly warmUp: number
}

/** µs per request. `cpu` is that of the whole process: the collector's threads and the thread pool's are in it. */
export interface Cost {
  readonly wall: number
  readonly cpu: number
}

export interface Round {
  /** Per bare request, without a cookie. */
  readonly bare: Cost
  /** Added per request. */
  readonly added: Readonly<Record<Scenario, Cost>>
  /** Added by the untouched session over the empty middleware. */
  readonly overEmpty: Cost
  /** How far the bare handler's CPU time moved from the start to the end of the round, as a part of it. */
  readonly drift: number
  /** Slices measured again because the process had to wait for its core meanwhile. */
  readonly repeated: number
}

/** A slice whose wall time is more than this many times the process's CPU time had to wait for the core. */
const waited = 1.1

/** Attempts to get a slice through without waiting; then the last one counts as it is, and the medians deal with it. */
const patience = 2

/** Bare slices of which the fastest is compared. */
const references = 15

export const measure = async (subject: Subject, { cycles, slice, warmUp }: Sizes): Promise<Round> => {
  const slices = await slicesOf(subject)
  let repeated = 0
  const run = async (which: Name, ordinary: number, attempts: number): Promise<Cost> => {
    const size = slices.size(which, ordinary)
    for (let attempt = 1; ; attempt++) {
      const { send, check } = await slices.prepare(which, size)
      // The event loop turns between slices, so that timers and collections that wait for it get their time outside.
      await new Promise(setImmediate)
      const before = process.cpuUsage()
      const start = performance.now()
      await send()
      const wall = (performance.now() - start) * 1000
      const { user, system } = process.cpuUsage(before)
      await check()
      if (wall <= (user + system) * waited || attempt === attempts)
        return { wall: wall / size, cpu: (user + system) / size }
      repeated++
    }
  }

  // In slices as the timed ones, scenario after scenario: the code is compiled for the mixture that it will meet.
  // What costs milliseconds does not wait for the compiler.
  const warmUps = Math.ceil(warmUp / slice / Math.max(1, subject.thinned / 5))
  for (let done = 0; done < warmUps; done++) for (const which of names) await run(which, slice, 1)

  // The fastest of many: what the machine can do now, whatever the collector did meanwhile.
  const reference = async (): Promise<number> => {
    let fastest = Number.POSITIVE_INFINITY
    for (let i = 0; i < references; i++) fastest = Math.min(fastest, (await run('bare', slice, 1)).cpu)
    return fastest
  }

  const before = await reference()
  const costs = new Map<Name, Cost[]>(names.map((which) => [which, []]))
  for (let cycle = 0; cycle < cycles; cycle++) {
    // Another order in each cycle (their number is prime): none always pays for what its forerunner left to collect.
    for (let i = 0; i < names.length; i++) {
      const which = names[(i * (1 + (cycle % (names.length - 1))) + cycle) % names.length]!
      costs.get(which)!.push(await run(which, slice, patience))
    }
  }
  const after = await reference()
  await slices.check()

  const over = (which: Name, base: Name): Cost => {
    const bases = costs.get(base)!
    const of = (part: keyof Cost): number => median(costs.get(which)!.map((cost, i) => cost[part] - bases[i]![part]))
    return { wall: of('wall'), cpu: of('cpu') }
  }
  const bare = costs.get('bare')!
  const entries = scenarios.map((which) => [which, over(which, baseOf[which])] as const)
  return {
    bare: { wall: median(bare.map(({ wall }) => wall)), cpu: median(bare.map(({ cpu }) => cpu)) },
    added: Object.fromEntries(entries) as Record<Scenario, Cost>,
    overEmpty: over('untouched', 'empty'),
    drift: drift(before, after),
    repeated,
  }
}
