/**
 * ```ts
 * Report = { machine, versions, results: Result[], targets?: Judged[], curves?: Curve[] }
 * ```
 * The shape of every benchmark's outcome, and of the file that `--json` writes.
 */
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'
import type { Spread } from './statistics.ts'
import type { Subject } from './Subject.ts'

/**
 * In process. `added_us`: µs of wall time per request over the bare handler of the same framework; `added_over_empty_us`:
 * over an empty middleware instead; `total_us`: of the bare handler itself. `added_process_us`,
 * `added_process_over_empty_us`, `total_process_us`: the same in CPU time of the whole process, which says the same when
 * the machine is quiet and hardly moves when it is not. `added_bytes`, `total_bytes`: allocated on the JavaScript heap.
 *
 * Over loopback HTTP. `rps`: requests per second. `p50_ms`, `p99_ms`: what half, or 99 of 100, answers came within.
 * `cpu_us`: CPU time of the server process per request, bare handler included; `added_cpu_us`: over the bare one.
 * `survived`: of 50 increments at once. `store_calls`: per acknowledged write of 200 writers at once. `store_cpu_us`: CPU
 * time of the database server's processes per request.
 *
 * `gzip_bytes`: of a bundle for the edge, minified.
 */
export type Metric =
  | 'added_us'
  | 'added_over_empty_us'
  | 'total_us'
  | 'added_process_us'
  | 'added_process_over_empty_us'
  | 'total_process_us'
  | 'added_bytes'
  | 'total_bytes'
  | 'rps'
  | 'p50_ms'
  | 'p99_ms'
  | 'cpu_us'
  | 'added_cpu_us'
  | 'survived'
  | 'store_calls'
  | 'store_cpu_us'
  | 'gzip_bytes'

export interface Result extends Spread {
  readonly library: string
  readonly store: string
  readonly adapter: string
  readonly scenario: string
  readonly metric: Metric
  readonly unit: string
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly platform: string
  /** Load average of the last minute before the run began: what else was going on. */
  readonly load: number
  readonly date: string
}

/** A target in words, what a run measured of it, and whether it was met. */
export interface Judged {
  readonly target: string
  /** Absent where the run did not measure it. */
  readonly measured?: number
  readonly met: boolean
  /** What the measured value is a ratio to, with its figure. */
  readonly beside?: string
}

/** A figure as it changes with something that grows. */
export interface Curve extends Omit<Result, keyof Spread | 'metric'> {
  readonly metric: string
  /** What grows: `sessions`, `rows`, `bytes`, `writers`, `subjects`. */
  readonly against: string
  /** In the order of `at`. */
  readonly points: readonly (Spread & { readonly at: number })[]
}

export interface Report {
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly results: readonly Result[]
  /** Every target of the benchmark, in words: what docs/benchmarks.md shows. */
  readonly targets?: readonly Judged[]
  readonly curves?: readonly Curve[]
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${platform()} ${release()} ${arch()}`,
  load: loadavg()[0] ?? 0,
  date: new Date().toISOString(),
})

const versionIn = (manifest: string): string =>
  (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version

/** Of Node and of everything that the subjects load. Read from the files: not every package exports its manifest. */
export const versions = (subjects: readonly Pick<Subject, 'packages'>[]): Readonly<Record<string, string>> => ({
  node: process.versions.node,
  coatcheck: versionIn('package.json'),
  ...Object.fromEntries(
    [...new Set(subjects.flatMap(({ packages }) => packages))]
      .sort()
      .map((name) => [name, versionIn(`node_modules/${name}/package.json`)]),
  ),
})
