/**
 * What the plots are drawn with. Pure: text in, SVG out. Colours are classes of a style sheet that knows the light and the
 * dark scheme and brings its own background, so that a plot can be read on any page; no script, no font to fetch.
 */

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A coordinate: a tenth of a pixel is enough, and the same everywhere. */
const px = (value: number): string => String(Math.round(value * 10) / 10)

type Attributes = Readonly<Record<string, string | number>>

const attributes = (given: Attributes): string =>
  Object.entries(given)
    .map(([name, value]) => ` ${name}="${typeof value === 'number' ? px(value) : escaped(value)}"`)
    .join('')

/** An element without content. */
export const element = (name: string, given: Attributes): string => `<${name}${attributes(given)}/>`

export const text = (x: number, y: number, content: string, given: Attributes = {}): string =>
  `<text${attributes({ x, y, ...given })}>${escaped(content)}</text>`

export const line = (x1: number, y1: number, x2: number, y2: number, kind: string): string =>
  element('line', { x1, y1, x2, y2, class: kind })

/** What a plot's colours are called: ours, and others. */
export const colours = ['ours', 'c1', 'c2', 'c3', 'c4', 'c5'] as const
export type Colour = (typeof colours)[number]

const schemes: Readonly<
  Record<'light' | 'dark', Readonly<Record<Colour | 'page' | 'ink' | 'muted' | 'grid', string>>>
> = {
  light: {
    page: '#ffffff',
    ink: '#1f2328',
    muted: '#59636e',
    grid: '#d8dee4',
    ours: '#0969da',
    c1: '#8c959f',
    c2: '#bc4c00',
    c3: '#1a7f37',
    c4: '#8250df',
    c5: '#9a6700',
  },
  dark: {
    page: '#0d1117',
    ink: '#e6edf3',
    muted: '#9198a1',
    grid: '#30363d',
    ours: '#4493f8',
    c1: '#7d8590',
    c2: '#f0883e',
    c3: '#3fb950',
    c4: '#ab7df8',
    c5: '#d29922',
  },
}

const rules = (scheme: 'light' | 'dark'): string => {
  const { page, ink, muted, grid } = schemes[scheme]
  return [
    `.page{fill:${page}}`,
    `text{fill:${ink}}`,
    `.muted{fill:${muted}}`,
    `.grid{stroke:${grid}}`,
    `.range{stroke:${ink}}`,
    ...colours.map((name) => {
      const colour = schemes[scheme][name]
      return `.${name}{fill:${colour}}.l-${name}{stroke:${colour};fill:none}`
    }),
  ].join('')
}

/** A whole plot, `title` for those who do not see it too. */
export const drawing = (width: number, height: number, title: string, content: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}" role="img" aria-label="${escaped(title)}">`,
    '<style>text{font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}.title{font-size:14px;font-weight:600}.bold{font-weight:600}.range{stroke-width:1;opacity:.6}',
    `${rules('light')}@media (prefers-color-scheme:dark){${rules('dark')}}</style>`,
    element('rect', { width, height, rx: 6, class: 'page' }),
    text(16, 24, title, { class: 'title' }),
    ...content,
    '</svg>',
    '',
  ].join('\n')

/** From values to pixels. */
export interface Scale {
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

/** From zero to at least `max` in round steps. */
export const linear = (max: number, from: number, to: number): Scale => {
  const rough = (max > 0 ? max : 1) / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough)!
  const count = Math.max(1, Math.ceil((max > 0 ? max : 1) / step - 1e-9))
  return {
    at: (value) => from + (Math.max(0, value) / (count * step)) * (to - from),
    ticks: Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12))),
  }
}

/** Powers of ten around `min` and `max`, both above zero; what is below the first stands at the first. */
export const logarithmic = (min: number, max: number, from: number, to: number): Scale => {
  const first = Math.floor(Math.log10(min) + 1e-9)
  const last = Math.max(first + 1, Math.ceil(Math.log10(max) - 1e-9))
  return {
    at: (value) => from + ((Math.log10(Math.max(value, 10 ** first)) - first) / (last - first)) * (to - from),
    ticks: Array.from({ length: last - first + 1 }, (_, index) => Number((10 ** (first + index)).toPrecision(12))),
  }
}

/** `1,000,000` is too long for an axis. */
export const short = (value: number): string =>
  value >= 1e6
    ? `${value / 1e6} M`
    : value >= 1e4
      ? `${value / 1e3} k`
      : value.toLocaleString('en', { maximumFractionDigits: 6 })
