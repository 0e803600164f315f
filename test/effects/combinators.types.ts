/** That a combinator keeps the type of the store that it wraps; compiled by `tsc -p test` and never run. */
import type { Pool } from 'pg'
import * as t from 'io-ts'
import { pipe } from '#fp-ts/function'
import { cached, encrypted, observed, prefixed, withRetry } from '../../src/effects/combinators.ts'
import { keyring } from '../../src/effects/Keyring.ts'
import type { Directory, Locking, Managed, Near, Store, Sweeping } from '../../src/effects/Store.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { startSweeper } from '../../src/engine/Sweeper.ts'
import { memoryStore, type MemoryStore } from '../../src/stores/memory.ts'
import { postgresStore, type PostgresStore } from '../../src/stores/postgres.ts'

type Equal<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false
const same = <X, Y>(_: Equal<X, Y>): void => undefined

declare const pool: Pool
const keys = keyring([])
const postgres = postgresStore({ pool })

const a = withRetry()(postgres)
same<typeof a, PostgresStore>(true)
const b = encrypted(keys)(postgres)
same<typeof b, PostgresStore>(true)
const c = prefixed('shop')(postgres)
same<typeof c, PostgresStore>(true)
const d = observed(() => undefined)(postgres)
same<typeof d, PostgresStore>(true)
const e = cached({ ttl: 1 })(postgres)
same<typeof e, PostgresStore & Near>(true)

const all = pipe(
  postgres,
  withRetry(),
  observed(({ operation, outcome, ms }) => [operation, outcome, ms]),
  encrypted(keys),
  prefixed('shop'),
  cached({ ttl: 1_000, max: 10_000 }),
)
same<typeof all, PostgresStore & Near>(true)
all satisfies Store<'cas'> & Sweeping & Directory & Locking & Managed
all.migrate satisfies Managed['migrate']
startSweeper(all)

const memory = encrypted(keys)(memoryStore())
same<typeof memory, MemoryStore>(true)
// @ts-expect-error The memory store has no schema to bring up to date.
memory.migrate

// What a store can not do, it can not do encrypted.
declare const plain: Store<'cas'>
const sealed = pipe(plain, withRetry(), encrypted(keys), prefixed('a'), cached({ ttl: 1 }))
same<typeof sealed, Store<'cas'> & Near>(true)
// @ts-expect-error No directory.
sealed.list
// @ts-expect-error No leases.
sealed.acquire

// What every wrap can be: a function of any store, kept for later.
const hardened = (<S extends Store>(store: S) => withRetry()(store)) satisfies <S extends Store>(store: S) => S
same<ReturnType<typeof hardened<MemoryStore>>, MemoryStore>(true)

// The guarantee goes along; a cache needs compare-and-set.
declare const weak: Store<'last-write-wins'> & Sweeping
const weakly = encrypted(keys)(weak)
same<typeof weakly, Store<'last-write-wins'> & Sweeping>(true)
// @ts-expect-error A cache over the last writer.
cached({ ttl: 1 })(weak)

// A cache goes outermost, save for what leaves records alone.
withRetry()(observed(() => undefined)(all)).peek
// @ts-expect-error It would hand out ciphertext.
encrypted(keys)(all)
// @ts-expect-error It would hand out the records of other applications.
prefixed('b')(all)
// @ts-expect-error Nobody says how old a read may be.
cached({ max: 10 })

// The manager sees what the store can do.
const options = { data: t.type({ views: t.number }), initial: { views: 0 } }
sessionManager({ ...options, store: all }).subject('ann').endAll
// @ts-expect-error No directory.
sessionManager({ ...options, store: sealed }).subject
