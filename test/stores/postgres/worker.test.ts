import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { expect, it } from 'vitest'
import { freshDatabase } from '../../servers/shared.ts'

const entry = fileURLToPath(new URL('./worker.ts', import.meta.url))

it('the store works over pg inside workerd', async () => {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    conditions: ['workerd', 'coatcheck-source-edge'],
    external: ['cloudflare:*', 'pg-native'],
    // pg is CommonJS: it requires what workerd has as modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/')" },
  })
  const worker = new Miniflare({
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: '2026-04-01',
    compatibilityFlags: ['nodejs_compat'],
    cf: false,
    bindings: { url: await freshDatabase() },
  })
  try {
    const response = await worker.dispatchFetch('http://worker/')
    expect(await response.json()).toMatchObject([
      {},
      { _tag: 'Created' },
      { _tag: 'Updated' },
      { _tag: 'Some', value: { data: { text: 'a\u0000👍' }, subject: { id: 'ann' } } },
      { _tag: 'Touched' },
      { _tag: 'Acquired', fence: 1 },
      { _tag: 'Released' },
      1,
      { _tag: 'Done' },
      { removed: 1, more: false },
    ])
  } finally {
    await worker.dispose()
  }
}, 120_000)
