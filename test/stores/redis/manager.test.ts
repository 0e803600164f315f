/** Round trips of a request, counted. */
import { createClient } from 'redis'
import * as t from 'io-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRight } from '#fp-ts/Either'
import { none, some } from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import { newSubject } from '../../../src/testing/contract/bench.ts'
import { redisUrl } from '../../servers/shared.ts'
import { type CallName, spy } from './spy.ts'

let client: ReturnType<typeof createClient>
beforeAll(async () => {
  client = createClient({ url: await redisUrl() })
  await client.connect()
})
afterAll(() => client.close())

const ok = async <A>(task: TaskEither<unknown, A>): Promise<A> => {
  const given = await task()
  if (!isRight(given)) throw new Error('unexpected Left', { cause: given.left })
  return given.right
}

const world = () => {
  const seen = spy(client)
  const sessions = sessionManager({
    data: t.type({ views: t.number }),
    initial: { views: 0 },
    store: redisStore({ client: seen.client, prefix: 'round trips:' }),
  })
  let cookie: string | undefined
  type Handle = ReturnType<typeof sessions.open>
  /** The calls of one request, as its browser sends it. */
  const visit = async (work: (session: Handle) => Promise<unknown>): Promise<ReadonlyArray<CallName>> => {
    seen.calls.length = 0
    const session = sessions.open(cookie === undefined ? none : some(cookie))
    await work(session)
    const { setCookie } = await ok(session.commit)
    if (setCookie._tag === 'Some') cookie = setCookie.value.split(';')[0]
    return [...seen.calls]
  }
  return { visit }
}

const count = Session.modify('views', (n: number) => n + 1)

describe('the calls of a request', () => {
  it('a new session 1; read 1; write 2', async () => {
    const { visit } = world()
    expect(await visit((session) => ok(session.transact(count)))).toEqual(['CREATE'])
    expect(await visit((session) => ok(session.read))).toEqual(['GET'])
    expect(await visit((session) => ok(session.transact(count)))).toEqual(['GET', 'UPDATE'])
    expect(
      await visit(async (session) => {
        await ok(session.read)
        session.update(count)()
      }),
    ).toEqual(['GET', 'UPDATE'])
  })

  it('a signed-in one reads and writes with as many; a sign-in has the index entry and both looks at the epoch', async () => {
    const { visit } = world()
    const subject = newSubject()
    await visit((session) => ok(session.transact(count)))
    const signIn = await visit((session) => ok(session.transact(Session.signIn(subject))))
    expect(signIn).toEqual(['GET', 'GET', 'INDEX', 'UPDATE', 'GET'])
    expect(await visit((session) => ok(session.read))).toEqual(['GET'])
    expect(await visit((session) => ok(session.transact(count)))).toEqual(['GET', 'UPDATE'])
    expect(await visit((session) => ok(session.transact(Session.signOut)))).toEqual(['GET', 'UPDATE', 'FORGET'])
    expect(await visit((session) => ok(session.destroy))).toEqual(['GET', 'END'])
  })
})
