/**
 * A store that counts the calls of its verbs, and may be moved away.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from 'coatcheck/Store'

export interface Counting {
  readonly store: Store<'cas'>
  /** How many calls were made so far. */
  readonly calls: () => number
}

/** `distance`: ms between a call and its effect. */
export const counting = (store: Store<'cas'>, distance = 0): Counting => {
  let calls = 0
  const counted =
    <Args extends readonly unknown[], A>(verb: (...args: Args) => () => Promise<A>) =>
    (...args: Args): (() => Promise<A>) => {
      const work = verb(...args)
      return () => {
        calls++
        return distance === 0 ? work() : sleep(distance).then(work)
      }
    }
  return {
    calls: () => calls,
    store: {
      guarantee: store.guarantee,
      ...(store.local === true && distance === 0 ? { local: true as const } : {}),
      load: counted(store.load),
      create: counted(store.create),
      update: counted(store.update),
      touch: counted(store.touch),
      end: counted(store.end),
    },
  }
}
