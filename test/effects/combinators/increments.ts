/** A process that increments when it is told to: `increments.ts <url> <secret> <secret>`. */
import pg from 'pg'
import * as t from 'io-ts'
import { isRight } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { postgresStore } from '../../../src/stores/postgres.ts'
import { wraps } from './wraps.ts'

/** What it is told. */
export interface Order {
  readonly wrap: string
  readonly cookie: string
  readonly times: number
}

const [url, ...secrets] = process.argv.slice(2)
const store = postgresStore({ pool: new pg.Pool({ connectionString: url, max: 5 }) })
const count = Session.modify('views', (n: number) => n + 1)

process.on('message', ({ wrap, cookie, times }: Order) => {
  const options = { data: t.type({ views: t.number }), initial: { views: 0 } }
  const sessions = sessionManager({ ...options, store: wraps(...secrets)[wrap]!(store) })
  const one = async (): Promise<string> => {
    const answer = await sessions.open(some(cookie)).transact(count)()
    return isRight(answer) ? 'ok' : answer.left._tag
  }
  void Promise.all(Array.from({ length: times }, one)).then((answers) => process.send?.(answers))
})
process.on('disconnect', () => process.exit(0))
process.send?.('ready')
