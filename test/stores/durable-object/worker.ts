/** A Worker over its own objects: the store contract, counters through the session manager, a bridge to the objects. */
import { Hono } from 'hono'
import * as t from 'io-ts'
import { session } from '../../../adapters/hono.ts'
import { modify, set, signIn, signOut } from '../../../src/core/Session.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import {
  durableObjectStore,
  type ObjectState,
  SessionObject as Published,
  type SessionNamespace,
} from '../../../src/stores/durable-object.ts'
import { storeContract } from '../../../src/testing/storeContract.ts'

interface Env {
  readonly SESSIONS: SessionNamespace
}

/** What the platform's state has beside what the class uses. */
interface Platform extends ObjectState {
  readonly storage: ObjectState['storage'] & { readonly getAlarm: () => Promise<number | null> }
}

/** What an object tells of itself. */
export interface Probe {
  readonly keys: ReadonlyArray<string>
  /** The horizons of a subject's entries, by session. */
  readonly horizons: Readonly<Record<string, number>>
  readonly alarm: number | null
  /** How often the alarm went off since the object was started. */
  readonly alarms: number
}

/** The published class, with a way to look at it from outside. */
// eslint-disable-next-line no-restricted-syntax -- the platform constructs it
export class SessionObject extends Published {
  readonly #state: Platform
  #alarms = 0

  constructor(state: Platform) {
    super(state)
    this.#state = state
  }

  override async fetch(request: Request): Promise<Response> {
    const { storage } = this.#state
    if (request.url.endsWith('/ring')) await this.alarm()
    else if (!request.url.endsWith('/probe')) return super.fetch(request)
    const keys = Array.from(storage.kv.list({ prefix: '' }), ([key]) => key)
    const entries = Array.from(storage.kv.list({ prefix: 'entry:' }) as Iterable<[string, number]>)
    const horizons = Object.fromEntries(entries.map(([key, horizon]) => [key.slice('entry:'.length), horizon]))
    return Response.json({ keys, horizons, alarm: await storage.getAlarm(), alarms: this.#alarms } satisfies Probe)
  }

  override async alarm(): Promise<void> {
    this.#alarms += 1
    await super.alarm()
  }
}

/** An object of another class, for a binding that leads astray. */
// eslint-disable-next-line no-restricted-syntax -- the platform constructs it
export class Foreign {
  fetch(): Promise<Response> {
    return Promise.resolve(Response.json({ hello: 'world' }))
  }
}

/** An object that breaks off in the middle of each call, as one does whose code is updated. */
// eslint-disable-next-line no-restricted-syntax -- the platform constructs it
export class Broken {
  readonly #abort: (reason: string) => void

  constructor(state: { readonly abort: (reason: string) => void }) {
    this.#abort = (reason) => state.abort(reason)
  }

  async fetch(request: Request): Promise<Response> {
    await request.text()
    this.#abort('broken off')
    return new Response()
  }
}

/** The published class under another name, for a binding that was declared without SQLite. */
export { Published as LegacyObject }

export const capabilities = { guarantee: 'cas', directory: true, locking: true, fifo: true } as const

/** How one case of the contract went. */
const verdict = async (namespace: SessionNamespace, name: string): Promise<string> => {
  const cases = storeContract('inside a Worker', () => durableObjectStore({ namespace }), capabilities)
  const one = cases.find((candidate) => candidate.name === name)
  return one === undefined ? 'unknown' : one.run().then(() => 'kept', String)
}

const Data = t.type({ views: t.number })
const managerOver = (namespace: SessionNamespace) =>
  sessionManager({
    data: Data,
    initial: { views: 0 },
    store: durableObjectStore({ namespace }),
  })

const countOn = (sessions: ReturnType<typeof managerOver>) =>
  new Hono()
    .use(session(sessions))
    .get('/read', async (c) => c.json((await c.var.session.read()).data))
    .get('/in/:subject', async (c) => {
      c.var.session.update(signIn(c.req.param('subject')))
      return c.text((await c.var.session.read()).id)
    })
    .get('/out', (c) => {
      c.var.session.update(signOut)
      return c.text('')
    })
    .get('/count', async (c) => c.json((await c.var.session.transact(modify('views', (n) => n + 1))).data))

/** Counts by reading, waiting and writing: only who owns the session counts right. */
const lockedOn = (sessions: ReturnType<typeof managerOver>) =>
  new Hono().use(session(sessions, { lock: 'implicit' })).get('/count', async (c) => {
    const { views } = (await c.var.session.read()).data
    await new Promise((resolve) => setTimeout(resolve, 1))
    c.var.session.update(set('views', views + 1))
    return c.json({ views: views + 1 })
  })

let shared: ReturnType<typeof countOn> | undefined

const worker = {
  fetch: async (request: Request, { SESSIONS }: Env): Promise<Response> => {
    const [, kind, ...path] = new URL(request.url).pathname.split('/')
    if (kind === 'contract') return new Response(await verdict(SESSIONS, await request.text()))
    if (kind === 'object') {
      const name = decodeURIComponent(request.headers.get('object-name') ?? '')
      const stub = SESSIONS.get(SESSIONS.idFromName(name))
      const answer = await stub.fetch(`https://bridge/${path.join('/')}`, {
        method: 'POST',
        body: await request.text(),
      })
      return new Response(await answer.text())
    }
    const app =
      kind === 'each'
        ? countOn(managerOver(SESSIONS))
        : kind === 'locked'
          ? lockedOn(managerOver(SESSIONS))
          : (shared ??= countOn(managerOver(SESSIONS)))
    return app.request(`/${path.join('/')}`, { headers: request.headers })
  },
}

export { worker as default }
