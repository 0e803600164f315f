/**
 * ```ts
 * judge: (results, runtimes, scenarios) => Judged[]
 * ```
 * What the library promises about its speed on the runtimes of the edge, against the figures of one run: in each scenario
 * less added processor time than the fastest peer that keeps its sessions in the same kind of place, in Hono. Pure.
 */
import type { Judged, Result } from '../result.ts'
import { ours } from '../targets.ts'
import { type Kept, none, type Runtime } from './subjects.ts'

export const scenarios = ['untouched', 'read', 'write', 'new'] as const
export type Scenario = (typeof scenarios)[number]

/** Where there are peers. */
const kept: ReadonlyArray<Kept> = ['memory', 'cookie']

/** Below this much a figure is noise, and no ratio is formed of it, µs. */
const NOISE = 1

const find = (results: ReadonlyArray<Result>, library: string, runtime: Runtime, scenario: Scenario, store: Kept) =>
  results.find(
    (result) =>
      result.library === library &&
      result.store === store &&
      result.adapter === `hono on ${runtime}` &&
      result.scenario === scenario &&
      result.metric === 'added_cpu_us',
  )

/** The one with the lowest median, of a kind. */
const fastestPeer = (results: ReadonlyArray<Result>, runtime: Runtime, scenario: Scenario, store: Kept) =>
  [...new Set(results.map(({ library }) => library))]
    .filter((library) => library !== ours && library !== none)
    .flatMap((library) => find(results, library, runtime, scenario, store) ?? [])
    .sort((a, b) => a.median - b.median)[0]

const verdict = (text: string, mine: Result | undefined, other: Result | undefined, value: number): Judged => {
  if (mine === undefined || other === undefined) return { target: text, met: false }
  const beside = `${other.library}: ${other.median.toFixed(1)} µs`
  // A peer that adds nothing that could be measured: then we may not add more than that either.
  if (other.median < NOISE) return { target: text, met: mine.median < NOISE, beside }
  // What is measured can be below nothing by its noise.
  const measured = Math.max(0, mine.median) / other.median
  return { target: text, measured, met: measured <= value, beside }
}

/** Of the runtimes and scenarios that the run measured. */
export const judge = (
  results: ReadonlyArray<Result>,
  runtimes: ReadonlyArray<Runtime>,
  measured: ReadonlyArray<Scenario>,
): ReadonlyArray<Judged> =>
  runtimes.flatMap((runtime) => [
    ...kept.flatMap((store) =>
      measured.map((scenario) =>
        verdict(
          `${runtime}, ${store}, ${scenario}: added CPU µs ≤ 1 × the fastest peer`,
          find(results, ours, runtime, scenario, store),
          fastestPeer(results, runtime, scenario, store),
          1,
        ),
      ),
    ),
    ...(measured.includes('read')
      ? [
          verdict(
            `${runtime}, cookie, read: added CPU µs ≤ 0.35 × @hono/session`,
            find(results, ours, runtime, 'read', 'cookie'),
            find(results, '@hono/session', runtime, 'read', 'cookie'),
            0.35,
          ),
        ]
      : []),
  ])
