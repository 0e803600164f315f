import { describe, expect, it } from 'vitest'
import { requireSubject, withSession } from '../../adapters/fetch.ts'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import { pairOf } from '../acceptance/http.ts'
import { count, newWorld } from '../acceptance/world.ts'

const request = (cookie?: string): Request =>
  new Request('http://a/', cookie === undefined ? {} : { headers: { cookie } })

const cookies = (response: Response): ReadonlyArray<string> => response.headers.getSetCookie()
const names = (response: Response): ReadonlyArray<string> => cookies(response).map((line) => line.split('=')[0]!)

describe('withSession', () => {
  it('reads nothing and answers the very response when the session was not used', async () => {
    const { sessions, store } = newWorld()
    const answer = Response.redirect('http://a/b')
    const blind = Object.defineProperty(request(), 'headers', {
      get: () => {
        throw new Error('the headers were read')
      },
    })
    expect(await withSession(sessions, () => answer)(blind)).toBe(answer)
    expect(store.calls).toEqual([])
  })

  it('passes on what the platform passes', async () => {
    const { sessions } = newWorld()
    const handler = withSession(sessions, (_request, _session, env: { readonly region: string }, ctx: number) =>
      Response.json([env, ctx]),
    )
    expect(await (await handler(request(), { region: 'eu' }, 7)).json()).toEqual([{ region: 'eu' }, 7])
  })

  it('nested, the same manager gives one handle, committed once', async () => {
    const { sessions, store } = newWorld()
    const handler = withSession(sessions, (incoming, outer) =>
      withSession(sessions, (_request, inner) => {
        inner.update(count)
        return new Response(String(inner === outer))
      })(incoming),
    )
    const response = await handler(request())
    expect([await response.text(), cookies(response).length, store.calls]).toEqual(['true', 1, ['create']])
  })

  it('the same Request object may be handled again', async () => {
    const { sessions, store } = newWorld()
    const handler = withSession(sessions, (_request, session) => {
      session.update(count)
      return new Response()
    })
    const twice = request()
    expect([names(await handler(twice)), names(await handler(twice))]).toEqual([['__Host-id'], ['__Host-id']])
    expect(store.calls).toEqual(['create', 'create'])
  })

  it('two managers of one cookie name are Misconfigured on that request', async () => {
    const [one, two] = [newWorld(), newWorld()]
    const handler = withSession(one.sessions, (incoming) =>
      withSession(two.sessions, () => new Response('secret'))(incoming),
    )
    expect((await handler(request())).status).toBe(500)
  })
})

describe('a failed commit', () => {
  const failing = () => {
    const world = newWorld()
    world.store.fail('create')
    return world
  }

  it('is answered with a page, without anything of the handler but the cookies of other managers', async () => {
    const { sessions } = failing()
    const other = newWorld({ cookie: { name: '__Host-b' } })
    let cancelled = false
    const handler = withSession(sessions, (incoming, outer) => {
      outer.update(count)
      return withSession(other.sessions, (_request, inner) => {
        inner.update(count)
        const body = new ReadableStream({ cancel: () => void (cancelled = true) })
        return new Response(body, { status: 201, headers: { 'x-leak': '1', 'set-cookie': 'leak=1' } })
      })(incoming)
    })
    const response = await handler(request())
    expect([response.status, await response.text(), names(response)]).toEqual([
      503,
      'Service Unavailable',
      ['__Host-b'],
    ])
    expect([response.headers.get('x-leak'), response.headers.get('retry-after'), cancelled]).toEqual([null, '1', true])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('is answered by onError', async () => {
    const { sessions } = failing()
    const heard: Array<unknown> = []
    const handler = withSession(
      sessions,
      (_request, session) => {
        session.update(count)
        return new Response('secret')
      },
      {
        onError: (error, { url }) => {
          heard.push(error, url)
          return Response.redirect('http://a/sorry')
        },
      },
    )
    const response = await handler(request())
    expect([response.status, response.headers.get('location')]).toEqual([302, 'http://a/sorry'])
    expect([isSessionException(heard[0]), heard[1]]).toEqual([true, 'http://a/'])
  })
})

describe('a handler that throws', () => {
  const throwing = (thrown: unknown, onError?: (error: unknown) => Response) => {
    const world = newWorld()
    const handler = withSession(
      world.sessions,
      async (_request, session) => {
        await session.transact(count)
        session.update(count)
        throw thrown
      },
      onError === undefined ? {} : { onError },
    )
    return { ...world, handler }
  }

  it('its error goes on to the platform', async () => {
    const thrown = new Error('boom')
    const { handler, store } = throwing(thrown)
    await expect(handler(request())).rejects.toBe(thrown)
    expect(store.calls).toEqual(['create'])
  })

  it('onError answers it, with the cookie of what was stored before', async () => {
    const { handler, store } = throwing(new Error('boom'), (error) => new Response(String(error), { status: 500 }))
    const response = await handler(request())
    expect([response.status, await response.text(), names(response)]).toEqual([500, 'Error: boom', ['__Host-id']])
    expect(store.calls).toEqual(['create'])
  })

  it('a thrown Response is an answer: a redirect keeps its updates', async () => {
    const { handler, store } = throwing(Response.redirect('http://a/in'))
    const response = await handler(request())
    expect([response.status, names(response), store.calls]).toEqual([302, ['__Host-id'], ['create', 'update']])
  })

  it('a session error is answered with its status', async () => {
    const { sessions, store } = newWorld()
    const handler = withSession(sessions, async (_request, session) => Response.json((await session.read()).data))
    const [cookie] = cookies(
      await withSession(sessions, async (_request, session) => Response.json(await session.transact(count)))(request()),
    )
    store.fail('load')
    const response = await handler(request(pairOf(cookie!)))
    expect([response.status, response.headers.get('retry-after'), cookies(response)]).toEqual([503, '1', []])
  })
})

it('requireSubject guards a handler', async () => {
  const { sessions } = newWorld()
  const login = withSession(sessions, (_request, session) => {
    session.update(Session.signIn({ id: 'alice', level: 1 }))
    return new Response()
  })
  const guarded = (requirement: Parameters<typeof requireSubject>[0]) =>
    withSession(
      sessions,
      requireSubject(requirement)(async (_request, session, name: string) =>
        Response.json([Session.subjectId(await session.read()), name]),
      ),
    )
  const old = pairOf(cookies(await login(request()))[0]!)
  const cookie = pairOf(cookies(await login(request(old)))[0]!)
  const ask = async (
    requirement: Parameters<typeof requireSubject>[0],
    sent?: string,
  ): Promise<ReadonlyArray<unknown>> => {
    const { status, headers } = await guarded(requirement)(request(sent), 'rest')
    return [status, headers.get('location') ?? headers.get('retry-after'), headers.get('cache-control')]
  }
  expect(await (await guarded({})(request(cookie), 'rest')).json()).toEqual(['alice', 'rest'])
  expect(await ask({ level: 2 }, cookie)).toEqual([403, null, 'no-store'])
  expect(await ask({})).toEqual([401, null, 'no-store'])
  expect(await ask({ redirect: '/in' })).toEqual([303, '/in', 'no-store'])
  expect(await ask({}, old)).toEqual([409, '0', 'no-store'])
})
