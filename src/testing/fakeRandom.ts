/**
 * ```ts
 * fakeRandom: (seed?) => Random
 * ```
 * Ids, secrets and tags of the right shape that are the same in every run: for tests, never for production.
 *
 * @since 0.1.0
 */
import { type Random, randomFrom } from '../effects/Random.ts'

/** Marsaglia's xorshift, 32 bits: one number of [0, 2³²) after another. */
const xorshift = (seed: number): (() => number) => {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>>= 0)
  }
}

/** A source that gives the same values for the same `seed`, a positive integer below 2³². Default 1. Anyone can foresee them. */
export const fakeRandom = (seed = 1): Random => {
  const next = xorshift(seed)
  const unit = xorshift(seed)
  return {
    ...randomFrom((bytes) => {
      for (let index = 0; index < bytes.length; index += 1) bytes[index] = next() >>> 24
    }),
    unit: () => unit() / 2 ** 32,
  }
}
