import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { runtimes } from './runtimes.ts'

const run = promisify(execFile)

it('every runtime runs, and is what it is called', { timeout: 300_000 }, async () => {
  const { node22, node24, deno, bun, edgeRuntime } = await runtimes()
  const say = async (program: string): Promise<string> => (await run(program, ['--version'])).stdout
  expect(await say(node22)).toMatch(/^v22\./)
  expect(await say(node24)).toMatch(/^v24\./)
  expect(await say(deno)).toMatch(/^deno 2\./)
  expect(await say(bun)).toMatch(/^1\./)
  expect(await import(`${edgeRuntime}/dist/index.js`)).toHaveProperty('EdgeRuntime')
})
