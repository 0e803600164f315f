/**
 * Installs the runtimes. The broker of test/servers does it, for all tests of a run. Their manifest has a folder of its own:
 * TypeScript files beside it would be files of that package, and have another meaning of `#fp-ts/…`.
 */
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { cache } from '../servers/binaries.ts'

const run = promisify(execFile)

const home = fileURLToPath(new URL('packages/', import.meta.url))
const installed = join(home, 'node_modules')
/** A copy of the lock file beside what was installed by it. */
const mark = join(installed, '.installed.json')

const isCurrent = (): boolean =>
  existsSync(mark) && readFileSync(mark, 'utf8') === readFileSync(join(home, 'package-lock.json'), 'utf8')

/**
 * Where the packages are. Installs them if the lock file asks for others than are there: beside, then put in place whole,
 * also when two runs do this at once. Their scripts are not run: none of them needs its own.
 */
export const install = async (): Promise<string> => {
  if (isCurrent()) return installed
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'runtimes-'))
  try {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(home, file), join(folder, file))
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    await run('npm', args, { cwd: folder, shell: process.platform === 'win32' })
    writeFileSync(join(folder, 'node_modules', '.installed.json'), readFileSync(join(folder, 'package-lock.json')))
    if (!isCurrent()) {
      rmSync(installed, { recursive: true, force: true })
      renameSync(join(folder, 'node_modules'), installed)
    }
    return installed
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
