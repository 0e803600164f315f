import { expect, it } from 'vitest'
import { systemTimer } from '../../src/effects/Timer.ts'

it('the runtime’s timer wakes, and does not after it was taken back, however long the wait', async () => {
  const woken: Array<string> = []
  const never = [systemTimer(1, () => woken.push('stopped')), systemTimer(1e12, () => woken.push('far'))]
  never[0]!()
  await new Promise<void>((resolve) => systemTimer(5, resolve))
  never[1]!()
  expect(woken).toEqual([])
})
