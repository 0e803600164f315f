/** Our own applications, as they run everywhere: the Hono and the fetch adapter, over a memory store and over sealed cookies. */
import { sessionManager, type SessionRef } from 'coatcheck'
import { withSession } from 'coatcheck/fetch'
import { session } from 'coatcheck/hono'
import { keyring } from 'coatcheck/Keyring'
import { sealedCookie } from 'coatcheck/sealed-cookie'
import { modify, type Session, update } from 'coatcheck/Session'
import type { Store } from 'coatcheck/Store'
import { memoryStore } from 'coatcheck/stores/memory'
import { Hono } from 'hono'
import * as t from 'io-ts'
import { type App, nothing, pathOf, paths, visit } from '../../Subject.ts'

const Data = t.type({ user: t.string, theme: t.string, views: t.number })
type Data = t.TypeOf<typeof Data>

const options = { data: Data, initial: { user: '', theme: '', views: 0 } }

const overCookies = () =>
  sessionManager({
    ...options,
    carrier: sealedCookie({ keys: keyring([{ id: 'bench', secret: 'YSBrZXkgb2YgdGhlIGJlbmNobWFya2Ega2V5IG9mIHQ' }]) }),
  })

/** What the managers have in common: the sealed cookie's has no `transact`. */
type Ref = SessionRef<Data, 'last-write-wins'>

/** A manager, and how its user raises a counter and answers its new value. */
interface Sessions {
  readonly manager: ReturnType<typeof overCookies>
  readonly increment: (session: Ref) => Promise<string>
}

const count = modify<Data, 'views'>('views', (views) => views + 1)
const begin = update<Data>(visit)

const userOf = ({ data }: Session<Data>): string => data.user
const viewsOf = ({ data }: Session<Data>): string => String(data.views)

const inStore = (store: Store<'cas'>): Sessions => ({
  manager: sessionManager({ ...options, store }),
  increment: (ref) => (ref as SessionRef<Data>).transact(count).then(viewsOf),
})

const sealed = (): Sessions => ({
  manager: overCookies(),
  increment: (ref) => {
    ref.update(count)
    return ref.read().then(viewsOf)
  },
})

/** As a handler would: it waits where there is something to be known, and goes on at once where there is not. */
const act = ({ increment }: Sessions, ref: Ref, path: string): string | Promise<string> => {
  if (path === paths.untouched) return nothing
  if (path === paths.read) return ref.read().then(userOf)
  if (path === paths.write) return increment(ref)
  ref.update(begin)
  return nothing
}

const onHono = (sessions: Sessions): App => {
  const app = new Hono().use(session(sessions.manager)).get('*', async (c) => {
    const body = act(sessions, c.get('session'), c.req.path)
    return c.text(typeof body === 'string' ? body : await body)
  })
  return { _tag: 'fetch', fetch: (request) => app.fetch(request) }
}

const onFetch = (sessions: Sessions): App => ({
  _tag: 'fetch',
  fetch: withSession(sessions.manager, async (request, ref) => {
    const body = act(sessions, ref, pathOf(request))
    return new Response(typeof body === 'string' ? body : await body, {
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    })
  }),
})

export const memoryOnHono = async (): Promise<App> => onHono(inStore(memoryStore()))
export const memoryOnFetch = async (): Promise<App> => onFetch(inStore(memoryStore()))
export const sealedOnHono = async (): Promise<App> => onHono(sealed())
export const sealedOnFetch = async (): Promise<App> => onFetch(sealed())
export const storeOnHono = async (store: Store<'cas'>): Promise<App> => onHono(inStore(store))
