/** docs/examples/worker-durable-object in workerd, as its wrangler.jsonc says. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Miniflare } from 'miniflare'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from './world.ts'

interface Wrangler {
  readonly main: string
  readonly compatibility_date: string
  readonly durable_objects: {
    readonly bindings: ReadonlyArray<{ readonly name: string; readonly class_name: string }>
  }
  readonly migrations: ReadonlyArray<{ readonly new_sqlite_classes: ReadonlyArray<string> }>
}

const folder = new URL('../../../docs/examples/worker-durable-object/', import.meta.url)

let mf: Miniflare
let url: URL
beforeAll(async () => {
  const text = readFileSync(new URL('wrangler.jsonc', folder), 'utf8')
  const wrangler = ts.parseConfigFileTextToJson('wrangler.jsonc', text).config as Wrangler
  const withSql = wrangler.migrations.flatMap(({ new_sqlite_classes }) => new_sqlite_classes)
  mf = new Miniflare({
    modules: true,
    script: await bundle(fileURLToPath(new URL(wrangler.main, folder))),
    compatibilityDate: wrangler.compatibility_date,
    cf: false,
    host: '127.0.0.1',
    port: 0,
    durableObjects: Object.fromEntries(
      wrangler.durable_objects.bindings.map(({ name, class_name }) => [
        name,
        { className: class_name, useSQLite: withSql.includes(class_name) },
      ]),
    ),
  })
  url = await mf.ready
})
afterAll(() => mf.dispose())

/** A browser, as far as this needs one: it keeps a cookie. */
const browser = () => {
  let cookie = ''
  return async (method: string, path: string): Promise<Response> => {
    const response = await fetch(new URL(path, url), { method, headers: { cookie } })
    const [set] = response.headers.getSetCookie()
    if (set !== undefined) cookie = set.split(';', 1)[0]!
    return response
  }
}

it('a cart fills up, whoever writes into it at once', async () => {
  const visit = browser()
  expect(await (await visit('GET', '/cart')).json()).toEqual([])
  expect(await (await visit('POST', '/cart/hat')).json()).toEqual(['hat'])
  const items = Array.from({ length: 10 }, (_, index) => `coat${String(index)}`)
  await Promise.all(items.map((item) => visit('POST', `/cart/${item}`)))
  const cart = (await (await visit('GET', '/cart')).json()) as ReadonlyArray<string>
  expect([...cart].sort()).toEqual([...items, 'hat'].sort())
})

it('a user sees their devices, and ends them all', async () => {
  const [laptop, phone, stranger] = [browser(), browser(), browser()]
  await laptop('POST', '/cart/hat')
  expect((await laptop('GET', '/devices')).status).toBe(401)
  await laptop('POST', '/login/ada')
  await phone('POST', '/login/ada')
  await stranger('POST', '/login/bob')
  expect(await (await laptop('GET', '/devices')).json()).toHaveLength(2)
  expect(await (await phone('DELETE', '/devices')).json()).toEqual({ ended: 2 })
  expect((await laptop('GET', '/devices')).status).toBe(401)
  expect(await (await laptop('GET', '/cart')).json()).toEqual([])
  expect(await (await stranger('GET', '/devices')).json()).toHaveLength(1)
  await stranger('POST', '/logout')
  expect((await stranger('GET', '/devices')).status).toBe(401)
})
