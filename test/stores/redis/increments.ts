/** A process of its own: adds one to a session as often as it is told, all at once, and says how that went. */
import { isRight } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import * as t from 'io-ts'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import { connects, type DriverName } from './connect.ts'

export interface Order {
  readonly driver: DriverName
  readonly urls: ReadonlyArray<string>
  readonly prefix: string
  readonly cookie: string
  readonly times: number
}

const { driver, urls, prefix, cookie, times } = JSON.parse(process.argv[2]!) as Order
const { client, close } = await connects[driver](urls)
const sessions = sessionManager({
  data: t.type({ views: t.number }),
  initial: { views: 0 },
  store: redisStore({ client, prefix }),
})

const add = async (): Promise<boolean> => {
  const session = sessions.open(some(cookie))
  const stored = await session.transact(Session.modify('views', (n: number) => n + 1))()
  return isRight(stored) && isRight(await session.commit())
}

process.once('message', () => {
  void Promise.all(Array.from({ length: times }, add)).then(async (stored) => {
    await close()
    process.send!(stored.filter(Boolean).length)
    process.disconnect()
  })
})
process.send!('connected')
