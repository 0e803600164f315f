/** bun run main.ts */
import { requireSubject, session } from 'coatcheck/hono'
import * as Session from 'coatcheck/Session'
import { Hono } from 'hono'
import { sessions } from './sessions.ts'

const app = new Hono()
  .use(session(sessions))
  .get('/', async (c) => c.json((await c.var.session.transact(Session.modify('visits', (n) => n + 1))).data))
  // A password is asked for here.
  .post('/login/:name', (c) => {
    c.var.session.update(Session.signIn(c.req.param('name')))
    return c.text('Welcome')
  })
  .post('/logout', async (c) => {
    await c.var.session.destroy()
    return c.text('Goodbye')
  })
  .use('/account', requireSubject())
  .get('/account', async (c) => c.text(`Hello ${Session.subjectId(await c.var.session.read()) ?? ''}`))

const { port } = Bun.serve({ port: Number(Bun.env['PORT'] ?? 3000), hostname: '127.0.0.1', fetch: app.fetch })
console.log(`http://127.0.0.1:${port}`)
