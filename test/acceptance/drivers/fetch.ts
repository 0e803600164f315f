/** Plain fetch handlers, looked up by path, each wrapped by `withSession`; served with the platform's own `Response`. */
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { requireSubject, withSession } from '../../../adapters/fetch.ts'
import type { Answer, Driver, Ref, Route, Sessions } from '../app.ts'
import { listening, statusError } from '../app.ts'

const streamed = (stream: NonNullable<Answer['stream']>): ReadableStream => {
  const { readable, writable } = new TransformStream<Uint8Array>()
  const writer = writable.getWriter()
  const encoder = new TextEncoder()
  stream((text) => writer.write(encoder.encode(text))).then(
    () => writer.close().catch(() => undefined),
    (error: unknown) => writer.abort(error).catch(() => undefined),
  )
  return readable
}

const respond = ({ status = 200, headers, body, stream, redirect }: Answer): Response => {
  if (redirect !== undefined) return Response.redirect(redirect, 302)
  const sent = new Headers()
  for (const [name, value] of Object.entries(headers ?? {}))
    for (const line of typeof value === 'string' ? [value] : value) sent.append(name, line)
  return new Response(stream === undefined ? (body ?? null) : streamed(stream), { status, headers: sent })
}

const handlerOf = (sessions: Sessions, { handle, mount, require }: Route, beside: Sessions | undefined) => {
  const handler =
    (besides: Ref | undefined) =>
    async (request: Request, session: Ref): Promise<Response> => {
      const answer = await handle(session, {
        method: request.method,
        query: new URL(request.url).searchParams,
        beside: () => besides!,
        error: statusError,
      })
      return respond(answer)
    }
  const guarded = (inner: ReturnType<typeof handler>) =>
    require === undefined ? inner : requireSubject(require)(inner)
  // What the platform answers to an exception is its own affair; this one looks at its status.
  const onError = (error: unknown): Response => {
    const { status = 500, headers } = error as { readonly status?: number; readonly headers?: HeadersInit }
    return new Response(`Error ${status}`, { status, ...(headers === undefined ? {} : { headers }) })
  }
  const around = (besides: Ref | undefined) => withSession(sessions, guarded(handler(besides)), { ...mount, onError })
  return beside === undefined || mount !== undefined
    ? around(undefined)
    : withSession(beside, (request: Request, besides: Ref) => around(besides)(request), { onError })
}

export const fetchDriver: Driver = {
  name: 'fetch',
  serve: ({ sessions, routes, beside }) => {
    const handlers = new Map(Object.entries(routes).map(([path, route]) => [path, handlerOf(sessions, route, beside)]))
    const fetch = (request: Request): Response | Promise<Response> => {
      const found = handlers.get(new URL(request.url).pathname)
      return found === undefined ? new Response(null, { status: 404 }) : found(request)
    }
    // Without the option it would replace the global Response by its own: this suite is to meet the platform's.
    return listening(createServer(getRequestListener(fetch, { overrideGlobalObjects: false })))
  },
}
