/** The soak at a small size: the same code, fewer of everything. `npm run soak` is the real one. */
import { expect, it } from 'vitest'
import { render } from './report.ts'
import { soak } from './run.ts'

it.concurrent.each(['postgres', 'redis'] as const)(
  '%s: sixty visitors, two processes, a database that is killed',
  async (store) => {
    const outcome = await soak({
      store,
      ...{ processes: 2, sessions: 60, clients: 6, seed: 7, samples: 8 },
      span: { increments: 300 },
      disturbances: [[0.5, 'kill']],
      signal: new AbortController().signal,
      tell: () => undefined,
    })
    expect(outcome.wrong, render(outcome)).toEqual([])
    // It was not quiet: everybody came, all kinds of traffic were there, something was refused or lost.
    const { sums, figures, events, looked } = outcome
    expect(sums.acknowledged).toBeGreaterThanOrEqual(360)
    expect(sums.live + sums.ended).toBeGreaterThan(60)
    expect(sums.known.acknowledged).toBeLessThanOrEqual(sums.counted)
    expect(sums.counted).toBeLessThanOrEqual(sums.known.acknowledged + sums.known.unknown)
    expect(Object.keys(figures.routes)).toHaveLength(13)
    expect(events).toMatchObject({
      created: expect.any(Number),
      rotated: expect.any(Number),
      ended: expect.any(Number),
    })
    expect(looked.good).toBeGreaterThan(0)
    expect(render(outcome)).toContain('Nothing is wrong.')
  },
  180_000,
)
