// Runs a TypeScript file under plain node: `node --import ./.config/strip-types.js file.ts`.
// Node 22.18 and later do this alone (the sources are erasable); for Node 20 a load hook asks esbuild, which is here anyway.
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'

// Node loads the hooks, this same file, into a thread of their own; the query tells that copy from this one.
if (!process.features.typescript && !import.meta.url.endsWith('?hooks')) register(`${import.meta.url}?hooks`)

export const load = async (url, context, next) => {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context)
  const { transform } = await import('esbuild')
  const sourcefile = fileURLToPath(url)
  const { code } = await transform(await readFile(sourcefile, 'utf8'), {
    loader: 'ts',
    sourcefile,
    sourcemap: 'inline',
    target: 'node20',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  })
  return { format: 'module', source: code, shortCircuit: true }
}
