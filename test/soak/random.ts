/** A small seeded generator (mulberry32): the same draws for the same seed, in the order in which they are asked for. */
export interface Draw {
  /** At least 0, below 1. */
  readonly unit: () => number
  /** A whole number from 0, below `limit`. */
  readonly below: (limit: number) => number
  readonly chance: (probability: number) => boolean
  readonly of: <A>(items: ReadonlyArray<A>) => A
}

export const drawing = (seed: number): Draw => {
  let state = seed >>> 0
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(unit() * limit)
  return { unit, below, chance: (probability) => unit() < probability, of: (items) => items[below(items.length)]! }
}
