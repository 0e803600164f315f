/**
 * ```ts
 * expressSessionStore: (store, options?) => Store<'last-write-wins'>
 * ```
 * Sessions in any store that was written for express-session (connect-pg-simple, connect-redis, connect-mongo, …), for those
 * who have one and no store of this library yet. Such stores can not compare and set: the last writer wins, and what needs
 * more does not type-check.
 *
 * The rules are those of the KV store, whose two keys per session (a record, and the mark of its end) are two of the
 * store's sessions here: each holds a text, and a cookie for its expiry, by which these stores keep their sessions.
 *
 * @since 0.1.0
 */
import type { Millis } from '../core/Millis.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import { systemClock } from '../effects/Clock.ts'
import type { Store } from '../effects/Store.ts'
import type { KvStoreOptions } from './kv.ts'
import { kvStore } from './kv.ts'
import type { Unstorage } from './kv/namespace.ts'

/** What is used of express-session's `Store`: the three verbs that each one has. */
export interface ExpressSessionStore {
  get(sid: string, callback: (error: unknown, session?: unknown) => void): unknown
  set(sid: string, session: never, callback: (error?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
}

/** The options of `expressSessionStore`. */
export type ExpressSessionStoreOptions = Pick<KvStoreOptions, 'prefix' | 'keepTombstones'>

/** One of the store's sessions, as it holds one of our texts. */
interface Kept {
  readonly cookie: {
    readonly originalMaxAge: Millis
    readonly maxAge: Millis
    /** A text, as JSON makes it of a `Date`: stores read it as they read what they have stored. */
    readonly expires: string
  }
  readonly coatcheck: string
}

const kept = (text: string, ttl: Millis): Kept => ({
  cookie: { originalMaxAge: ttl, maxAge: ttl, expires: new Date(systemClock() + ttl).toISOString() },
  coatcheck: text,
})

// Whatever else stands there is handed on, and found to be none of ours.
const textOf = (session: unknown): unknown =>
  typeof session === 'object' && session !== null && 'coatcheck' in session ? session.coatcheck : (session ?? null)

// What express-session takes for "there is none" as well.
const isAbsence = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'

/** File names, too, are made of ids: without colons, for Windows. */
const sidOf = (key: string): string => key.replaceAll(':', '-')

type Given = Partial<Record<'get' | 'set' | 'destroy', unknown>>

const isStore = (store: Given | undefined): boolean =>
  [store?.get, store?.set, store?.destroy].every((verb) => typeof verb === 'function')

const errorOf = (error: unknown): Error =>
  error instanceof Error ? error : new Error(typeof error === 'string' ? error : 'the store failed without saying why')

/** Starts an effect that ends in a callback. What it throws is a rejection. */
const told = <A>(start: (callback: (error: unknown, answer?: A) => void) => unknown): Promise<A | undefined> =>
  new Promise((resolve, reject) => {
    const running = start((error, answer) => {
      if (error === undefined || error === null) resolve(answer)
      else reject(errorOf(error))
    })
    // Some answer in a promise besides, and some in that alone when they fail.
    if (running instanceof Promise) running.catch(reject)
  })

const namespaceOf = (store: ExpressSessionStore): Unstorage => ({
  getItem: (key) =>
    told((callback) => store.get(sidOf(key), callback)).then(textOf, (error: unknown) => {
      if (isAbsence(error)) return null
      throw error
    }),
  setItem: (key, text, { ttl }) =>
    told((callback) => store.set(sidOf(key), kept(text, ttl * 1_000) as never, callback)),
  removeItem: (key) => told((callback) => store.destroy(sidOf(key), callback)),
})

/**
 * A store over one that was written for express-session. Ids are `sessions-live-…` and `sessions-ended-…`: express-session
 * may go on using the same store meanwhile. Throws `Misconfigured` when `store` is none, or an option breaks its rule.
 */
export const expressSessionStore = (
  store: ExpressSessionStore,
  options: ExpressSessionStoreOptions = {},
): Store<'last-write-wins'> => {
  if (!isStore(store))
    throw toError(misconfigured('store', typeof store, 'it must be a store of express-session: get, set and destroy'))
  return kvStore({ ...options, namespace: namespaceOf(store) })
}
