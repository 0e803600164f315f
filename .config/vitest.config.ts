import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { summary } from './summary.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest

/** `coatcheck/hono` means the source in here: one copy of each module, and no build before a test of one file. */
const sources = Object.entries(manifest.exports)
  .filter(([, target]) => target.startsWith('./dist/'))
  .map(([entry, target]) => ({
    find: new RegExp(`^${manifest.name}${entry.slice(1)}$`),
    replacement: root + target.replace('./dist/', '').replace(/\.js$/, '.ts'),
  }))

// Without vite's own `module` condition, so that `#fp-ts/*` is the build that Node users run.
const conditions = ['coatcheck-source', 'node', 'default']

export default defineConfig({
  root,
  resolve: { conditions, alias: sources },
  ssr: { resolve: { conditions, externalConditions: ['node'] } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/servers/setup.ts'],
    reporters: ['default', summary],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
