/** The examples of docs/examples that are for a runtime: each is copied into a package of its own and run there. */
import { randomBytes } from 'node:crypto'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, newBrowser } from '../acceptance/http.ts'
import { root } from '../tooling/tree.ts'
import { type Consumer, consumer } from './consumer.ts'
import { type Command, serves, type Serving, spawned } from './serving.ts'

const key = (): string => randomBytes(32).toString('base64url')

const copied = (example: string): Consumer => {
  const own = consumer()
  onTestFinished(own.remove)
  cpSync(`${root}docs/examples/${example}`, own.folder, { recursive: true })
  return own
}

const browserOf = ({ url }: Serving): Browser => newBrowser(url, Date.now)

const started = async (runtime: Command, own: Consumer, env: Readonly<Record<string, string>>): Promise<Serving> => {
  const serving = await spawned(runtime, join(own.folder, 'main.ts'), own.folder, { PORT: '0', ...env })
  onTestFinished(async () => {
    await serving.close()
  })
  return serving
}

const visit = async (browser: Browser, path = '/'): Promise<unknown> =>
  (JSON.parse((await browser.send(path)).body) as { readonly visits: number }).visits

const signsInAndOut = async (browser: Browser): Promise<void> => {
  expect((await browser.send('/account')).status).toBe(401)
  expect((await browser.send('/login/ada', { method: 'POST' })).body).toBe('Welcome')
  expect((await browser.send('/account')).body).toBe('Hello ada')
  expect((await browser.send('/logout', { method: 'POST' })).body).toBe('Goodbye')
  expect((await browser.send('/account')).status).toBe(401)
}

describe('docs/examples', () => {
  it('deno: sealed cookies, which another process with the same key reads', { timeout: 300_000 }, async () => {
    const own = copied('deno')
    const env = { SESSION_KEY: key() }
    const [here, there] = [await started('deno', own, env), await started('deno', own, env)]
    const browser = browserOf(here)
    expect(await visit(browser)).toBe(1)
    expect(await visit(browser.at(there.url))).toBe(2)
    await signsInAndOut(browser)
    const stranger = await started('deno', own, { SESSION_KEY: key() })
    const other = browserOf(here)
    await visit(other)
    expect(await visit(other.at(stranger.url))).toBe(1)
  })

  it('bun: sessions in an SQLite file survive the process', { timeout: 300_000 }, async () => {
    const own = copied('bun')
    const env = { SESSION_FILE: join(own.folder, 'sessions.sqlite') }
    const first = await started('bun', own, env)
    const browser = browserOf(first)
    expect(await visit(browser)).toBe(1)
    const both = await started('bun', own, env)
    const counts = await Promise.all(
      Array.from({ length: 20 }, (_, i) => visit(i % 2 ? browser : browser.at(both.url))),
    )
    expect(counts.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2))
    await Promise.all([first.close(), both.close()])
    const again = browser.at((await started('bun', own, env)).url)
    expect(await visit(again)).toBe(22)
    await signsInAndOut(again)
  })

  it('vercel-edge: handlers of a route, on the edge runtime', { timeout: 300_000 }, async () => {
    const own = copied('vercel-edge')
    own.write('env.ts', `globalThis.process = { env: { SESSION_KEY: '${key()}' } }`)
    const program = own.write(
      'serve.ts',
      [
        "import './env.ts'",
        "import * as route from './route.ts'",
        "addEventListener('fetch', (event) => event.respondWith(route[event.request.method](event.request)))",
      ].join('\n'),
    )
    const serving = await serves['edge-runtime'](new URL(`file://${program}`))
    onTestFinished(async () => {
      await serving.close()
    })
    const browser = browserOf(serving)
    expect(await visit(browser, '/visits')).toBe(1)
    const { status, headers, setCookies } = await browser.send('/visits?name=ada', { method: 'POST' })
    expect([status, new URL(headers['location']!).pathname, setCookies.length]).toEqual([303, '/visits', 1])
    expect(await visit(browser, '/visits')).toBe(2)
    expect(await browser.send('/visits', { method: 'DELETE' })).toMatchObject({ status: 204, body: '' })
    expect(browser.jar.cookies()).toEqual([])
  })
})
