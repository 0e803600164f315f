/** A shop on Cloudflare Workers that keeps nothing: the cart and who is signed in travel in an encrypted cookie. */
import { requireSubject, session } from 'coatcheck/hono'
import { modify, signIn, signOut, subjectId } from 'coatcheck/Session'
import { Hono } from 'hono'
import { sessions } from './sessions.ts'

const app = new Hono()
  .use(session(sessions))
  .get('/cart', async (c) => c.json((await c.var.session.read()).data.cart))
  .post('/cart/:item', async (c) => {
    const item = c.req.param('item')
    c.var.session.update(modify('cart', (cart: ReadonlyArray<string>) => [...cart, item]))
    return c.json((await c.var.session.read()).data.cart)
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
  .use('/orders', requireSubject())
  .get('/orders', async (c) => c.text(`Orders of ${subjectId(await c.var.session.read()) ?? 'nobody'}`))

// The platform takes the default export for the Worker.
// eslint-disable-next-line no-restricted-syntax
export default app
