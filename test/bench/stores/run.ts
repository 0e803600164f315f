/**
 * ```ts
 * runGroup: (group, where, pid, options, progress) => Promise<Outcome>
 * ```
 * The rounds of one store's subjects, alternating within each scenario; every answer is checked. A round in which the cost
 * of the bare framework moved too much between its beginning and its end was disturbed, and is run again.
 */
import { withConnections } from '../client.ts'
import { cookieOf } from '../drive.ts'
import type { Metric, Result } from '../result.ts'
import { drift, spread } from '../statistics.ts'
import { nothing, paths, visit } from '../Subject.ts'
import { ranBetween, ranSoFar, type Served, withSubjects } from './serving.ts'
import { type Group, storeSubjects } from './subjects.ts'
import { type Scenario, scenarios } from './targets.ts'

const IN_FLIGHT = 16
/** What the bare framework's cost may move by within a round: how many requests a turn finds depends on the two processes. */
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

const units: Partial<Readonly<Record<Metric, string>>> = {
  cpu_us: 'µs',
  added_cpu_us: 'µs',
  store_cpu_us: 'µs',
  rps: 'requests/s',
  p99_ms: 'ms',
}

const pathOf = { read: paths.read, write: paths.write, new: paths.create }

/** What the answer to the `count`-th request must be. */
const rightBody = ({ subject: { role } }: Served, scenario: Scenario, count: number): string => {
  if (role === 'bare' || scenario === 'new') return nothing
  return scenario === 'read' || role === 'raw' ? visit.user : String(count)
}

/** Each connection has a session of its own, so that every counter must be right. */
const flood = (served: Served, scenario: Scenario, requests: number, pid: number | undefined): Promise<Figures> =>
  withConnections(served.port, IN_FLIGHT, async (connections) => {
    const { name, role } = served.subject
    const stores = role === 'ours' || role === 'peer'
    const begun = stores && scenario !== 'new'
    const cookies = await Promise.all(
      connections.map(async ({ send }) =>
        begun ? cookieOf((await send(paths.create, undefined)).setCookie) : undefined,
      ),
    )
    const path = role === 'bare' ? paths.untouched : pathOf[scenario]
    const took: Array<number> = []
    const [cpu, ran, start] = [await served.usage(), ranSoFar(pid), performance.now()]
    await Promise.all(
      connections.map(async ({ send }, i) => {
        for (let count = 1; count <= requests / IN_FLIGHT; count += 1) {
          const sent = performance.now()
          const { body, setCookie } = await send(path, cookies[i])
          took.push(performance.now() - sent)
          const right = rightBody(served, scenario, count)
          if (body !== right) throw new Error(`${name}, ${scenario}: '${body}' where '${right}' is right`)
          if (scenario === 'new' && stores && setCookie.length === 0)
            throw new Error(`${name}: a new session without a cookie`)
        }
      }),
    )
    const seconds = (performance.now() - start) / 1_000
    const storeCpu = ranBetween(ran, ranSoFar(pid))
    return {
      cpu_us: ((await served.usage()) - cpu) / took.length,
      ...(storeCpu !== undefined && stores && { store_cpu_us: storeCpu / took.length }),
      rps: took.length / seconds,
      p99_ms: took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)]!,
    }
  })

const frameworkOf = ({ subject: { framework } }: Served): string => framework ?? 'express'

/** One round of one scenario: the bare frameworks first and last, the others between, each time beginning with another. */
const inRound = async (
  served: ReadonlyArray<Served>,
  round: number,
  one: (served: Served) => Promise<Figures>,
): Promise<{ readonly figures: ReadonlyMap<Served, Figures>; readonly drift: number }> => {
  const bare = served.filter(({ subject }) => subject.role === 'bare')
  const others = served.filter(({ subject }) => subject.role !== 'bare')
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
    figures.set(each, { ...first, cpu_us: (first.cpu_us! + last.cpu_us!) / 2, rps: (first.rps! + last.rps!) / 2 })
  }
  for (const [each, seen] of figures) {
    if (each.subject.role === 'bare') continue
    const beside = bare.find((other) => frameworkOf(other) === frameworkOf(each))!
    figures.set(each, { ...seen, added_cpu_us: seen.cpu_us! - figures.get(beside)!.cpu_us! })
  }
  return { figures, drift: moved }
}

const rows = (
  { subject: { library, group, framework } }: Served,
  scenario: Scenario,
  rounds: ReadonlyArray<Figures>,
): ReadonlyArray<Result> =>
  (Object.keys(units) as ReadonlyArray<Metric>).flatMap((metric) => {
    const values = rounds.flatMap((figures) => figures[metric] ?? [])
    if (values.length === 0) return []
    const adapter = framework ?? 'express'
    return { library, store: group, adapter, scenario, metric, unit: units[metric]!, ...spread(values) }
  })

/** A profile of every subject but the bare ones, of the middle of a load. */
const profiled = async (served: Served, scenario: Scenario, requests: number, directory: string): Promise<void> => {
  const { subject } = served
  const stop = await served.profile(
    `${directory}/${subject.group}-${scenario}-${storeSubjects.indexOf(subject)}.cpuprofile`,
  )
  await flood(served, scenario, requests, undefined)
  await stop()
}

/** `pid`: the database server's, for its own processor time. */
export const runGroup = (
  group: Group,
  where: string,
  pid: number | undefined,
  { rounds, requests, warmUp, profiles }: Sizes & { readonly profiles: string | undefined },
  wants: (scenario: Scenario) => boolean,
  progress: (text: string) => void,
): Promise<Outcome> =>
  withSubjects(
    storeSubjects.filter((subject) => subject.group === group),
    where,
    async (served) => {
      const results: Array<Result> = []
      const refused: Array<string> = []
      let disturbed = 0
      for (const scenario of scenarios.filter(wants)) {
        const taking = served.filter(({ subject }) => subject.role !== 'raw' || scenario === 'read')
        for (const each of taking) {
          progress(`${group}, ${scenario}, warming up: ${each.subject.name}`)
          await flood(each, scenario, warmUp, undefined)
          if (profiles !== undefined && each.subject.role !== 'bare') await profiled(each, scenario, warmUp, profiles)
        }
        const quiet: Array<ReadonlyMap<Served, Figures>> = []
        for (let round = 0; round < rounds; round += 1)
          for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
            progress(`${group}, ${scenario}, round ${round + 1} of ${rounds}`)
            const seen = await inRound(taking, round, (each) => flood(each, scenario, requests, pid))
            if (seen.drift <= TOLERANCE) {
              quiet.push(seen.figures)
              break
            }
            disturbed += 1
          }
        if (quiet.length * 2 < rounds) refused.push(`${group}, ${scenario}`)
        else
          for (const each of taking)
            results.push(
              ...rows(
                each,
                scenario,
                quiet.map((figures) => figures.get(each)!),
              ),
            )
      }
      return { results, disturbed, refused }
    },
  )
