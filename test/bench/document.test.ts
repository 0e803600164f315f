import { readdirSync, readFileSync } from 'node:fs'
import { transform } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { docs, inputs } from './document/files.ts'
import { document, parts } from './document/page.ts'
import { bars, curves } from './document/plots.ts'
import { losses } from './document/tables.ts'
import type { Report, Result } from './result.ts'

const TAG = /<(\/?)([a-z]+)((?:\s+[a-zA-Z][\w:-]*="[^"<]*")*)\s*(\/?)>/g

/** What is not well-formed in a text of elements, attributes and character data; undefined when all is. */
const fault = (xml: string): string | undefined => {
  const open: string[] = []
  for (const [tag, end, name, , empty] of xml.matchAll(TAG)) {
    if (end === '/') {
      if (open.pop() !== name) return `${tag} closes nothing`
    } else if (empty !== '/') open.push(name!)
  }
  const bare = /[<>]/.exec(xml.replaceAll(TAG, '')) ?? /&(?!(?:amp|lt|gt|quot);)/.exec(xml)
  return open.length > 0 ? `${open.join()} is open` : bare?.[0]
}

const row = (
  library: string,
  adapter: string,
  scenario: string,
  values: readonly [number, number, number],
): Result => ({
  library,
  store: 'memory',
  adapter,
  scenario,
  metric: 'added_us',
  unit: 'µs',
  median: values[1],
  min: values[0],
  max: values[2],
  rounds: 3,
})

const point = (at: number, median: number) => ({ at, median, min: median, max: median * 1.5, rounds: 3 })

const report: Report = {
  machine: { cpu: 'a <fast> one', cores: 2, memoryGiB: 8, platform: 'linux', load: 0.25, date: '2026-01-02T03:04:05Z' },
  versions: { node: '20.0.0' },
  results: [
    row('coatcheck', 'node', 'read', [4, 5, 6]),
    row('express-session', 'node', 'read', [20, 22, 24]),
    row('@fastify/session', 'fastify', 'read', [3, 4, 5]),
    row('coatcheck', 'koa', 'read', [4, 5, 6]),
  ],
  targets: [
    { target: 'read ≤ 0.5 ×', measured: 1.25, met: false, beside: '@fastify/session: 4 µs' },
    { target: 'write', met: false },
  ],
  curves: ['read', 'write'].map((scenario, index) => ({
    library: 'coatcheck',
    store: 'memory',
    adapter: '',
    scenario,
    metric: 'call_cpu_us',
    unit: 'µs',
    against: 'sessions',
    points: [point(1e3, 2 + index), point(1e6, 3 + index)],
  })),
}

describe('the page of the benchmarks', () => {
  it('is what the committed figures make, and so is every plot', async () => {
    const { template, reports } = inputs()
    const made = await document(template, reports)
    for (const [path, content] of made)
      expect(
        readFileSync(new URL(path, docs), 'utf8') === content,
        `docs/${path}: npm run bench:docs makes it anew`,
      ).toBe(true)
    const plots = readdirSync(new URL('benchmarks/', docs)).filter((name) => name.endsWith('.svg'))
    expect(plots.map((name) => `benchmarks/${name}`).sort()).toEqual(
      [...made.keys()].filter((path) => path.endsWith('.svg')).sort(),
    )
  })

  it('says in a sentence what was not measured, and shows what was', async () => {
    const { template } = inputs()
    const nothing = await document(template, {})
    expect([...nothing.keys()]).toEqual(['benchmarks.md'])
    for (const part of parts)
      expect(nothing.get('benchmarks.md')).toContain(`--json docs/benchmarks/${part}.json\` makes`)
    const one = await document(template, { requests: report })
    const page = one.get('benchmarks.md')!
    expect(page).not.toContain('--json docs/benchmarks/requests.json` makes')
    expect(page).toContain('0 of 1 targets met, 1 not measured.')
    expect(page).toMatch(/\| read ≤ 0\.5 × +\| +1\.25 \| +\*\*no\*\* \|/)
    expect(page).toContain('Measured on 2026-01-02 at 03:04 UTC')
    for (const path of one.keys()) if (path.endsWith('.svg')) expect(page).toContain(`](${path})`)
  })

  it('makes the same bytes of the same figures', async () => {
    const { template } = inputs()
    const twice = await Promise.all([document(template, { growth: report }), document(template, { growth: report })])
    expect([...twice[0]]).toEqual([...twice[1]])
  })

  it('does not take what keeps no session for a library that is ahead', () => {
    const bare = row('no session', 'koa', 'read', [0, 0, 0])
    expect(losses([...report.results, bare], () => true)).toHaveLength(1)
  })

  it('says where another library is ahead, of those between which a user chooses', () => {
    expect(losses(report.results, () => true)).toEqual([
      '- µs of wall time added per request, in process, **read**: ours (coatcheck, memory, node) 5 (4–6), @fastify/session, memory, fastify 4 (3–5); the ranges overlap.',
    ])
  })
})

describe('plots', () => {
  it('are well-formed, whatever the names, and bring both colour schemes', async () => {
    const bar = { name: 'a <b> & "c"', ours: true, median: 2, min: 1, max: 3, rounds: 3 }
    const drawn = [
      bars('a & b', 'µs', [{ name: '<x>', bars: [bar, { ...bar, median: 18_000, max: 18_000 }] }]),
      curves('<', '&', '"', [{ name: '&&', colour: 'ours', dash: 1, points: [point(100, 1), point(1e6, 5)] }]),
      ...(await document(inputs().template, inputs().reports).then((made) =>
        [...made].filter(([path]) => path.endsWith('.svg')).map(([, svg]) => svg),
      )),
    ]
    for (const svg of drawn) {
      expect(fault(svg)).toBeUndefined()
      expect(svg).toContain('@media (prefers-color-scheme:dark)')
      expect(svg).not.toMatch(/NaN|Infinity|undefined|<script|href|url\(/)
      const css = /<style>(.*?)<\/style>/s.exec(svg)![1]!
      expect((await transform(css, { loader: 'css' })).warnings).toEqual([])
    }
  })

  it('would not pass when a tag were open or a name not escaped', () => {
    expect(fault('<svg><g></svg>')).toBeDefined()
    expect(fault('<svg a="b"><g/>a < b</svg>')).toBeDefined()
    expect(fault('<svg><text x="1">a & b</text></svg>')).toBeDefined()
    expect(fault('<svg><text x="1">a &amp; b</text><g/></svg>')).toBeUndefined()
  })

  it('draw nothing outside of their frame', () => {
    const svg = curves('title', 'µs', 'sessions', [
      { name: 'one', colour: 'ours', dash: 0, points: [point(1e3, 0), point(1e6, 7)] },
      { name: 'two', colour: 'c1', dash: 0, points: [point(1e4, 7)] },
    ])
    const height = Number(/viewBox="0 0 \d+ (\d+)"/.exec(svg)![1])
    for (const [, y] of svg.matchAll(/ (?:y|y1|y2|cy)="([^"]+)"/g)) {
      expect(Number(y)).toBeGreaterThanOrEqual(0)
      expect(Number(y)).toBeLessThanOrEqual(height)
    }
  })
})
