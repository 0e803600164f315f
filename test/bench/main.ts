/**
 * `npm run bench`: our session beside the other libraries, in one run on one machine. docs/benchmarks.md tells how.
 */
import { writeFile } from 'node:fs/promises'
import { childFlag, readJob, runChild } from './child.ts'
import { readOptions, usage } from './options.ts'
import { describeMachine, describeVersions, judged, render } from './report.ts'
import { machine, type Report, versions } from './result.ts'
import { run } from './run.ts'
import { keyOf } from './Subject.ts'
import { subjects } from './subjects.ts'

const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
  else process.stderr.write(`${text}\n`)
}

const bench = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args, subjects)
  const about = { machine: machine(), versions: versions(options.subjects) }
  console.log(`${describeMachine(about.machine)}\n${describeVersions(about.versions)}\n`)
  const outcome = await run(options, progress)
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
  console.log(render(outcome))
  const report: Report = { ...about, results: outcome.results, targets: judged(outcome.results) }
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`)
  if (outcome.refused.length > 0) process.exitCode = 1
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
