/**
 * A connection per request. In Workers a socket belongs to the request that opened it, and no other may wait for what it
 * brings: a pool, or a client, at the top of a module would hang the second request that uses it. Hyperdrive keeps the pool,
 * outside of the Worker; to open a connection to it is a matter of a millisecond.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { env } from 'cloudflare:workers'
import pg from 'pg'

const { HYPERDRIVE } = env
if (HYPERDRIVE === undefined)
  throw new Error('The binding HYPERDRIVE is not there: it belongs into "hyperdrive" of wrangler.jsonc')

interface Connection {
  client?: Promise<pg.Client>
}

const present = new AsyncLocalStorage<Connection>()

const connect = async (): Promise<pg.Client> => {
  // Only while a request is served: at the top of a module the binding has no connection string.
  const client = new pg.Client({ connectionString: HYPERDRIVE.connectionString, connectionTimeoutMillis: 2_000 })
  // The statement under way fails by itself; nobody else is to be told.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** The present request's connection, for the store and for the application's own statements. Opened at the first one. */
export const database = {
  query: async (text: string, values?: Array<unknown>) => {
    const connection = present.getStore()
    if (connection === undefined) throw new Error('There is no connection outside of `withConnection`')
    return (await (connection.client ??= connect())).query(text, values)
  },
}

/** Runs something with a connection of its own. `after`: what may go on when the answer has left, `ctx.waitUntil`. */
export const withConnection = async <A>(after: (work: Promise<unknown>) => void, run: () => Promise<A>): Promise<A> => {
  const connection: Connection = {}
  try {
    return await present.run(connection, run)
  } finally {
    const { client } = connection
    if (client !== undefined)
      after(
        client.then(
          (opened) => opened.end(),
          () => undefined,
        ),
      )
  }
}
