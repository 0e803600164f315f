import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { left } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import * as Session from '../../../src/core/Session.ts'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { cached, type CachedOptions } from '../../../src/effects/combinators.ts'
import type { StoreError } from '../../../src/effects/Store.ts'
import { storeError } from '../../../src/effects/Store.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { memoryStore, type MemoryStore } from '../../../src/stores/memory.ts'
import { answer, atOnce, newId, record, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { fakeClock } from '../../../src/testing/fakeClock.ts'
import { scripted } from '../../engine/scripted.ts'
import { bad, cookieAfter, ok } from '../../engine/world.ts'

const SECOND = 1_000
const HOUR = 3_600_000

/** Lets everything run that waits for nothing but promises. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

type Verb = 'load' | 'create' | 'update' | 'touch' | 'end' | 'acquire' | 'endOne' | 'endAll' | 'sweep'

/**
 * A store whose calls can be held before their effect, and after it, on the way back; and made to fail.
 */
const holding = (inner: MemoryStore) => {
  const holds: Array<{ verb: Verb; at: 'going' | 'coming'; until: Promise<void> }> = []
  const faults: Array<Verb> = []
  const wait = async (verb: Verb, at: 'going' | 'coming'): Promise<void> => {
    const found = holds.findIndex((one) => one.verb === verb && one.at === at)
    if (found !== -1) await holds.splice(found, 1)[0]!.until
  }
  const through =
    <Args extends ReadonlyArray<unknown>, A>(verb: Verb, call: (...args: Args) => TaskEither<StoreError, A>) =>
    (...args: Args): TaskEither<StoreError, A> =>
    async () => {
      await wait(verb, 'going')
      const given = await call(...args)()
      await wait(verb, 'coming')
      const fault = faults.indexOf(verb)
      if (fault === -1) return given
      faults.splice(fault, 1)
      return left(storeError(verb, new Error('lost')))
    }
  const store: MemoryStore = {
    ...inner,
    load: through('load', inner.load),
    create: through('create', inner.create),
    update: through('update', inner.update),
    touch: through('touch', inner.touch),
    end: through('end', inner.end),
    acquire: through('acquire', inner.acquire),
    endOne: through('endOne', inner.endOne),
    endAll: through('endAll', inner.endAll),
    sweep: through('sweep', inner.sweep),
  }
  return {
    store,
    lose: (verb: Verb) => void faults.push(verb),
    /** Holds the next call; the answer lets it go. */
    hold: (verb: Verb, at: 'going' | 'coming'): (() => void) => {
      let release = (): void => undefined
      const until = new Promise<void>((resolve) => {
        release = resolve
      })
      holds.push({ verb, at, until })
      return release
    },
  }
}

const world = (options: Partial<CachedOptions> = {}) => {
  const clock = fakeClock()
  const inner = memoryStore({ clock: clock.now, timer: clock.timer })
  const { store: held, hold, lose } = holding(inner)
  const store = cached({ ttl: 10 * SECOND, clock: clock.now, ...options })(held)
  const put = async (live: Live = recordOf(clock.now(), 'ann')): Promise<{ id: SessionId; live: Live }> => {
    const id = newId()
    await answer(inner.create(id, live))
    return { id, live }
  }
  return { clock, inner, store, hold, lose, put, load: (id: SessionId) => answer(store.load(id)) }
}

describe('what is kept', () => {
  it('a live record, once it was loaded, for ttl', async () => {
    const { store, put, load, clock } = world()
    const { id, live } = await put()
    expect(store.peek(id)).toBeUndefined()
    const found = await load(id)
    expect(store.peek(id)).toEqual(live)
    expect(found).toEqual(some(store.peek(id)))
    clock.advance(10 * SECOND - 1)
    expect(store.peek(id)).toEqual(live)
    clock.advance(1)
    expect(store.peek(id)).toBeUndefined()
  })

  it('counted from when it was asked for, not from when it came', async () => {
    const { store, put, load, clock, hold } = world()
    const { id } = await put()
    const release = hold('load', 'coming')
    const loading = load(id)
    await settled()
    clock.advance(9 * SECOND)
    release()
    await loading
    expect(store.peek(id)).toBeDefined()
    clock.advance(SECOND)
    expect(store.peek(id)).toBeUndefined()
  })

  it('not past its expiresAt, and not when the clock was set back', async () => {
    const { store, put, load, clock } = world()
    const { id } = await put(record(clock.now(), { expiresAt: clock.now() + SECOND }))
    await load(id)
    clock.advance(SECOND)
    expect(store.peek(id)).toBeUndefined()
    const other = await put()
    await load(other.id)
    clock.set(clock.now() - 1)
    expect(store.peek(other.id)).toBeUndefined()
  })

  it('not what is absent or ended; that is dropped if it was kept', async () => {
    const { store, inner, put, load, clock } = world()
    const { id, live } = await put()
    await load(newId())
    await load(id)
    await answer(inner.end(id, live.revision, clock.now() + HOUR))
    expect(store.peek(id)).toBeDefined()
    expect(await load(id)).toMatchObject({ value: { _tag: 'Ended' } })
    expect(store.peek(id)).toBeUndefined()
  })

  it('load always asks the store', async () => {
    const { inner, put, load } = world()
    const { id, live } = await put()
    await load(id)
    const next = successor(live)
    await answer(inner.update(id, live.revision, next))
    expect(await load(id)).toEqual(some(next))
  })

  it('of two loads the one that was asked for last', async () => {
    const { store, inner, put, load, hold, clock } = world()
    const { id, live } = await put()
    const release = hold('load', 'coming')
    const first = load(id)
    await settled()
    clock.advance(1)
    const next = successor(live)
    await answer(inner.update(id, live.revision, next))
    await load(id)
    release()
    await first
    expect(store.peek(id)?.revision).toBe(next.revision)
  })

  it('at most max; the one that was used longest ago leaves', async () => {
    const { store, put, load } = world({ max: 2 })
    const [a, b, c] = [await put(), await put(), await put()]
    await load(a.id)
    await load(b.id)
    store.peek(a.id)
    await load(c.id)
    expect([a, b, c].map(({ id }) => store.peek(id) !== undefined)).toEqual([true, false, true])
  })

  it.each([
    ['ttl', { ttl: 0 }],
    ['ttl', { ttl: Infinity }],
    ['ttl', {}],
    ['max', { ttl: 1, max: 0 }],
    ['max', { ttl: 1, max: 1.5 }],
  ])('%s can not be that of %j', (option, options) => {
    expect(() => cached(options as CachedOptions)).toThrow(`cached.${option}`)
  })

  it('only a store that compares before it sets', () => {
    const weak = { ...memoryStore(), guarantee: 'last-write-wins' as const }
    // @ts-expect-error Nor does it compile.
    expect(() => cached({ ttl: 1 })(weak)).toThrow('cached.store')
  })
})

type World = ReturnType<typeof world>
type Kept = Awaited<ReturnType<World['put']>>

const writes: ReadonlyArray<readonly [Verb, (w: World, kept: Kept) => TaskEither<StoreError, unknown>]> = [
  ['create', ({ store }, { id, live }) => store.create(id, live)],
  ['update', ({ store }, { id, live }) => store.update(id, live.revision, successor(live))],
  ['touch', ({ store, clock }, { id }) => store.touch(id, 0, clock.now(), clock.now() + HOUR)],
  ['end', ({ store, clock }, { id, live }) => store.end(id, live.revision, clock.now() + HOUR)],
  ['acquire', ({ store }, { id }) => store.acquire(id, { wait: 0, lease: SECOND })],
  ['endOne', ({ store, clock }, { id }) => store.endOne('ann', id, clock.now() + HOUR)],
  ['endAll', ({ store, clock }) => store.endAll('ann', clock.now() + HOUR)],
  ['sweep', ({ store, clock }) => store.sweep(clock.now() + 24 * HOUR, 10)],
]

describe.each(writes)('%s', (verb, write) => {
  it('what was kept before it is not afterwards', async () => {
    const w = world()
    const kept = await w.put()
    await w.load(kept.id)
    await answer(write(w, kept))
    expect(w.store.peek(kept.id)).toBeUndefined()
  })

  it('what was read before it, and was on its way during it, is not kept', async () => {
    const w = world()
    const kept = await w.put()
    const release = w.hold('load', 'coming')
    const loading = w.load(kept.id)
    await settled()
    await answer(write(w, kept))
    release()
    expect(await loading).toMatchObject({ value: { revision: kept.live.revision } })
    expect(w.store.peek(kept.id)).toBeUndefined()
  })

  it('what is read while it is under way is not kept, whichever answers first', async () => {
    for (const first of ['write', 'load']) {
      const w = world()
      const kept = await w.put()
      const letLoad = w.hold('load', 'coming')
      const letWrite = w.hold(verb, 'going')
      const writing = answer(write(w, kept))
      await settled()
      const loading = w.load(kept.id)
      await settled()
      for (const release of first === 'write' ? [letWrite, letLoad] : [letLoad, letWrite]) {
        release()
        await settled()
        expect(w.store.peek(kept.id)).toBeUndefined()
      }
      await Promise.all([writing, loading])
      expect(w.store.peek(kept.id)).toBeUndefined()
    }
  })

  it('of which no answer ever comes: nothing is kept any more', async () => {
    const w = world()
    const kept = await w.put()
    await w.load(kept.id)
    w.hold(verb, 'coming')
    void write(w, kept)()
    await settled()
    await w.load(kept.id)
    expect(w.store.peek(kept.id)).toBeUndefined()
  })

  it('that failed may have been made: what was kept is not afterwards', async () => {
    const w = world()
    const kept = await w.put()
    await w.load(kept.id)
    w.lose(verb)
    expect(await write(w, kept)()).toMatchObject({ _tag: 'Left' })
    expect(w.store.peek(kept.id)).toBeUndefined()
  })

  it('once it is over, what is read then is kept', async () => {
    const w = world()
    const kept = await w.put()
    await answer(write(w, kept))
    const other = await w.put()
    await w.load(other.id)
    expect(w.store.peek(other.id)).toEqual(other.live)
    const found = await w.load(kept.id)
    expect(w.store.peek(kept.id)).toEqual(
      found._tag === 'Some' && found.value._tag === 'Live' ? found.value : undefined,
    )
  })
})

it('of two writes under way the one that is over first opens nothing yet', async () => {
  const w = world()
  const { id } = await w.put()
  const touch = () => answer(w.store.touch(id, 0, w.clock.now(), w.clock.now() + HOUR))
  const release = w.hold('touch', 'coming')
  const first = touch()
  await settled()
  await touch()
  await w.load(id)
  expect(w.store.peek(id)).toBeUndefined()
  release()
  await first
  await w.load(id)
  expect(w.store.peek(id)).toBeDefined()
})

describe('writes to others', () => {
  it('leave what is kept alone', async () => {
    const w = world()
    const [kept, other] = [await w.put(), await w.put(recordOf(w.clock.now(), 'bob'))]
    await w.load(kept.id)
    await answer(w.store.update(other.id, other.live.revision, successor(other.live)))
    await answer(w.store.endAll('bob', w.clock.now() + HOUR))
    await answer(w.store.sweep(w.clock.now(), 10))
    expect(w.store.peek(kept.id)).toEqual(kept.live)
  })
})

describe('under a session manager', () => {
  const Data = t.readonly(t.intersection([t.type({ views: t.number }), t.partial({ coupon: t.string })]))
  const count = Session.modify('views', (n: number) => n + 1)

  /** One store, and as many processes over it as are asked for, each with a cache of its own. */
  const application = () => {
    const clock = fakeClock()
    const script = scripted(memoryStore({ clock: clock.now, timer: clock.timer }))
    const process = () => {
      const store = cached({ ttl: 10 * SECOND, clock: clock.now })(script.store)
      const sessions = sessionManager({ data: Data, initial: { views: 0 }, store, clock: clock.now })
      return {
        sessions,
        visit: (cookie?: string) => sessions.open(cookie === undefined ? { _tag: 'None' } : some(cookie)),
      }
    }
    type Process = ReturnType<typeof process>
    const signIn = async ({ visit }: Process): Promise<string> => {
      const request = visit()
      request.update(Session.signIn('ann'))()
      return cookieAfter(await ok(request.commit))!
    }
    const views = async ({ visit }: Process, cookie: string): Promise<number> =>
      (await ok(visit(cookie).read)).data.views
    const during = async (work: () => Promise<unknown>): Promise<ReadonlyArray<string>> => {
      const before = script.calls.length
      await work()
      return script.calls.slice(before)
    }
    return { clock, script, process, signIn, views, during }
  }

  it('a read of what this process read lately is no store call', async () => {
    const { process, signIn, views, during, clock } = application()
    const here = process()
    const cookie = await signIn(here)
    expect(await during(() => views(here, cookie))).toEqual(['load'])
    for (let i = 0; i < 3; i++) expect(await during(() => views(here, cookie))).toEqual([])
    clock.advance(10 * SECOND)
    expect(await during(() => views(here, cookie))).toEqual(['load'])
  })

  it('a read and a write is one, and the next read sees it', async () => {
    const { process, signIn, views, during } = application()
    const here = process()
    const cookie = await signIn(here)
    await views(here, cookie)
    expect(await during(() => ok(here.visit(cookie).transact(count)))).toEqual(['update'])
    expect(await views(here, cookie)).toBe(1)
  })

  it('a change elsewhere is seen after ttl at the latest, and no write is made on what is behind', async () => {
    const { process, signIn, views, during, clock } = application()
    const [here, there] = [process(), process()]
    const cookie = await signIn(here)
    await views(here, cookie)
    await ok(there.visit(cookie).transact(count))
    expect(await views(here, cookie)).toBe(0)
    expect((await ok(here.visit(cookie).transact(count))).data.views).toBe(2)
    await ok(there.visit(cookie).transact(count))
    clock.advance(10 * SECOND)
    expect(await views(here, cookie)).toBe(3)
    expect(await during(() => views(here, cookie))).toEqual([])
  })

  it('50 increments from two processes at once give 50', async () => {
    const { process, signIn, views } = application()
    const both = [process(), process()]
    const cookie = await signIn(both[0]!)
    for (const one of both) await views(one, cookie)
    await atOnce(50, (index) => ok(both[index % 2]!.visit(cookie).transact(count)))
    expect((await ok(process().visit(cookie).read)).data.views).toBe(50)
  })

  it('a logout here is seen at once', async () => {
    const { process, signIn, views } = application()
    const here = process()
    const cookie = await signIn(here)
    await views(here, cookie)
    await ok(here.visit(cookie).destroy)
    const late = here.visit(cookie)
    expect(await ok(late.status)).toBe('ended')
  })

  it('a logout elsewhere: reads may not see it for ttl, writes are refused, and nothing comes back', async () => {
    const { process, signIn, views, clock } = application()
    const [here, there] = [process(), process()]
    const cookie = await signIn(here)
    await views(here, cookie)
    await ok(there.visit(cookie).destroy)
    expect(Session.isSignedIn(await ok(here.visit(cookie).read))).toBe(true)
    expect(await bad(here.visit(cookie).transact(count))).toMatchObject({ _tag: 'SessionEnded' })
    // The write has told this process.
    expect(await ok(here.visit(cookie).status)).toBe('ended')
    const again = await signIn(here)
    await views(here, again)
    await ok(there.visit(again).destroy)
    clock.advance(10 * SECOND)
    expect(await ok(here.visit(again).status)).toBe('ended')
  })

  it('a cookie that is newer than what is kept is admitted by the store', async () => {
    const { process, signIn, views, during } = application()
    const [here, there] = [process(), process()]
    const cookie = await signIn(here)
    await views(here, cookie)
    const rotating = there.visit(cookie)
    rotating.update(Session.regenerate)()
    const newer = cookieAfter(await ok(rotating.commit))!
    expect(await during(async () => expect(await ok(here.visit(newer).status)).toBe('live'))).toEqual(['load'])
    expect(await ok(here.visit(cookie).status)).toBe('superseded')
  })

  it('a session that was kept alive elsewhere is not expired here', async () => {
    const { process, signIn, views, clock } = application()
    const [here, there] = [process(), process()]
    const cookie = await signIn(here)
    clock.advance(HOUR - 5 * SECOND)
    await views(here, cookie)
    await ok(there.visit(cookie).transact(count))
    clock.advance(6 * SECOND)
    expect(await views(here, cookie)).toBe(1)
  })

  it('a guessed secret is nobody, also of what is kept', async () => {
    const { process, signIn, views } = application()
    const here = process()
    const cookie = await signIn(here)
    await views(here, cookie)
    const forged = cookie.slice(0, -4) + (cookie.endsWith('AAAA') ? 'QQQQ' : 'AAAA')
    expect(Session.isSignedIn(await ok(here.visit(forged).read))).toBe(false)
  })
})
