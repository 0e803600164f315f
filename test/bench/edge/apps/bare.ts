/** A fetch handler and a Hono application without sessions. */
import { Hono } from 'hono'
import { type App, nothing } from '../../Subject.ts'

export const fetch = async (): Promise<App> => ({
  _tag: 'fetch',
  fetch: async () => new Response(nothing, { headers: { 'content-type': 'text/plain; charset=utf-8' } }),
})

export const hono = async (): Promise<App> => {
  const app = new Hono().get('*', async (c) => c.text(nothing))
  return { _tag: 'fetch', fetch: (request) => app.fetch(request) }
}
