/** A small web site over a store that fails: served by the Node adapter, over real HTTP. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { withSession } from '../../adapters/node.ts'
import type { Event } from '../../src/core/Event.ts'
import * as Session from '../../src/core/Session.ts'
import type { Directory, Store } from '../../src/effects/Store.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { codecOf } from '../../src/core/Codec.ts'
import { right } from '#fp-ts/Either'

export interface Visits {
  readonly views: number
}

const Data = codecOf<Visits>({ encode: (data) => data, decode: (u) => right(u as Visits) })

export const count = Session.modify<Visits, 'views'>('views', (views) => views + 1)

/** Everything that the store may take, ms. */
export const STORE_TIMEOUT = 2_000

/** A manager over the store, and what it told. */
export const managed = (store: Store<'cas'> & Directory) => {
  const events: Array<Event> = []
  const sessions = sessionManager({
    data: Data,
    initial: { views: 0 },
    store,
    storeTimeout: STORE_TIMEOUT,
    observer: (event) => events.push(event),
  })
  return { sessions, events }
}

export interface Answer {
  readonly status: number
  readonly body: string
  /** The cookie to send from now on. */
  readonly cookie: string | undefined
}

export interface Site {
  readonly url: string
  readonly events: ReadonlyArray<Event>
  /** `/` does not use the session; `/read` answers the views; `/count` counts one more. */
  readonly get: (path: '/' | '/read' | '/count', cookie?: string) => Promise<Answer>
  readonly close: () => Promise<void>
}

/** Serves it on a free port. */
export const serveSite = async (store: Store<'cas'> & Directory): Promise<Site> => {
  const { sessions, events } = managed(store)
  const server = createServer(
    withSession(
      sessions,
      async (req, res, session) => {
        if (req.url === '/read') res.end(String((await session.read()).data.views))
        else if (req.url === '/count') res.end(String((await session.transact(count)).data.views))
        else res.end('home')
      },
      { onError: () => undefined },
    ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    events,
    get: async (path, cookie) => {
      const response = await fetch(`${url}${path}`, cookie === undefined ? {} : { headers: { cookie } })
      const [line] = response.headers.getSetCookie()
      return { status: response.status, body: await response.text(), cookie: line?.split(';')[0] }
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
