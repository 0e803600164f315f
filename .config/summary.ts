import type { Reporter, TestModule } from 'vitest/node'

/** A file that could not be loaded, or whose hook threw, has no failed test in it, and has failed all the same. */
const count = (module: TestModule): { readonly passed: number; readonly failed: number } => {
  const states = [...module.children.allTests()].map((test) => test.result().state)
  const passed = states.filter((state) => state === 'passed').length
  const failed = states.filter((state) => state === 'failed').length
  return { passed, failed: module.state() === 'failed' && failed === 0 ? 1 : failed }
}

/**
 * Ends the output with a line `N passed, N failed`, alone, for machines that read the log.
 *
 * Steps that failed before the tests (build, types) are named in `FAILED_STEPS`, divided by commas; each counts as one
 * failure, and so does each error outside of any test.
 */
export const summary: Reporter = {
  onTestRunEnd: (modules, errors) => {
    const steps = (process.env['FAILED_STEPS'] ?? '').split(',').filter((step) => step !== '')
    const counts = modules.map(count)
    const passed = counts.reduce((sum, { passed }) => sum + passed, 0)
    const failed = counts.reduce((sum, { failed }) => sum + failed, errors.length + steps.length)
    for (const step of steps) console.log(`failed before the tests: ${step}`)
    if (failed > 0) process.exitCode = 1
    console.log(`${String(passed)} passed, ${String(failed)} failed`)
  },
}
