/** Several processes that share nothing but PostgreSQL and their keys, through each of the combinators. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as t from 'io-ts'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { some } from '#fp-ts/Option'
import { systemRandom } from '../../../src/effects/Random.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { postgresStore } from '../../../src/stores/postgres.ts'
import { answer } from '../../../src/testing/contract/bench.ts'
import { cookieFor } from '../../../src/testing/cookieFor.ts'
import { ok } from '../../engine/world.ts'
import { freshDatabase } from '../../servers/shared.ts'
import type { Order } from './increments.ts'
import { wraps } from './wraps.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const program = fileURLToPath(new URL('increments.ts', import.meta.url))
const secrets = [systemRandom.secret(), systemRandom.secret()]
const combinators = wraps(...secrets)

describe('50 increments at once from each of four processes give 200', () => {
  const children: Array<ChildProcess> = []
  let pool: pg.Pool
  beforeAll(async () => {
    const url = await freshDatabase()
    pool = new pg.Pool({ connectionString: url })
    pool.on('error', () => undefined)
    await answer(postgresStore({ pool }).migrate)
    const { NODE_OPTIONS: _, ...env } = process.env
    const execArgv = ['--conditions', 'coatcheck-source', '--import', './.config/strip-types.js']
    for (let i = 0; i < 4; i++) children.push(fork(program, [url, ...secrets], { cwd: root, env, execArgv }))
    const gone = (child: ChildProcess): Promise<never> =>
      once(child, 'exit').then(() => Promise.reject(new Error('a process ended before it was ready')))
    await Promise.all(children.map((child) => Promise.race([once(child, 'message'), gone(child)])))
  }, 60_000)
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await pool.end()
  })

  it.each(Object.entries(combinators))(
    '%s',
    async (wrap, around) => {
      const sessions = sessionManager({
        data: t.type({ views: t.number }),
        initial: { views: 0 },
        store: around(postgresStore({ pool })),
      })
      const order: Order = { wrap, cookie: await cookieFor(sessions, { subject: 'ann' }), times: 50 }
      const answers = children.map(async (child) => {
        child.send(order)
        return ((await once(child, 'message')) as ReadonlyArray<ReadonlyArray<string>>)[0]
      })
      expect((await Promise.all(answers)).flat().filter((one) => one !== 'ok')).toEqual([])
      expect((await ok(sessions.open(some(order.cookie)).read)).data.views).toBe(200)
    },
    60_000,
  )
})
