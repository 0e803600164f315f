/** Random programs on random interleavings, against the model, on the memory store. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import { check, explored, nightly, summary } from './check.ts'
import type { Stand } from './execute.ts'
import { shortPauses } from './pauses.ts'

const stand = (): Stand => {
  const time = fakeClock()
  return { store: memoryStore({ clock: time.now, timer: time.timer }), time }
}

beforeAll(shortPauses)
afterAll(() => {
  vi.unstubAllGlobals()
})

it('the engine does what the model allows', { timeout: 60_000 * nightly }, async () => {
  const count = explored()
  await check(800, stand, true, count)
  console.log(summary(count))
  expect(count.programs).toBeGreaterThan(10)
})
