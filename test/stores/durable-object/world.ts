/** Objects of their own in workerd, through miniflare. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import type { SessionNamespace } from '../../../src/stores/durable-object.ts'
import type { Probe } from './worker.ts'

/** The later ones need a newer workerd than the one that is installed. */
export const COMPATIBILITY_DATE = '2026-04-01'

/** A module and all that it imports, from source, as a Worker. */
export const bundle = async (path: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    conditions: ['coatcheck-source-edge', 'workerd', 'worker', 'browser'],
    mainFields: ['module', 'main'],
    external: ['cloudflare:*'],
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}

let script: Promise<string> | undefined
/** The Worker of these tests. */
export const testWorker = (): Promise<string> =>
  (script ??= bundle(fileURLToPath(new URL('worker.ts', import.meta.url))))

/** The objects of the test Worker at `url`, from outside: miniflare's own way there takes three times as long. */
export const bridge = (url: URL): SessionNamespace => ({
  idFromName: (name) => encodeURIComponent(name),
  get: (id) => ({
    fetch: (call, init) =>
      fetch(new URL(`/object${new URL(call).pathname}`, url), { ...init, headers: { 'object-name': String(id) } }),
  }),
})

/** What an object tells of itself; asking stores nothing. */
export const probe = async (namespace: SessionNamespace, name: string): Promise<Probe> => {
  const stub = namespace.get(namespace.idFromName(name))
  return JSON.parse(await (await stub.fetch('https://test/probe', { method: 'POST', body: '' })).text()) as Probe
}

export interface World {
  /** Where the Worker answers. */
  readonly url: URL
  readonly namespace: SessionNamespace
  /** A binding as miniflare hands it out. */
  readonly binding: (name: 'SESSIONS' | 'FOREIGN' | 'LEGACY') => Promise<SessionNamespace>
  readonly close: () => Promise<void>
}

export const world = async (): Promise<World> => {
  const mf = new Miniflare({
    modules: true,
    script: await testWorker(),
    compatibilityDate: COMPATIBILITY_DATE,
    cf: false,
    host: '127.0.0.1',
    port: 0,
    durableObjects: {
      SESSIONS: { className: 'SessionObject', useSQLite: true },
      FOREIGN: { className: 'Foreign', useSQLite: true },
      // Declared as in `new_classes`.
      LEGACY: { className: 'LegacyObject' },
    },
  })
  const url = await mf.ready
  return {
    url,
    namespace: bridge(url),
    // Its type is that of a package of types that is not installed.
    binding: async (name) => (await mf.getDurableObjectNamespace(name)) as unknown as SessionNamespace,
    close: () => mf.dispose(),
  }
}
