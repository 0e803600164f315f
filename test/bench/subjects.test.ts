import { describe, expect, it } from 'vitest'
import { names, slicesOf } from './scenarios.ts'
import { keyOf } from './Subject.ts'
import { subjects } from './subjects.ts'

describe('the subjects', () => {
  it('are told apart by their names', () => {
    expect(new Set(subjects.map(keyOf)).size).toBe(subjects.length)
  })

  it.each(subjects.map((subject) => [keyOf(subject), subject] as const))(
    '%s gives the right answer in every scenario, also when it is asked again',
    { timeout: 60_000 },
    async (_key, subject) => {
      const slices = await slicesOf(subject)
      for (let again = 0; again < 2; again++) {
        for (const name of names) {
          const { send, check } = await slices.prepare(name, slices.size(name, 2))
          await send()
          await expect(check()).resolves.toBeUndefined()
        }
      }
      await expect(slices.check()).resolves.toBeUndefined()
    },
  )
})
