// Takes a lease, says which, and waits to be killed.
import pg from 'pg'
import { idFrom } from '../../../src/core/Token.ts'
import { postgresStore } from '../../../src/stores/postgres.ts'

const [connectionString, id] = process.argv.slice(2)
const store = postgresStore({ pool: new pg.Pool({ connectionString }) })
const answer = await store.acquire(idFrom(id!), { wait: 0, lease: 3_600_000 })()
console.log(JSON.stringify(answer._tag === 'Right' ? answer.right : undefined))
setInterval(() => undefined, 60_000)
