/**
 * ```ts
 * judge: (curves, results) => Judged[]
 * ```
 * What the library promises about growth, against the figures of one run. Pure.
 */
import type { Curve, Judged, Result } from '../result.ts'
import { ours } from '../targets.ts'

/** Which curves of ours a target speaks of; of several the worst one counts. */
interface Which {
  readonly against: string
  readonly metric: string
  readonly store: string
  readonly scenarios: readonly string[]
}

export type Target =
  /** The last point is at most this many times the first one. */
  | (Which & { readonly _tag: 'growth'; readonly times: number })
  /** What a straight line adds from the first to the last size, in a fit of `a + b log n + c n`, as a part of the first figure. */
  | (Which & { readonly _tag: 'linear'; readonly part: number })
  /** No point differs from the first one by more than this part. */
  | (Which & { readonly _tag: 'constant'; readonly part: number })
  /** The figure at a size. */
  | (Which & { readonly _tag: 'figure'; readonly at: number; readonly value: number })
  /** Bytes of ours, of the library beside it, at the last size. */
  | { readonly _tag: 'bytes'; readonly times: number }

const requests = ['read', 'write', 'new']
const inMemory = { against: 'sessions', metric: 'call_cpu_us', store: 'memory', scenarios: requests }
const inPostgres = { against: 'rows', metric: 'call_cpu_us', store: 'postgres', scenarios: requests }

const targets: readonly Target[] = [
  { _tag: 'growth', ...inMemory, times: 1.5 },
  { _tag: 'linear', ...inMemory, part: 0.25 },
  { _tag: 'constant', ...inMemory, metric: 'calls', scenarios: ['read', 'write'], part: 0 },
  { _tag: 'constant', ...inMemory, metric: 'allocated_bytes', scenarios: ['read', 'write'], part: 0.01 },
  { _tag: 'bytes', times: 1.3 },
  { _tag: 'growth', ...inPostgres, times: 1.5 },
  { _tag: 'growth', ...inPostgres, metric: 'store_cpu_us', times: 1.5 },
  {
    _tag: 'growth',
    against: 'subjects',
    metric: 'call_us',
    store: 'memory',
    scenarios: ['list', 'end all'],
    times: 1.5,
  },
  ...['memory, 1 ms away', 'postgres'].map((store) => ({
    _tag: 'figure' as const,
    against: 'writers',
    metric: 'store_calls',
    store,
    scenarios: ['write'],
    at: 200,
    value: 5,
  })),
]

type Point = Curve['points'][number]

/** Solves three linear equations by elimination. */
const solve = (rows: readonly (readonly number[])[]): readonly number[] => {
  const m = rows.map((row) => [...row])
  for (let i = 0; i < m.length; i++) {
    const pivot = m.slice(i).reduce((best, row) => (Math.abs(row[i]!) > Math.abs(best[i]!) ? row : best))
    const at = m.indexOf(pivot)
    ;[m[i], m[at]] = [m[at]!, m[i]!]
    for (let j = 0; j < m.length; j++) {
      if (j === i) continue
      const factor = m[j]![i]! / m[i]![i]!
      m[j] = m[j]!.map((value, k) => value - factor * m[i]![k]!)
    }
  }
  return m.map((row, i) => row.at(-1)! / row[i]!)
}

/** What a straight line adds from the first size to the last, by least squares, as a part of the first figure. */
export const linearPart = (points: readonly Point[]): number => {
  const last = points.at(-1)!.at
  const terms = points.map(({ at }) => [1, Math.log10(at), at / last])
  const equations = [0, 1, 2].map((i) => [
    ...[0, 1, 2].map((j) => terms.reduce((sum, term) => sum + term[i]! * term[j]!, 0)),
    terms.reduce((sum, term, k) => sum + term[i]! * points[k]!.median, 0),
  ])
  return solve(equations)[2]! / points[0]!.median
}

const growthOf = (points: readonly Point[]): number => points.at(-1)!.median / points[0]!.median

const deviation = (points: readonly Point[]): number =>
  Math.max(...points.map(({ median }) => Math.abs(median / points[0]!.median - 1)))

const chosen = (curves: readonly Curve[], { against, metric, store, scenarios }: Which): readonly Curve[] =>
  curves.filter(
    (curve) =>
      curve.library === ours &&
      curve.against === against &&
      curve.metric === metric &&
      curve.store === store &&
      scenarios.includes(curve.scenario),
  )

const worst = (values: readonly number[]): number | undefined => (values.length === 0 ? undefined : Math.max(...values))

const heapOf = (results: readonly Result[], library: string): number | undefined =>
  results.find(
    (result) => result.library === library && result.metric === ('heap_bytes' as string) && result.scenario === 'all',
  )?.median

const where = ({ against, metric, store, scenarios }: Which): string =>
  `${store}, ${scenarios.join(', ')}: ${metric.replaceAll('_', ' ')} by ${against}`

/** A factor of a figure that was not there at all is no finding. */
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000

const judgeOne = (curves: readonly Curve[], results: readonly Result[], target: Target): Judged => {
  const verdict = (text: string, measured: number | undefined, most: number, beside?: string): Judged => ({
    target: text,
    ...(measured === undefined ? {} : { measured: rounded(measured) }),
    met: measured !== undefined && measured <= most,
    ...(beside === undefined ? {} : { beside }),
  })
  if (target._tag === 'bytes') {
    const [mine, theirs] = [heapOf(results, ours), heapOf(results, 'express-session')]
    const known = mine !== undefined && theirs !== undefined
    return verdict(
      `memory: bytes per session ≤ ${target.times} × express-session's MemoryStore`,
      known ? mine / theirs : undefined,
      target.times,
      known ? `${Math.round(mine)} bytes beside ${Math.round(theirs)}` : undefined,
    )
  }
  const own = chosen(curves, target).filter(({ points }) => points.length > 1)
  const sizes = own[0]?.points ?? []
  const span = sizes.length === 0 ? undefined : `from ${sizes[0]!.at} to ${sizes.at(-1)!.at}`
  switch (target._tag) {
    case 'growth':
      return verdict(
        `${where(target)}, last ≤ ${target.times} × first`,
        worst(own.map(({ points }) => growthOf(points))),
        target.times,
        span,
      )
    case 'linear':
      return verdict(
        `${where(target)}, linear term of a fit ≤ ${target.part} of the first`,
        worst(own.filter(({ points }) => points.length > 3).map(({ points }) => linearPart(points))),
        target.part,
        span,
      )
    case 'constant':
      return verdict(
        `${where(target)}, ${target.part === 0 ? 'constant' : `no further than ${target.part * 100} % from the first`}`,
        worst(own.map(({ points }) => deviation(points))),
        target.part,
        span,
      )
    case 'figure':
      return verdict(
        `${where(target)}, at ${target.at} ≤ ${target.value}`,
        worst(own.flatMap(({ points }) => points.filter(({ at }) => at === target.at).map(({ median }) => median))),
        target.value,
      )
  }
}

export const judge = (curves: readonly Curve[], results: readonly Result[]): readonly Judged[] =>
  targets.map((target) => judgeOne(curves, results, target))
