/** Express 5, with the Node adapter's Connect middleware: `app.use(session(sessions))`, `req.session`. */
import { createServer } from 'node:http'
import express, { type RequestHandler } from 'express'
import { requireSubject, session, sessionOf } from '../../../adapters/node.ts'
import type { Driver, Route } from '../app.ts'
import { BESIDE, byMount, listening, statusError } from '../app.ts'
import { respond } from './node.ts'

export const expressDriver: Driver = {
  name: 'Express 5',
  serve: (definition) => {
    const { sessions, beside } = definition
    const handler =
      ({ handle }: Route): RequestHandler =>
      async (req, res) => {
        const { searchParams: query } = new URL(req.originalUrl, 'http://localhost')
        const answer = await handle(sessionOf(sessions, req), {
          method: req.method,
          query,
          beside: () => sessionOf(beside!, req),
          error: statusError,
        })
        if (answer.redirect !== undefined) return res.redirect(answer.redirect)
        if (answer.stream !== undefined) return respond(res, answer)
        res.status(answer.status ?? 200)
        for (const [name, value] of Object.entries(answer.headers ?? {})) res.setHeader(name, value)
        res.send(answer.body)
      }
    const guards = ({ require }: Route): ReadonlyArray<RequestHandler> =>
      require === undefined ? [] : [requireSubject(require)]

    const app = express()
    // As deployed: its pages show no stack, and nothing is logged.
    app.set('env', 'production')
    const routes = byMount(definition)
    for (const [path, route] of routes.filter(([, { mount }]) => mount !== undefined))
      app.all(path, session(sessions, route.mount), ...guards(route), handler(route))
    app.use(session(sessions))
    if (beside !== undefined) app.use(session(beside, { as: BESIDE }))
    for (const [path, route] of routes.filter(([, { mount }]) => mount === undefined))
      app.all(path, ...guards(route), handler(route))
    return listening(createServer(app))
  },
}
