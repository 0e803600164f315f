import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import * as E from '#fp-ts/Either'
import * as O from '#fp-ts/Option'
import * as t from 'io-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { world, type World } from './world.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const program = fileURLToPath(new URL('./counter.ts', import.meta.url))
const count = Session.modify('views', (n: number) => n + 1)
const right = <A>(answer: E.Either<unknown, A>): A => {
  if (E.isLeft(answer)) throw new Error(`unexpected Left: ${JSON.stringify(answer.left)}`)
  return answer.right
}

describe('under the session manager', () => {
  let made: World
  beforeAll(async () => {
    made = await world()
  })
  afterAll(() => made.close())

  const manager = () =>
    sessionManager({
      data: t.readonly(t.type({ views: t.number })),
      initial: { views: 0 },
      store: made.store,
    })

  /** A session with one view, and the Cookie header of its browser. */
  const begun = async (): Promise<string> => {
    const handle = manager().open(O.none)
    right(await handle.transact(count)())
    const { setCookie } = right(await handle.commit())
    return /^[^;]+/.exec(O.toUndefined(setCookie)!)![0]
  }

  it('50 increments at once from each of four processes are 200', async () => {
    const cookie = await begun()
    const run = () => {
      const child = spawn(
        process.execPath,
        ['--import', './.config/strip-types.js', '--conditions', 'coatcheck-source', program, made.url, cookie, '50'],
        { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] },
      )
      return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() }
    }
    const children = Array.from({ length: 4 }, run)
    try {
      const say = async ({ lines }: (typeof children)[0]): Promise<unknown> => (await lines.next()).value
      expect(await Promise.all(children.map(say))).toEqual(['ready', 'ready', 'ready', 'ready'])
      for (const { child } of children) child.stdin.write('go\n')
      const answers = await Promise.all(children.map(async (child) => JSON.parse((await say(child)) as string)))
      expect(answers.flat().filter((answer) => answer !== 'ok')).toEqual([])
      const session = right(await manager().open(O.some(cookie)).read())
      expect(session.data.views).toBe(201)
    } finally {
      for (const { child } of children) child.kill('SIGKILL')
    }
  }, 60_000)

  it('a read is one statement, a read and a write are two, a new session is one', async () => {
    const { sent } = made
    const verbs = (): ReadonlyArray<string> => sent.map(({ name }) => name!.replace(/^coatcheck_|_\w+$/g, ''))
    sent.length = 0
    const cookie = await begun()
    expect(verbs()).toEqual(['create'])

    sent.length = 0
    const reader = manager().open(O.some(cookie))
    right(await reader.read())
    right(await reader.commit())
    expect(verbs()).toEqual(['load'])

    sent.length = 0
    const writer = manager().open(O.some(cookie))
    right(await writer.read())
    right(await writer.transact(count)())
    right(await writer.commit())
    expect(verbs()).toEqual(['load', 'update'])

    sent.length = 0
    manager().open(O.some(cookie))
    expect(verbs()).toEqual([])
  })
})
