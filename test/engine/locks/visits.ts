/** A manager whose sessions count visits, and a request that counts one as nobody should: read, think, write what was read plus one. */
import * as t from 'io-ts'
import type { Event } from '../../../src/core/Event.ts'
import * as Session from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import type { LockMode } from '../../../src/engine/SessionRef.ts'
import type { Opened } from './stores.ts'

const Data = t.readonly(t.type({ views: t.number }))

interface Limits {
  readonly lockTimeout?: number
  readonly lockLease?: number
}

export const visits = ({ store }: Opened, limits: Limits = {}) => {
  const events: Array<Event> = []
  const sessions = sessionManager({
    data: Data,
    initial: { views: 0 },
    store,
    observer: (event) => events.push(event),
    ...limits,
  })
  const request = (cookie: string, lock: LockMode) => sessions.openRequest(cookie, (header) => header, { lock })

  /** `inside` runs between reading and writing. */
  const counted = async (cookie: string, inside: () => Promise<void> = () => Promise.resolve()): Promise<void> => {
    const { ref, finish } = request(cookie, 'implicit')
    const { data } = await ref.read()
    await inside()
    ref.update(Session.set('views', data.views + 1))
    const finished = await finish({ _tag: 'Answered', status: 200 })
    if (finished?.error !== undefined) throw new Error(finished.error._tag)
  }

  return { sessions, events, request, counted }
}
