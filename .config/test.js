// `npm test`: builds (some tests import the built package), checks the types of the tests, runs the tests.
// A failed step does not hide the next one, is counted as one failure, and the last line is `N passed, N failed`.
// Arguments go to vitest: `npm test -- test/core`.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const run = (command, args, env = process.env) =>
  spawnSync(command, args, { cwd: root, stdio: 'inherit', env, shell: process.platform === 'win32' }).status === 0

const steps = { build: ['npm', ['run', '--silent', 'build']], types: ['npm', ['run', '--silent', 'types']] }
const failed = Object.entries(steps).filter(([, [command, args]]) => !run(command, args))
const env = { ...process.env, FAILED_STEPS: failed.map(([name]) => name).join(',') }
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const passed = run(
  process.execPath,
  [vitest, 'run', '--config', '.config/vitest.config.ts', ...process.argv.slice(2)],
  env,
)

process.exitCode = passed && failed.length === 0 ? 0 : 1
