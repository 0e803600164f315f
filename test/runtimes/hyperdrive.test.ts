/** docs/examples/worker-hyperdrive in workerd, over the built package, a Hyperdrive binding and a real PostgreSQL. */
import { once } from 'node:events'
import { cpSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { postgresStore } from 'coatcheck/stores/postgres'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import pg from 'pg'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, newBrowser, send } from '../acceptance/http.ts'
import { freshDatabase } from '../servers/shared.ts'
import { root } from '../tooling/tree.ts'
import { consumer } from './consumer.ts'

interface Wrangler {
  readonly main: string
  readonly compatibility_date: string
  readonly compatibility_flags: ReadonlyArray<string>
  readonly hyperdrive: ReadonlyArray<{ readonly binding: string }>
}

interface Cron {
  readonly scheduled: (event: { readonly cron: string }) => Promise<{ readonly outcome: string }>
}

const example = `${root}docs/examples/worker-hyperdrive/`
const wrangler = ts.parseConfigFileTextToJson('wrangler.jsonc', readFileSync(`${example}wrangler.jsonc`, 'utf8'))
  .config as Wrangler

/** What `wrangler deploy` would upload. */
const bundle = async (): Promise<string> => {
  const own = consumer()
  try {
    cpSync(example, own.folder, { recursive: true })
    const { outputFiles } = await build({
      entryPoints: [join(own.folder, wrangler.main)],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
      conditions: ['workerd', 'worker', 'browser'],
      external: ['cloudflare:*', 'pg-native'],
      // pg is CommonJS: it requires what workerd has as modules.
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('/')" },
      logLevel: 'silent',
    })
    return outputFiles[0]!.text
  } finally {
    own.remove()
  }
}

const visits = async (browser: Browser, method = 'GET'): Promise<unknown> =>
  (JSON.parse((await browser.send('/', { method })).body) as { readonly visits: number }).visits

describe('a Worker with PostgreSQL through Hyperdrive', () => {
  let script: string
  let database: string
  let pool: pg.Pool
  let said = ''
  const open: Array<Miniflare> = []

  const worker = (hyperdrives: Readonly<Record<string, string>>): Miniflare => {
    const made = new Miniflare({
      modules: true,
      script,
      compatibilityDate: wrangler.compatibility_date,
      compatibilityFlags: [...wrangler.compatibility_flags],
      hyperdrives,
      handleRuntimeStdio: (_: Readable, stderr: Readable) =>
        stderr.on('data', (text: Buffer) => (said += text.toString())),
      cf: false,
      host: '127.0.0.1',
      port: 0,
    })
    open.push(made)
    return made
  }
  const bound = (url: string): Miniflare =>
    worker(Object.fromEntries(wrangler.hyperdrive.map(({ binding }) => [binding, url])))
  const served = async (of: Miniflare): Promise<Browser> =>
    newBrowser((await of.ready).href.replace(/\/$/, ''), Date.now)

  const connections = async (): Promise<number> => {
    const { rows } = await pool.query<{ n: number }>(
      'select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    return rows[0]!.n
  }

  let serving: Miniflare
  let visitor: Browser
  beforeAll(async () => {
    script = await bundle()
    const url = new URL(await freshDatabase())
    // The servers of the tests trust whom they know; the binding insists on a password.
    if (url.password === '') url.password = 'unused'
    database = url.href
    pool = new pg.Pool({ connectionString: database, max: 1 })
    // As a deployment does, not the Worker.
    expect(await postgresStore({ pool }).migrate()).toMatchObject({ _tag: 'Right' })
    serving = bound(database)
    visitor = await served(serving)
  })
  afterAll(async () => {
    // One that did not start fails to stop, too.
    await Promise.allSettled(open.map((one) => one.dispose()))
    await pool.end()
  })

  it('counts visits, 50 at once included, and gives every connection back', async () => {
    expect(await visits(visitor)).toBe(0)
    expect(visitor.jar.cookies()).toEqual([])
    expect(await visits(visitor, 'POST')).toBe(1)
    const counts = await Promise.all(Array.from({ length: 50 }, () => visits(visitor, 'POST')))
    expect(counts.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 2))
    expect(await visits(visitor)).toBe(51)
    const deadline = Date.now() + 20_000
    while ((await connections()) > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await connections()).toBe(0)
  })

  it('signs in and out, and refuses the cookies of before', async () => {
    const anonymous = visitor.copy()
    expect((await visitor.send('/account')).status).toBe(401)
    expect((await visitor.send('/login/ada', { method: 'POST' })).body).toBe('Welcome')
    const member = visitor.copy()
    expect((await visitor.send('/account')).body).toBe('Hello ada')
    expect(await visits(visitor)).toBe(51)
    expect((await anonymous.send('/account')).status).toBe(409)
    expect((await visitor.send('/logout', { method: 'POST' })).body).toBe('Goodbye')
    expect((await visitor.send('/account')).status).toBe(401)
    const stale = await member.send('/account')
    expect([stale.status, stale.setCookies]).toEqual([409, []])
    expect((await member.send('/', { method: 'POST' })).status).toBe(409)
    expect(await visits(visitor)).toBe(0)
  })

  it('sweeps by cron', async () => {
    await served(serving).then((browser) => visits(browser, 'POST'))
    await pool.query('update sessions set expires_at = 0, due = 0')
    // Its type is that of a package of types that is not installed.
    const alarm = (await serving.getWorker()) as unknown as Cron
    expect(await alarm.scheduled({ cron: '*/10 * * * *' })).toMatchObject({ outcome: 'ok' })
    expect((await pool.query('select id from sessions')).rows).toEqual([])
  })

  it('serves what needs no session while the database is down, and 503 else', async () => {
    // Answers nobody; miniflare's own proxy would throw where nobody listens.
    const server = createServer((socket) => socket.destroy())
    onTestFinished(() => void server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const down = new URL(database)
    down.port = String((server.address() as AddressInfo).port)
    const { href } = await bound(down.href).ready
    expect(await send(`${href}health`)).toMatchObject({ status: 200, body: 'up' })
    const cookie = `__Host-id=${'A'.repeat(22)}.${'A'.repeat(43)}`
    const { status, headers, setCookies } = await send(href, { headers: { cookie } })
    expect([status, setCookies]).toEqual([503, []])
    expect(headers).toHaveProperty('retry-after')
  })

  it('does not start without its binding, and names it', async () => {
    said = ''
    await expect(worker({}).ready).rejects.toThrow()
    expect(said).toContain('The binding HYPERDRIVE is not there')
  })
})
