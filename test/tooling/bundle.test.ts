import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'
import { isValue } from './layers.ts'
import { entries, imports, manifest, nodes, parse, root } from './tree.ts'

/** Bytes after minify and gzip -9 of everything below, with fp-ts and io-ts: raise it knowingly. Of the last 1,600, 650 are
 * the memory store's rows and its table of ids (50 bytes less per session), 130 the digest that a Worker may be lent (12 µs
 * less per request), the rest what the engine does at once where it can. */
const budget = 27_900

/** What an edge user imports: kept whole here, so a real bundle is smaller. */
const edge = ['', '/hono', '/fetch', '/stores/memory'].map((entry) => manifest.name + entry)

/** Every entry that the edge project (tsconfig.json) compiles must bundle for the edge; these run under Node alone. */
const nodeOnly = ['/node', '/stores/file'].map((entry) => manifest.name + entry)

const bundle = async (contents: string): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root, loader: 'js' },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['module', 'main'],
    external: ['node:*'],
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}

const all = (names: ReadonlyArray<string>): string =>
  names.map((name, index) => `export * as m${String(index)} from '${name}'`).join('\n')

/** What is in a bundle that only Node has. */
const nodeParts = (text: string): ReadonlyArray<string> => {
  const source = parse({ path: 'bundle.js', text })
  const globals = nodes(source)
    .filter((node) => ts.isIdentifier(node))
    .filter((node) => ['process', 'Buffer', 'require', '__dirname', '__filename'].includes(node.text) && isValue(node))
  return [...imports(source).map(({ specifier }) => specifier), ...new Set(globals.map((node) => node.text))]
}

describe('the built package on the edge', () => {
  let text = ''
  beforeAll(async () => {
    text = await bundle(all(edge))
  })

  it('leaves no import and no global of Node in the bundle', () => {
    expect(nodeParts(text)).toEqual([])
  })

  it('uses the digest of the platform and the es6 build of fp-ts', () => {
    expect(text).toContain('crypto.subtle')
    expect(text).not.toContain('createHash')
    expect(text).not.toContain('__importStar')
  })

  it('stays within its size', () => {
    const size = gzipSync(text, { level: 9 }).length
    console.log(`${edge.join(', ')}: ${String(size)} bytes after minify and gzip`)
    expect(size).toBeLessThanOrEqual(budget)
  })

  it.each(entries.map(({ name }) => [name]).filter(([name]) => !nodeOnly.includes(name!)))(
    '%s bundles alone',
    async (name) => {
      expect(nodeParts(await bundle(`export * from '${name}'`))).toEqual([])
    },
  )
})

describe('the check can fail', () => {
  it.each([
    ["import { createHash } from 'node:crypto'; console.log(createHash)", ['node:crypto']],
    ["export const load = () => import('node:fs')", ['node:fs']],
    ['export const a = process.env.A', ['process']],
    ["export const a = Buffer.from('')", ['Buffer']],
    ["export const a = typeof process === 'object'", ['process']],
    ['export const a = (b) => b.process', []],
    ["export const a = { process: 1 }, b = 'Buffer'", []],
  ])('%s', async (text, found) => {
    expect(nodeParts(await bundle(text))).toEqual(found)
  })
})
