/** The power of the tests, tested: each known way to break a promise turns one of them red. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Mutant } from './list.ts'
import { MUTANTS } from './list.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly assertionResults: ReadonlyArray<{ readonly fullName: string; readonly status: string }>
  }>
}

/** Runs the mutant's suites over its source; answers the names of the tests, by what became of them. */
const ran = async ({ name, suites, red }: Mutant): Promise<ReadonlyMap<string, ReadonlyArray<string>>> => {
  const directory = await mkdtemp(join(tmpdir(), 'coatcheck-mutant-'))
  const output = join(directory, 'report.json')
  const args = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    '.config/mutants.config.ts',
    `--outputFile=${output}`,
    // Only what must turn red.
    `--testNamePattern=${red.replace(/[^\w ]/g, '.')}`,
    '--bail=1',
  ]
  try {
    await new Promise<void>((resolve) => {
      // That tests fail is what is asked for.
      execFile(
        process.execPath,
        [...args, ...suites],
        { cwd: root, timeout: 50_000, env: { ...process.env, MUTANT: name, COATCHECK_NIGHTLY: '0.4' } },
        () => {
          resolve()
        },
      )
    })
    const { testResults } = JSON.parse(await readFile(output, 'utf8')) as Report
    const all = testResults.flatMap(({ assertionResults }) => assertionResults)
    const of = (status: string): ReadonlyArray<string> =>
      all.filter((one) => one.status === status).map(({ fullName }) => fullName)
    return new Map([
      ['passed', of('passed')],
      ['failed', of('failed')],
    ])
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

describe('a source that is broken on purpose', () => {
  it.each(MUTANTS)('$name', async (mutant) => {
    const source = await readFile(join(root, mutant.file), 'utf8')
    expect(source.split(mutant.find), `the patch of ${mutant.file}`).toHaveLength(2)
    const results = await ran(mutant)
    expect(results.get('failed')?.filter((name) => name.includes(mutant.red))).not.toEqual([])
  })
})
