/** A shop on Cloudflare Workers whose sessions are Durable Objects: a cart, a login, the list of one's own devices. */
import { requireSubject, session } from 'coatcheck/hono'
import { modify, signIn, signOut, subjectId } from 'coatcheck/Session'
import { toError } from 'coatcheck/SessionError'
import { Hono } from 'hono'
import { sessions } from './sessions.ts'

// The platform finds the class by this name, which wrangler.jsonc has as class_name.
export { SessionObject } from 'coatcheck/stores/durable-object'

const app = new Hono()
  .use(session(sessions))
  .get('/cart', async (c) => c.json((await c.var.session.read()).data.cart))
  .post('/cart/:item', async (c) => {
    const item = c.req.param('item')
    const { data } = await c.var.session.transact(modify('cart', (cart) => [...cart, item]))
    return c.json(data.cart)
  })
  // A shop asks for more than a name here.
  .post('/login/:name', (c) => {
    c.var.session.update(signIn(c.req.param('name')))
    return c.text('Welcome')
  })
  .post('/logout', (c) => {
    c.var.session.update(signOut)
    return c.text('Goodbye')
  })
  .use('/devices', requireSubject())
  .get('/devices', async (c) => {
    const user = subjectId(await c.var.session.read()) ?? ''
    const devices = await sessions.subject(user).list()
    if (devices._tag === 'Left') throw toError(devices.left)
    return c.json(devices.right.map(({ id, touchedAt }) => ({ id, touchedAt })))
  })
  .delete('/devices', async (c) => {
    const user = subjectId(await c.var.session.read()) ?? ''
    const ended = await sessions.subject(user).endAll()
    if (ended._tag === 'Left') throw toError(ended.left)
    return c.json({ ended: ended.right })
  })

// The platform takes the default export for the Worker.
// eslint-disable-next-line no-restricted-syntax
export default app
