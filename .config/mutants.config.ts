/** The project's tests over a source that one mutant has broken: `MUTANT` is its name. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'
import { MUTANTS } from '../test/mutants/list.ts'

const mutant = MUTANTS.find(({ name }) => name === process.env['MUTANT'])
if (mutant === undefined) throw new Error(`no mutant is called ${String(process.env['MUTANT'])}`)
const broken = fileURLToPath(new URL(`../${mutant.file}`, import.meta.url))

export default defineConfig({
  ...base,
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      load: (id) => (id === broken ? readFileSync(id, 'utf8').replace(mutant.find, () => mutant.replace) : undefined),
    },
  ],
  test: { ...base.test, globalSetup: [], reporters: ['json'], fileParallelism: false },
})
