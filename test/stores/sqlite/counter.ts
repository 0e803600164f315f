/**
 * One of several processes over one file. Arguments: the file, what to do, and for that:
 * - `begin journal`: makes the tables and a session; prints its cookie.
 * - `count cookie times`: waits for a line, then adds to the session all at once; prints how often that was stored.
 * - `climb cookie`: adds to the session again and again; prints each sum that was stored.
 * - `read cookie`: prints the sum.
 */
import { once } from 'node:events'
import { isRight } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import * as t from 'io-ts'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { sqliteStore } from '../../../src/stores/sqlite.ts'
import { cookieFor } from '../../../src/testing/cookieFor.ts'
import { open } from './open.ts'

const [path, task, given, times] = process.argv.slice(2)
const database = await open(path!)
const store = sqliteStore({ database })
const sessions = sessionManager({ data: t.type({ views: t.number }), initial: { views: 0 }, store })

const add = async (): Promise<number> => {
  const session = sessions.open(some(given!))
  const stored = await session.transact(Session.modify('views', (n: number) => n + 1))()
  if (!isRight(stored)) throw new Error(JSON.stringify(stored.left))
  return stored.right.data.views
}

switch (task as 'begin' | 'count' | 'climb' | 'read') {
  case 'begin': {
    database.exec(`pragma journal_mode = ${given!}`)
    const made = await store.migrate()
    if (made._tag === 'Left') throw made.left.cause
    console.log(await cookieFor(sessions, { subject: 'alice' }))
    break
  }
  case 'count': {
    console.log('ready')
    await once(process.stdin, 'data')
    const sums = await Promise.all(Array.from({ length: Number(times) }, add))
    console.log(sums.length)
    process.stdin.unref()
    break
  }
  case 'climb':
    for (;;) console.log(await add())
  case 'read': {
    const session = await sessions.open(some(given!)).read()
    console.log(isRight(session) ? session.right.data.views : JSON.stringify(session.left))
  }
}
