/** iron-session in Hono, by its form for fetch's Request and Response. */
import { Hono } from 'hono'
import { getIronSession } from 'iron-session'
import { type App, nothing, paths, type Visit } from '../../Subject.ts'
import { onProperties, secret } from '../../peers/shared.ts'

export const ironSessionOnHono = async (): Promise<App> => {
  const app = new Hono().get('*', async (c) => {
    const { path } = c.req
    if (path === paths.untouched) return c.text(nothing)
    const session = await getIronSession<Partial<Visit>>(c.req.raw, c.res, { cookieName: 'session', password: secret })
    const body = onProperties(session, path)
    if (path !== paths.read) await session.save()
    return c.text(body)
  })
  return { _tag: 'fetch', fetch: (request) => app.fetch(request) }
}
