/**
 * ```ts
 * run: (options, progress) => Promise<Outcome>
 * ```
 * All parts of the benchmark, each with the subjects and the scenarios that were asked for.
 */
import { measureBundles } from './bundles.ts'
import { allocateInChild, measureInChild, withServers } from './child.ts'
import type { Options } from './options.ts'
import { httpScenarios, load, type Server, storeCalls, survivors, warm } from './overHttp.ts'
import { pin } from './pin.ts'
import type { Result } from './result.ts'
import { inRounds, type Rounds } from './rounds.ts'
import { type Sample, samplesOfAllocated, samplesOfLoads, samplesOfRound, summarize } from './samples.ts'
import { scenarios } from './scenarios.ts'
import { keyOf, type Subject } from './Subject.ts'

/**
 * A round in which the bare handler's cost moved by more than this part was disturbed. Over HTTP it moves even on a quiet
 * machine: how many requests the server finds at a time depends on how the two processes take turns.
 */
export const tolerance = { 'in process': 0.25, 'over HTTP': 0.3 } as const

/** Increments of one session at once. */
const atOnce = 50
/** Writers of one session at once whose store calls are counted. */
const writers = 200

export interface Outcome {
  readonly results: readonly Result[]
  /** Rounds thrown away because the bare handler's cost drifted. */
  readonly disturbed: number
  /** Slices run again because the process had to wait for its core. */
  readonly repeated: number
  /** Subjects that a part of the run has no figure of: fewer than half of their rounds were quiet. */
  readonly refused: readonly string[]
}

type Progress = (text: string) => void
type Servers = ReadonlyMap<Subject, Server>

const allocations = async ({ subjects }: Options, progress: Progress): Promise<readonly Sample[]> => {
  const samples: Sample[] = []
  for (const [index, subject] of subjects.entries()) {
    progress(`allocations, ${index + 1} of ${subjects.length}: ${keyOf(subject)}`)
    samples.push(...samplesOfAllocated(subject, await allocateInChild(subject)))
  }
  return samples
}

const survival = async ({ rounds, wants }: Options, servers: Servers, progress: Progress) => {
  const samples: Sample[] = []
  for (const [subject, server] of servers) {
    progress(`at once: ${keyOf(subject)}`)
    for (let round = 0; round < rounds; round++) {
      if (wants(`${atOnce} at once`)) {
        const value = await survivors(subject, server, atOnce)
        samples.push({ subject, scenario: `${atOnce} at once`, metric: 'survived', value })
      }
      if (!wants(`${writers} writers`)) continue
      const value = await storeCalls(server, writers)
      if (value !== undefined) samples.push({ subject, scenario: `${writers} writers`, metric: 'store_calls', value })
    }
  }
  return samples
}

const loads = async (options: Options, servers: Servers, progress: Progress): Promise<Rounds> => {
  const wanted = httpScenarios.filter(options.wants)
  for (const [subject, server] of servers) {
    progress(`over HTTP, warming up: ${keyOf(subject)}`)
    await warm(subject, wanted, server)
  }
  return inRounds({
    title: 'over HTTP',
    tolerance: tolerance['over HTTP'],
    subjects: options.subjects,
    rounds: options.rounds,
    progress,
    one: async (subject) => {
      const { loads, drift } = await load(subject, wanted, servers.get(subject)!)
      return { samples: samplesOfLoads(subject, loads), drift }
    },
  })
}

export const run = async (options: Options, progress: Progress): Promise<Outcome> => {
  const { subjects, rounds, sizes, wants } = options
  const samples: Sample[] = []
  const refused: string[] = []
  let disturbed = 0
  let repeated = 0
  const take = (title: string, outcome: Rounds): void => {
    samples.push(...outcome.samples)
    disturbed += outcome.disturbed
    refused.push(...outcome.refused.map((subject) => `${keyOf(subject)} ${title}`))
  }

  if (scenarios.some(wants)) {
    const one = async (subject: Subject) => {
      const round = await measureInChild(subject, sizes)
      repeated += round.repeated
      return { samples: samplesOfRound(subject, round), drift: round.drift }
    }
    take(
      'in process',
      await inRounds({ title: 'in process', tolerance: tolerance['in process'], subjects, rounds, one, progress }),
    )
    samples.push(...(await allocations(options, progress)))
  }
  if (wants('bundle')) {
    progress('bundles')
    samples.push(...(await measureBundles()))
  }
  const concurrent = wants(`${atOnce} at once`) || wants(`${writers} writers`)
  const overHttp = options.overHttp && httpScenarios.some(wants)
  if (concurrent || overHttp) {
    pin(process.pid, 'client')
    await withServers(subjects, async (servers) => {
      if (concurrent) samples.push(...(await survival(options, servers, progress)))
      if (overHttp) take('over HTTP', await loads(options, servers, progress))
    })
  }

  const shown = ({ scenario }: Sample): boolean => wants(scenario) || scenario === 'bare' || scenario === 'empty'
  return { results: summarize(samples.filter(shown)), disturbed, repeated, refused }
}
