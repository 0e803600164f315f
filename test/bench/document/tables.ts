/**
 * The tables of the page, in Markdown, and what they say of us. Pure.
 */
import type { Curve, Judged, Report, Result } from '../result.ts'
import { groups } from '../targets.ts'
import { byImportance, figure, frameworkOf, isOurs, meaning, nameOf, range, unique } from './figures.ts'
import { short } from './svg.ts'

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')

const named = (row: Parameters<typeof nameOf>[0]): string => (isOurs(row) ? `**${nameOf(row)}**` : nameOf(row))

/** How the rows of a report are put together: those of one group are compared. */
export type Grouping = (result: Result) => string

/** Every metric of the results under its title, a table per group: subjects down, scenarios across. */
export const tables = (results: readonly Result[], groupOf: Grouping): string =>
  [...unique(results.map(({ metric }) => metric as string))]
    .sort(byImportance)
    .map((metric) => {
      const rows = results.filter((result) => result.metric === metric)
      const parts = unique(rows.map(groupOf)).map((group) => {
        const inGroup = rows.filter((result) => groupOf(result) === group)
        const scenarios = unique(inGroup.map(({ scenario }) => scenario))
        return table(
          [group, ...scenarios],
          unique(inGroup.map(nameOf)).map((name) => {
            const own = inGroup.filter((result) => nameOf(result) === name)
            return [
              named(own[0]!),
              ...scenarios.map((scenario) => {
                const found = own.find((result) => result.scenario === scenario)
                return found === undefined ? '–' : range(found)
              }),
            ]
          }),
        )
      })
      return [`**${meaning(metric).title}**`, ...parts].join('\n\n')
    })
    .join('\n\n')

/** A table per metric and thing that grows: curves down, sizes across. */
export const curveTables = (curves: readonly Curve[]): string =>
  unique(curves.map(({ against, metric }) => `${against}\n${metric}`))
    .map((key) => {
      const [against, metric] = key.split('\n') as [string, string]
      const rows = curves.filter((curve) => curve.against === against && curve.metric === metric)
      const ats = [...unique(rows.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b)
      return [
        `**${meaning(metric).title}, by ${against}**`,
        table(
          [against, ...ats.map(short)],
          rows.map((curve) => [
            `${named(curve)}: ${curve.scenario}`,
            ...ats.map((at) => {
              const point = curve.points.find((one) => one.at === at)
              return point === undefined ? '–' : figure(point.median)
            }),
          ]),
        ),
      ].join('\n\n')
    })
    .join('\n\n')

export const targetTable = (targets: readonly Judged[]): string =>
  table(
    ['target', 'measured', 'met', 'beside'],
    targets.map(({ target, measured, met, beside }) => [
      target,
      measured === undefined ? 'not measured' : figure(measured),
      measured === undefined ? '–' : met ? 'yes' : '**no**',
      beside ?? '',
    ]),
  )

export const count = (targets: readonly Judged[]): string => {
  const measured = targets.filter((target) => target.measured !== undefined)
  const met = measured.filter((target) => target.met)
  const rest = targets.length - measured.length
  return `${met.length} of ${measured.length} targets met${rest === 0 ? '' : `, ${rest} not measured`}.`
}

/** Rows that stand beside the libraries for scale, and keep no session. */
const scales = ['no session', 'one prepared SELECT']

/** Whether a user who runs our row would have had the choice of the other one. */
const comparable = (mine: Result, other: Result): boolean =>
  mine.metric === other.metric &&
  mine.scenario === other.scenario &&
  !isOurs(other) &&
  !scales.includes(other.library) &&
  (mine.adapter === other.adapter ||
    (frameworkOf(mine) === frameworkOf(other) &&
      Object.values(groups).some((group) => group.ours === mine.adapter) &&
      meaning(mine.metric).whole !== true))

/** Each scenario in which somebody is ahead of us, the fastest of them, and whether the ranges overlap. */
export const losses = (results: readonly Result[], sameGroup: (a: Result, b: Result) => boolean): readonly string[] =>
  results
    .filter((result) => isOurs(result) && meaning(result.metric).neutral !== true)
    .filter(({ scenario }) => !scenario.startsWith('bare') && scenario !== 'empty')
    .filter(({ metric }) => metric !== 'added_us' || results.every((other) => other.metric !== 'added_process_us'))
    .flatMap((mine) => {
      const sign = meaning(mine.metric).higher === true ? -1 : 1
      const best = results
        .filter((other) => comparable(mine, other) && sameGroup(mine, other))
        .sort((a, b) => sign * (a.median - b.median))[0]
      if (best === undefined || sign * (mine.median - best.median) <= 0) return []
      const overlap = mine.min <= best.max && best.min <= mine.max
      return [
        `- ${meaning(mine.metric).title}, **${mine.scenario}**: ours (${nameOf(mine)}) ${range(mine)}, ` +
          `${nameOf(best)} ${range(best)}${overlap ? '; the ranges overlap' : ''}.`,
      ]
    })

/** Where and when a report was made, and of what. */
export const origin = ({ machine, versions }: Report): string => {
  const { cpu, cores, memoryGiB, platform, load, date } = machine
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return (
    `Measured on ${date.slice(0, 10)} at ${date.slice(11, 16)} UTC: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}; ` +
    `load average before the run ${load.toFixed(2)}. Versions: ${packages.join(', ')}.`
  )
}
