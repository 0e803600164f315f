/**
 * Plain `http` and Express: express-session with its MemoryStore, iron-session.
 */
import type { RequestHandler } from 'express'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { answer, nothing, paths, type App, type Kind, type Visit } from '../Subject.ts'
import { onProperties, secret, signedIn, slowly } from './shared.ts'

type ExpressSession = (options: Readonly<Record<string, unknown>>) => RequestHandler
type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void

interface Regenerating extends Visit {
  readonly regenerate: (done: (error: unknown) => void) => void
}

const expressSession = (): RequestHandler => {
  const session = createRequire(import.meta.url)('express-session') as ExpressSession
  return session({ secret, resave: false, saveUninitialized: false })
}

const onRequest =
  (kind: Kind) =>
  (req: IncomingMessage, res: ServerResponse): void => {
    if (kind !== 'session' || req.url === paths.untouched) return answer(res, nothing)
    const sessionOf = () => (req as unknown as { readonly session: Regenerating }).session
    if (req.url === paths.slow) return void slowly(sessionOf()).then((text) => answer(res, text))
    if (req.url !== paths.signIn) return answer(res, onProperties(sessionOf(), req.url))
    sessionOf().regenerate((error) => {
      if (error) throw error
      Object.assign(sessionOf(), signedIn)
      answer(res, nothing)
    })
  }

const empty: Middleware = (_req, _res, next) => next()

export const expressSessionOnNode = async (kind: Kind): Promise<App> => {
  const handler = onRequest(kind)
  if (kind === 'bare') return { _tag: 'listener', listener: handler }
  const middleware = kind === 'session' ? (expressSession() as unknown as Middleware) : empty
  return { _tag: 'listener', listener: (req, res) => middleware(req, res, () => handler(req, res)) }
}

export const expressSessionOnExpress = async (kind: Kind): Promise<App> => {
  const { default: express } = await import('express')
  const app = express()
  if (kind === 'session') app.use(expressSession())
  if (kind === 'empty') app.use((_req, _res, next) => next())
  app.use(onRequest(kind))
  return { _tag: 'listener', listener: app }
}

export const ironSession = async (kind: Kind): Promise<App> => {
  const { getIronSession } = await import('iron-session')
  const act = async (req: IncomingMessage, res: ServerResponse): Promise<string> => {
    const session = await getIronSession<Visit>(req, res, { password: secret, cookieName: 'session' })
    if (req.url === paths.read || req.url === paths.count) return onProperties(session, req.url)
    // It has no identifier to change: the sign-in is in the next cookie.
    if (req.url === paths.signIn) Object.assign(session, signedIn)
    const text =
      req.url === paths.signIn
        ? nothing
        : req.url === paths.slow
          ? await slowly(session)
          : onProperties(session, req.url)
    await session.save()
    return text
  }
  const handler = (req: IncomingMessage, res: ServerResponse): void =>
    kind !== 'session' || req.url === paths.untouched
      ? answer(res, nothing)
      : void act(req, res).then((text) => answer(res, text))
  return {
    _tag: 'listener',
    listener: kind === 'empty' ? (req, res) => empty(req, res, () => handler(req, res)) : handler,
  }
}
