/**
 * ```ts
 * tallied:  (tally, fate) => tally
 * miscount: (tally, counted) => string | undefined
 * ```
 * What clients were told of their increments, and whether a counter may show what it shows. Pure.
 */

/** What a client was told of one increment: it is stored; it is not; nothing. */
export type Fate = 'acknowledged' | 'refused' | 'unknown'

export type Tally = Readonly<Record<Fate, number>>

export const nothingCounted: Tally = { acknowledged: 0, refused: 0, unknown: 0 }

export const tallied = (tally: Tally, fate: Fate): Tally => ({ ...tally, [fate]: tally[fate] + 1 })

/** What is wrong with a counter: an acknowledged increment is missing, or one was applied that nobody sent, was refused, or was sent once. */
export const miscount = ({ acknowledged, unknown }: Tally, counted: number): string | undefined => {
  if (counted < acknowledged) return `${acknowledged - counted} of ${acknowledged} acknowledged increments are lost`
  const most = acknowledged + unknown
  return counted > most ? `${counted - most} increments more than the ${most} that may have been stored` : undefined
}
