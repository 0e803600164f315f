/** The acceptance suite itself, as it is, under newer versions of Node than the present one. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { root } from '../tooling/tree.ts'
import { runtimes } from './runtimes.ts'

const FILES = ['hono', 'node'].map((driver) => `test/acceptance/${driver}.test.ts`)

/** What is used of the report that vitest writes as JSON. */
interface Report {
  readonly success: boolean
  readonly testResults: ReadonlyArray<{
    readonly message: string
    readonly assertionResults: ReadonlyArray<{
      readonly fullName: string
      readonly status: string
      readonly failureMessages: ReadonlyArray<string>
    }>
  }>
}

/** Runs the suite with a program in place of node, and answers what became of each case, and all complaints. */
const outcomes = async (program: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-acceptance-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const report = join(folder, 'report.json')
  // Of this run's environment, vitest's own variables would tell the inner one that it is a worker.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|NODE_ENV|TEST$|FAILED_STEPS)/.test(name)),
  )
  const args = [
    ...['node_modules/vitest/vitest.mjs', 'run', '--config', '.config/vitest.config.ts', '--maxWorkers=1'],
    ...['--reporter=json', `--outputFile=${report}`, ...FILES],
  ]
  const exit = await new Promise<string>((resolve) => {
    execFile(program, args, { cwd: root, env, timeout: 240_000 }, (error, stdout, stderr) => {
      resolve(error === null ? '' : `${error.message}\n${stdout}\n${stderr}`)
    })
  })
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report
  const cases = testResults.flatMap(({ assertionResults }) => assertionResults)
  return {
    exit,
    passed: cases.filter(({ status }) => status === 'passed').length,
    others: [
      ...cases
        .filter(({ status }) => status !== 'passed')
        .map(({ fullName, status, failureMessages }) => `${fullName}: ${status} ${failureMessages.join(' ')}`),
      ...testResults.map(({ message }) => message).filter((message) => message !== ''),
    ],
  }
}

it.each(['node22', 'node24'] as const)(
  'the acceptance suite passes under %s',
  async (runtime) => {
    const { exit, passed, others } = await outcomes((await runtimes())[runtime])
    expect(others).toEqual([])
    expect(exit).toBe('')
    expect(passed).toBeGreaterThan(400)
  },
  600_000,
)
