/**
 * npm run bench:edge: sessions on workerd, Deno and Bun, ours beside other libraries in the same runtime: microseconds of
 * the server process's processor per request over HTTP, above the same application without sessions.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeMachine, describeVersions } from '../report.ts'
import { type Judged, machine, type Report, type Result, versions } from '../result.ts'
import { IN_FLIGHT, type Outcome, runRuntime } from './run.ts'
import { runtimeVersions } from './serving.ts'
import { edgeSubjects, runtimes } from './subjects.ts'
import { judge, scenarios } from './targets.ts'

const usage = `npm run bench:edge -- [--quick] [--only TERM,TERM] [--json FILE]
  --quick  3 short rounds
  --only   only these runtimes (${runtimes.join(', ')}), only these scenarios (${scenarios.join(', ')})
  --json   write { machine, versions, results, targets } to this file`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const progress = (text: string): void => {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[2K${text}` : `${text}\n`)
}

const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return rows
    .map((row) => row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  '))
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n')
}

const figure = (result: Result | undefined): string => {
  if (result === undefined) return '–'
  const [median, min, max] = [result.median, result.min, result.max].map((n) => n.toFixed(Math.abs(n) < 10 ? 1 : 0))
  return `${median} (${min}–${max})`
}

const columns = { cpu_us: 'CPU µs', added_cpu_us: 'added CPU µs', rps: 'requests/s' } as const

const render = (results: ReadonlyArray<Result>): string =>
  runtimes
    .flatMap((runtime) => scenarios.map((scenario) => ({ runtime, scenario })))
    .flatMap(({ runtime, scenario }) => {
      const nameOf = ({ library, store, adapter }: Result): string => `${library}, ${store}, ${adapter}`
      const here = results.filter((result) => result.adapter.endsWith(` on ${runtime}`) && result.scenario === scenario)
      if (here.length === 0) return []
      const cells = [...new Set(here.map(nameOf))].map((name) => [
        name,
        ...Object.keys(columns).map((metric) =>
          figure(here.find((one) => nameOf(one) === name && one.metric === metric)),
        ),
      ])
      return table([[`${runtime}, ${scenario}`, ...Object.values(columns)], ...cells])
    })
    .join('\n\n')

const verdicts = (targets: ReadonlyArray<Judged>): string =>
  table(
    targets.map(({ target, measured, met, beside }) => [
      target,
      measured === undefined ? '–' : `${measured.toFixed(2)} ×`,
      measured === undefined && beside === undefined ? 'not measured' : met ? 'met' : 'NOT met',
      beside ?? '',
    ]),
  )

const bench = async (): Promise<void> => {
  const terms = values.only?.split(',').map((term) => term.trim()) ?? []
  const unknown = terms.filter((term) => ![...runtimes, ...scenarios].some((name) => name === term))
  if (unknown.length > 0) throw new Error(`--only: nothing is called ${unknown.join(', ')}`)
  const only = <A extends string>(names: ReadonlyArray<A>): ReadonlyArray<A> => {
    const wanted = names.filter((name) => terms.includes(name))
    return wanted.length === 0 ? names : wanted
  }
  const [onRuntimes, inScenarios] = [only(runtimes), only(scenarios)]
  const sizes = values.quick
    ? { rounds: 3, requests: 960, warmUp: 1_920 }
    : { rounds: 5, requests: 3_200, warmUp: 8_000 }

  const about = {
    machine: machine(),
    versions: { ...versions(edgeSubjects), ...(await runtimeVersions(onRuntimes)) },
  }
  console.log(`${describeMachine(about.machine)}\n${describeVersions(about.versions)}\n`)
  const outcomes: Array<Outcome> = []
  for (const runtime of onRuntimes) outcomes.push(await runRuntime(runtime, edgeSubjects, sizes, inScenarios, progress))
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
  const results = outcomes.flatMap((outcome) => outcome.results)
  const targets = judge(results, onRuntimes, inScenarios)
  const refused = outcomes.flatMap((outcome) => outcome.refused)
  const disturbed = outcomes.reduce((sum, outcome) => sum + outcome.disturbed, 0)
  console.log(
    `Median (min–max) of ${sizes.rounds} rounds of ${sizes.requests} requests, ${IN_FLIGHT} in flight; bare: in Hono, or a fetch handler\n`,
  )
  console.log(`${render(results)}\n\nOurs as a part of the fastest peer's\n${verdicts(targets)}`)
  console.log(`\nRounds thrown away as disturbed: ${disturbed}`)
  if (refused.length > 0) console.log(`Refused, too few quiet rounds: ${refused.join('; ')}`)
  const report: Report = { ...about, results, targets }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  if (refused.length > 0) process.exitCode = 1
}

if (values.help) console.log(usage)
else await bench()
