import { sessionManager } from 'coatcheck'
import { postgresStore } from 'coatcheck/stores/postgres'
import * as t from 'io-ts'
import { database } from './connection.ts'

/** Prepared statements are of no use to a connection that lives as long as one request. */
export const store = postgresStore({ pool: database, prepare: false })

/** One for all requests: it holds no connection. */
export const sessions = sessionManager({ data: t.type({ visits: t.number }), initial: { visits: 0 }, store })
