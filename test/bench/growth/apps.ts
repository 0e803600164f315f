/**
 * What grows, as applications on Node's `http`: ours as built and published, and express-session's. Each new session holds
 * another user, so that no store gains by keeping one text for all.
 */
import { createRequire } from 'node:module'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type SessionManager, sessionManager, type SessionOptions } from 'coatcheck'
import { withSession } from 'coatcheck/node'
import * as Session from 'coatcheck/Session'
import type { Store } from 'coatcheck/Store'
import * as t from 'io-ts'
import { answer, type App, nothing, paths, type Visit } from '../Subject.ts'

/** `filling` is there where a session shall be large. */
const Data = t.intersection([
  t.type({ user: t.string, theme: t.string, views: t.number }),
  t.partial({ filling: t.string }),
])
export type Data = t.TypeOf<typeof Data>

export type Sessions = SessionManager<Data>

type Options = SessionOptions<Data, Store<'cas'>>

/** Terms of a manager that do not depend on the store: what a user would write, no more. */
export const terms = { data: Data, initial: { user: '', theme: '', views: 0 } } as const

export const manager = (store: Store<'cas'>, options: Partial<Options> = {}): Sessions =>
  sessionManager<Data, Store<'cas'>>({ ...terms, store, ...options })

/** The bare handler that the others are measured above. */
export const bare: App = { _tag: 'listener', listener: (_req, res) => answer(res, nothing) }

export const count = Session.modify<Data, 'views'>('views', (views) => views + 1)

/** The user of the session that was created as the `number`th. */
export const userOf = (number: number): string => `u-${number}`

export const ours = (sessions: Sessions, filling?: string): App => {
  let created = 0
  const begin = (): Data => ({
    user: userOf(created++),
    theme: 'dark',
    views: 0,
    ...(filling === undefined ? {} : { filling }),
  })
  return {
    _tag: 'listener',
    listener: withSession(sessions, (req: IncomingMessage, res: ServerResponse, session): void | Promise<void> => {
      if (req.url === paths.read) return session.read().then(({ data }) => answer(res, data.user))
      if (req.url === paths.write) return session.transact(count).then(({ data }) => answer(res, String(data.views)))
      session.update(Session.update<Data>(begin()))
      return answer(res, nothing)
    }),
  }
}

type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

/** express-session as its documentation has it, `saveUninitialized` off, its own MemoryStore. */
export const expressSession = (): App => {
  const session = createRequire(import.meta.url)('express-session') as (options: object) => Middleware
  const middleware = session({ secret: 'a secret of the benchmark', resave: false, saveUninitialized: false })
  let created = 0
  return {
    _tag: 'listener',
    listener: (req, res) => {
      middleware(req, res, () => {
        const visit = (req as unknown as { readonly session: Visit }).session
        if (req.url === paths.read) return answer(res, visit.user)
        if (req.url === paths.write) return answer(res, String(++visit.views))
        Object.assign(visit, { user: userOf(created++), theme: 'dark', views: 0 })
        answer(res, nothing)
      })
    },
  }
}
