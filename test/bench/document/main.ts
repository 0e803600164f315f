/**
 * `npm run bench:docs`: docs/benchmarks.md and the plots in docs/benchmarks, from the JSON files that stand there.
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { docs, inputs } from './files.ts'
import { document } from './page.ts'

const { template, reports } = inputs()
const made = await document(template, reports)
for (const name of readdirSync(new URL('benchmarks/', docs)))
  if (name.endsWith('.svg') && !made.has(`benchmarks/${name}`)) rmSync(new URL(`benchmarks/${name}`, docs))
for (const [path, content] of made) writeFileSync(new URL(path, docs), content)
console.log(`docs/benchmarks.md and ${made.size - 1} plots from ${Object.keys(reports).join(', ') || 'nothing'}`)
