/**
 * Which plots a report gives. Pure.
 */
import type { Curve, Report, Result } from '../result.ts'
import { frameworkOf, isOurs, meaning, nameOf, slug, systemOf, unique } from './figures.ts'
import { type Bars, bars, curves, type Series } from './plots.ts'
import { colours } from './svg.ts'
import type { Grouping } from './tables.ts'

export interface Plot {
  /** The file's name in docs/benchmarks. */
  readonly file: string
  readonly title: string
  readonly svg: string
}

/** The metrics that are drawn as bars, and the parts of their files' names. */
const drawn = {
  added_process_us: 'added',
  added_us: 'added-wall',
  added_cpu_us: 'cpu',
  rps: 'rps',
  gzip_bytes: 'bundle',
} as const

/** One plot says it, where two metrics say nearly the same. */
const hidden = (results: readonly Result[], metric: string): boolean => {
  const has = (other: string): boolean => results.some((row) => row.metric === other)
  return (
    (metric === 'added_us' && has('added_process_us')) ||
    (metric === 'added_cpu_us' && has('rps') && has('added_process_us'))
  )
}

const byScenario = (rows: readonly Result[]): readonly Bars[] =>
  unique(rows.map(({ scenario }) => scenario)).map((scenario) => ({
    name: scenario,
    bars: rows
      .filter((row) => row.scenario === scenario)
      .map((row) => ({ ...row, name: nameOf(row), ours: isOurs(row) })),
  }))

const barPlots = (part: string, results: readonly Result[], groupOf: Grouping): readonly Plot[] =>
  Object.entries(drawn).flatMap(([metric, name]) => {
    const rows = hidden(results, metric)
      ? []
      : results.filter((row) => row.metric === metric && row.scenario !== 'empty')
    return unique(rows.map(groupOf)).map((group) => {
      const inGroup = rows.filter((row) => groupOf(row) === group)
      const title = `${meaning(metric).title}: ${group}`
      return {
        file: `${slug(`${part} ${name} ${group}`)}.svg`,
        title,
        svg: bars(title, inGroup[0]!.unit, byScenario(inGroup)),
      }
    })
  })

const survival = (results: readonly Result[]): readonly Plot[] => {
  const rows = results.filter(({ metric }) => metric === 'survived')
  if (rows.length === 0) return []
  const title = meaning('survived').title
  const groups = unique(rows.map(frameworkOf)).map((name) => ({
    name,
    bars: rows
      .filter((row) => frameworkOf(row) === name)
      .map((row) => ({ ...row, name: nameOf(row), ours: isOurs(row) })),
  }))
  return [{ file: 'survival.svg', title, svg: bars(title, 'increments', groups) }]
}

const seriesOf = (rows: readonly Curve[]): readonly Series[] => {
  const subjects = unique(rows.map(nameOf))
  const strangers = unique(rows.filter((row) => !isOurs(row)).map(nameOf))
  const mine = unique(rows.filter(isOurs).map(nameOf))
  const scenarios = unique(rows.map(({ scenario }) => scenario))
  return rows.map((row) => {
    const name = nameOf(row)
    const others = colours.slice(1)
    const colour = isOurs(row)
      ? mine.indexOf(name) === 0
        ? colours[0]
        : others.at(-mine.indexOf(name))!
      : others[strangers.indexOf(name) % others.length]!
    const label = subjects.length === 1 ? row.scenario : `${row.library} ${systemOf(row)}, ${row.scenario}`
    return { name: label, colour, dash: scenarios.indexOf(row.scenario), points: row.points }
  })
}

const growth = (all: readonly Curve[]): readonly Plot[] =>
  unique(all.map(({ against, metric }) => `${against}\n${metric}`)).flatMap((key) => {
    const [against, metric] = key.split('\n') as [string, string]
    const rows = all.filter((row) => row.against === against && row.metric === metric)
    if (rows.every(({ points }) => points.length < 2)) return []
    const title = `${meaning(metric).title}, by ${against}`
    return [
      {
        file: `${slug(`growth ${against} ${metric}`)}.svg`,
        title,
        svg: curves(title, rows[0]!.unit, against, seriesOf(rows)),
      },
    ]
  })

/** All plots of a report; `part` begins their names. */
export const plotsOf = (part: string, report: Report, groupOf: Grouping): readonly Plot[] => [
  ...barPlots(part, report.results, groupOf),
  ...survival(report.results),
  ...growth(report.curves ?? []),
]

export const shown = ({ file, title }: Plot): string => `![${title}](benchmarks/${file})`
