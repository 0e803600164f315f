/** The real session manager and the Hono adapter inside workerd, over real HTTP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nameOf, probe, world, type World } from './world.ts'

let made: World
beforeAll(async () => {
  made = await world()
})
afterAll(() => made.close())

const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]!.split(';', 1)[0]!

// One manager for all requests of an isolate, or a new one for each request.
describe.each(['shared', 'each'])('a manager: %s', (kind) => {
  const get = (path: string, cookie: string, signal?: AbortSignal): Promise<Response> =>
    fetch(new URL(`/${kind}/${path}`, made.url), { headers: { cookie }, ...(signal === undefined ? {} : { signal }) })

  const visitor = async (): Promise<string> => {
    const response = await get('count', '')
    expect(await response.json()).toEqual({ views: 1 })
    return cookieOf(response)
  }

  const views = async (cookie: string): Promise<number> =>
    ((await (await get('read', cookie)).json()) as { readonly views: number }).views

  it('50 increments at once are 50', async () => {
    const cookie = await visitor()
    const counted = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const response = await get('count', cookie)
        expect(response.status).toBe(200)
        return ((await response.json()) as { readonly views: number }).views
      }),
    )
    expect(await views(cookie)).toBe(51)
    expect(new Set(counted).size).toBe(50)
  })

  it('a sign-out takes the session from the index of its subject', async () => {
    const subject = `subject-${kind}-${String(Date.now())}`
    const signedIn = await get(`in/${subject}`, '')
    const { horizons } = await probe(made.namespace, nameOf(subject))
    expect(Object.keys(horizons)).toHaveLength(1)
    expect((await get('out', cookieOf(signedIn))).status).toBe(200)
    expect((await probe(made.namespace, nameOf(subject))).horizons).toEqual({})
  })

  it('requests whose clients went away hold up no other, and what was acknowledged is there', async () => {
    const cookie = await visitor()
    const aborts = Array.from({ length: 20 }, () => new AbortController())
    const all = aborts.map(({ signal }) =>
      get('count', cookie, signal).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    await Promise.race(all)
    for (const abort of aborts) abort.abort()
    const answered = (await Promise.all(all)).filter((status) => status === 200).length
    const after = await Promise.all(Array.from({ length: 5 }, () => get('count', cookie)))
    expect(after.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    const counted = await views(cookie)
    expect(counted).toBeGreaterThanOrEqual(1 + answered + 5)
    expect(counted).toBeLessThanOrEqual(26)
  })
})

it('who owns the session counts right, one request after another', async () => {
  const get = (path: string, cookie = ''): Promise<Response> => fetch(new URL(path, made.url), { headers: { cookie } })
  const cookie = cookieOf(await get('/each/count'))
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => (await get('/locked/count', cookie)).status),
  )
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(await (await get('/each/read', cookie)).json()).toEqual({ views: 21 })
})
