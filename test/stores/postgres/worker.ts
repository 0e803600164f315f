// A Worker: a connection per request, as workerd demands, and a store over it.
import pg from 'pg'
import { idFrom } from '../../../src/core/Token.ts'
import { postgresStore } from '../../../src/stores/postgres.ts'
import { record, successor } from '../../../src/testing/contract/bench.ts'

interface Env {
  readonly url: string
}

/** Every verb once; answers what each said. */
const visit = async (connectionString: string): Promise<ReadonlyArray<unknown>> => {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    const store = postgresStore({ pool: client })
    const id = idFrom(crypto.randomUUID())
    const live = record(Date.now(), { data: { text: 'a\u0000👍' }, subject: { id: 'ann', authenticatedAt: 1 } })
    const next = successor(live)
    const said = [
      await store.migrate(),
      await store.create(id, live)(),
      await store.update(id, live.revision, next)(),
      await store.load(id)(),
      await store.touch(id, 0, Date.now(), Date.now() + 1)(),
      await store.acquire(id, { wait: 0, lease: 1_000 })(),
      await store.release(id, 1)(),
      await store.count('ann')(),
      await store.end(id, next.revision, Date.now())(),
      await store.sweep(Date.now() + 1, 10)(),
    ]
    return said.map((answer) => (answer._tag === 'Right' ? answer.right : String(answer.left.cause)))
  } finally {
    await client.end()
  }
}

// A Worker's default export is its entry.
// eslint-disable-next-line no-restricted-syntax
export default {
  fetch: async (_: Request, { url }: Env): Promise<Response> => Response.json(await visit(url)),
}
