/**
 * ```ts
 * turns: () => <A>(key: string, work: () => Promise<A>) => Promise<A>
 * ```
 * One piece of work after another for each key: writers of one process need not compete on the disk. Keys are forgotten
 * when their last work is done.
 *
 * @since 0.1.0
 */

/** Nothing is under way. */
export const turns = (): (<A>(key: string, work: () => Promise<A>) => Promise<A>) => {
  const last = new Map<string, Promise<unknown>>()

  return async (key, work) => {
    const before = last.get(key)
    const mine = before === undefined ? work() : before.then(work)
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    last.set(key, settled)
    try {
      return await mine
    } finally {
      if (last.get(key) === settled) last.delete(key)
    }
  }
}
