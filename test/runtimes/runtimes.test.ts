import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { root } from '../tooling/tree.ts'
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

it('the page names the versions that the tests run', () => {
  const page = readFileSync(`${root}docs/runtimes.md`, 'utf8')
  const locked = (file: string): ReadonlyArray<readonly [string, string]> => {
    const { packages } = JSON.parse(readFileSync(root + file, 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly version: string }>>
    }
    return Object.entries(packages).map(([path, { version }]) => [path.replace('node_modules/', ''), version])
  }
  const versions = new Map([
    ...locked('package-lock.json').filter(([name]) => ['miniflare', 'hono'].includes(name)),
    ...locked('test/runtimes/packages/package-lock.json').filter(([name]) =>
      ['node22', 'node24', 'deno', 'bun', 'edge-runtime'].includes(name),
    ),
  ])
  expect(versions.size).toBe(7)
  expect([...versions].filter(([, version]) => !page.includes(version))).toEqual([])
})
