/** Every entry of the built package, imported in every runtime that it says it runs in, and what of Node is in it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isValue } from '../tooling/layers.ts'
import { entries, manifest, nodes, parse, root } from '../tooling/tree.ts'
import { type Consumer, consumer } from './consumer.ts'
import { type Command, commands, environment, type Runtime, serves, type Serving } from './serving.ts'

const run = promisify(execFile)

/** These need Node's files or its http, which Deno and Bun have too. */
const nodeOnly = ['/node', '/stores/file'].map((entry) => manifest.name + entry)
const names = entries.map(({ name }) => name)
const edge = names.filter((name) => !nodeOnly.includes(name))

type Names = Readonly<Record<string, ReadonlyArray<string>>>

const importing = `const names = ${JSON.stringify(names)}
const found = {}
for (const name of names) found[name] = Object.keys(await import(name)).sort()
console.log(JSON.stringify(found))`

/** Entries as a module that knows what each of them exports. */
const listing = (entryNames: ReadonlyArray<string>): string =>
  [
    ...entryNames.map((name, index) => `import * as m${index} from '${name}'`),
    `const all = { ${entryNames.map((name, index) => `'${name}': m${index}`).join(', ')} }`,
    'const found = Object.fromEntries(Object.entries(all).map(([name, it]) => [name, Object.keys(it).sort()]))',
    'const fetch = () => Response.json(found)',
  ].join('\n')

const suffixes: Readonly<Record<string, string>> = {
  workerd: 'export default { fetch }',
  'edge-runtime': "addEventListener('fetch', (event) => event.respondWith(fetch()))",
}

describe('every entry of the built package', () => {
  let own: Consumer
  const importedBy = async (runtime: Command): Promise<Names> => {
    const [command, args] = await commands[runtime]()
    const path = own.write('entries.mjs', importing)
    const { stdout } = await run(command, [...args, path], { cwd: own.folder, env: environment(), timeout: 60_000 })
    return JSON.parse(stdout) as Names
  }
  let plain: Names = {}
  beforeAll(async () => {
    own = consumer()
    plain = await importedBy('node20')
  })
  afterAll(() => {
    own.remove()
  })

  it('exports something, but those of types alone', () => {
    expect(Object.keys(plain).sort()).toEqual([...names].sort())
    expect(Object.values(plain).filter(({ length }) => length > 0).length).toBeGreaterThan(names.length / 2)
  })

  it.each(['node22', 'node24', 'deno', 'bun'] as const)(
    'is imported by %s',
    async (runtime) => {
      expect(await importedBy(runtime)).toEqual(plain)
    },
    300_000,
  )

  it.each(['workerd', 'edge-runtime'] as const)(
    'that runs on the edge is a part of a bundle for %s',
    async (runtime: Runtime) => {
      const program = own.write(`${runtime}.mjs`, `${listing(edge)}\n${suffixes[runtime]!}`)
      let serving: Serving | undefined
      try {
        serving = await serves[runtime](new URL(`file://${program}`))
        const found = (await (await fetch(serving.url)).json()) as Names
        expect(found).toEqual(Object.fromEntries(edge.map((name) => [name, plain[name]])))
      } finally {
        await serving?.close()
      }
    },
    300_000,
  )
})

/** What only Node has, in the bundle of one entry: imports that are left, and names of globals. */
const nodeParts = async (contents: string, conditions: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'js' },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    conditions: [...conditions],
    mainFields: ['module', 'main'],
    external: ['node:*', 'cloudflare:*'],
    logLevel: 'silent',
  })
  const left = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external === true).map(({ path }) => path),
  )
  const globals = nodes(parse({ path: 'bundle.js', text: outputFiles[0]!.text }))
    .filter((node) => ts.isIdentifier(node))
    .filter(isValue)
    .map(({ text }) => text)
    .filter((name) => ['process', 'Buffer', 'require', '__dirname', '__filename'].includes(name))
  return [...new Set([...left, ...globals])]
}

describe.each([
  ['Workers', ['workerd', 'worker', 'browser']],
  ["Vercel's edge", ['edge-light', 'worker', 'browser']],
])('bundled for %s', (_, conditions) => {
  it.each(edge)('%s asks nothing of Node', async (name) => {
    expect(await nodeParts(`export * from '${name}'`, conditions)).toEqual([])
  })

  it('the check can fail', async () => {
    const text = "import 'node:fs'\nexport const where = process.cwd()"
    expect(await nodeParts(text, conditions)).toEqual(['node:fs', 'process'])
  })
})

// Deno has them: its node:crypto answers at once, its Web Crypto through a thread.
const inDeno = ['node:crypto', 'node:buffer', 'Buffer']

describe('bundled for Deno', () => {
  it.each(edge)('%s asks for nothing of Node but cryptography', async (name) => {
    const parts = await nodeParts(`export * from '${name}'`, ['deno', 'worker'])
    expect(parts.filter((part) => !inDeno.includes(part))).toEqual([])
  })

  it('the manager takes its digests from there', async () => {
    expect(await nodeParts("export * from 'coatcheck'", ['deno', 'worker'])).toContain('node:crypto')
  })
})
