/**
 * The parts of the growth benchmark: what is run how often, and what its figures are called.
 */
import pg from 'pg'
import { isRight } from 'fp-ts/lib/Either.js'
import { memoryStore } from 'coatcheck/stores/memory'
import { postgresStore } from 'coatcheck/stores/postgres'
import { inChild } from './child.ts'
import { type Sample, samplesAt } from './gather.ts'
import { postgresRound } from './postgres.ts'
import { burst, type Writing } from './writers.ts'

export interface Running {
  readonly quick: boolean
  readonly progress: (text: string) => void
  /** Of an empty PostgreSQL. */
  readonly url: string
}

type Part = (running: Running) => Promise<readonly Sample[]>

const libraries = ['coatcheck', 'express-session'] as const

const memory: Part = async ({ quick, progress }) => {
  const samples: Sample[] = []
  const sizes = quick ? [1e3, 1e4, 1e5] : [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6]
  const rounds = quick ? 2 : 3
  for (let round = 0; round < rounds; round++)
    for (const library of round % 2 === 0 ? libraries : [...libraries].reverse()) {
      progress(`memory, round ${round + 1} of ${rounds}: ${library}, up to ${sizes.at(-1)} sessions`)
      const found = await inChild({
        _tag: 'sessions',
        library,
        sizes,
        cycles: quick ? 9 : 15,
        times: quick ? 200 : 300,
      })
      const about = { library, store: 'memory' }
      for (const { at, cost, allocated, calls } of found.sizes) {
        const here = { ...about, against: 'sessions', at }
        samples.push(...samplesAt({ ...here, metric: 'call_cpu_us', unit: 'µs' }, cost))
        samples.push(...samplesAt({ ...here, metric: 'allocated_bytes', unit: 'bytes' }, allocated))
        if (library === 'coatcheck') samples.push(...samplesAt({ ...here, metric: 'calls', unit: 'calls' }, calls))
      }
      const result = { ...about, scenario: 'all' }
      samples.push({ ...result, metric: 'heap_bytes', unit: 'bytes', value: found.heap })
      samples.push({
        ...about,
        scenario: 'new, collections included',
        metric: 'call_cpu_us',
        unit: 'µs',
        value: found.filling,
      })
    }
  for (const library of libraries) {
    progress(`memory: what the bytes of ${library} are spent on`)
    const spent = await inChild({ _tag: 'heap', library, count: 20_000 })
    samples.push(...samplesAt({ library, store: 'memory', metric: 'heap_bytes', unit: 'bytes' }, spent))
  }
  return samples
}

const postgres: Part = ({ quick, progress, url }) =>
  postgresRound(
    url,
    quick
      ? { rows: [1e3, 1e4, 1e5], expired: 20_000, cycles: 5, times: 100 }
      : { rows: [1e3, 1e4, 1e5, 1e6, 2e6], expired: 200_000, cycles: 9, times: 200 },
    progress,
  )

const KILO = 1_024

const size: Part = async ({ quick, progress }) => {
  const samples: Sample[] = []
  const bytes = quick ? [100, KILO, 8 * KILO, 60 * KILO] : [100, 300, KILO, 3 * KILO, 8 * KILO, 24 * KILO, 60 * KILO]
  const carriers = [
    { carrier: 'memory', bytes },
    // Four cookies of 4 KB, in base64url.
    { carrier: 'sealed cookie', bytes: bytes.filter((at) => at <= 8 * KILO) },
  ] as const
  for (let round = 0; round < (quick ? 2 : 5); round++)
    for (const { carrier, bytes } of carriers) {
      progress(`size, round ${round + 1}: ${carrier}`)
      for (const { at, cost, allocated } of await inChild({ _tag: 'size', carrier, bytes, cycles: 9, times: 200 })) {
        const here = { library: 'coatcheck', store: carrier, against: 'bytes', at }
        samples.push(...samplesAt({ ...here, metric: 'call_cpu_us', unit: 'µs' }, cost))
        samples.push(...samplesAt({ ...here, metric: 'allocated_bytes', unit: 'bytes' }, allocated))
      }
    }
  return samples
}

const writers: Part = async ({ quick, progress, url }) => {
  const ats = quick ? [1, 10, 50, 200] : [1, 3, 10, 30, 100, 200]
  const times = quick ? 3 : 7
  const samplesOf = (store: string, found: readonly Writing[]): readonly Sample[] =>
    found.flatMap(({ at, calls, p99 }) => {
      const here = { library: 'coatcheck', store, scenario: 'write', against: 'writers', at }
      return [
        { ...here, metric: 'store_calls', unit: 'calls/write', value: calls },
        { ...here, metric: 'p99_ms', unit: 'ms', value: p99 },
      ]
    })
  const samples: Sample[] = []
  const pool = new pg.Pool({ connectionString: url, max: 10 })
  try {
    const store = postgresStore({ pool })
    if (!isRight(await store.migrate())) throw new Error('the tables could not be made')
    // Once unmeasured: compiled code, and the pool's connections.
    await burst(memoryStore(), 1, 200, 2)
    await burst(store, 0, 200, 2)
    for (const at of ats) {
      progress(`writers: ${at} at once`)
      samples.push(...samplesOf('memory, 1 ms away', await burst(memoryStore(), 1, at, times)))
      samples.push(...samplesOf('postgres', await burst(store, 0, at, times)))
    }
  } finally {
    await pool.end()
  }
  return samples
}

const subjects: Part = async ({ quick, progress }) => {
  const samples: Sample[] = []
  for (let round = 0; round < (quick ? 2 : 3); round++) {
    progress(`subjects, round ${round + 1}`)
    const found = await inChild({
      _tag: 'subjects',
      subjects: quick ? [1e3, 1e4] : [1e3, 1e4, 1e5],
      sessions: quick ? [1, 10, 100, 1e3] : [1, 10, 100, 1e3, 1e4],
    })
    for (const against of ['subjects', 'sessions'] as const)
      for (const { at, list, endAll } of found[against]) {
        const name = against === 'sessions' ? 'sessions of one subject' : against
        const here = { library: 'coatcheck', store: 'memory', metric: 'call_us', unit: 'µs', against: name, at }
        samples.push(...samplesAt(here, { list, 'end all': endAll }))
      }
  }
  return samples
}

export const parts = { memory, postgres, size, writers, subjects } as const
export type Name = keyof typeof parts
