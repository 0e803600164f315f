/**
 * What a session costs a Worker in bytes: each library as an edge application imports it, with its dependencies, minified
 * and compressed with gzip -9. What a framework has anyway (Hono) is in those libraries that import a part of it.
 */
import { build } from 'esbuild'
import { gzipSync } from 'node:zlib'
import type { Named, Sample } from './samples.ts'

interface Bundle extends Named {
  /** The application's imports. */
  readonly source: string
}

const bundle = (library: string, store: string, adapter: string, ...sources: readonly string[]): Bundle => ({
  ...{ library, store, adapter, source: sources.map((line) => `export ${line}`).join('\n') },
})

const ours = (store: string, ...sources: readonly string[]): Bundle =>
  bundle(
    'coatcheck',
    store,
    'hono',
    "{ sessionManager } from 'coatcheck'",
    "{ session } from 'coatcheck/hono'",
    "{ modify } from 'coatcheck/Session'",
    ...sources,
  )

const bundles: readonly Bundle[] = [
  ours('memory', "{ memoryStore } from 'coatcheck/stores/memory'"),
  ours('sealed', "{ sealedCookie } from 'coatcheck/sealed-cookie'", "{ keyring } from 'coatcheck/Keyring'"),
  ours('durable-object', "* from 'coatcheck/stores/durable-object'"),
  bundle('hono-sessions', 'memory', 'hono', "{ sessionMiddleware, MemoryStore } from 'hono-sessions'"),
  bundle('hono-sessions', 'cookie', 'hono', "{ sessionMiddleware, CookieStore } from 'hono-sessions'"),
  bundle('@hono/session', 'memory', 'hono', "{ useSession, useSessionStorage } from '@hono/session'"),
  bundle('@hono/session', 'cookie', 'hono', "{ useSession } from '@hono/session'"),
  bundle('iron-session', 'cookie', 'node', "{ getIronSession } from 'iron-session'"),
  bundle(
    '@remix-run/session',
    'memory',
    'fetch',
    "{ createCookie } from '@remix-run/cookie'",
    "{ createMemorySessionStorage } from '@remix-run/session/memory-storage'",
  ),
  bundle(
    '@remix-run/session',
    'cookie',
    'fetch',
    "{ createCookie } from '@remix-run/cookie'",
    "{ createCookieSessionStorage } from '@remix-run/session/cookie-storage'",
  ),
  bundle('h3', 'cookie', 'h3', "{ useSession } from 'h3'"),
]

const sizeOf = async ({ source }: Bundle): Promise<number> => {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: process.cwd(), loader: 'js' },
    ...{ bundle: true, write: false, minify: true, format: 'esm', platform: 'neutral', target: 'es2022' },
    ...{ conditions: ['workerd', 'worker', 'browser'], mainFields: ['module', 'main'] },
    ...{ external: ['node:*'], logLevel: 'error' },
  } as const)
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length
}

export const measureBundles = (): Promise<readonly Sample[]> =>
  Promise.all(
    bundles.map(async (entry): Promise<Sample> => ({
      subject: entry,
      scenario: 'bundle',
      metric: 'gzip_bytes',
      value: await sizeOf(entry),
    })),
  )
