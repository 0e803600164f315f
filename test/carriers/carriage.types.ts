/** What a manager over a carrier does not offer, compiled by `tsc -p test` and never run. */
import { none } from '#fp-ts/Option'
import { Hono } from 'hono'
import * as t from 'io-ts'
import Koa from 'koa'
import { createServer } from 'node:http'
import * as Fetch from '../../adapters/fetch.ts'
import * as HonoAdapter from '../../adapters/hono.ts'
import * as KoaAdapter from '../../adapters/koa.ts'
import * as Node from '../../adapters/node.ts'
import { sealedCookie } from '../../src/carriers/sealedCookie.ts'
import * as Session from '../../src/core/Session.ts'
import { keyring } from '../../src/effects/Keyring.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { memoryStore } from '../../src/stores/memory.ts'

interface Data {
  readonly views: number
}
const Data: t.Type<Data, { readonly views: number }> = t.type({ views: t.number })
const carrier = sealedCookie({ keys: keyring([]) })
const options = { data: Data, initial: { views: 0 } }
const sessions = sessionManager({ ...options, carrier })
const count = Session.modify('views', (n: number) => n + 1)

const handle = sessions.open(none)
handle.update(count)()
void handle.read()
void handle.commit()
void handle.destroy()
// @ts-expect-error Nothing is compared and set.
handle.transact(count)
// @ts-expect-error Nor looked at whether it is unchanged.
handle.update(count, { ifUnchanged: true })
// @ts-expect-error There is nothing to lock.
handle.lock()
// @ts-expect-error Epochs are asked for where they are kept.
handle.subjectEpoch('ada')
// @ts-expect-error Nobody knows where the sessions of a subject are.
sessions.subject('ada')
// @ts-expect-error Nobody hears of the end of a session that travels.
sessions.onEnded(Session.fresh, () => undefined)
// @ts-expect-error No mount can lock either.
sessions.open(none, { lock: 'early' })

// @ts-expect-error One or the other.
sessionManager({ ...options, carrier, store: memoryStore() })
// @ts-expect-error One of them.
sessionManager(options)
// @ts-expect-error There is no secret to renew.
sessionManager({ ...options, carrier, renewAfter: 1 })
// @ts-expect-error There is nothing to lock.
sessionManager({ ...options, carrier, lock: 'early' })
// @ts-expect-error Nothing conflicts.
sessionManager({ ...options, carrier, onConflict: 'fail' })

// All adapters take it.
new Hono().use(HonoAdapter.session(sessions)).get('/', async (c) => {
  c.var.session.update(count)
  const { data } = await c.var.session.read()
  // @ts-expect-error
  await c.var.session.transact(count)
  return c.json(data.views + 1)
})
new Koa().use(KoaAdapter.session(sessions)).use(async (ctx) => {
  ctx.body = (await ctx.session.read()).data.views + 1
  // @ts-expect-error
  await ctx.session.transact(count)
})
createServer(
  Node.withSession(sessions, async (_req, res, session) => {
    res.end(String((await session.read()).data.views + 1))
    // @ts-expect-error
    await session.transact(count)
  }),
)
Fetch.withSession(sessions, async (_request, session) => {
  // @ts-expect-error
  await session.transact(count)
  return new Response(String((await session.read()).data.views + 1))
})

// A store's manager keeps what it has.
const stored = sessionManager({ ...options, store: memoryStore() })
stored.onEnded
stored.subject('ada')
void stored.open(none).transact(count)
