/**
 * Koa: koa-session, with the data in its signed cookie or in a Map.
 */
import { member, nothing, paths, type App, type Kind, type Visit } from '../Subject.ts'
import { onProperties, secret, slowly } from './shared.ts'

/** koa-session's store interface over a Map of JSON texts, which is what express-session's MemoryStore does. */
const mapStore = () => {
  const texts = new Map<string, string>()
  return {
    get: async (key: string): Promise<unknown> => {
      const text = texts.get(key)
      return text === undefined ? undefined : JSON.parse(text)
    },
    set: async (key: string, value: unknown): Promise<void> => void texts.set(key, JSON.stringify(value)),
    destroy: async (key: string): Promise<void> => void texts.delete(key),
  }
}

interface Regenerating extends Visit {
  readonly regenerate: () => Promise<void>
}

const koaSession =
  (where: 'cookie' | 'map') =>
  async (kind: Kind): Promise<App> => {
    const { default: Koa } = await import('koa')
    const app = new Koa()
    if (kind === 'session') {
      const { createSession } = await import('koa-session')
      app.keys = [secret]
      app.use(createSession(where === 'map' ? { store: mapStore() } : {}, app))
    }
    if (kind === 'empty') app.use(async (_ctx, next) => next())
    const signIn = async (session: Regenerating): Promise<string> => {
      session.user = member
      // In the cookie there is no identifier to change.
      if (where === 'map') await session.regenerate()
      return nothing
    }
    app.use(async (ctx) => {
      if (kind !== 'session' || ctx.url === paths.untouched) {
        ctx.body = nothing
        return
      }
      const session = ctx['session'] as Regenerating
      ctx.body =
        ctx.url === paths.slow
          ? await slowly(session)
          : ctx.url === paths.signIn
            ? await signIn(session)
            : onProperties(session, ctx.url)
    })
    const callback = app.callback()
    return { _tag: 'listener', listener: (req, res) => void callback(req, res) }
  }

export const koaSessionInCookie = koaSession('cookie')
export const koaSessionInMap = koaSession('map')
