/** The names that docs/cherrypy.md may use: those that exist. */
import * as t from 'io-ts'
import type { CookieOptions } from '../../src/core/Cookie.ts'
import * as Session from '../../src/core/Session.ts'
import type { SessionOptions } from '../../src/engine/SessionManager.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { memoryStore } from '../../src/stores/memory.ts'

const sessions = sessionManager({ data: t.type({}), initial: {}, store: memoryStore() })
const session = sessions.openRequest({}, () => undefined).ref

type Options = { readonly [K in keyof SessionOptions<unknown, never>]-?: true }

const options: Options = {
  data: true,
  initial: true,
  store: true,
  cookie: true,
  flash: true,
  version: true,
  migrate: true,
  onUndecodable: true,
  maxBytes: true,
  storeTimeout: true,
  onStoreFailure: true,
  onDropped: true,
  onConflict: true,
  observer: true,
  development: true,
  clock: true,
  random: true,
  idleTimeout: true,
  absoluteTimeout: true,
  maxLifetime: true,
  touchEvery: true,
  supersededFor: true,
  renewAfter: true,
  renewGrace: true,
  onReuse: true,
  lock: true,
  lockTimeout: true,
  lockLease: true,
  maxHold: true,
}

const cookieOptions: { readonly [K in keyof CookieOptions]-?: true } = {
  name: true,
  secure: true,
  sameSite: true,
  path: true,
  domain: true,
  partitioned: true,
  persistent: true,
}

const known: Readonly<Record<string, object>> = {
  'Session.': Session,
  'session.': session,
  'sessions.': sessions,
  'option ': options,
  'option cookie.': cookieOptions,
}

/** The names that a text uses (without backquotes), as prefix and name. */
export const namesIn = (text: string): ReadonlyArray<readonly [string, string]> =>
  [...text.matchAll(/(?<![\w.])(option cookie\.|option |Session\.|sessions?\.)(\w+)/g)].map(([, prefix, name]) => [
    prefix ?? '',
    name ?? '',
  ])

export const exists = ([prefix, name]: readonly [string, string]): boolean => name in (known[prefix] ?? {})
