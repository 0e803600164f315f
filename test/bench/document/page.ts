/**
 * ```ts
 * document: (template, reports) => Promise<ReadonlyMap<path, content>>
 * ```
 * docs/benchmarks.md and its plots out of the reports of the benchmarks and a page of prose (`template.md`), in which
 * comments stand where figures belong. Pure and deterministic: the same reports give the same bytes.
 */
import { format } from 'prettier'
import type { Report } from '../result.ts'
import { choiceOf, systemOf } from './figures.ts'
import { type Plot, plotsOf, shown } from './drawings.ts'
import { count, curveTables, type Grouping, losses, origin, tables, targetTable } from './tables.ts'

/** The benchmarks by the names of their files in docs/benchmarks. */
export const parts = ['requests', 'stores', 'edge', 'growth'] as const
export type Part = (typeof parts)[number]
export type Reports = Readonly<Partial<Record<Part, Report>>>

const commands: Readonly<Record<Part, string>> = {
  requests: 'npm run bench',
  stores: 'npm run bench:stores',
  edge: 'npm run bench:edge',
  growth: 'npm run bench:growth',
}

const groupings: Readonly<Record<Part, Grouping>> = {
  requests: choiceOf,
  stores: systemOf,
  edge: choiceOf,
  growth: systemOf,
}

const missing = (part: Part): string =>
  `Not measured: \`${commands[part]} -- --json docs/benchmarks/${part}.json\` makes these figures, \`npm run bench:docs\` this section.`

const lost = (part: Part, { results }: Report): string => {
  const groupOf = groupings[part]
  const lines = losses(results, (a, b) => groupOf(a) === groupOf(b))
  return lines.length === 0
    ? 'Nobody is ahead of ours in any of these scenarios.'
    : ['Where another library is ahead of ours:', '', ...lines].join('\n')
}

const section = (part: Part, report: Report | undefined, plots: readonly Plot[]): string =>
  report === undefined
    ? missing(part)
    : [
        origin(report),
        ...plots.map(shown),
        tables(report.results, groupings[part]),
        curveTables(report.curves ?? []),
        ...(part === 'growth' ? [] : [lost(part, report)]),
      ]
        .filter((block) => block !== '')
        .join('\n\n')

const verdicts = (reports: Reports): string =>
  parts
    .map((part) => {
      const report = reports[part]
      if (report === undefined) return `\`${commands[part]}\`: not measured.`
      const targets = report.targets ?? []
      return targets.length === 0
        ? `\`${commands[part]}\` has no targets of its own in its file.`
        : `\`${commands[part]}\`: ${count(targets)}\n\n${targetTable(targets)}`
    })
    .join('\n\n')

/** Every file by its path below docs. */
export const document = async (template: string, reports: Reports): Promise<ReadonlyMap<string, string>> => {
  const plots = new Map(
    parts.map((part) => [part, reports[part] === undefined ? [] : plotsOf(part, reports[part], groupings[part])]),
  )
  const blocks: Readonly<Record<string, string>> = {
    targets: verdicts(reports),
    ...Object.fromEntries(parts.map((part) => [part, section(part, reports[part], plots.get(part)!)])),
  }
  const page = template.replaceAll(/<!-- figures: (\w+) -->/g, (_, name: string) => {
    const block = blocks[name]
    if (block === undefined) throw new Error(`template.md asks for figures that are not there: ${name}`)
    return block
  })
  const head = '<!-- Made by `npm run bench:docs`; the words are in test/bench/document/template.md. -->\n\n'
  return new Map([
    ['benchmarks.md', await format(head + page, { parser: 'markdown', printWidth: 120 })],
    ...[...plots.values()].flat().map(({ file, svg }): [string, string] => [`benchmarks/${file}`, svg]),
  ])
}
