/**
 * Figures of several rounds, put together as curves and results. Pure.
 */
import type { Curve, Metric, Result } from '../result.ts'
import { spread } from '../statistics.ts'

/** One figure of one round. */
export interface Sample {
  readonly library: string
  readonly store: string
  readonly scenario: string
  readonly metric: string
  readonly unit: string
  readonly value: number
  /** Where it is a point of a curve. */
  readonly against?: string
  readonly at?: number
}

const groupsOf = <A>(items: readonly A[], keyOf: (item: A) => string): readonly (readonly A[])[] => {
  const groups = new Map<string, A[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return [...groups.values()]
}

const subjectOf = ({ library, store, scenario, metric, against }: Sample): string =>
  [library, store, scenario, metric, against].join('\n')

const valuesOf = (samples: readonly Sample[]): readonly number[] => samples.map(({ value }) => value)

/** A curve of every subject, scenario and metric, over the medians of the rounds. */
export const curvesOf = (samples: readonly Sample[]): readonly Curve[] =>
  groupsOf(
    samples.filter(({ at }) => at !== undefined),
    subjectOf,
  ).map((group) => {
    const { library, store, scenario, metric, unit, against } = group[0]!
    const points = groupsOf(group, ({ at }) => String(at)).map((rounds) => ({
      at: rounds[0]!.at!,
      ...spread(valuesOf(rounds)),
    }))
    return {
      library,
      store,
      adapter: '',
      scenario,
      metric,
      unit,
      against: against!,
      points: [...points].sort((a, b) => a.at - b.at),
    }
  })

/** A result of every other figure. */
export const resultsOf = (samples: readonly Sample[]): readonly Result[] =>
  groupsOf(
    samples.filter(({ at }) => at === undefined),
    subjectOf,
  ).map((group) => {
    const { library, store, scenario, metric, unit } = group[0]!
    return { library, store, adapter: '', scenario, metric: metric as Metric, unit, ...spread(valuesOf(group)) }
  })

/** A sample of each named figure at one size. */
export const samplesAt = (
  about: Omit<Sample, 'scenario' | 'value'>,
  figures: Readonly<Record<string, number>>,
): readonly Sample[] => Object.entries(figures).map(([scenario, value]) => ({ ...about, scenario, value }))
