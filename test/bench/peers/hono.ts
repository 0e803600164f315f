/**
 * Hono: hono-sessions in memory and in its cookie, @hono/session in its cookie and with a storage.
 */
import type { SessionEnv } from '@hono/session'
import type { MiddlewareHandler } from 'hono'
import { member, nothing, paths, pause, type App, type Kind, visit, type Visit } from '../Subject.ts'
import { onValues, secret, slowValues, type Values } from './shared.ts'

interface Variables<S> {
  readonly Variables: { session: S; session_key_rotation: boolean }
}

/** `rotate`: asks the library for another identifier when the response leaves. */
type Act<S> = (session: S, path: string, rotate: () => void) => string | Promise<string>

const application = async <S>(
  kind: Kind,
  register: () => Promise<readonly MiddlewareHandler[]>,
  act: Act<S>,
): Promise<App> => {
  const { Hono } = await import('hono')
  const app = new Hono<Variables<S>>()
  if (kind === 'session') for (const middleware of await register()) app.use(middleware)
  if (kind === 'empty') app.use(async (_c, next) => next())
  app.get('*', async (c) => {
    if (kind !== 'session' || c.req.path === paths.untouched) return c.text(nothing)
    return c.text(await act(c.get('session'), c.req.path, () => c.set('session_key_rotation', true)))
  })
  return { _tag: 'fetch', fetch: (request) => app.fetch(request) }
}

const onHonoSessions: Act<Values> = (session, path, rotate) => {
  if (path === paths.slow) return slowValues(session)
  if (path !== paths.signIn) return onValues(session, path)
  rotate()
  session.set('user', member)
  return nothing
}

export const honoSessionsInMemory = (kind: Kind): Promise<App> =>
  application(
    kind,
    async () => {
      const { MemoryStore, sessionMiddleware } = await import('hono-sessions')
      return [sessionMiddleware({ store: new MemoryStore(), expireAfterSeconds: 3600 })]
    },
    onHonoSessions,
  )

export const honoSessionsInCookie = (kind: Kind): Promise<App> =>
  application(
    kind,
    async () => {
      const { CookieStore, sessionMiddleware } = await import('hono-sessions')
      const cookieOptions = { sameSite: 'Lax', path: '/', httpOnly: true } as const
      return [
        sessionMiddleware({
          store: new CookieStore(),
          encryptionKey: secret,
          expireAfterSeconds: 3600,
          cookieOptions,
        }),
      ]
    },
    onHonoSessions,
  )

/** The part of @hono/session's session that is used. */
interface Awaited {
  readonly get: () => Promise<Visit | null>
  readonly data: Visit | null
  readonly update: (data: Visit | ((before: Visit | null) => Visit)) => Promise<void>
}

const onHonoSession: Act<Awaited> = async (session, path) => {
  if (path === paths.read) return (await session.get())?.user ?? ''
  if (path === paths.count) return String((await session.get())?.views)
  if (path === paths.slow) {
    const before = (await session.get()) ?? visit
    await pause()
    await session.update({ ...before, views: before.views + 1 })
    return String(before.views + 1)
  }
  if (path === paths.write) {
    await session.update((before) => ({ ...visit, ...before, views: (before?.views ?? 0) + 1 }))
    return String(session.data?.views)
  }
  // It has no way to give a session another identifier.
  await (path === paths.signIn
    ? session.update((before) => ({ ...visit, ...before, user: member }))
    : session.update(visit))
  return nothing
}

const useSession = async (): Promise<MiddlewareHandler> => {
  const { useSession } = await import('@hono/session')
  return useSession({ secret, duration: { absolute: 86_400 } })
}

export const honoSessionInCookie = (kind: Kind): Promise<App> =>
  application(kind, async () => [await useSession()], onHonoSession)

export const honoSessionInStorage = (kind: Kind): Promise<App> =>
  application(
    kind,
    async () => {
      const { useSessionStorage } = await import('@hono/session')
      const kept = new Map<string, string>()
      const storage = useSessionStorage<Visit, SessionEnv<Visit>>({
        get: (id) => {
          const text = kept.get(id)
          return text === undefined ? null : (JSON.parse(text) as Visit)
        },
        set: (id, value) => void kept.set(id, JSON.stringify(value)),
        delete: (id) => void kept.delete(id),
      })
      return [storage, await useSession()]
    },
    onHonoSession,
  )
