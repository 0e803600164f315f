/**
 * npm run bench:growth -- [--quick] [--only memory,postgres,size,writers,subjects] [--json FILE]
 *
 * What sessions cost when there are many of them, when they are large, and when many write one: docs/benchmarks.md tells
 * how. Every answer is checked.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { startPostgres } from '../../servers/postgres.ts'
import { describeMachine, describeVersions } from '../report.ts'
import { machine, type Report, versions } from '../result.ts'
import { curvesOf, resultsOf, type Sample } from './gather.ts'
import { type Name, parts } from './parts.ts'
import { render } from './render.ts'
import { judge } from './targets.ts'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, json: { type: 'string' } },
})
const names = (values.only?.split(',').map((name) => name.trim()) ?? Object.keys(parts)) as Name[]
for (const name of names)
  if (!(name in parts)) throw new Error(`--only: there is ${Object.keys(parts).join(', ')}, not ${name}`)

const progress = (text: string): void => void process.stderr.write(`${text}\n`)

const about = { machine: machine(), versions: versions([{ packages: ['express-session', 'fp-ts', 'io-ts', 'pg'] }]) }
console.log(`${describeMachine(about.machine)}\n${describeVersions(about.versions)}\n`)

const needsPostgres = names.includes('postgres') || names.includes('writers')
const server = needsPostgres
  ? await startPostgres({ settings: ['shared_buffers=512MB', 'max_wal_size=4GB'] })
  : undefined
const samples: Sample[] = []
try {
  for (const name of names)
    samples.push(...(await parts[name]({ quick: values.quick, progress, url: server?.url ?? '' })))
} finally {
  await server?.stop()
}

const [curves, results] = [curvesOf(samples), resultsOf(samples)]
const report: Report = { ...about, results, targets: judge(curves, results), curves }
console.log(render(report))
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`)
