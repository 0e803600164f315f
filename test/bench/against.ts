/**
 * ```ts
 * compare: (results, committed) => { compared, worse: Worse[] }
 * ```
 * The guard: what became worse than in an earlier run, perhaps of another machine. Costs are compared as ratios to the
 * fastest peer of the same run, sizes and counts as they are. Pure.
 */
import type { Metric, Result } from './result.ts'
import { keyOf, type Group } from './Subject.ts'
import { fastestPeer, groups, kindOf, ours } from './targets.ts'

/** A ratio or a count may become this many times what it was. */
export const tolerated = 1.5

export interface Worse {
  readonly subject: string
  readonly scenario: string
  readonly metric: Metric
  /** A ratio to the fastest peer, or the figure itself. */
  readonly committed: number
  readonly measured: number
  /** Of a ratio: the peer in this run. */
  readonly peer?: string
}

export interface Comparison {
  /** How many figures both runs have. */
  readonly compared: number
  readonly worse: readonly Worse[]
}

/**
 * Costs, and how much of one is noise whatever the ratio says. Wall time is not among them: it tells of the other work of
 * the machine.
 */
const slack: Readonly<Partial<Record<Metric, number>>> = { added_process_us: 0.5, added_cpu_us: 2, added_bytes: 200 }

const counts: readonly Metric[] = ['store_calls', 'gzip_bytes']

const rowKey = (row: Result): string => [keyOf(row), row.scenario, row.metric].join()

const groupOf = ({ adapter }: Result): Group | undefined =>
  (Object.keys(groups) as Group[]).find((group) => [groups[group].ours, ...groups[group].peers].includes(adapter))

/** Undefined where the two do not compare: a peer is missing, or costs nothing itself. */
const compareCost = (
  mine: Result,
  before: Result,
  [results, committed]: readonly [readonly Result[], readonly Result[]],
): Worse | 'as good' | undefined => {
  const group = groupOf(mine)
  if (group === undefined) return undefined
  const { scenario, metric } = mine
  const peer = fastestPeer(results, group, scenario, metric, kindOf(mine))
  const peerBefore = fastestPeer(committed, group, scenario, metric, kindOf(mine))
  const noise = slack[metric]!
  if (peer === undefined || peerBefore === undefined || Math.min(peer.median, peerBefore.median) <= noise)
    return undefined
  const [ratio, ratioBefore] = [mine.median / peer.median, before.median / peerBefore.median]
  if (mine.median <= Math.max(0, ratioBefore) * tolerated * peer.median + noise) return 'as good'
  return { subject: keyOf(mine), scenario, metric, committed: ratioBefore, measured: ratio, peer: keyOf(peer) }
}

const compareCount = (mine: Result, before: Result): Worse | 'as good' => {
  const { scenario, metric, median } = mine
  const bad = metric === 'survived' ? median < before.median : median > before.median * tolerated
  return bad ? { subject: keyOf(mine), scenario, metric, committed: before.median, measured: median } : 'as good'
}

export const compare = (results: readonly Result[], committed: readonly Result[]): Comparison => {
  const earlier = new Map(committed.map((row) => [rowKey(row), row]))
  const measuredBefore = new Set(committed.map(rowKey))
  const measuredNow = new Set(results.map(rowKey))
  // The fastest of the peers that both runs have: a part of a run is compared with the same part.
  const both = [
    results.filter((row) => measuredBefore.has(rowKey(row))),
    committed.filter((row) => measuredNow.has(rowKey(row))),
  ] as const
  const outcomes = both[0]
    .filter(({ library, scenario }) => library === ours && scenario !== 'bare' && scenario !== 'empty')
    .flatMap((mine) => {
      const before = earlier.get(rowKey(mine))!
      if (mine.metric in slack) return compareCost(mine, before, both) ?? []
      if (counts.includes(mine.metric) || mine.metric === 'survived') return compareCount(mine, before)
      return []
    })
  return { compared: outcomes.length, worse: outcomes.filter((outcome) => outcome !== 'as good') }
}
