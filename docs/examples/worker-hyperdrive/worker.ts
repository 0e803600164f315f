/** Visits, a login and a logout on Cloudflare Workers, with sessions in a PostgreSQL that is reached through Hyperdrive. */
import { requireSubject, session } from 'coatcheck/hono'
import { modify, signIn, signOut, subjectId } from 'coatcheck/Session'
import { Hono } from 'hono'
import { withConnection } from './connection.ts'
import { sessions, store } from './sessions.ts'

const app = new Hono()
  // Before the session, so that its commit has the connection, too.
  .use((c, next) => withConnection((work) => c.executionCtx.waitUntil(work), next))
  .use(session(sessions))
  .get('/health', (c) => c.text('up'))
  .get('/', async (c) => c.json((await c.var.session.read()).data))
  .post('/', async (c) => {
    const { data } = await c.var.session.transact(modify('visits', (n) => n + 1))
    return c.json(data)
  })
  // A site asks for more than a name here.
  .post('/login/:name', (c) => {
    c.var.session.update(signIn(c.req.param('name')))
    return c.text('Welcome')
  })
  .post('/logout', (c) => {
    c.var.session.update(signOut)
    return c.text('Goodbye')
  })
  .use('/account', requireSubject())
  .get('/account', async (c) => c.text(`Hello ${subjectId(await c.var.session.read()) ?? 'nobody'}`))

interface Context {
  readonly waitUntil: (work: Promise<unknown>) => void
}

/** By cron: sessions that are over leave the table, 1,000 at a time. */
const scheduled = (_event: unknown, _env: unknown, ctx: Context): Promise<void> =>
  withConnection(
    (work) => ctx.waitUntil(work),
    async () => {
      for (let more = true; more;) {
        const swept = await store.sweep(Date.now(), 1_000)()
        if (swept._tag === 'Left') throw new Error('Sweeping failed', { cause: swept.left.cause })
        more = swept.right.more
      }
    },
  )

// The platform takes the default export for the Worker.
// eslint-disable-next-line no-restricted-syntax
export default { fetch: app.fetch, scheduled }
