/** Updates of one turn, on a real database: one statement, and each session's own answer. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { postgresStore } from '../../../src/stores/postgres.ts'
import { newId, newSubject, record, successor } from '../../../src/testing/contract/bench.ts'
import { fault, must, world, type World } from './world.ts'

let made: World
beforeAll(async () => {
  made = await world()
})
afterAll(() => made.close())
beforeEach(() => {
  made.sent.length = 0
})

interface Begun {
  readonly id: SessionId
  readonly live: Live
}

const begun = async (over: Partial<Live> = {}): Promise<Begun> => {
  const [id, live] = [newId(), record(Date.now(), over)]
  must(await made.store.create(id, live)())
  return { id, live }
}

const several = (count: number): Promise<ReadonlyArray<Begun>> =>
  Promise.all(Array.from({ length: count }, () => begun()))

const standing = async (id: SessionId): Promise<Live> => {
  const found = must(await made.store.load(id)())
  if (found._tag === 'None' || found.value._tag !== 'Live') throw new Error('there is no record')
  return found.value
}

const tags = (answers: ReadonlyArray<Awaited<ReturnType<ReturnType<World['store']['update']>>>>) =>
  answers.map((answer) => (answer._tag === 'Right' ? answer.right._tag : 'StoreError'))

describe('updates of one turn', () => {
  it('of a hundred sessions are two statements, and each row is its own record', async () => {
    const all = await several(100)
    const next = all.map(({ live }, n) =>
      successor(live, {
        data: { n, text: 'a "b" \\ {c,d}\n\u0000\ud83d', nothing: null },
        flash: { said: 'NULL' },
        touchedAt: live.touchedAt + n + 0.25,
        ...(n % 2 === 0 ? {} : { subject: { id: newSubject(), authenticatedAt: 5.5 } }),
      }),
    )
    made.sent.length = 0
    const answers = await Promise.all(all.map(({ id, live }, n) => made.store.update(id, live.revision, next[n]!)()))
    expect(tags(answers)).toEqual(all.map(() => 'Updated'))
    expect(made.sent).toHaveLength(2)
    for (const [n, { id }] of all.entries()) expect(await standing(id)).toEqual(JSON.parse(JSON.stringify(next[n])))
  })

  it('one alone is the statement of one', async () => {
    const { id, live } = await begun()
    made.sent.length = 0
    expect(tags([await made.store.update(id, live.revision, successor(live))()])).toEqual(['Updated'])
    expect(made.sent.map(({ name }) => name?.split('_')[1])).toEqual(['update'])
  })

  it('are answered each as if it were alone', async () => {
    const [fresh, other, leased, ended, done, twice] = (await several(6)) as [Begun, Begun, Begun, Begun, Begun, Begun]
    must(await made.store.acquire(leased.id, { wait: 0, lease: 60_000 })())
    must(await made.store.end(ended.id, ended.live.revision, 9e12)())
    const repeated = successor(done.live)
    must(await made.store.update(done.id, done.live.revision, repeated)())
    const run = ({ id, live }: Begun, expected = live.revision, next = successor(live)) =>
      made.store.update(id, expected, next)()
    const answers = await Promise.all([
      ...[run(fresh), run(other, 'another'), run(leased), run(ended), run({ id: newId(), live: fresh.live })],
      ...[run(done, done.live.revision, repeated), run(twice), run(twice)],
    ])
    expect(tags(answers).slice(0, 6)).toEqual(['Updated', 'Conflict', 'Leased', 'Gone', 'Gone', 'Updated'])
    expect(tags(answers).slice(6).sort()).toEqual(['Conflict', 'Updated'])
    expect((await standing(other.id)).revision).toBe(other.live.revision)
    expect((await standing(leased.id)).revision).toBe(leased.live.revision)
  })

  it('one that PostgreSQL refuses spoils none of the others', async () => {
    const all = await several(5)
    // Random, so that it can not be compressed into an index entry.
    const id = Array.from({ length: 600 }, newSubject).join()
    const answers = await Promise.all(
      all.map(({ id: session, live }, n) =>
        made.store.update(
          session,
          live.revision,
          successor(live, n === 2 ? { subject: { id, authenticatedAt: 1 } } : {}),
        )(),
      ),
    )
    expect(tags(answers)).toEqual(['Updated', 'Updated', 'StoreError', 'Updated', 'Updated'])
    expect(fault(answers[2]!).unchanged).toBe(true)
  })

  it('of two stores at once, over the same sessions in opposite order: one of each pair is stored', async () => {
    const all = await several(40)
    const second = postgresStore({ pool: made.pool })
    const [one, two] = await Promise.all([
      Promise.all(all.map(({ id, live }) => made.store.update(id, live.revision, successor(live))())),
      Promise.all([...all].reverse().map(({ id, live }) => second.update(id, live.revision, successor(live))())),
    ])
    const pairs = tags(one).map((tag, n) => [tag, tags([...two].reverse())[n]].sort())
    expect(pairs).toEqual(all.map(() => ['Conflict', 'Updated']))
  })

  it('fail together, and are not sent again, when nobody knows what became of them', async () => {
    const all = await several(3)
    let sent = 0
    const store = postgresStore({
      pool: {
        query: () => {
          sent += 1
          return Promise.reject(new Error('Connection terminated unexpectedly'))
        },
      },
    })
    const answers = await Promise.all(all.map(({ id, live }) => store.update(id, live.revision, successor(live))()))
    expect(sent).toBe(1)
    for (const answer of answers) expect(fault(answer)).not.toHaveProperty('unchanged')
  })
})
