import { createStorage, prefixStorage } from 'unstorage'
import memoryDriver from 'unstorage/drivers/memory'
import * as t from 'io-ts'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { cached } from '../../../src/effects/combinators.ts'
import { kvStore } from '../../../src/stores/kv.ts'

// As @cloudflare/workers-types types it, as far as it may be in the way.
interface KVNamespace<Key extends string = string> {
  get(key: Key, options?: Partial<{ type: undefined; cacheTtl?: number }>): Promise<string | null>
  get(key: Key, type: 'text'): Promise<string | null>
  get<Value = unknown>(key: Key, type: 'json'): Promise<Value | null>
  get(key: Array<Key>, type: 'text'): Promise<Map<string, string | null>>
  get(key: Array<Key>, options?: Partial<{ type: undefined; cacheTtl?: number }>): Promise<Map<string, string | null>>
  put(
    key: Key,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream,
    options?: { expiration?: number; expirationTtl?: number; metadata?: unknown },
  ): Promise<void>
  delete(key: Key): Promise<void>
}
declare const env: { readonly SESSIONS: KVNamespace }

const store = kvStore({ namespace: env.SESSIONS, prefix: 'app:', cacheTtl: 30 })
kvStore({ namespace: createStorage() })
kvStore({ namespace: createStorage<string>({ driver: memoryDriver() }) })
kvStore({ namespace: prefixStorage(createStorage(), 'app') })
// @ts-expect-error: no namespace
kvStore({ namespace: new Map<string, string>() })
// @ts-expect-error: a namespace is needed
kvStore({})

const options = { data: t.type({ views: t.number }), initial: { views: 0 }, store }
const sessions = sessionManager(options)
const count = Session.modify('views', (n: number) => n + 1)

const { effect, ...ref } = sessions.openRequest({}, () => undefined).ref
ref.read()
ref.update(count)
ref.commit()
ref.destroy()
effect.update(count)

// What it can not keep does not exist.
// @ts-expect-error
ref.transact(count)
// @ts-expect-error
effect.transact(count)
// @ts-expect-error
ref.update(count, { ifUnchanged: true })
// @ts-expect-error
effect.update(count, { ifUnchanged: true })
// @ts-expect-error
ref.lock()
// @ts-expect-error
ref.release()
// @ts-expect-error
ref.subjectEpoch('alice')
// @ts-expect-error
sessions.subject('alice')
// @ts-expect-error
sessionManager({ ...options, lock: 'implicit' })
// @ts-expect-error
store.endAll
// @ts-expect-error
store.acquire
// @ts-expect-error
store.sweep
// @ts-expect-error: what is kept near must compare before it sets
cached(store, { ttl: 1_000, max: 10 })
