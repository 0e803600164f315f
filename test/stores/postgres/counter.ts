// One of several processes over one table: raises a session's counter, all at once when told to.
import { once } from 'node:events'
import * as O from '#fp-ts/Option'
import * as t from 'io-ts'
import pg from 'pg'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { postgresStore } from '../../../src/stores/postgres.ts'

const [connectionString, cookie, times] = process.argv.slice(2)
const pool = new pg.Pool({ connectionString })
const sessions = sessionManager({
  data: t.readonly(t.type({ views: t.number })),
  initial: { views: 0 },
  store: postgresStore({ pool }),
})
console.log('ready')
await once(process.stdin, 'data')
const answers = await Promise.all(
  Array.from({ length: Number(times) }, async () => {
    const handle = sessions.open(O.some(cookie!))
    const answer = await handle.transact(Session.modify('views', (n: number) => n + 1))()
    await handle.commit()
    return answer._tag === 'Right' ? 'ok' : answer.left._tag
  }),
)
console.log(JSON.stringify(answers))
await pool.end()
process.exit()
