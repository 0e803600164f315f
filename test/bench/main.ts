/**
 * `npm run bench`: our session beside the other libraries, in one run on one machine. docs/benchmarks.md tells how.
 */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { compare } from './against.ts'
import { childFlag, readJob, runChild } from './child.ts'
import { readOptions, usage } from './options.ts'
import { describeMachine, describeVersions, judged, render, renderComparison } from './report.ts'
import { machine, type Report, versions } from './result.ts'
import { run } from './run.ts'
import { keyOf } from './Subject.ts'
import { subjects } from './subjects.ts'

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
  else process.stderr.write(`${text}\n`)
}

/** The figures of the last run that somebody stood by. */
const committed = 'docs/benchmarks/requests.json'

/** Read before the run: a file that is not there, or is no report, shall not show after a quarter of an hour. */
const readEarlier = async (named: string | undefined) => {
  const file = named ?? (existsSync(committed) ? committed : undefined)
  if (file === undefined) return undefined
  const { results } = JSON.parse(await readFile(file, 'utf8')) as Report
  if (!Array.isArray(results)) throw new Error(`${file} has no results: it was not written by --json`)
  return { file, results }
}

const bench = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args, subjects)
  const earlier = await readEarlier(options.against)
  const about = { machine: machine(), versions: versions(options.subjects) }
  console.log(`${describeMachine(about.machine)}\n${describeVersions(about.versions)}\n`)
  const outcome = await run(options, progress)
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
  console.log(render(outcome))
  const report: Report = { ...about, results: outcome.results, targets: judged(outcome.results) }
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  if (outcome.refused.length > 0) process.exitCode = 1
  if (earlier === undefined) return
  const comparison = compare(outcome.results, earlier.results)
  console.log(`\n${renderComparison(earlier.file, comparison)}`)
  if (comparison.worse.length > 0) process.exitCode = 1
}

const [first, key, job] = process.argv.slice(2)
if (first === childFlag) {
  await runChild(
    subjects.find((subject) => keyOf(subject) === key)!,
    readJob(job!),
  )
} else if (first === '--help') {
  console.log(usage)
} else {
  await bench(process.argv.slice(2))
}
