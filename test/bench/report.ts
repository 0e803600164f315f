/**
 * The outcome of a run as text. Pure.
 */
import { type Comparison, tolerated } from './against.ts'
import type { Judged, Machine, Metric, Result } from './result.ts'
import { attempts } from './rounds.ts'
import { type Outcome, tolerance } from './run.ts'
import type { Group } from './Subject.ts'
import { fastestPeer, groups, judge, type Kind, kindOf, ours, type Target, type Verdict } from './targets.ts'

const figure = (value: number): string =>
  Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en')
    : value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)

const cell = (result: Result | undefined): string =>
  result === undefined ? '–' : `${figure(result.median)} (${figure(result.min)}–${figure(result.max)})`

/** Columns as wide as their widest cell; the first one left-aligned, the others right. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows
    .map((row) => row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  '))
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n')
}

interface Column {
  readonly title: string
  readonly scenario: string
  readonly metric: Metric
}

const column = (metric: Metric, scenario: string, title = scenario): Column => ({ title, scenario, metric })

const measured = ['untouched', 'read', 'write', 'new', 'sign-in'] as const
const flight = ['read 16 in flight', 'write 16 in flight'] as const

const added = (metric: Metric): readonly Column[] =>
  measured.map((scenario) => column(metric, scenario, `+ ${scenario}`))

/** In the order of the report: a title, and what stands beside each other under it. */
const sections: readonly (readonly [string, readonly Column[]])[] = [
  [
    'CPU µs per request in process: the bare handler, and what is added to it; median (min–max)',
    [column('total_process_us', 'bare'), column('added_process_us', 'empty', '+ empty'), ...added('added_process_us')],
  ],
  [
    'CPU µs added per request in process, 16 in flight',
    flight.map((scenario) => column('added_process_us', scenario, `+ ${scenario}`)),
  ],
  [
    'The same in wall time: worth reading on a quiet machine',
    [column('total_us', 'bare'), ...added('added_us'), ...flight.map((scenario) => column('added_us', scenario))],
  ],
  ['Bytes of heap allocated per request in process', [column('total_bytes', 'bare'), ...added('added_bytes')]],
  [
    'CPU µs of the server per request over loopback HTTP, 32 connections',
    [column('cpu_us', 'bare'), ...added('added_cpu_us')],
  ],
  [
    'Requests per second over loopback HTTP, 32 connections',
    ['bare', ...measured].map((scenario) => column('rps', scenario)),
  ],
  [
    'ms until half of them, and until 99 of 100, were answered',
    measured.flatMap((scenario) => [
      column('p50_ms', scenario, `${scenario} p50`),
      column('p99_ms', scenario, `${scenario} p99`),
    ]),
  ],
  [
    'Of 50 increments of one session at once survive; store calls per write of 200 writers at once',
    [column('survived', '50 at once'), column('store_calls', '200 writers')],
  ],
  ['Bytes of a bundle for the edge, minified, gzip -9', [column('gzip_bytes', 'bundle')]],
]

/** Where a ratio to the fastest peer says something. */
const comparable: readonly Metric[] = ['added_us', 'added_process_us', 'added_cpu_us', 'added_bytes']

const nameOf = ({ library, store, adapter }: Result): string => `${library}, ${store}, ${adapter}`

/** Of every subject of the group a row, and where there is something to compare, ours as a part of the fastest peer's. */
const groupTable = (results: readonly Result[], group: Group, columns: readonly Column[]): string | undefined => {
  const adapters = [groups[group].ours, ...groups[group].peers]
  const inGroup = results.filter(({ adapter }) => adapters.includes(adapter))
  const find = (name: string, { scenario, metric }: Column): Result | undefined =>
    inGroup.find((result) => nameOf(result) === name && result.scenario === scenario && result.metric === metric)
  const all = [...new Set(inGroup.map(nameOf))]
  const shown = columns.filter((wanted) => all.some((name) => find(name, wanted) !== undefined))
  const names = all.filter((name) => shown.some((wanted) => find(name, wanted) !== undefined))
  if (shown.length === 0) return undefined
  const ratio = (kind: Kind, { scenario, metric }: Column): string => {
    const mine = inGroup.find(
      (result) =>
        result.library === ours &&
        kindOf(result) === kind &&
        result.adapter === groups[group].ours &&
        result.scenario === scenario &&
        result.metric === metric,
    )
    const peer = fastestPeer(results, group, scenario, metric, kind)
    if (mine === undefined || peer === undefined || scenario === 'empty') return ''
    return comparable.includes(metric) && peer.median >= 1 ? `${(mine.median / peer.median).toFixed(2)} ×` : ''
  }
  const ratios = (['on the server', 'in the cookie'] as const)
    .map((kind) => [`${ours} / fastest other ${kind}`, ...shown.map((wanted) => ratio(kind, wanted))])
    .filter(([, ...texts]) => texts.some((text) => text !== ''))
  return table([
    [group, ...shown.map(({ title }) => title)],
    ...names.map((name) => [name, ...shown.map((wanted) => cell(find(name, wanted)))]),
    ...ratios,
  ])
}

const section = (title: string, results: readonly Result[], columns: readonly Column[]): readonly string[] => {
  const tables = (Object.keys(groups) as Group[]).flatMap((group) => groupTable(results, group, columns) ?? [])
  return tables.length === 0 ? [] : [title, ...tables]
}

const describeTarget = (target: Target): string => {
  switch (target._tag) {
    case 'figure': {
      const sign = target.bound === 'atMost' ? '≤' : '≥'
      return `${target.adapter}, ${target.scenario}: ${target.metric} ${sign} ${target.value}`
    }
    case 'ratio':
      return `${target.group}, ${target.scenario} (${target.kind}): ${target.metric} ≤ ${target.value} × ${target.library ?? 'the fastest other'}`
  }
}

const describeVerdict = ({ target, measured, met, peer }: Verdict): readonly string[] => [
  describeTarget(target),
  measured === undefined ? 'not measured' : figure(measured),
  measured === undefined ? '–' : met ? 'met' : 'NOT met',
  peer === undefined ? '' : `${peer.library}, ${peer.store}, ${peer.adapter}: ${figure(peer.median)} ${peer.unit}`,
]

/** The verdicts in words, for the file that `--json` writes. */
export const judged = (results: readonly Result[]): readonly Judged[] =>
  judge(results).map((verdict) => {
    const { target, measured, met } = verdict
    const beside = describeVerdict(verdict)[3]
    return {
      target: describeTarget(target),
      ...(measured === undefined ? {} : { measured }),
      met,
      ...(beside === '' ? {} : { beside }),
    }
  })

export const describeMachine = ({ cpu, cores, memoryGiB, platform, load, date }: Machine): string =>
  `${date.slice(0, 16)} · ${cpu}, ${cores} cores, ${memoryGiB} GiB · ${platform} · load ${load.toFixed(1)} before the run`

export const describeVersions = (versions: Readonly<Record<string, string>>): string =>
  Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')

const percent = (part: keyof typeof tolerance): number => Math.round(tolerance[part] * 100)

const describeNoise = ({ disturbed, repeated, refused }: Outcome): string =>
  [
    `Noise: ${disturbed} rounds thrown away because the bare handler's cost moved by more than ${percent('in process')} %`,
    `within them, over HTTP ${percent('over HTTP')} % (up to ${attempts} attempts each);`,
    `${repeated} slices run again because the process waited for its core.`,
    ...(refused.length === 0 ? [] : [`Refused, too few quiet rounds: ${refused.join('; ')}.`]),
  ].join(' ')

export const render = (outcome: Outcome): string => {
  const { results } = outcome
  return [
    ...sections.flatMap(([title, columns]) => section(title, results, columns)),
    `Targets\n${table(judge(results).map(describeVerdict))}`,
    describeNoise(outcome),
  ].join('\n\n')
}

/** What the guard found, and of which file. */
export const renderComparison = (file: string, { compared, worse }: Comparison): string =>
  worse.length === 0
    ? `Beside ${file}: none of ${compared} figures is more than ${tolerated} × worse.`
    : `Beside ${file}: ${worse.length} of ${compared} figures are more than ${tolerated} × worse\n${table([
        ['', 'committed', 'now', ''],
        ...worse.map(({ subject, scenario, metric, committed, measured, peer }) => [
          `${subject}, ${scenario}: ${metric}`,
          `${figure(committed)}${peer === undefined ? '' : ' ×'}`,
          `${figure(measured)}${peer === undefined ? '' : ` × ${peer}`}`,
          committed > 0 && measured > committed ? `${(measured / committed).toFixed(2)} × worse` : 'worse',
        ]),
      ])}`
