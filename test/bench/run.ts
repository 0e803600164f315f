/**
 * ```ts
 * run: (options, progress) => Promise<Outcome>
 * ```
 * The rounds of all subjects, alternating; disturbed rounds are run again, and a subject with too few quiet ones is refused.
 */
import { measureInChild, withServers } from './child.ts'
import type { Round } from './inProcess.ts'
import type { Options } from './options.ts'
import { httpScenarios, load, storeCalls, survivors, warm } from './overHttp.ts'
import type { Metric, Result } from './result.ts'
import { spread } from './statistics.ts'
import { keyOf, type Subject } from './Subject.ts'

/**
 * A round in which the bare handler's cost moved by more than this part was disturbed. Over HTTP it moves even on a quiet
 * machine: how many requests the server finds at a time depends on how the two processes take turns.
 */
export const tolerance = { 'in process': 0.15, 'over HTTP': 0.3 } as const
/** Rounds started for one that counts. */
export const attempts = 3

/** Increments of one session at once. */
const atOnce = 50
/** Writers of one session at once whose store calls are counted. */
const writers = 200

const units: Readonly<Record<Metric, string>> = {
  added_us: 'µs',
  added_over_empty_us: 'µs',
  total_us: 'µs',
  rps: 'requests/s',
  cpu_us: 'µs',
  added_cpu_us: 'µs',
  survived: 'increments of 50',
  store_calls: 'calls/write',
  store_cpu_us: 'µs',
  p99_ms: 'ms',
}

interface Sample {
  readonly subject: Subject
  readonly scenario: string
  readonly metric: Metric
  readonly value: number
}

export interface Outcome {
  readonly results: readonly Result[]
  /** Rounds thrown away because the bare handler's cost drifted. */
  readonly disturbed: number
  /** Slices run again because the process had to wait for its core. */
  readonly repeated: number
  /** Subjects that a part of the run has no figure of: fewer than half of their rounds were quiet. */
  readonly refused: readonly string[]
}

const samplesOf = (subject: Subject, { bare, added, overEmpty }: Round): readonly Sample[] => {
  const sample = (scenario: string, metric: Metric, value: number): Sample => ({ subject, scenario, metric, value })
  return [
    sample('bare', 'total_us', bare),
    ...Object.entries(added).map(([scenario, value]) => sample(scenario, 'added_us', value)),
    sample('untouched', 'added_over_empty_us', overEmpty),
  ]
}

/** One row per subject, scenario and metric, in the order of their first samples. */
const summarize = (samples: readonly Sample[]): readonly Result[] => {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const key = [keyOf(sample.subject), sample.scenario, sample.metric].join()
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  return [...groups.values()].map((group) => {
    const { subject, scenario, metric } = group[0]!
    const { library, store, adapter } = subject
    const figures = spread(group.map(({ value }) => value))
    return { library, store, adapter, scenario, metric, unit: units[metric], ...figures }
  })
}

/** Each round begins with another subject. */
const turned = (subjects: readonly Subject[], round: number): readonly Subject[] => {
  const first = round % Math.max(subjects.length, 1)
  return [...subjects.slice(first), ...subjects.slice(0, first)]
}

export const run = async (options: Options, progress: (text: string) => void): Promise<Outcome> => {
  const { subjects, rounds, sizes, wants } = options
  const samples: Sample[] = []
  const refused: string[] = []
  let disturbed = 0
  let repeated = 0

  /** Runs all rounds of all subjects. A disturbed round is run again; a subject with too few quiet ones is left out. */
  const inRounds = async (
    title: keyof typeof tolerance,
    one: (subject: Subject) => Promise<{ readonly samples: readonly Sample[]; readonly drift: number }>,
  ): Promise<void> => {
    const quiet = new Map<Subject, (readonly Sample[])[]>(subjects.map((subject) => [subject, []]))
    for (let round = 0; round < rounds; round++) {
      for (const subject of turned(subjects, round)) {
        const lost = round - quiet.get(subject)!.length
        if (lost * 2 > rounds) continue // Refused whatever the other rounds say.
        for (let attempt = 1; attempt <= attempts; attempt++) {
          progress(`${title}, round ${round + 1} of ${rounds}: ${keyOf(subject)}`)
          const outcome = await one(subject)
          if (outcome.drift <= tolerance[title]) {
            quiet.get(subject)!.push(outcome.samples)
            break
          }
          disturbed++
          progress(`the bare handler's cost moved by ${Math.round(outcome.drift * 100)} %: round thrown away`)
        }
      }
    }
    for (const [subject, outcomes] of quiet) {
      if (outcomes.length * 2 < rounds) refused.push(`${keyOf(subject)} ${title}`)
      else samples.push(...outcomes.flat())
    }
  }

  await inRounds('in process', async (subject) => {
    const round = await measureInChild(subject, sizes)
    repeated += round.repeated
    return { samples: samplesOf(subject, round), drift: round.drift }
  })

  await withServers(subjects, async (servers) => {
    for (const [subject, server] of servers) {
      progress(`at once: ${keyOf(subject)}`)
      for (let round = 0; round < rounds; round++) {
        const survived = await survivors(subject, server, atOnce)
        samples.push({ subject, scenario: `${atOnce} at once`, metric: 'survived', value: survived })
        const calls = await storeCalls(server, writers)
        if (calls === undefined) continue
        samples.push({ subject, scenario: `${writers} writers`, metric: 'store_calls', value: calls })
      }
    }
    if (!options.overHttp) return
    const scenarios = httpScenarios.filter(wants)
    for (const [subject, server] of servers) {
      progress(`over HTTP, warming up: ${keyOf(subject)}`)
      await warm(subject, scenarios, server)
    }
    await inRounds('over HTTP', async (subject) => {
      const { loads, drift } = await load(subject, scenarios, servers.get(subject)!)
      const bare = loads.get('bare')!.cpu
      const rows = [...loads].flatMap(([scenario, { rps, cpu }]): readonly Sample[] => [
        { subject, scenario, metric: 'rps', value: rps },
        { subject, scenario, metric: 'cpu_us', value: cpu },
        ...(scenario === 'bare' ? [] : [{ subject, scenario, metric: 'added_cpu_us' as const, value: cpu - bare }]),
      ])
      return { samples: rows, drift }
    })
  })

  const shown = ({ scenario }: Sample): boolean => wants(scenario) || scenario === 'bare' || scenario === 'empty'
  return { results: summarize(samples.filter(shown)), disturbed, repeated, refused }
}
