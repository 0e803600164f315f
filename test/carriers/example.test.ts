import { randomBytes } from 'node:crypto'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle, COMPATIBILITY_DATE } from '../stores/durable-object/world.ts'

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64url')}`
const [OLD, NEW] = [key('2026-05'), key('2026-11')]

/** docs/examples/worker-sealed-cookie in workerd, as a browser meets it. */
describe('a Worker with sealed cookies', () => {
  let script: string
  const open: Array<Miniflare> = []
  let said = ''

  const served = async (keys?: string): Promise<URL> => {
    const worker = new Miniflare({
      modules: true,
      script,
      compatibilityDate: COMPATIBILITY_DATE,
      bindings: keys === undefined ? {} : { SESSION_KEYS: keys },
      // What workerd says of a Worker that can not start would stand among the tests' results.
      handleRuntimeStdio: (_: Readable, stderr: Readable) =>
        stderr.on('data', (text: Buffer) => (said += text.toString())),
      cf: false,
      host: '127.0.0.1',
      port: 0,
    })
    open.push(worker)
    return worker.ready
  }

  beforeAll(async () => {
    script = await bundle(fileURLToPath(new URL('../../docs/examples/worker-sealed-cookie/worker.ts', import.meta.url)))
  })

  afterAll(async () => {
    // One that did not start fails to stop, too.
    await Promise.allSettled(open.map((worker) => worker.dispose()))
  })

  it('keeps a cart and a login, and takes them through a change of keys', async () => {
    const before = await served(OLD)
    const cookies = new Map<string, string>()
    const call = async (base: URL, path: string, method = 'GET'): Promise<Response> => {
      const header = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const response = await fetch(new URL(path, base), { method, headers: header === '' ? {} : { cookie: header } })
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
        if (value === '') cookies.delete(name!)
        else cookies.set(name!, value!)
        expect(line).toContain('; Path=/; Secure; HttpOnly; SameSite=Lax')
        expect(response.headers.get('cache-control')).toBe('no-store')
      }
      return response
    }

    expect(await (await call(before, '/cart')).json()).toEqual([])
    expect([...cookies]).toEqual([])
    expect(await (await call(before, '/cart/hat', 'POST')).json()).toEqual(['hat'])
    expect(await (await call(before, '/cart/coat', 'POST')).json()).toEqual(['hat', 'coat'])
    expect((await call(before, '/orders')).status).toBe(401)
    await call(before, '/login/ada', 'POST')
    expect(await (await call(before, '/orders')).text()).toBe('Orders of ada')
    expect([...cookies.keys()]).toEqual(['__Host-id'])
    expect(cookies.get('__Host-id')).toMatch(/^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/)

    const old = cookies.get('__Host-id')
    const after = await served(`${NEW}, ${OLD}`)
    expect(await (await call(after, '/cart')).json()).toEqual(['hat', 'coat'])
    expect(cookies.get('__Host-id')).not.toBe(old)
    const later = await served(NEW)
    expect(await (await call(later, '/orders')).text()).toBe('Orders of ada')

    // A cart that takes two cookies, and shrinks again.
    await call(later, `/cart/${'x'.repeat(3_500)}`, 'POST')
    expect([...cookies.keys()]).toEqual(['__Host-id', '__Host-id.1'])
    expect(await (await call(later, '/cart')).json()).toHaveLength(3)
    expect((await call(later, `/cart/${'x'.repeat(3_500)}`, 'POST')).status).toBe(500)
    expect(await (await call(later, '/cart')).json()).toHaveLength(3)
    await call(later, '/logout', 'POST')
    expect([...cookies.keys()]).toEqual(['__Host-id'])
    expect((await call(later, '/orders')).status).toBe(401)

    cookies.set('__Host-id', old!)
    expect((await call(later, '/orders')).status).toBe(401)
    cookies.set('__Host-id', `${old!.slice(0, -3)}AAA`)
    expect(await (await call(before, '/cart')).json()).toEqual([])
  })

  it('does not start without its keys, and says which binding is missing', async () => {
    await expect(served()).rejects.toThrow()
    expect(said).toContain('SESSION_KEYS is not there')
  })

  it('does not start with a key that is none, and does not show it', async () => {
    said = ''
    await expect(served('2026-11:swordfish')).rejects.toThrow()
    expect(said).toContain('keyring[0].secret')
    expect(said).not.toContain('swordfish')
  })
})
