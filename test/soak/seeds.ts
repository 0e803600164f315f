/** Sessions that died long ago, for the sweepers to find while visitors come. */
import { isLeft } from '#fp-ts/Either'
import type { Live } from 'coatcheck/Stored'
import type { SoakStore } from './backends.ts'

const HOUR = 3_600_000
const SEEDS = 500
/** How long the sweepers of a site may take for them when the load is gone, ms. */
const SOON = 20_000

const dead = (now: number, index: number): Live => ({
  ...{ _tag: 'Live', format: 1, revision: `seed-${index}`, trail: [], epoch: 1, fence: 0, schema: 1 },
  credential: { digest: 'A'.repeat(43), mintedAt: now - 2 * HOUR },
  createdAt: now - 2 * HOUR,
  touchedAt: now - 2 * HOUR,
  expiresAt: now - HOUR,
  data: { owner: 'nobody', views: 0, name: '' },
  flash: {},
})

/** Plants them where the store needs a sweeper. Answers how many are there still, or undefined where none were planted. */
export const seedDead = async (store: SoakStore): Promise<() => Promise<number | undefined>> => {
  if (store.sweep === undefined) return () => Promise.resolve(undefined)
  const now = Date.now()
  const ids = Array.from(
    { length: SEEDS },
    (_, index) => `seed-${index}`.padEnd(22, 'x') as Parameters<SoakStore['load']>[0],
  )
  for (const [index, id] of ids.entries()) {
    const made = await store.create(id, dead(now, index))()
    if (isLeft(made)) throw new Error('no session could be planted', { cause: made.left.cause })
  }
  const left = async (): Promise<number> => {
    let there = 0
    for (const id of ids) {
      const answer = await store.load(id)()
      if (isLeft(answer) || answer.right._tag === 'Some') there += 1
    }
    return there
  }
  return async () => {
    const until = Date.now() + SOON
    for (;;) {
      const there = await left()
      if (there === 0 || Date.now() > until) return there
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}
