/** The handlers of one file of routes, app/visits/route.ts say, on the edge runtime. */
import { withSession } from 'coatcheck/fetch'
import * as Session from 'coatcheck/Session'
import { sessionsUnder } from './sessions.ts'

// All that this platform has of Node's `process`.
declare const process: { readonly env: { readonly SESSION_KEY: string } }

export const runtime = 'edge'

const sessions = sessionsUnder(process.env.SESSION_KEY)

export const GET = withSession(sessions, async (_request, session) => {
  session.update(Session.modify('visits', (n) => n + 1))
  const { data } = await session.read()
  return Response.json(data)
})

// A password is asked for here.
export const POST = withSession(sessions, (request, session) => {
  const to = new URL(request.url)
  session.update(Session.signIn(to.searchParams.get('name') ?? ''))
  return Response.redirect(new URL(to.pathname, to), 303)
})

export const DELETE = withSession(sessions, async (_request, session) => {
  await session.destroy()
  return new Response(null, { status: 204 })
})
