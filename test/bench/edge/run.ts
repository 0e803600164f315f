/**
 * ```ts
 * runRuntime: (runtime, subjects, sizes, scenarios, progress) => Promise<Outcome>
 * ```
 * The rounds of one runtime, over real HTTP: in each scenario the bare applications first and last, the others between, each
 * round beginning with another. Processor time of the server process, from outside: workerd's own clock stands still while
 * code runs. A round in which the cost of the bare ones moved too much was disturbed, and is run again. Every answer is
 * checked.
 */
import { awake, withConnections } from '../client.ts'
import { cookieOf } from '../drive.ts'
import type { Metric, Result } from '../result.ts'
import { drift, spread } from '../statistics.ts'
import { ranBetween } from '../stores/serving.ts'
import { nothing, paths, visit } from '../Subject.ts'
import { ranByThread, type Served, withSubjects } from './serving.ts'
import { type EdgeSubject, keyOf, none, type Runtime } from './subjects.ts'
import type { Scenario } from './targets.ts'

export const IN_FLIGHT = 16
/** What the bare application's cost may move by within a round. */
const TOLERANCE = 0.3
const ATTEMPTS = 3

export interface Sizes {
  readonly rounds: number
  /** Requests of one subject in one scenario and round. */
  readonly requests: number
  /** Requests before the first that counts, until the code is compiled. */
  readonly warmUp: number
}

export interface Outcome {
  readonly results: ReadonlyArray<Result>
  /** Rounds thrown away. */
  readonly disturbed: number
  /** Scenarios with fewer than half of their rounds: no figure of them is reported. */
  readonly refused: ReadonlyArray<string>
}

/** Of one subject in one round. */
type Figures = Partial<Readonly<Record<Metric, number>>>

const units = { cpu_us: 'µs', added_cpu_us: 'µs', rps: 'requests/s' } as const

const pathOf: Readonly<Record<Scenario, string>> = {
  untouched: paths.untouched,
  read: paths.read,
  write: paths.write,
  new: paths.create,
}

const isBare = ({ subject }: Served): boolean => subject.library === none

const rightBody = (scenario: Scenario, count: number): string =>
  scenario === 'read' ? visit.user : scenario === 'write' ? String(count) : nothing

/** Each connection is a browser with a session of its own, that sends back the last cookie it was given. */
const flood = (served: Served, scenario: Scenario, requests: number): Promise<Figures> =>
  withConnections(served.port, IN_FLIGHT, async (connections) => {
    const bare = isBare(served)
    const { subject, pid } = served
    const begun = !bare && (scenario === 'read' || scenario === 'write')
    const cookies = await Promise.all(
      connections.map(async ({ send }) =>
        begun ? cookieOf((await send(paths.create, undefined)).setCookie) : undefined,
      ),
    )
    const path = bare ? paths.untouched : pathOf[scenario]
    const each = Math.max(1, Math.round(requests / IN_FLIGHT / subject.thinned))
    const [ran, start] = [ranByThread(pid), performance.now()]
    await awake(() =>
      Promise.all(
        connections.map(async ({ send }, i) => {
          for (let count = 1; count <= each; count += 1) {
            const { body, setCookie } = await send(path, cookies[i])
            const right = bare ? nothing : rightBody(scenario, count)
            if (body !== right) throw new Error(`${keyOf(subject)}, ${scenario}: '${body}' where '${right}' is right`)
            if (begun) cookies[i] = cookieOf(setCookie) ?? cookies[i]
            else if (!bare && scenario === 'new' && setCookie.length === 0)
              throw new Error(`${keyOf(subject)}: a new session without a cookie`)
          }
        }),
      ),
    )
    const done = each * IN_FLIGHT
    const seconds = (performance.now() - start) / 1_000
    return { cpu_us: ranBetween(ran, ranByThread(pid))! / done, rps: done / seconds }
  })

/** One round of one scenario. */
const inRound = async (
  served: ReadonlyArray<Served>,
  round: number,
  one: (served: Served) => Promise<Figures>,
): Promise<{ readonly figures: ReadonlyMap<Served, Figures>; readonly drift: number }> => {
  const bare = served.filter(isBare)
  const others = served.filter((each) => !isBare(each))
  const figures = new Map<Served, Figures>()
  for (const each of bare) figures.set(each, await one(each))
  for (const [index] of others.entries()) {
    const each = others[(index + round) % others.length]!
    figures.set(each, await one(each))
  }
  let moved = 0
  for (const each of bare) {
    const [first, last] = [figures.get(each)!, await one(each)]
    moved = Math.max(moved, drift(first.cpu_us!, last.cpu_us!))
    figures.set(each, { cpu_us: (first.cpu_us! + last.cpu_us!) / 2, rps: (first.rps! + last.rps!) / 2 })
  }
  for (const each of others) {
    const seen = figures.get(each)!
    const beside = bare.find(({ subject }) => subject.adapter === each.subject.adapter)!
    figures.set(each, { ...seen, added_cpu_us: seen.cpu_us! - figures.get(beside)!.cpu_us! })
  }
  return { figures, drift: moved }
}

const rows = (
  { subject: { library, store, adapter } }: Served,
  runtime: Runtime,
  scenario: Scenario,
  rounds: ReadonlyArray<Figures>,
): ReadonlyArray<Result> =>
  (['cpu_us', 'added_cpu_us', 'rps'] as const).flatMap((metric) => {
    const values = rounds.flatMap((figures) => figures[metric] ?? [])
    if (values.length === 0) return []
    const named = { library, store, adapter: `${adapter} on ${runtime}`, scenario }
    return { ...named, metric, unit: units[metric], ...spread(values) }
  })

export const runRuntime = (
  runtime: Runtime,
  subjects: ReadonlyArray<EdgeSubject>,
  { rounds, requests, warmUp }: Sizes,
  scenarios: ReadonlyArray<Scenario>,
  progress: (text: string) => void,
): Promise<Outcome> =>
  withSubjects(runtime, subjects, async (served) => {
    const results: Array<Result> = []
    const refused: Array<string> = []
    let disturbed = 0
    for (const scenario of scenarios) {
      for (const each of served) {
        progress(`${runtime}, ${scenario}, warming up: ${keyOf(each.subject)}`)
        await flood(each, scenario, warmUp)
      }
      const quiet: Array<ReadonlyMap<Served, Figures>> = []
      for (let round = 0; round < rounds; round += 1)
        for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
          progress(`${runtime}, ${scenario}, round ${round + 1} of ${rounds}`)
          const seen = await inRound(served, round, (each) => flood(each, scenario, requests))
          if (seen.drift <= TOLERANCE) {
            quiet.push(seen.figures)
            break
          }
          disturbed += 1
        }
      if (quiet.length * 2 < rounds) refused.push(`${runtime}, ${scenario}`)
      else
        for (const each of served) {
          const ofEach = quiet.map((figures) => figures.get(each)!)
          results.push(...rows(each, runtime, scenario, ofEach))
        }
    }
    return { results, disturbed, refused }
  })
