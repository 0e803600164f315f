/**
 * ```ts
 * judge: (results) => Judged[]
 * ```
 * What the durable stores promise about their speed, against the figures of one run: ours as a part of a peer's, each above
 * the same framework without sessions. Pure.
 */
import type { Judged, Result } from '../result.ts'
import { ours } from '../targets.ts'
import type { Group } from './subjects.ts'

export const scenarios = ['read', 'write', 'new'] as const
export type Scenario = (typeof scenarios)[number]

/** Our added processor time is at most `value` times that of `library`, in its framework. */
interface Target {
  readonly store: Group
  readonly scenario: Scenario
  readonly library: string
  readonly adapter: 'express' | 'koa'
  readonly value: number
}

const against =
  (store: Group, library: string, adapter: Target['adapter'] = 'express') =>
  (scenario: Scenario, value: number): Target => ({ store, scenario, library, adapter, value })

const raw = against('postgres', 'one prepared SELECT')
const pgSimple = against('postgres', 'connect-pg-simple')
const untouched = against('postgres', 'connect-pg-simple, disableTouch')
const connectRedis = against('redis', 'connect-redis')
const koaSession = against('redis', 'koa-session', 'koa')
const fileStore = against('file', 'session-file-store')

const targets: ReadonlyArray<Target> = [
  raw('read', 1.4),
  untouched('read', 0.6),
  pgSimple('read', 0.25),
  untouched('write', 0.75),
  pgSimple('write', 0.75),
  untouched('new', 1),
  pgSimple('new', 1),
  connectRedis('read', 0.75),
  koaSession('read', 1),
  connectRedis('write', 1),
  koaSession('write', 1),
  connectRedis('new', 1),
  koaSession('new', 1),
  fileStore('read', 1),
  fileStore('write', 1),
  fileStore('new', 1),
]

const median = (results: ReadonlyArray<Result>, { store, scenario, adapter }: Target, library: string) =>
  results.find(
    (result) =>
      result.library === library &&
      result.store === store &&
      result.adapter === adapter &&
      result.scenario === scenario &&
      result.metric === 'added_cpu_us',
  )?.median

/** Of the groups that the run measured. */
export const judge = (results: ReadonlyArray<Result>, groups: ReadonlyArray<Group>): ReadonlyArray<Judged> =>
  targets
    .filter(({ store }) => groups.includes(store))
    .map((target) => {
      const { store, scenario, library, adapter, value } = target
      const mine = median(results, target, ours)
      const other = median(results, target, library)
      const text = `${store}, ${scenario}: added CPU µs ≤ ${value} × ${library} (${adapter})`
      if (mine === undefined || other === undefined) return { target: text, met: false }
      const measured = mine / other
      return { target: text, measured, met: measured <= value, beside: `${library}: ${other.toFixed(1)} µs` }
    })
