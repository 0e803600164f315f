/** D1 in workerd, through miniflare. */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import type { Either } from '#fp-ts/Either'
import type { StoreError } from '../../../src/effects/Store.ts'
import { type D1Binding, type D1Statement, d1Store, type D1Store, type D1StoreOptions } from '../../../src/stores/d1.ts'

/** The value of an effect that must succeed. */
export const must = <A>(answer: Either<StoreError, A>): A => {
  if (answer._tag === 'Left') throw answer.left.cause
  return answer.right
}

/** The error of an effect that must fail. */
export const fault = (answer: Either<StoreError, unknown>): StoreError & { readonly cause: Error } => {
  if (answer._tag === 'Right') throw new Error(`succeeded: ${JSON.stringify(answer.right)}`)
  return answer.left as StoreError & { readonly cause: Error }
}

const settings = {
  modules: true,
  compatibilityDate: '2026-04-01',
  cf: false,
  host: '127.0.0.1',
  port: 0,
  d1Databases: ['DB'],
} as const

/** Bundles a Worker, from the sources, without any Node, and starts it with a D1 of its own. */
export const started = async (worker: URL): Promise<Miniflare> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(worker)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['coatcheck-source-edge', 'workerd'],
  })
  return new Miniflare({ ...settings, script: outputFiles[0]!.text })
}

export interface World {
  readonly store: D1Store
  /** The binding as the test's own process has it: slow, and for one call at a time. */
  readonly database: D1Binding
  /** How many statements each round trip had. */
  readonly trips: Array<number>
  /** How many rows of tables and indexes each statement has written, as D1 bills them. */
  readonly written: Array<number>
  readonly close: () => Promise<void>
}

/** The binding, counting. */
const watched = (database: D1Binding, trips: Array<number>, written: Array<number>): D1Binding => {
  const note = (result: unknown): void => {
    written.push((result as { readonly meta: { readonly rows_written: number } }).meta.rows_written)
  }
  const originals = new WeakMap<D1Statement, D1Statement>()
  const tell = (original: D1Statement): D1Statement => {
    const told: D1Statement = {
      bind: (...values) => tell(original.bind(...values)),
      all: async () => {
        trips.push(1)
        const result = await original.all()
        note(result)
        return result
      },
    }
    originals.set(told, original)
    return told
  }
  return {
    prepare: (text) => tell(database.prepare(text)),
    batch: async (given) => {
      trips.push(given.length)
      const results = await database.batch(given.map((statement) => originals.get(statement)!))
      results.forEach(note)
      return results
    },
    exec: (text) => database.exec(text),
  }
}

/** A migrated store, used from this process. */
export const world = async (options: Partial<D1StoreOptions> = {}): Promise<World> => {
  const mf = new Miniflare({ ...settings, script: 'export default {}' })
  const database: D1Binding = await mf.getD1Database('DB')
  const trips: Array<number> = []
  const written: Array<number> = []
  const store = d1Store({ database: watched(database, trips, written), ...options })
  must(await store.migrate())
  trips.length = 0
  return {
    store,
    database,
    trips,
    written,
    close: () => mf.dispose(),
  }
}
