import { Database } from 'bun:sqlite'
import { sessionManager, startSweeper } from 'coatcheck'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import * as t from 'io-ts'

/** One file, durable, shared by all processes of the machine. */
const store = sqliteStore({ database: new Database(Bun.env['SESSION_FILE'] ?? 'sessions.sqlite') })

const migrated = await store.migrate()
if (migrated._tag === 'Left')
  throw new Error('The tables of the sessions were not made.', { cause: migrated.left.cause })

startSweeper(store, { every: 60_000 })()

export const sessions = sessionManager({
  data: t.type({ visits: t.number }),
  initial: { visits: 0 },
  store,
})
