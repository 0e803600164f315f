import { describe, expect, it } from 'vitest'
import { curvesOf, resultsOf, type Sample } from './growth/gather.ts'
import { judge, linearPart } from './growth/targets.ts'

const sizes = [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6]

const samples = (cost: (at: number) => number, scenario = 'read', metric = 'call_cpu_us'): readonly Sample[] =>
  sizes.map((at) => ({
    ...{ library: 'coatcheck', store: 'memory', scenario, metric, unit: 'µs', against: 'sessions' },
    ...{ at, value: cost(at) },
  }))

const pointsOf = (cost: (at: number) => number) => curvesOf(samples(cost))[0]!.points

const heap = (library: string, value: number): Sample => ({
  ...{ library, store: 'memory', scenario: 'all', metric: 'heap_bytes', unit: 'bytes', value },
})

const measured = (all: readonly Sample[], words: string) =>
  judge(curvesOf(all), resultsOf(all)).find(({ target }) => target.includes(words))

describe('growth', () => {
  it('puts rounds together as medians, in the order of the sizes', () => {
    const both = [...samples(() => 3), ...samples(() => 1), ...[...samples(() => 2)].reverse()]
    expect(curvesOf(both)).toHaveLength(1)
    expect(curvesOf(both)[0]!.points.map(({ at }) => at)).toEqual(sizes)
    expect(curvesOf(both)[0]!.points[0]).toMatchObject({ median: 2, min: 1, max: 3, rounds: 3 })
  })

  it('finds a linear term, and none in what grows with the logarithm', () => {
    expect(linearPart(pointsOf((at) => 5 + Math.log10(at)))).toBeCloseTo(0)
    expect(linearPart(pointsOf((at) => 8 + (4 * at) / 1e6))).toBeCloseTo(4 / 8.004, 3)
  })

  it('judges the worst of the scenarios', () => {
    const all = [...samples(() => 5), ...samples((at) => (at === 1e6 ? 16 : 10), 'write')]
    expect(measured(all, 'last ≤ 1.5 × first')).toMatchObject({ measured: 1.6, met: false })
    expect(
      measured(
        samples(() => 5),
        'last ≤ 1.5 × first',
      ),
    ).toMatchObject({ measured: 1, met: true })
  })

  it('calls must be constant, and one more is not', () => {
    expect(
      measured(
        samples(() => 1, 'read', 'calls'),
        'constant',
      ),
    ).toMatchObject({ measured: 0, met: true })
    const more = samples((at) => (at === 1e5 ? 2 : 1), 'read', 'calls')
    expect(measured(more, 'constant')).toMatchObject({ measured: 1, met: false })
  })

  it('compares bytes with the library beside, and judges nothing that was not measured', () => {
    const both = [heap('coatcheck', 390), heap('express-session', 300)]
    expect(measured(both, 'bytes per session')).toMatchObject({ measured: 1.3, met: true })
    expect(measured([heap('coatcheck', 391), heap('express-session', 300)], 'bytes per session')).toMatchObject({
      met: false,
    })
    expect(judge([], []).every(({ measured, met }) => measured === undefined && !met)).toBe(true)
  })
})
