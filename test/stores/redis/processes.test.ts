/** Several processes that share nothing but the server, each with a manager of its own. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as t from 'io-ts'
import { afterEach, describe, expect, it } from 'vitest'
import { isRight } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import { cookieFor } from '../../../src/testing/cookieFor.ts'
import { type Connected, driverNames } from './connect.ts'
import { connected, urlsFor } from './drivers.ts'
import type { Order } from './increments.ts'

const root = new URL('../../../', import.meta.url)
const program = fileURLToPath(new URL('increments.ts', import.meta.url))

const running: Array<ChildProcess> = []
let connection: Connected | undefined
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  await connection?.close()
  connection = undefined
})

const start = async (order: Order): Promise<ChildProcess> => {
  const { NODE_OPTIONS: _, ...env } = process.env
  const execArgv = ['--conditions', 'coatcheck-source', '--import', './.config/strip-types.js']
  const child = fork(program, [JSON.stringify(order)], { cwd: fileURLToPath(root), env, execArgv })
  running.push(child)
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('a process ended before it was connected'))),
  ])
  return child
}

describe.each(driverNames)('through %s', (driver) => {
  it('50 increments at once from each of four processes give 200', { timeout: 120_000 }, async () => {
    connection = await connected(driver)
    const prefix = `processes ${driver}:`
    const sessions = sessionManager({
      data: t.type({ views: t.number }),
      initial: { views: 0 },
      store: redisStore({ client: connection.client, prefix }),
    })
    const cookie = await cookieFor(sessions, { subject: 'alice' })
    const order: Order = { driver, urls: await urlsFor(driver), prefix, cookie, times: 50 }
    const children = await Promise.all(Array.from({ length: 4 }, () => start(order)))
    const counted = children.map(async (child) => {
      child.send('go')
      return ((await once(child, 'message')) as ReadonlyArray<unknown>)[0]
    })
    expect(await Promise.all(counted)).toEqual([50, 50, 50, 50])
    const session = await sessions.open(some(cookie)).read()
    expect(isRight(session) && session.right.data.views).toBe(200)
  })
})
