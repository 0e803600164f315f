/** Mutants of leases. */
import { right } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import type { SessionId } from '../../../src/core/Token.ts'
import type { StoreError } from '../../../src/effects/Store.ts'
import { type MemoryStore, memoryStore } from '../../../src/stores/memory.ts'
import type { FakeClock } from '../../../src/testing/fakeClock.ts'
import { task } from '../modelStore.ts'
import { after, type Mutant } from './mutant.ts'

const locker = (
  flaw: string,
  noticedBy: string,
  broken: (store: MemoryStore, clock: FakeClock) => Partial<MemoryStore>,
): Mutant<MemoryStore> => ({
  flaw,
  noticedBy,
  make: (clock) => {
    const store = memoryStore({ clock: clock.now, timer: clock.timer })
    return { ...store, ...broken(store, clock) }
  },
})

const fenceOf = async (store: MemoryStore, id: SessionId): Promise<number> => {
  const given = await store.load(id)()
  return given._tag === 'Right' && given.right._tag === 'Some' && given.right.value._tag === 'Live'
    ? given.right.value.fence
    : 0
}

/** Runs the verb with whatever fence holds the record. */
const unfenced =
  <A extends { readonly _tag: string }>(
    store: MemoryStore,
    id: SessionId,
    verb: (fence?: number) => TaskEither<StoreError, A>,
  ): TaskEither<StoreError, A> =>
  async () => {
    const given = await verb()()
    return given._tag === 'Right' && given.right._tag === 'Leased' ? verb(await fenceOf(store, id))() : given
  }

export const lockers: ReadonlyArray<Mutant<MemoryStore>> = [
  locker('update does not ask for the fence', 'lease: the holder’s fence is asked of update', (store) => ({
    update: (id, expected, live) => unfenced(store, id, (fence) => store.update(id, expected, live, fence)),
  })),
  locker('end does not ask for the fence', 'lease: the holder’s fence is asked of end', (store) => ({
    end: (id, expected, until) => unfenced(store, id, (fence) => store.end(id, expected, until, fence)),
  })),
  ...['lease: a fence without a lease', 'lease: one that ran out binds nobody'].map((noticedBy) =>
    locker('a fence counts without its lease', noticedBy, (store) => ({
      update: (id, expected, live, fence) => async () => {
        const own = fence !== undefined && fence === (await fenceOf(store, id))
        const free = await store.update(id, expected, live)()
        return own && free._tag === 'Right' && free.right._tag !== 'Leased'
          ? free
          : store.update(id, expected, live, fence)()
      },
    })),
  ),
  locker('the lease is asked before a repeated write', 'lease: touch, and an update that was applied', (store) => ({
    update: (id, expected, live, fence) => async () => {
      const probe = await store.update(id, expected, { ...live, revision: 'never' }, fence)()
      return probe._tag === 'Right' && probe.right._tag === 'Leased' ? probe : store.update(id, expected, live, fence)()
    },
  })),
  locker('everybody gets the lease', 'lease: 20 contenders hold it one at a time', () => {
    let fence = 0
    return { acquire: () => task(() => ({ _tag: 'Acquired', fence: (fence += 1), until: Infinity })) }
  }),
  locker('the fence is the same each time', 'acquire: raises the fence', (store) => ({
    acquire: (id, wish) =>
      after(store.acquire(id, wish), (given) => (given._tag === 'Acquired' ? { ...given, fence: 0 } : given)),
  })),
  locker('acquire creates', 'acquire: a missing record is Gone', (store, clock) => ({
    acquire: (id, wish) =>
      after(store.acquire(id, wish), (given) =>
        given._tag === 'Gone' ? { _tag: 'Acquired', fence: 1, until: clock.now() + wish.lease } : given,
      ),
  })),
  locker('acquire never waits', 'acquire: gets the lease when it is released', (store) => ({
    acquire: (id, { lease }) => store.acquire(id, { wait: 0, lease }),
  })),
  locker('a lease is for ever', 'acquire: gets the lease when it runs out', (store) => ({
    acquire: (id, { wait }) => store.acquire(id, { wait: Math.min(wait, 50), lease: 1e9 }),
  })),
  locker('release asks for no fence', 'renew and release: another fence is Lost', (store) => ({
    release: (id) => async () => store.release(id, await fenceOf(store, id))(),
  })),
  locker('renew asks for no fence', 'renew and release: another fence is Lost', (store) => ({
    renew: (id, _, lease) => async () => store.renew(id, await fenceOf(store, id), lease)(),
  })),
  locker('renew does nothing', 'renew: prolongs the lease', (store, clock) => ({
    renew: (_, fence, lease) => task(() => ({ _tag: 'Acquired', fence, until: clock.now() + lease })),
  })),
  locker('one lease for all', 'lease: one session’s does not bind another', (store) => {
    let one: SessionId | undefined
    return {
      acquire: (id, wish) => {
        one ??= id
        return store.acquire(one, wish)
      },
    }
  }),
  locker('waiters of an ended session are told Busy', 'lease: who waits for a session that is ended', (store) => ({
    acquire: (id, wish) =>
      after(store.acquire(id, wish), (given) => (given._tag === 'Gone' ? { _tag: 'Busy', until: 0 } : given)),
  })),
  locker('the last to come is served first', 'acquire: waiters are served in the order', (store) => {
    let place = 0
    return {
      acquire: (id, wish) => async () => {
        place += 1
        if (wish.wait > 0) for (let turns = 200 / place; turns > 0; turns -= 1) await Promise.resolve()
        return store.acquire(id, wish)()
      },
    }
  }),
  locker('endAll asks for the fence', 'lease: endOne and endAll do not ask', (store) => ({
    endAll: (subject, until) => async () => {
      const found = await store.list(subject)()
      const ids = found._tag === 'Right' ? found.right.map(({ id }) => id) : []
      let count = 0
      for (const id of ids) {
        const given = await store.load(id)()
        const row = given._tag === 'Right' && given.right._tag === 'Some' ? given.right.value : undefined
        const end = row?._tag === 'Live' ? await store.end(id, row.revision, until)() : undefined
        if (end?._tag === 'Right' && end.right._tag === 'Done') count += 1
      }
      return right(count)
    },
  })),
]
