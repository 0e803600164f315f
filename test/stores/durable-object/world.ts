/** Objects of their own in workerd, through miniflare. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import type { Either } from '#fp-ts/Either'
import type { StoreError } from '../../../src/effects/Store.ts'
import type { SessionNamespace } from '../../../src/stores/durable-object.ts'
import { entries, root } from '../../tooling/tree.ts'
import type { Probe } from './worker.ts'

/** The value of an effect that must succeed. */
export const must = <A>(answer: Either<StoreError, A>): A => {
  if (answer._tag === 'Left') throw answer.left.cause
  return answer.right
}

/** The later ones need a newer workerd than the one that is installed. */
export const COMPATIBILITY_DATE = '2026-04-01'

/** `coatcheck/hono` means the source, as it does in the tests. */
const sources = Object.fromEntries(entries.map(({ name, source }) => [name, root + source]))

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
    alias: sources,
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

/** What an object tells of itself; asking stores nothing. 'ring': after its alarm went off. */
export const probe = async (
  namespace: SessionNamespace,
  name: string,
  call: 'probe' | 'ring' = 'probe',
): Promise<Probe> => {
  const stub = namespace.get(namespace.idFromName(name))
  return JSON.parse(await (await stub.fetch(`https://test/${call}`, { method: 'POST', body: '' })).text()) as Probe
}

/** What an object tells of itself as soon as that is so. */
export const probeUntil = async (
  namespace: SessionNamespace,
  name: string,
  isSo: (told: Probe) => boolean,
): Promise<Probe> => {
  const deadline = Date.now() + 30_000
  for (;;) {
    const told = await probe(namespace, name)
    if (isSo(told)) return told
    if (Date.now() > deadline) throw new Error(`it never was: ${JSON.stringify(told)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** The name of a subject's object. */
export const nameOf = (subject: string): string => JSON.stringify(subject)

export interface World {
  /** Where the Worker answers. */
  readonly url: URL
  readonly namespace: SessionNamespace
  /** A binding as miniflare hands it out. */
  readonly binding: (name: 'SESSIONS' | 'FOREIGN' | 'LEGACY' | 'BROKEN') => Promise<SessionNamespace>
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
      BROKEN: { className: 'Broken', useSQLite: true },
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
