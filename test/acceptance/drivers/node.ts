/** Plain `http`: one listener that looks the path up, each route wrapped by `withSession`. */
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { requireSubject, type SessionListener, sessionOf, withSession } from '../../../adapters/node.ts'
import type { Answer, Driver, Ref, Route, Sessions } from '../app.ts'
import { listening, statusError } from '../app.ts'

/** Answers as users of Node's response do. */
export const respond = async (
  res: ServerResponse,
  { status = 200, headers, body, stream, redirect }: Answer,
): Promise<void> => {
  if (redirect !== undefined) {
    res.writeHead(302, { location: redirect })
    res.end()
    return
  }
  res.statusCode = status
  for (const [name, value] of Object.entries(headers ?? {})) res.setHeader(name, value)
  if (stream === undefined) {
    res.end(body)
    return
  }
  await stream(
    (text) =>
      new Promise((resolve, reject) => {
        res.write(text, (error) => {
          if (error == null) resolve()
          else reject(error)
        })
      }),
  )
  res.end()
}

const listener = (
  sessions: Sessions,
  { handle, mount, require }: Route,
  beside: Sessions | undefined,
): RequestListener => {
  const onError = (): void => undefined
  const guarded = (handler: SessionListener<Ref>): SessionListener<Ref> =>
    require === undefined ? handler : requireSubject(require)(handler)
  const first = withSession(
    sessions,
    guarded(async (req, res, session) => {
      const { searchParams: query } = new URL(req.url!, 'http://localhost')
      const answer = await handle(session, {
        method: req.method!,
        query,
        beside: () => sessionOf(beside!, req),
        error: statusError,
      })
      await respond(res, answer)
    }),
    { ...mount, onError },
  )
  return beside === undefined || mount !== undefined
    ? first
    : withSession(beside, (req, res) => first(req, res), { onError })
}

export const node: Driver = {
  name: 'node http',
  serve: ({ sessions, routes, beside }) => {
    const listeners = new Map(Object.entries(routes).map(([path, route]) => [path, listener(sessions, route, beside)]))
    const server = createServer((req, res) => {
      const found = listeners.get(req.url!.split('?', 1)[0]!)
      if (found !== undefined) return found(req, res)
      res.statusCode = 404
      res.end()
    })
    return listening(server)
  },
}
