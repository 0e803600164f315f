/** Several processes that share nothing but the file. */
import { afterEach, expect, it } from 'vitest'
import { type Ground, ground } from './children.ts'

const program = new URL('counter.ts', import.meta.url)

let place: Ground | undefined
afterEach(() => place?.clear())

it.each(['wal', 'delete'])(
  '50 increments at once from each of four processes give 200, journal mode %s',
  async (journal) => {
    const { file, start, ask } = (place = ground('node22'))
    const path = file('sessions.db')
    const cookie = await ask(program, path, 'begin', journal)
    const children = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = await start(program, path, 'count', cookie, '50')
        expect(await child.line()).toBe('ready')
        return child
      }),
    )
    for (const child of children) child.say('go')
    expect(await Promise.all(children.map(({ line }) => line()))).toEqual(['50', '50', '50', '50'])
    expect(await ask(program, path, 'read', cookie)).toBe('200')
  },
  300_000,
)

it('a process that is killed loses nothing that it had acknowledged', async () => {
  const { file, start, ask } = (place = ground('node22'))
  const path = file('sessions.db')
  const cookie = await ask(program, path, 'begin', 'wal')
  for (let round = 0, last = 0; round < 5; round += 1) {
    const child = await start(program, path, 'climb', cookie)
    let told = 0
    for (let lines = 0; lines < 20; lines += 1) told = Number(await child.line())
    expect(told).toBeGreaterThanOrEqual(last + 20)
    child.process.kill('SIGKILL')
    last = Number(await ask(program, path, 'read', cookie))
    expect(last).toBeGreaterThanOrEqual(told)
  }
}, 300_000)
