/**
 * Fetch handlers: @remix-run/session in memory and in its cookie, and h3's `useSession` in h3's own application.
 */
import type { Session, SessionStorage } from '@remix-run/session'
import { member, nothing, paths, pathOf, type App, type Kind, type Visit } from '../Subject.ts'
import { onProperties, onValues, secret, signedIn, slowly, slowValues, type Values } from './shared.ts'

const text = (body: string): Response =>
  new Response(body, { headers: { 'Content-Type': 'text/plain; charset=utf-8' } })

type Fetch = (request: Request) => Promise<Response>

const act = (session: Session, path: string, deletesOld: boolean): string | Promise<string> => {
  const values = session as unknown as Values
  if (path === paths.untouched) return nothing
  if (path === paths.slow) return slowValues(values)
  if (path !== paths.signIn) return onValues(values, path)
  session.set('user', member)
  session.regenerateId(deletesOld)
  return nothing
}

/** As its own middleware does: read, handle, save what changed. */
const remixSession =
  (storageOf: () => Promise<SessionStorage>, deletesOld: boolean) =>
  async (kind: Kind): Promise<App> => {
    const handler: Fetch = async () => text(nothing)
    if (kind === 'bare') return { _tag: 'fetch', fetch: handler }
    if (kind === 'empty') return { _tag: 'fetch', fetch: async (request) => handler(request) }
    const { createCookie } = await import('@remix-run/cookie')
    const cookie = createCookie('session', {
      secrets: [secret],
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
    })
    const storage = await storageOf()
    const fetch: Fetch = async (request) => {
      const session = await storage.read(await cookie.parse(request.headers.get('Cookie')))
      const response = text(await act(session, pathOf(request), deletesOld))
      const value = await storage.save(session)
      if (value !== null) response.headers.append('Set-Cookie', await cookie.serialize(value))
      return response
    }
    return { _tag: 'fetch', fetch }
  }

export const remixSessionInMemory = remixSession(
  async () => (await import('@remix-run/session/memory-storage')).createMemorySessionStorage(),
  true,
)

export const remixSessionInCookie = remixSession(
  async () => (await import('@remix-run/session/cookie-storage')).createCookieSessionStorage(),
  false,
)

export const h3 = async (kind: Kind): Promise<App> => {
  const { H3, useSession } = await import('h3')
  const app = new H3()
  if (kind === 'empty') app.use((_event, next) => next())
  app.get('/**', async (event) => {
    const path = event.url.pathname
    if (kind !== 'session' || path === paths.untouched) return nothing
    const session = await useSession<Partial<Visit>>(event, { password: secret })
    const data = { ...session.data } as Visit
    if (path === paths.read || path === paths.count) return onProperties(data, path)
    // It has no identifier to change: the sign-in is in the next cookie.
    if (path === paths.signIn) Object.assign(data, signedIn)
    const body = path === paths.signIn ? nothing : path === paths.slow ? await slowly(data) : onProperties(data, path)
    await session.update(data)
    return body
  })
  return { _tag: 'fetch', fetch: async (request) => app.fetch(request) }
}
