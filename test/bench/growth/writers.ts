/**
 * Writers of one session at the same time: how often they call the store, and how long the last of them waits.
 */
import { withSession } from 'coatcheck/fetch'
import * as Session from 'coatcheck/Session'
import type { Store } from 'coatcheck/Store'
import { cookieOf } from '../drive.ts'
import { paths } from '../Subject.ts'
import { count, type Data, manager, userOf } from './apps.ts'
import { counting } from './counting.ts'
import { quantile, same } from './measure.ts'

/** Of one number of writers. */
export interface Writing {
  readonly at: number
  /** Store calls per acknowledged write. */
  readonly calls: number
  /** ms after which 99 of 100 writers had their answer. */
  readonly p99: number
}

/** `times` bursts of so many writers, each burst on a session of its own. `distance`: ms to the store. */
export const burst = async (
  store: Store<'cas'>,
  distance: number,
  at: number,
  times: number,
): Promise<readonly Writing[]> => {
  const { store: counted, calls } = counting(store, distance)
  const handle = withSession(manager(counted), async (request: Request, session): Promise<Response> => {
    if (request.url.endsWith(paths.write)) return new Response(String((await session.transact(count)).data.views))
    if (request.url.endsWith(paths.count)) return new Response(String((await session.read()).data.views))
    session.update(Session.update<Data>({ user: userOf(0), theme: 'dark', views: 0 }))
    return new Response('nothing')
  })
  const send = async (path: string, cookie?: string): Promise<Response> => {
    const response = await handle(
      new Request(`http://localhost${path}`, { headers: cookie === undefined ? {} : { cookie } }),
    )
    same(path, response.status, 200)
    return response
  }
  const found: Writing[] = []
  for (let time = 0; time < times; time++) {
    const cookie = cookieOf((await send(paths.create)).headers.getSetCookie())!
    const before = calls()
    const waits: number[] = []
    const answers = await Promise.all(
      Array.from({ length: at }, async () => {
        const start = performance.now()
        const text = await (await send(paths.write, cookie)).text()
        waits.push(performance.now() - start)
        return Number(text)
      }),
    )
    found.push({ at, calls: (calls() - before) / at, p99: quantile(waits, 0.99) })
    same('different answers of the writers', new Set(answers).size, at)
    same('the counter in the end', await (await send(paths.count, cookie)).text(), String(at))
  }
  return found
}
