/** The stores that the combinators are tested around: one more is one more line. */
import type { Directory, Locking, Store, Sweeping } from '../../../src/effects/Store.ts'
import { memoryStore } from '../../../src/stores/memory.ts'

/** What each of them can do. */
export type Full = Store<'cas'> & Sweeping & Directory & Locking

interface Around {
  readonly name: string
  /** Whether waiters for its leases are served in order. */
  readonly fifo: boolean
  readonly make: () => Full | Promise<Full>
}

export const stores: ReadonlyArray<Around> = [{ name: 'memory', fifo: true, make: () => memoryStore() }]
