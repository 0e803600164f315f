/** The stores that the combinators are tested around: one more is one more entry. */
import pg from 'pg'
import { memoryStore } from '../../../src/stores/memory.ts'
import { postgresStore } from '../../../src/stores/postgres.ts'
import { answer } from '../../../src/testing/contract/bench.ts'
import { freshDatabase } from '../../servers/shared.ts'
import type { Full } from './wraps.ts'

interface Open {
  /** A store for one case: a new one, or always the same. */
  readonly store: () => Full
  readonly close: () => Promise<void>
}

interface Around {
  readonly name: string
  /** Whether waiters for its leases are served in order. */
  readonly fifo: boolean
  readonly open: () => Promise<Open>
}

export const stores: ReadonlyArray<Around> = [
  {
    name: 'memory',
    fifo: true,
    open: () => Promise.resolve({ store: () => memoryStore(), close: () => Promise.resolve() }),
  },
  {
    name: 'PostgreSQL',
    fifo: false,
    open: async () => {
      const pool = new pg.Pool({ connectionString: await freshDatabase() })
      pool.on('error', () => undefined)
      const store = postgresStore({ pool })
      await answer(store.migrate)
      return { store: () => store, close: () => pool.end() }
    },
  },
]
