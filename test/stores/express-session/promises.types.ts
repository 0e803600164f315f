import * as t from 'io-ts'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { expressSessionStore } from '../../../src/stores/express-session.ts'

// As @types/express-session types it, as far as it may be in the way: its classes by what they have.
interface Cookie {
  originalMaxAge: number | null
  maxAge?: number | undefined
  expires?: Date | null | undefined
  serialize(name: string, value: string): string
}
interface SessionData {
  cookie: Cookie
}
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- theirs
type Failure = any
interface Store {
  get(sid: string, callback: (err: Failure, session?: SessionData | null) => void): void
  set(sid: string, session: SessionData, callback?: (err?: Failure) => void): void
  destroy(sid: string, callback?: (err?: Failure) => void): void
  touch?(sid: string, session: SessionData, callback?: () => void): void
}
declare const theirs: Store

const store = expressSessionStore(theirs, { prefix: 'app:', keepTombstones: 1_000 })
const options = { data: t.type({ views: t.number }), initial: { views: 0 }, store }
const sessions = sessionManager(options)
const count = Session.modify('views', (n: number) => n + 1)

const { ref } = sessions.openRequest({}, () => undefined)
ref.read()
ref.update(count)
ref.commit()

// What it can not keep does not exist.
// @ts-expect-error
ref.transact(count)
// @ts-expect-error
ref.update(count, { ifUnchanged: true })
// @ts-expect-error
ref.lock()
// @ts-expect-error
sessions.subject('alice')
// @ts-expect-error
sessionManager({ ...options, lock: 'implicit' })
// @ts-expect-error: of the KV store alone
expressSessionStore(theirs, { cacheTtl: 60 })
// @ts-expect-error: no store
expressSessionStore(new Map<string, string>())
