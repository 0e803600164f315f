import { describe, expect, it } from 'vitest'
import { peers } from './peers.ts'
import { attempts, inRounds } from './rounds.ts'
import { summarize } from './samples.ts'
import type { Subject } from './Subject.ts'

const [quiet, noisy] = peers as readonly [Subject, Subject]

/** Two subjects, five rounds; `drifts` are those of the second one, in the order of its attempts. */
const measure = async (drifts: readonly number[]) => {
  const order: Subject[] = []
  let tried = 0
  const outcome = await inRounds({
    title: 'in process',
    subjects: [quiet, noisy],
    rounds: 5,
    tolerance: 0.2,
    progress: () => undefined,
    one: async (subject) => {
      order.push(subject)
      const drift = subject === noisy ? (drifts[tried++] ?? 0) : 0
      return { samples: [{ subject, scenario: 'read', metric: 'added_us', value: order.length }], drift }
    },
  })
  return { ...outcome, order }
}

describe('rounds', () => {
  it('alternate, each beginning with another subject', async () => {
    const { order, refused } = await measure([])
    expect(order.slice(0, 6)).toEqual([quiet, noisy, noisy, quiet, quiet, noisy])
    expect(order).toHaveLength(10)
    expect(refused).toEqual([])
  })

  it('are run again when they were disturbed, and those do not count', async () => {
    const { samples, disturbed, refused } = await measure([0.3, 0.21, 0.2])
    expect(disturbed).toBe(2)
    expect(samples).toHaveLength(10)
    expect(refused).toEqual([])
  })

  it('of a subject with fewer than half of them quiet are refused, without wasting more', async () => {
    const { samples, refused, order } = await measure(Array<number>(99).fill(1))
    expect(refused).toEqual([noisy])
    expect(samples.every(({ subject }) => subject === quiet)).toBe(true)
    expect(order.filter((subject) => subject === noisy)).toHaveLength(3 * attempts)
  })

  it('become one row for each subject, scenario and metric', async () => {
    const { samples } = await measure([])
    expect(summarize(samples)).toMatchObject([
      { library: quiet.library, adapter: quiet.adapter, unit: 'µs', rounds: 5, min: 1 },
      { library: noisy.library, adapter: noisy.adapter, unit: 'µs', rounds: 5, min: 2 },
    ])
  })
})
