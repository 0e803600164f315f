/** Fastify, with the Node adapter's Connect middleware under `@fastify/middie`; the session is `request.raw.session`. */
import { Readable } from 'node:stream'
import middie from '@fastify/middie'
import fastify, { type FastifyReply, type FastifyRequest, type preHandlerHookHandler } from 'fastify'
import { requireSubject, session, sessionOf } from '../../../adapters/node.ts'
import type { Answer, Driver, Route } from '../app.ts'
import { BESIDE, byMount, listening, statusError } from '../app.ts'
import { deferred } from '../gates.ts'

/** Fastify pulls from what it is given: the handler goes on when the last piece has been taken. */
const pieces = (stream: NonNullable<Answer['stream']>): Readable => {
  let wanted = deferred()
  let begun = false
  const readable: Readable = new Readable({
    read: () => {
      if (begun) return wanted.resolve(undefined)
      begun = true
      stream((text) => {
        wanted = deferred()
        readable.push(text)
        return wanted.promise
      }).then(
        () => readable.push(null),
        (error: unknown) => readable.destroy(error as Error),
      )
    },
  })
  return readable
}

export const fastifyDriver: Driver = {
  name: 'Fastify',
  serve: async (definition) => {
    const { sessions, beside } = definition
    const onError = (): void => undefined
    const handler =
      ({ handle }: Route) =>
      async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
        const { searchParams: query } = new URL(request.url, 'http://localhost')
        const answer = await handle(sessionOf(sessions, request.raw), {
          method: request.method,
          query,
          beside: () => sessionOf(beside!, request.raw),
          error: statusError,
        })
        if (answer.redirect !== undefined) return reply.redirect(answer.redirect)
        reply.code(answer.status ?? 200)
        for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value)
        return reply.send(answer.stream === undefined ? answer.body : pieces(answer.stream))
      }
    const connected =
      (middleware: ReturnType<typeof session>): preHandlerHookHandler =>
      (request, reply, done) => {
        middleware(request.raw, reply.raw, done as (error?: unknown) => void)
      }
    const guards = ({ require }: Route): Array<preHandlerHookHandler> =>
      require === undefined ? [] : [connected(requireSubject(require))]

    const app = fastify({ forceCloseConnections: true })
    const routes = byMount(definition)
    await app.register(async (own) => {
      for (const [url, route] of routes.filter(([, { mount }]) => mount !== undefined))
        own.route({
          method: ['GET', 'POST'],
          url,
          preHandler: [connected(session(sessions, { ...route.mount, onError })), ...guards(route)],
          handler: handler(route),
        })
    })
    await app.register(async (shared) => {
      await shared.register(middie)
      shared.use(session(sessions, { onError }))
      if (beside !== undefined) shared.use(session(beside, { as: BESIDE, onError }))
      for (const [url, route] of routes.filter(([, { mount }]) => mount === undefined))
        shared.route({ method: ['GET', 'POST'], url, preHandler: guards(route), handler: handler(route) })
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const served = await listening(app.server)
    return { ...served, close: () => app.close() }
  },
}
