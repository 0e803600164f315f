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

/** Where the sessions are. What is in the cookie has no store to ask, and nothing on the server to end: like compares with like. */
export type Kind = 'on the server' | 'in the cookie'

export const kindOf = ({ store }: Pick<Result, 'store'>): Kind =>
  store === 'cookie' || store === 'sealed' ? 'in the cookie' : 'on the server'

/** Our store of that kind. */
const storeOf: Readonly<Record<Kind, string>> = { 'on the server': 'memory', 'in the cookie': 'sealed' }

export type Target =
  /** The median of our memory store is at most (or at least) this. */
  | {
      readonly _tag: 'figure'
      readonly adapter: string
      readonly scenario: string
      readonly metric: Metric
      readonly bound: 'atMost' | 'atLeast'
      readonly value: number
    }
  /** Our median is at most this part of that of the fastest peer of the group and kind, or of the one that is named. */
  | {
      readonly _tag: 'ratio'
      readonly group: Group
      readonly kind: Kind
      readonly library?: string
      readonly scenario: string
      readonly metric: Metric
      readonly value: number
    }

const atMost = (adapter: string, scenario: string, metric: Metric, value: number): Target => ({
  ...{ _tag: 'figure', adapter, scenario, metric, bound: 'atMost', value },
})

const survives = (adapter: string): Target => ({
  ...{ _tag: 'figure', adapter, scenario: '50 at once', metric: 'survived', bound: 'atLeast', value: 50 },
})

const memory = (group: Group, scenario: string, metric: Metric, value: number): Target => ({
  ...{ _tag: 'ratio', group, kind: 'on the server', scenario, metric, value },
})

const sealed = (group: Group, library: string, scenario: string, value: number): Target => ({
  ...{ _tag: 'ratio', group, kind: 'in the cookie', library, scenario, metric: 'added_process_us', value },
})

const frameworks = ['node', 'koa', 'hono'] as const

const targets: readonly Target[] = [
  atMost('node', 'untouched', 'added_process_us', 0.5),
  atMost('koa', 'untouched', 'added_process_us', 0.5),
  atMost('hono', 'untouched', 'added_process_over_empty_us', 1),
  memory('node', 'read', 'added_process_us', 0.2),
  memory('koa', 'read', 'added_process_us', 0.25),
  memory('hono', 'read', 'added_process_us', 0.25),
  memory('node', 'write', 'added_process_us', 0.25),
  memory('koa', 'write', 'added_process_us', 0.25),
  memory('hono', 'write', 'added_process_us', 0.4),
  memory('node', 'new', 'added_process_us', 0.5),
  memory('koa', 'new', 'added_process_us', 0.65),
  memory('hono', 'new', 'added_process_us', 0.9),
  ...frameworks.map((group) => memory(group, 'read', 'added_bytes', 0.4)),
  ...frameworks.map((group) => memory(group, 'read', 'added_cpu_us', 0.3)),
  ...frameworks.map((group) => memory(group, 'write', 'added_cpu_us', 0.3)),
  sealed('hono', '@hono/session', 'read', 0.15),
  sealed('node', 'iron-session', 'read', 0.1),
  sealed('koa', 'koa-session', 'read', 0.6),
  sealed('hono', '@hono/session', 'write', 0.15),
  ...frameworks.map(survives),
  atMost('node', '200 writers', 'store_calls', 5),
]

export interface Verdict {
  readonly target: Target
  /** The figure or the ratio; undefined where the run did not measure it. */
  readonly measured: number | undefined
  readonly met: boolean
  /** The peer of a ratio. */
  readonly peer?: Result
}

/** The fastest peer of a group in a scenario: of all its libraries and stores of that kind the one with the lowest median. */
export const fastestPeer = (
  results: readonly Result[],
  group: Group,
  scenario: string,
  metric: Metric,
  kind: Kind = 'on the server',
  library?: string,
): Result | undefined =>
  results
    .filter(
      (result) =>
        (library === undefined ? result.library !== ours : result.library === library) &&
        kindOf(result) === kind &&
        result.scenario === scenario &&
        result.metric === metric &&
        groups[group].peers.includes(result.adapter),
    )
    .sort((a, b) => a.median - b.median)[0]

const own = (
  results: readonly Result[],
  adapter: string,
  scenario: string,
  metric: Metric,
  kind: Kind = 'on the server',
): Result | undefined =>
  results.find(
    (result) =>
      result.library === ours &&
      result.store === storeOf[kind] &&
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
      const { group, kind, library, scenario, metric } = target
      const mine = own(results, groups[group].ours, scenario, metric, kind)
      const peer = fastestPeer(results, group, scenario, metric, kind, library)
      if (mine === undefined || peer === undefined) return { target, measured: undefined, met: false }
      const measured = mine.median / peer.median
      return { target, measured, met: measured <= target.value, peer }
    }
  }
}

export const judge = (results: readonly Result[]): readonly Verdict[] =>
  targets.map((target) => judgeOne(results, target))
