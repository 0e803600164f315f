/** The demo's one definition of its sessions, shared by three servers. */
import { sessionManager } from 'coatcheck'
import type { Observer } from 'coatcheck'
import * as Session from 'coatcheck/Session'
import * as t from 'io-ts'
import type { DemoStore } from './stores.ts'

const Data = t.readonly(t.type({ visits: t.number, count: t.number }))

/** One more visit of the page. */
export const visit = Session.modify('visits', (n: number) => n + 1)
/** One more click. */
export const increment = Session.modify('count', (n: number) => n + 1)

export const demoSessions = (store: DemoStore, observer: Observer) =>
  sessionManager({
    data: Data,
    initial: { visits: 0, count: 0 },
    store,
    // Plain HTTP on localhost, for every browser: in production leave `cookie` out and get `__Host-id; Secure`.
    cookie: { name: 'id', secure: false },
    observer,
  })

export type DemoSessions = ReturnType<typeof demoSessions>
type DemoSession = Parameters<DemoSessions['deadlines']>[0]

/** What the page shows of a session. Its id and revision are public; no token is here to be leaked. */
export const view = (sessions: DemoSessions, session: DemoSession) => ({
  id: session.id,
  subject: Session.subjectId(session) ?? null,
  data: session.data,
  revision: session.revision._tag === 'Some' ? session.revision.value : null,
  createdAt: session.createdAt,
  now: sessions.clock(),
  ...sessions.deadlines(session),
})
