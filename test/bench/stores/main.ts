/**
 * npm run bench:stores: the durable stores beside their peers, on the same real servers: microseconds of the server
 * process's processor per request over HTTP, 16 in flight, above the same framework without sessions. Every answer is
 * checked. Processor time, not throughput: it does not depend on how far away the database is, and little on what else the
 * machine does.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '../../servers/postgres.ts'
import { startRedis } from '../../servers/redis.ts'
import { describeMachine, describeVersions } from '../report.ts'
import { type Judged, machine, type Metric, type Report, type Result, versions } from '../result.ts'
import { type Outcome, runGroup } from './run.ts'
import { type Group, storeSubjects } from './subjects.ts'
import { judge, type Scenario, scenarios } from './targets.ts'

const usage = `npm run bench:stores -- [--quick] [--only TERM,TERM] [--json FILE] [--profile DIRECTORY]
  --quick    3 short rounds
  --only     only these stores (postgres, redis, file), only these scenarios (${scenarios.join(', ')})
  --json     write { machine, versions, results, targets } to this file
  --profile  write a CPU profile of each server process under load, one per scenario, to this directory`

const all: ReadonlyArray<Group> = ['postgres', 'redis', 'file']

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    profile: { type: 'string' },
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

const columns: Partial<Readonly<Record<Metric, string>>> = {
  cpu_us: 'CPU µs',
  added_cpu_us: 'added CPU µs',
  store_cpu_us: 'database CPU µs',
  rps: 'requests/s',
  p99_ms: 'p99 ms',
}

const figure = (result: Result | undefined): string => {
  if (result === undefined) return '–'
  const [median, min, max] = [result.median, result.min, result.max].map((n) => n.toFixed(n < 10 ? 1 : 0))
  return `${median} (${min}–${max})`
}

const render = (results: ReadonlyArray<Result>): string =>
  all
    .flatMap((store) => scenarios.map((scenario) => ({ store, scenario })))
    .flatMap(({ store, scenario }) => {
      const here = results.filter((result) => result.store === store && result.scenario === scenario)
      if (here.length === 0) return []
      const names = [...new Set(here.map(({ library, adapter }) => `${library}, ${adapter}`))]
      const cells = names.map((name) => [
        name,
        ...Object.keys(columns).map((metric) =>
          figure(here.find((one) => `${one.library}, ${one.adapter}` === name && one.metric === metric)),
        ),
      ])
      return table([[`${store}, ${scenario}`, ...Object.values(columns)], ...cells])
    })
    .join('\n\n')

const verdicts = (targets: ReadonlyArray<Judged>): string =>
  table(
    targets.map(({ target, measured, met, beside }) => [
      target,
      measured === undefined ? 'not measured' : measured.toFixed(2),
      measured === undefined ? '–' : met ? 'met' : 'NOT met',
      beside ?? '',
    ]),
  )

const withServer = async (
  group: Group,
  use: (where: string, pid: number | undefined) => Promise<Outcome>,
): Promise<Outcome> => {
  switch (group) {
    case 'postgres': {
      const server = await startPostgres()
      return use(server.url, server.pid()).finally(server.stop)
    }
    case 'redis': {
      const server = await startRedis()
      return use(server.url, server.pid()).finally(server.stop)
    }
    case 'file': {
      const directory = mkdtempSync(join(tmpdir(), 'coatcheck-bench-'))
      return use(directory, undefined).finally(() => rmSync(directory, { recursive: true, force: true }))
    }
  }
}

const bench = async (): Promise<void> => {
  const terms = values.only?.split(',').map((term) => term.trim()) ?? []
  const unknown = terms.filter((term) => ![...all, ...scenarios].some((name) => name === term))
  if (unknown.length > 0) throw new Error(`--only: nothing is called ${unknown.join(', ')}`)
  const only = <A extends string>(names: ReadonlyArray<A>): ReadonlyArray<A> => {
    const wanted = names.filter((name) => terms.includes(name))
    return wanted.length === 0 ? names : wanted
  }
  const groups = only(all)
  const wanted: ReadonlyArray<Scenario> = only(scenarios)
  const profiles = values.profile === undefined ? undefined : resolve(values.profile)
  if (profiles !== undefined) mkdirSync(profiles, { recursive: true })
  const sizes = values.quick
    ? { rounds: 3, requests: 1_600, warmUp: 4_000 }
    : { rounds: 7, requests: 3_200, warmUp: 8_000 }

  const about = {
    machine: machine(),
    versions: versions(storeSubjects.filter(({ group }) => groups.includes(group))),
  }
  console.log(`${describeMachine(about.machine)}\n${describeVersions(about.versions)}\n`)
  const outcomes: Array<Outcome> = []
  for (const group of groups)
    outcomes.push(
      await withServer(group, (where, pid) =>
        runGroup(group, where, pid, { ...sizes, profiles }, (scenario) => wanted.includes(scenario), progress),
      ),
    )
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
  const results = outcomes.flatMap((outcome) => outcome.results)
  const targets = judge(results, groups)
  const refused = outcomes.flatMap((outcome) => outcome.refused)
  const disturbed = outcomes.reduce((sum, outcome) => sum + outcome.disturbed, 0)
  console.log(`Median (min–max) of ${sizes.rounds} rounds of ${sizes.requests} requests, 16 in flight\n`)
  console.log(`${render(results)}\n\nTargets\n${verdicts(targets)}\n\nRounds thrown away as disturbed: ${disturbed}`)
  if (refused.length > 0) console.log(`Refused, too few quiet rounds: ${refused.join('; ')}`)
  const report: Report = { ...about, results, targets }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
  if (refused.length > 0) process.exitCode = 1
}

if (values.help) console.log(usage)
else await bench()
