/**
 * ```ts
 * summarize: (samples) => Result[]
 * ```
 * From single measurements to rows. Pure.
 */
import type { Allocated } from './allocate.ts'
import type { Round } from './inProcess.ts'
import type { HttpScenario, Load } from './overHttp.ts'
import type { Metric, Result } from './result.ts'
import { spread } from './statistics.ts'
import { keyOf, type Subject } from './Subject.ts'

const units: Readonly<Record<Metric, string>> = {
  added_us: 'µs',
  added_over_empty_us: 'µs',
  total_us: 'µs',
  added_process_us: 'µs',
  added_process_over_empty_us: 'µs',
  total_process_us: 'µs',
  added_bytes: 'bytes',
  total_bytes: 'bytes',
  rps: 'requests/s',
  p50_ms: 'ms',
  p99_ms: 'ms',
  cpu_us: 'µs',
  added_cpu_us: 'µs',
  survived: 'increments of 50',
  store_calls: 'calls/write',
  store_cpu_us: 'µs',
  gzip_bytes: 'bytes',
}

/** What a row is about; a bundle has one too. */
export type Named = Pick<Subject, 'library' | 'store' | 'adapter'>

export interface Sample {
  readonly subject: Named
  readonly scenario: string
  readonly metric: Metric
  readonly value: number
}

export const samplesOfRound = (subject: Subject, { bare, added, overEmpty }: Round): readonly Sample[] => {
  const sample = (scenario: string, metric: Metric, value: number): Sample => ({ subject, scenario, metric, value })
  return [
    sample('bare', 'total_us', bare.wall),
    sample('bare', 'total_process_us', bare.cpu),
    ...Object.entries(added).flatMap(([scenario, { wall, cpu }]) => [
      sample(scenario, 'added_us', wall),
      sample(scenario, 'added_process_us', cpu),
    ]),
    sample('untouched', 'added_over_empty_us', overEmpty.wall),
    sample('untouched', 'added_process_over_empty_us', overEmpty.cpu),
  ]
}

export const samplesOfAllocated = (subject: Subject, { bare, added }: Allocated): readonly Sample[] => [
  { subject, scenario: 'bare', metric: 'total_bytes', value: bare },
  ...Object.entries(added).map(([scenario, value]): Sample => ({ subject, scenario, metric: 'added_bytes', value })),
]

export const samplesOfLoads = (subject: Subject, loads: ReadonlyMap<HttpScenario, Load>): readonly Sample[] => {
  const bare = loads.get('bare')!.cpu
  return [...loads].flatMap(([scenario, { rps, cpu, p50, p99 }]): readonly Sample[] => [
    { subject, scenario, metric: 'rps', value: rps },
    { subject, scenario, metric: 'p50_ms', value: p50 },
    { subject, scenario, metric: 'p99_ms', value: p99 },
    { subject, scenario, metric: 'cpu_us', value: cpu },
    ...(scenario === 'bare' ? [] : [{ subject, scenario, metric: 'added_cpu_us' as const, value: cpu - bare }]),
  ])
}

/** One row per subject, scenario and metric, in the order of their first samples. */
export const summarize = (samples: readonly Sample[]): readonly Result[] => {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const key = [keyOf(sample.subject), sample.scenario, sample.metric].join()
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [sample])
    else group.push(sample)
  }
  return [...groups.values()].map((group) => {
    const { subject, scenario, metric } = group[0]!
    const { library, store, adapter } = subject
    const figures = spread(group.map(({ value }) => value))
    return { library, store, adapter, scenario, metric, unit: units[metric], ...figures }
  })
}
