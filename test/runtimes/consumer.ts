/**
 * A package that depends on this one as its users do: what `npm pack` would publish of dist, in a node_modules of its own,
 * and programs that import it by its public names.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { manifest, root } from '../tooling/tree.ts'

export interface Consumer {
  /** Where it is. Under the repository, so that peer dependencies are found further up. */
  readonly folder: string
  /** Compiles a TypeScript program of the repository into it: its packages stay imports, found by the runtime. */
  readonly program: (source: URL) => Promise<string>
  /** Puts a program into it. */
  readonly write: (name: string, text: string) => string
  readonly remove: () => void
}

export const consumer = (): Consumer => {
  if (!existsSync(`${root}dist/src/index.js`)) throw new Error('dist is not there: npm run build')
  mkdirSync(`${root}.cache`, { recursive: true })
  const folder = mkdtempSync(`${root}.cache/runtime-`)
  const installed = join(folder, 'node_modules', manifest.name)
  mkdirSync(installed, { recursive: true })
  cpSync(`${root}package.json`, join(installed, 'package.json'))
  cpSync(`${root}dist`, join(installed, 'dist'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "type": "module" }')
  writeFileSync(join(folder, 'deno.json'), '{ "nodeModulesDir": "manual" }')
  const write = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  return {
    folder,
    write,
    program: async (source) => {
      const { outputFiles } = await build({
        entryPoints: [fileURLToPath(source)],
        bundle: true,
        write: false,
        format: 'esm',
        platform: 'neutral',
        target: 'es2022',
        packages: 'external',
        logLevel: 'silent',
      })
      return write(`${/([^/]+)\.m?[jt]s$/.exec(source.pathname)![1]!}.mjs`, outputFiles[0]!.text)
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A program and all that it imports in one text, as for a platform of the edge. `conditions`: the platform's own, first. */
export const bundled = async (
  program: string,
  conditions: ReadonlyArray<string>,
  format: 'esm' | 'iife' = 'esm',
): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [program],
    bundle: true,
    write: false,
    format,
    platform: 'neutral',
    target: 'es2022',
    conditions: [...conditions],
    mainFields: ['module', 'main'],
    external: ['cloudflare:*'],
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}
