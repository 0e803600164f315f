import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionId } from '../../../src/core/Token.ts'
import type { Asking, Row } from '../../../src/stores/postgres/client.ts'
import { endOfTurn } from '../../../src/stores/postgres/gathering.ts'
import { loading } from '../../../src/stores/postgres/loading.ts'
import { newId, record } from '../../../src/testing/contract/bench.ts'
import { must, world, type World } from './world.ts'

const load = { name: 'load', text: '' }
const loads = { name: 'loads', text: '' }

describe('loads of one turn', () => {
  /** Asks of which nothing is answered before the test does, and turns that end when the test says so. */
  const scene = () => {
    const asked: Array<{ readonly name: string; readonly values: Array<unknown>; answer: (value: never) => void }> = []
    const asks = (name: string, values: Array<unknown>) =>
      new Promise<never>((answer, fail) => {
        asked.push({
          name,
          values,
          answer: (value: unknown) => (value instanceof Error ? fail(value) : answer(value as never)),
        })
      })
    const asking: Asking = {
      ask: ({ name }, values) => asks(name, values),
      askAll: ({ name }, values) => asks(name, values),
    }
    const turns: Array<() => void> = []
    const run = loading(asking, load, loads, (turn) => turns.push(turn))
    return { asked, run, endTurn: () => turns.splice(0).forEach((turn) => turn()) }
  }
  const rows = (...found: ReadonlyArray<Row>) => found as never

  it('one alone goes alone', async () => {
    const { asked, run, endTurn } = scene()
    const [found, missing] = [run('a'), (endTurn(), run('b'))]
    endTurn()
    expect(asked.map(({ name, values }) => [name, ...values])).toEqual([
      ['load', 'a'],
      ['load', 'b'],
    ])
    asked[0]!.answer('1' as never)
    asked[1]!.answer(undefined as never)
    expect([await found, await missing]).toEqual(['1', undefined])
  })

  it('several go together, and each is given its own', async () => {
    const { asked, run, endTurn } = scene()
    const answers = Promise.all(['a', 'b', 'a', 'c"\\'].map(run))
    expect(asked).toEqual([])
    endTurn()
    expect(asked.map(({ name, values }) => [name, ...values])).toEqual([['loads', '{"a","b","a","c\\"\\\\"}']])
    asked[0]!.answer(rows({ id: 'c"\\', a: '3' }, { id: 'a', a: '1' }))
    expect(await answers).toEqual(['1', undefined, '1', '3'])
  })

  it('a question of the next turn does not join one that was sent', async () => {
    const { asked, run, endTurn } = scene()
    const before = [run('a'), run('b')]
    endTurn()
    const after = run('a')
    endTurn()
    asked[1]!.answer('new' as never)
    asked[0]!.answer(rows({ id: 'a', a: 'old' }))
    expect(await Promise.all([...before, after])).toEqual(['old', undefined, 'new'])
  })

  it('a failure is everybody’s who was in it, and nobody else’s', async () => {
    const { asked, run, endTurn } = scene()
    const together = Promise.allSettled([run('a'), run('b')])
    endTurn()
    const alone = run('c')
    endTurn()
    asked[0]!.answer(new Error('reset') as never)
    asked[1]!.answer('3' as never)
    expect((await together).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await alone).toBe('3')
  })

  it('a statement is about 64 at most', () => {
    const { asked, run, endTurn } = scene()
    for (let n = 0; n < 130; n += 1) void run(String(n))
    endTurn()
    expect(asked.map(({ values }) => (values[0] as string).split(',').length)).toEqual([64, 64, 2])
  })

  it('where a runtime has no end of a turn, each goes at once', () => {
    const asked: Array<string> = []
    const ask = (_: unknown, [id]: Array<unknown>) => Promise.resolve(void asked.push(String(id)))
    const run = loading({ ask, askAll: () => Promise.reject(new Error('not asked')) }, load, loads, undefined)
    void run('a')
    expect(asked).toEqual(['a'])
  })

  it('Cloudflare’s Workers are such a runtime, with their setImmediate too', () => {
    const setImmediate = () => undefined
    expect(endOfTurn({ setImmediate, navigator: { userAgent: 'Cloudflare-Workers' } })).toBeUndefined()
    expect(endOfTurn({ setImmediate, navigator: { userAgent: 'Deno/2.0' } })).toBe(setImmediate)
    expect(endOfTurn({ setImmediate })).toBe(setImmediate)
    expect(endOfTurn({})).toBeUndefined()
    expect(endOfTurn(globalThis)).toBe(globalThis.setImmediate)
  })
})

describe('on a database', () => {
  let made: World
  beforeAll(async () => {
    made = await world()
  })
  afterAll(() => made.close())

  it('a hundred sessions at once come in two statements, each its own', async () => {
    const ids: ReadonlyArray<SessionId> = Array.from({ length: 100 }, newId)
    await Promise.all(ids.map(async (id, n) => must(await made.store.create(id, record(0, { data: n }))())))
    const gone = newId()
    must(await made.store.create(gone, record(0, { revision: 'r' }))())
    must(await made.store.end(gone, 'r', 7)())
    made.sent.length = 0
    const found = await Promise.all([...ids, gone, newId()].map((id) => made.store.load(id)()))
    expect(made.sent).toHaveLength(2)
    expect(found.map((answer) => must(answer))).toMatchObject([
      ...ids.map((_, n) => ({ value: { data: n } })),
      { value: { _tag: 'Ended', until: 7 } },
      { _tag: 'None' },
    ])
  })
})
