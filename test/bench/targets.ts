/**
 * ```ts
 * judge: (results) => Verdict[]
 * ```
 * What the library promises about its own speed, against the figures of one run. Pure.
 */
import type { Metric, Result } from './result.ts'
import type { Group } from './Subject.ts'

/** The name under which our own rows stand. */
export const ours = 'coatcheck'

/** Which frameworks a group's users choose between, and the adapter of ours that the targets speak of. */
export const groups: Readonly<Record<Group, { readonly ours: string; readonly peers: readonly string[] }>> = {
  node: { ours: 'node', peers: ['node', 'express', 'fastify'] },
  koa: { ours: 'koa', peers: ['koa'] },
  hono: { ours: 'hono', peers: ['hono'] },
  fetch: { ours: 'fetch', peers: ['fetch', 'h3'] },
}

export type Target =
  /** Our median is at most (or at least) this. */
  | {
      readonly _tag: 'figure'
      readonly adapter: string
      readonly scenario: string
      readonly metric: Metric
      readonly bound: 'atMost' | 'atLeast'
      readonly value: number
    }
  /** Our median is at most this part of the fastest peer's of the group. */
  | {
      readonly _tag: 'ratio'
      readonly group: Group
      readonly scenario: string
      readonly metric: Metric
      readonly value: number
    }

const added = (group: Group, scenario: string, value: number): Target => ({
  _tag: 'ratio',
  group,
  scenario,
  metric: 'added_us',
  value,
})

const targets: readonly Target[] = [
  { _tag: 'figure', adapter: 'node', scenario: 'untouched', metric: 'added_us', bound: 'atMost', value: 0.5 },
  { _tag: 'figure', adapter: 'koa', scenario: 'untouched', metric: 'added_us', bound: 'atMost', value: 0.5 },
  { _tag: 'figure', adapter: 'hono', scenario: 'untouched', metric: 'added_over_empty_us', bound: 'atMost', value: 1 },
  added('node', 'read', 0.25),
  added('koa', 'read', 0.3),
  added('hono', 'read', 0.3),
  added('node', 'write', 0.3),
  added('koa', 'write', 0.3),
  added('hono', 'write', 0.45),
  added('node', 'new', 0.6),
  added('koa', 'new', 0.6),
  added('hono', 'new', 1),
  { _tag: 'figure', adapter: 'node', scenario: '50 at once', metric: 'survived', bound: 'atLeast', value: 50 },
  { _tag: 'figure', adapter: 'koa', scenario: '50 at once', metric: 'survived', bound: 'atLeast', value: 50 },
  { _tag: 'figure', adapter: 'hono', scenario: '50 at once', metric: 'survived', bound: 'atLeast', value: 50 },
  { _tag: 'figure', adapter: 'node', scenario: '200 writers', metric: 'store_calls', bound: 'atMost', value: 5 },
]

export interface Verdict {
  readonly target: Target
  /** The figure or the ratio; undefined where the run did not measure it. */
  readonly measured: number | undefined
  readonly met: boolean
  /** The peer of a ratio. */
  readonly peer?: Result
}

/** The fastest peer of a group in a scenario: of all its libraries and stores the one with the lowest median. */
export const fastestPeer = (
  results: readonly Result[],
  group: Group,
  scenario: string,
  metric: Metric,
): Result | undefined =>
  results
    .filter(
      (result) =>
        result.library !== ours &&
        result.scenario === scenario &&
        result.metric === metric &&
        groups[group].peers.includes(result.adapter),
    )
    .sort((a, b) => a.median - b.median)[0]

const own = (results: readonly Result[], adapter: string, scenario: string, metric: Metric): Result | undefined =>
  results.find(
    (result) =>
      result.library === ours &&
      result.store === 'memory' &&
      result.adapter === adapter &&
      result.scenario === scenario &&
      result.metric === metric,
  )

const judgeOne = (results: readonly Result[], target: Target): Verdict => {
  switch (target._tag) {
    case 'figure': {
      const measured = own(results, target.adapter, target.scenario, target.metric)?.median
      const met = target.bound === 'atMost' ? (measured ?? Infinity) <= target.value : (measured ?? -1) >= target.value
      return { target, measured, met }
    }
    case 'ratio': {
      const mine = own(results, groups[target.group].ours, target.scenario, target.metric)
      const peer = fastestPeer(results, target.group, target.scenario, target.metric)
      if (mine === undefined || peer === undefined) return { target, measured: undefined, met: false }
      const measured = mine.median / peer.median
      return { target, measured, met: measured <= target.value, peer }
    }
  }
}

export const judge = (results: readonly Result[]): readonly Verdict[] =>
  targets.map((target) => judgeOne(results, target))
