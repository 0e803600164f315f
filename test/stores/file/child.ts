/** What runs in a process of its own: it is told what to do by an order, and says each thing that was acknowledged. */
import { writeSync } from 'node:fs'
import * as t from 'io-ts'
import { isRight } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import { modify } from '../../../src/core/Session.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { fileStore } from '../../../src/stores/file.ts'
import { newId, newTag, record, successor } from '../../../src/testing/contract/bench.ts'

export type Order =
  /** Increments one session by a manager, so many times at once. */
  | { readonly work: 'count'; readonly directory: string; readonly cookie: string; readonly times: number }
  /** Writes sessions, these and new ones, until it is killed. */
  | {
      readonly work: 'write'
      readonly directory: string
      readonly sync: 'always' | 'never'
      readonly ids: ReadonlyArray<SessionId>
    }
  /** Says how the store fails. */
  | { readonly work: 'probe'; readonly directory: string }

// At once, so that a kill can not come between the acknowledgement and its report.
const say = (...words: ReadonlyArray<unknown>): void => {
  writeSync(1, `${JSON.stringify(words)}\n`)
}

const count = async ({ directory, cookie, times }: Order & { work: 'count' }): Promise<void> => {
  const sessions = sessionManager({
    data: t.type({ views: t.number }),
    initial: { views: 0 },
    store: fileStore({ directory }),
  })
  const one = async (): Promise<boolean> =>
    isRight(await sessions.open(some(cookie)).transact(modify('views', (n: number) => n + 1))())
  say('ready')
  await new Promise((resolve) => process.stdin.once('data', resolve))
  const done = await Promise.all(Array.from({ length: times }, one))
  say('counted', done.filter((counted) => counted).length)
  process.stdin.destroy()
}

const write = async ({ directory, sync, ids }: Order & { work: 'write' }): Promise<void> => {
  const store = fileStore({ directory, sync })
  const now = Date.now()
  const far = 9e15
  say('ready')
  const pick = <A>(all: ReadonlyArray<A>): A => all[Math.floor(Math.random() * all.length)]!

  const append = async (): Promise<void> => {
    const id = pick(ids)
    const found = await store.load(id)()
    if (found._tag === 'Left' || found.right._tag === 'None' || found.right.value._tag === 'Ended')
      return say('lost', id)
    const base = found.right.value
    const tag = newTag()
    const given = await store.update(
      id,
      base.revision,
      successor(base, { data: [...(base.data as Array<string>), tag] }),
    )()
    if (given._tag === 'Left') say('failed', (given.left.cause as Error).message)
    else if (given.right._tag === 'Updated') say('updated', id, tag)
  }
  const life = async (): Promise<void> => {
    const id = newId()
    const subject = { id: pick(['ann', 'bob']), authenticatedAt: now }
    const live = record(now, { expiresAt: far, data: ['new'], subject })
    if ((await store.create(id, live)())._tag === 'Left') return say('failed', 'create')
    say('created', id, subject.id)
    if (Math.random() < 0.5) return
    say('ending', id)
    if ((await store.end(id, live.revision, far)())._tag === 'Right') say('ended', id)
  }
  const lease = async (): Promise<void> => {
    const id = pick(ids)
    const got = await store.acquire(id, { wait: 0, lease: 20 })()
    if (got._tag === 'Right' && got.right._tag === 'Acquired') await store.release(id, got.right.fence)()
  }
  const touch = async (): Promise<void> => {
    await store.touch(pick(ids), 0, Date.now(), far)()
  }
  const epoch = async (): Promise<void> => {
    const raised = await store.raiseEpoch('ann', now)()
    if (raised._tag === 'Right') say('raised', raised.right)
  }
  const lane = async (): Promise<void> => {
    for (;;) await pick([append, append, append, life, lease, touch, epoch])()
  }
  await Promise.all([lane(), lane(), lane()])
}

const probe = async ({ directory }: Order & { work: 'probe' }): Promise<void> => {
  const store = fileStore({ directory })
  const id = newId()
  for (const [name, task] of [
    ['load', store.load(id)],
    ['create', store.create(id, record(0))],
    ['migrate', store.migrate],
    ['health', store.health],
  ] as const) {
    const given = await (
      task as () => Promise<{
        readonly _tag: string
        readonly left?: { readonly cause: Error; readonly unchanged?: true }
      }>
    )()
    say(name, given._tag, given.left?.cause.message ?? '', given.left?.unchanged === true)
  }
}

const order = JSON.parse(process.argv[2]!) as Order
if (order.work === 'count') await count(order)
else if (order.work === 'write') await write(order)
else await probe(order)
