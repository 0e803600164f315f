/**
 * Fastify: @fastify/session with its default store, @fastify/secure-session.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createHash } from 'node:crypto'
import { member, nothing, paths, type App, type Kind, type Visit } from '../Subject.ts'
import { onProperties, onValues, secret, slowly, slowValues, type Values } from './shared.ts'

const carriedOver: readonly (keyof Visit)[] = ['theme', 'views']

/** What becomes of the request: the text, or a promise of it. */
type Act = (request: FastifyRequest) => string | Promise<string>

const application = async (kind: Kind, register: (app: FastifyInstance) => Promise<Act>): Promise<App> => {
  const { fastify } = await import('fastify')
  const app = fastify()
  const act = kind === 'session' ? await register(app) : () => nothing
  if (kind === 'empty') app.addHook('onRequest', (_request, _reply, done) => done())
  app.get('/*', (request, reply) => {
    const text = kind !== 'session' || request.url === paths.untouched ? nothing : act(request)
    return typeof text === 'string' ? reply.send(text) : text
  })
  await app.ready()
  return { _tag: 'listener', listener: (req, res) => app.routing(req, res) }
}

interface Regenerating extends Visit {
  readonly regenerate: (keys: readonly string[]) => Promise<void>
}

export const fastifySession = (kind: Kind): Promise<App> =>
  application(kind, async (app) => {
    await app.register((await import('@fastify/cookie')).fastifyCookie)
    const { fastifySession } = await import('@fastify/session')
    await app.register(fastifySession, { secret, saveUninitialized: false, rolling: false, cookie: { secure: false } })
    const sessionOf = (request: FastifyRequest) => request.session as unknown as Regenerating
    const signIn = async (request: FastifyRequest): Promise<string> => {
      await sessionOf(request).regenerate(carriedOver)
      sessionOf(request).user = member
      return nothing
    }
    return (request) =>
      request.url === paths.signIn
        ? signIn(request)
        : request.url === paths.slow
          ? slowly(sessionOf(request))
          : onProperties(sessionOf(request), request.url)
  })

interface Sealed extends Values {
  readonly regenerate: (keys: readonly string[]) => void
}

export const fastifySecureSession = (kind: Kind): Promise<App> =>
  application(kind, async (app) => {
    const { fastifySecureSession } = await import('@fastify/secure-session')
    const key = createHash('sha256').update(secret).digest()
    await app.register(fastifySecureSession, { key, cookie: { path: '/', httpOnly: true } })
    return (request) => {
      const session = request.session as unknown as Sealed
      if (request.url === paths.slow) return slowValues(session)
      if (request.url !== paths.signIn) return onValues(session, request.url)
      session.regenerate(carriedOver)
      session.set('user', member)
      return nothing
    }
  })
