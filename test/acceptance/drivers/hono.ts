/** Hono on `@hono/node-server`, as its users serve it: `new Hono().use(session(sessions))`, `c.var.session`. */
import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { stream as streamed } from 'hono/streaming'
import { requireSubject, session, type SessionVariables } from '../../../adapters/hono.ts'
import type { Leasing } from '../../../src/engine/SessionRef.ts'
import type { Answer, Driver, Route } from '../app.ts'
import { BESIDE, byMount, listening } from '../app.ts'
import type { Data } from '../world.ts'

interface Env {
  readonly Variables: SessionVariables<Data, 'cas' & Leasing> & SessionVariables<Data, 'cas' & Leasing, typeof BESIDE>
}

const respond = (c: Context<Env>, { status, headers, body, stream, redirect }: Answer): Response => {
  if (redirect !== undefined) return Response.redirect(redirect, 302)
  for (const [name, value] of Object.entries(headers ?? {}))
    for (const line of typeof value === 'string' ? [value] : value) c.header(name, line, { append: true })
  c.status((status ?? 200) as 200)
  if (stream === undefined) return body === undefined ? c.body(null) : c.body(body)
  return streamed(c, (api) =>
    stream(async (text) => {
      await api.write(text)
    }),
  )
}

const handler =
  ({ handle }: Route) =>
  async (c: Context<Env>): Promise<Response> => {
    const answer = await handle(c.var.session, {
      method: c.req.method,
      query: new URL(c.req.url).searchParams,
      beside: () => c.get(BESIDE),
      error: (status) => new HTTPException(status as 400),
    })
    return respond(c, answer)
  }

export const hono: Driver = {
  name: 'Hono',
  serve: async (definition) => {
    const { sessions, beside } = definition
    const app = new Hono<Env>()
    const routes = byMount(definition)
    const guards = ({ require }: Route): Array<MiddlewareHandler> =>
      require === undefined ? [] : [requireSubject(require)]
    const use = (path: string, route: Route): void => {
      for (const guard of guards(route)) app.use(path, guard)
      app.all(path, handler(route))
    }
    for (const [path, route] of routes.filter(([, { mount }]) => mount !== undefined)) {
      app.use(path, session(sessions, route.mount))
      use(path, route)
    }
    app.use(session(sessions))
    if (beside !== undefined) app.use(session(beside, { as: BESIDE }))
    for (const [path, route] of routes.filter(([, { mount }]) => mount === undefined)) use(path, route)

    const server = await new Promise<Server>((resolve) => {
      const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(started as Server))
    })
    return listening(server)
  },
}
