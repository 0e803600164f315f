/** An outcome as people read it. Pure. */
import type { Outcome } from './run.ts'
import { type Health, HEAP_BOUND, thirds } from './verdict.ts'
import type { Vitals } from './wire.ts'

const mb = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1)
const n = (value: number): string => value.toLocaleString('en-US')
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const row = (cells: ReadonlyArray<string | number>): string =>
  `  ${cells.map((cell, index) => (index === 0 ? String(cell).padEnd(20) : String(cell).padStart(16))).join('')}`

const heaps = ({ name, during }: Health): string =>
  `  ${name.padEnd(20)} ${during.map(({ heap }) => mb(heap)).join(' ')}`

const pair = (start: Vitals, end: Vitals | undefined, of: (vitals: Vitals) => number | undefined): string =>
  `${of(start) ?? '–'} → ${end === undefined ? '–' : (of(end) ?? '–')}`

const health = (process: Health): string => {
  const { name, start, during, end } = process
  const heap = thirds(during)
  const last = during.at(-1)
  return row([
    name,
    heap === undefined ? 'too few' : `${mb(heap.first)} → ${mb(heap.last)}`,
    `${mb(start.rss)} → ${last === undefined ? '–' : mb(last.rss)}`,
    pair(start, end, ({ descriptors }) => descriptors),
    pair(start, end, ({ connections }) => connections),
  ])
}

/** The most sentences that are shown. */
const SHOWN = 20

export const render = (outcome: Outcome): string => {
  const { store, durability, lasted, sums, figures, processes, connections, events, looked, wrong } = outcome
  const { known } = sums
  return [
    `${store}: ${seconds(lasted)} of mixed traffic, ${n(figures.requests)} requests (${Object.entries(figures.statuses)
      .map(([status, times]) => `${n(times)} × ${status}`)
      .join(', ')}), the longest ${seconds(figures.longest)}`,
    `  durability: ${durability}`,
    '',
    row(['route', 'acknowledged', 'refused', 'unknown']),
    ...Object.entries(figures.routes)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([route, { acknowledged, refused, unknown }]) => row([route, n(acknowledged), n(refused), n(unknown)])),
    '',
    `  sessions      ${n(sums.sessions)}: ${n(sums.live)} live, ${n(sums.ended)} ended, ${n(sums.expired)} expired and removed, ${n(sums.perhaps)} gone after a lost answer; ${n(sums.crossed)} of them met a logout beside another rotation`,
    `  increments    ${n(sums.acknowledged)} acknowledged, ${n(sums.refused)} refused, ${n(sums.unknown)} unknown`,
    `  of sessions whose count is exact: ${n(known.acknowledged)} acknowledged ≤ ${n(sums.counted)} counted ≤ ${n(known.acknowledged + known.unknown)} with the unknown`,
    `  afterwards    ${n(looked.good)} of ${n(looked.cookies)} cookies open their session (the others were crossed by another answer, or an answer was lost); ${n(looked.dead)} ended and ${n(looked.expired)} expired sessions were asked for and not given`,
    `  events        ${Object.entries(events)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([kind, times]) => `${kind} ${n(times)}`)
      .join(', ')}`,
    '',
    row(['process', 'heap, MB', 'rss, MB', 'descriptors', 'connections']),
    ...processes.map(health),
    `  heap after forced collection, medians of the first and the last third after warm-up; bound ${mb(HEAP_BOUND)} MB. All samples:`,
    ...processes.map(heaps),
    `  clients of the database: ${connections.start} → ${connections.end}`,
    '',
    wrong.length === 0 ? '  Nothing is wrong.' : `  ${n(wrong.length)} things are wrong:`,
    ...wrong.slice(0, SHOWN).map((sentence) => `  - ${sentence}`),
    ...(wrong.length > SHOWN ? [`  - and ${n(wrong.length - SHOWN)} more`] : []),
    '',
  ].join('\n')
}
