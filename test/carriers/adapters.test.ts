/** A session in several cookies, through each adapter and real HTTP. */
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import * as t from 'io-ts'
import Koa from 'koa'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { withSession as withFetchSession } from '../../adapters/fetch.ts'
import { session as honoSession } from '../../adapters/hono.ts'
import { session as koaSession } from '../../adapters/koa.ts'
import { withSession } from '../../adapters/node.ts'
import { sealedCookie } from '../../src/carriers/sealedCookie.ts'
import * as Session from '../../src/core/Session.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { listening } from '../acceptance/app.ts'
import { FIRST, NAME, ringOf } from './given.ts'

const Data = t.readonly(t.type({ text: t.string }))
const sessions = sessionManager({
  data: Data,
  initial: { text: '' },
  carrier: sealedCookie({ keys: ringOf(FIRST), chunks: 4 }),
})
const grow = (path: string) => Session.set<{ readonly text: string }, 'text'>('text', 'x'.repeat(Number(path.slice(1))))

/** `GET /<n>` puts n characters into the session; `/throw` commits 4,000 and then fails; `/` tells how many there are. */
const apps: Readonly<Record<string, () => Server>> = {
  node: () =>
    createServer(
      withSession(
        sessions,
        async (req, res, session) => {
          if (req.url === '/throw') {
            session.update(grow('/4000'))
            await session.commit()
            throw new Error('after the commit')
          }
          if (req.url !== '/') session.update(grow(req.url!))
          res.setHeader('set-cookie', ['other=1', `${NAME}.1=forged`])
          res.end(String((await session.read()).data.text.length))
        },
        { onError: () => undefined },
      ),
    ),
  koa: () => {
    const app = new Koa().use(koaSession(sessions)).use(async (ctx) => {
      if (ctx.path === '/throw') {
        ctx.session.update(grow('/4000'))
        await ctx.session.commit()
        throw new Error('after the commit')
      }
      if (ctx.path !== '/') ctx.session.update(grow(ctx.path))
      ctx.set('set-cookie', ['other=1', `${NAME}.1=forged`])
      ctx.body = String((await ctx.session.read()).data.text.length)
    })
    app.silent = true
    return createServer(app.callback())
  },
  hono: () => {
    const app = new Hono().use(honoSession(sessions)).get('*', async (c) => {
      if (c.req.path === '/throw') {
        c.var.session.update(grow('/4000'))
        await c.var.session.commit()
        throw new Error('after the commit')
      }
      if (c.req.path !== '/') c.var.session.update(grow(c.req.path))
      c.header('set-cookie', 'other=1')
      c.header('set-cookie', `${NAME}.1=forged`, { append: true })
      return c.text(String((await c.var.session.read()).data.text.length))
    })
    app.onError((_, c) => c.text('failed', 500))
    return createServer(getRequestListener(app.fetch))
  },
  fetch: () => {
    const handler = withFetchSession(
      sessions,
      async (request, session) => {
        const { pathname } = new URL(request.url)
        if (pathname === '/throw') {
          session.update(grow('/4000'))
          await session.commit()
          throw new Error('after the commit')
        }
        if (pathname !== '/') session.update(grow(pathname))
        const headers = new Headers({ 'set-cookie': 'other=1' })
        headers.append('set-cookie', `${NAME}.1=forged`)
        return new Response(String((await session.read()).data.text.length), { headers })
      },
      { onError: () => new Response('failed', { status: 500 }) },
    )
    return createServer(getRequestListener((request: Request) => handler(request)))
  },
}

describe.each(Object.keys(apps))('%s', (name) => {
  it('sends every piece, clears those that are left over, and keeps them when the response fails', async () => {
    const { url: base, close } = await listening(apps[name]!())
    onTestFinished(close)
    const jar = new Map<string, string>()
    const call = async (path: string): Promise<Response> => {
      const response = await fetch(base + path, {
        headers: { cookie: [...jar].map(([key, value]) => `${key}=${value}`).join('; '), connection: 'close' },
      })
      const lines = response.headers.getSetCookie().filter((line) => line.startsWith(NAME) && !line.includes('forged'))
      expect(new Set(lines.map((line) => line.split('=', 1)[0])).size).toBe(lines.length)
      for (const line of lines) {
        const [, key, value] = /^([^=]+)=([^;]*)/.exec(line)!
        if (value === '') jar.delete(key!)
        else jar.set(key!, value!)
      }
      return response
    }
    const grown = await call('/7000')
    expect(grown.headers.getSetCookie().filter((line) => line === 'other=1')).toHaveLength(1)
    expect(grown.headers.getSetCookie().join()).not.toContain('forged')
    expect([...jar.keys()]).toEqual([NAME, `${NAME}.1`, `${NAME}.2`])
    expect(await (await call('/')).text()).toBe('7000')
    await call('/10')
    expect([...jar.keys()]).toEqual([NAME])
    const failed = await call('/throw')
    expect(failed.status).toBe(500)
    expect([...jar.keys()]).toEqual([NAME, `${NAME}.1`])
    expect(await (await call('/')).text()).toBe('4000')
    expect((await call('/13000')).status).toBe(500)
    expect(await (await call('/')).text()).toBe('4000')
  })
})
