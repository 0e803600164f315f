/**
 * ```ts
 * bars: (title, unit, groups) => string; curves: (title, …, series) => string
 * ```
 * The two kinds of plot. Pure.
 */
import type { Spread } from '../statistics.ts'
import { figure } from './figures.ts'
import { type Colour, drawing, element, line, linear, logarithmic, type Scale, short, text } from './svg.ts'

export interface Bar extends Spread {
  readonly name: string
  readonly ours: boolean
}

export interface Bars {
  readonly name: string
  readonly bars: readonly Bar[]
}

const WIDTH = 760
const ROW = 20

/** Rows that differ by more than this many times would leave the short ones invisible: then the axis is logarithmic. */
const WIDE = 60

const axisOf = (values: readonly number[], from: number, to: number): Scale => {
  const positive = values.filter((value) => value > 0)
  const [min, max] = [Math.min(...positive), Math.max(...positive)]
  return positive.length > 0 && max / min > WIDE
    ? logarithmic(Math.max(min, max / 1e6), max, from, to)
    : linear(Math.max(0, ...values), from, to)
}

/** A reader must know which kind of axis it is. */
const unitOn = (axis: Scale, unit: string): string => (axis.ticks[0] === 0 ? unit : `${unit}, logarithmic`)

/** Horizontal bars in groups, each with its range and its figure. */
export const bars = (title: string, unit: string, groups: readonly Bars[]): string => {
  const left = 8 + 7 * Math.max(...groups.flatMap(({ bars }) => bars.map(({ name }) => name.length)), 12)
  const axis = axisOf(
    groups
      .flatMap(({ bars }) => bars.map(({ max }) => max))
      .concat(groups.flatMap(({ bars }) => bars.map(({ median }) => median))),
    left,
    WIDTH - 80,
  )
  const content: string[] = []
  let y = 44
  for (const group of groups) {
    content.push(text(16, y + 14, group.name, { class: 'bold' }))
    y += 22
    for (const { name, ours, median, min, max } of group.bars) {
      const end = axis.at(median)
      content.push(
        text(left - 8, y + 14, name, { 'text-anchor': 'end', class: ours ? 'bold' : '' }),
        element('rect', {
          x: left,
          y: y + 3,
          width: Math.max(1, end - left),
          height: ROW - 6,
          class: ours ? 'ours' : 'c1',
        }),
        ...(min < max ? [line(axis.at(min), y + ROW / 2, axis.at(max), y + ROW / 2, 'range')] : []),
        text(Math.max(end, min < max ? axis.at(max) : 0) + 6, y + 14, figure(median), {
          class: ours ? 'bold' : 'muted',
        }),
      )
      y += ROW
    }
    y += 6
  }
  const grid = axis.ticks.flatMap((tick) => [
    line(axis.at(tick), 44, axis.at(tick), y, 'grid'),
    text(axis.at(tick), y + 16, short(tick), { 'text-anchor': 'middle', class: 'muted' }),
  ])
  const unitText = text(WIDTH - 16, 24, unitOn(axis, unit), { 'text-anchor': 'end', class: 'muted' })
  return drawing(WIDTH, y + 28, title, [unitText, ...grid, ...content])
}

export interface Series {
  readonly name: string
  readonly colour: Colour
  /** Which of the dashes, from 0 for a whole line. */
  readonly dash: number
  readonly points: readonly (Spread & { readonly at: number })[]
}

const DASHES = ['', '6 4', '2 3', '10 3 2 3', '1 5']
const HEIGHT = 380

/** Names at the ends of their lines, moved apart where they would lie on each other. */
const spaced = (wanted: readonly number[], top: number, bottom: number): readonly number[] => {
  const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y)
  const placed = new Array<number>(wanted.length)
  let last = top - 14
  for (const { y, index } of order) placed[index] = last = Math.max(y, last + 14)
  let next = bottom + 14
  for (const { index } of [...order].reverse()) placed[index] = next = Math.min(placed[index]!, next - 14)
  return placed
}

/** Lines over a logarithmic axis, the range of each point drawn through it. */
export const curves = (title: string, unit: string, against: string, series: readonly Series[]): string => {
  const longest = Math.max(...series.map(({ name }) => name.length))
  const [left, right, top, bottom] = [64, WIDTH - 24 - 6.6 * longest, 48, HEIGHT - 52]
  const points = series.flatMap((one) => one.points)
  const ats = points.map(({ at }) => at)
  const x = logarithmic(Math.min(...ats), Math.max(...ats), left, right)
  const y = axisOf(
    points.flatMap(({ median, max }) => [median, max]),
    bottom,
    top,
  )
  const lines = series.map(({ colour, dash, points }) => {
    const path = points.map(({ at, median }) => `${x.at(at).toFixed(1)},${y.at(median).toFixed(1)}`).join(' ')
    return [
      element('polyline', {
        points: path,
        class: `l-${colour}`,
        'stroke-width': 2,
        'stroke-dasharray': DASHES[dash % DASHES.length]!,
      }),
      ...points.map(({ at, median }) => element('circle', { cx: x.at(at), cy: y.at(median), r: 3, class: colour })),
      ...points
        .filter(({ min, max }) => min < max)
        .map(({ at, min, max }) => line(x.at(at), y.at(min), x.at(at), y.at(max), `l-${colour}`)),
    ].join('\n')
  })
  const ends = spaced(
    series.map(({ points }) => y.at(points.at(-1)?.median ?? 0)),
    top,
    bottom,
  )
  const names = series.map(({ name, colour, points }, index) =>
    text(Math.max(...points.map(({ at }) => x.at(at))) + 8, ends[index]! + 4, name, { class: colour }),
  )
  const grid = [
    ...y.ticks.flatMap((tick) => [
      line(left, y.at(tick), right, y.at(tick), 'grid'),
      text(left - 8, y.at(tick) + 4, short(tick), { 'text-anchor': 'end', class: 'muted' }),
    ]),
    ...x.ticks.flatMap((tick) => [
      line(x.at(tick), top, x.at(tick), bottom, 'grid'),
      text(x.at(tick), bottom + 18, short(tick), { 'text-anchor': 'middle', class: 'muted' }),
    ]),
    text((left + right) / 2, HEIGHT - 12, against, { 'text-anchor': 'middle', class: 'muted' }),
    text(WIDTH - 16, 24, unitOn(y, unit), { 'text-anchor': 'end', class: 'muted' }),
  ]
  return drawing(WIDTH, HEIGHT, title, [...grid, ...lines, ...names])
}
