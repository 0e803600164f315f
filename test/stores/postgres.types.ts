import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { Directory, Locking, Managed, Store, Sweeping } from '../../src/effects/Store.ts'
import { type PostgresClient, type PostgresListener, postgresStore } from '../../src/stores/postgres.ts'

declare const poolClient: pg.PoolClient

// What fits, as it is.
export const clients: ReadonlyArray<PostgresClient> = [new pg.Pool(), new pg.Client(), poolClient, new PGlite()]
export const wrapped: PostgresClient = { query: (text, values) => new pg.Pool().query(text, values) }

// A store has every capability.
export const store: Store<'cas'> & Sweeping & Directory & Locking & Managed = postgresStore({ pool: new pg.Pool() })
postgresStore({ pool: new PGlite('directory'), table: 'visits', schema: 'app', prepare: false, poll: 50 })
postgresStore({ pool: new pg.Pool(), listen: () => new pg.Client() })

// What does not fit.
// @ts-expect-error a client must be given
postgresStore({})
// @ts-expect-error something that answers in another form
postgresStore({ pool: { query: (text: string) => Promise.resolve(text) } })
// @ts-expect-error a connection that listens is made by a function: one that broke can not be opened again
postgresStore({ pool: new pg.Pool(), listen: new pg.Client() })
// @ts-expect-error PGlite has one connection only
export const listener: PostgresListener = new PGlite()
