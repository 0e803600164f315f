import { describe, expect, it } from 'vitest'
import { isSessionException } from '../../src/core/SessionError.ts'
import { carry, chainOf, cookieNames, enter, find, finishAll, mount, type Mounted } from '../../src/engine/Mount.ts'
import type { SessionManager } from '../../src/engine/SessionManager.ts'
import * as Session from '../../src/core/Session.ts'
import { count, type Data, newWorld } from '../acceptance/world.ts'

/** The manager, and how often it opened a request. */
const counting = (of: SessionManager<Data>) => {
  const opened = { times: 0 }
  const openRequest: typeof of.openRequest = (...args) => {
    opened.times += 1
    return of.openRequest(...args)
  }
  return { sessions: { ...of, openRequest }, opened }
}

const mounted = (sessions: SessionManager<Data>, chain?: Mounted): Mounted =>
  mount(chain, sessions, {}, () => undefined, {})

const named = (name: string) => newWorld({ cookie: { name } })

const caught = (act: () => unknown): unknown => {
  try {
    return act()
  } catch (error) {
    return error
  }
}

describe('mount and find', () => {
  it('the same manager met twice leaves the chain, opens once, and finds the first handle', () => {
    const { sessions, opened } = counting(newWorld().sessions)
    const others = named('__Host-b').sessions
    const first = mounted(sessions)
    const second = mounted(others, first)
    expect(mounted(sessions, second)).toBe(second)
    expect(opened.times).toBe(1)
    expect(find(second, sessions)).toBe(find(first, sessions))
    expect(find(second, sessions)).not.toBe(find(second, others))
  })

  it('finds nothing of a manager that was not met', () => {
    const { sessions } = newWorld()
    expect(find(undefined, sessions)).toBeUndefined()
    expect(find(mounted(named('__Host-b').sessions), sessions)).toBeUndefined()
  })

  it('refuses a second manager of one cookie name, wherever it stands in the chain', () => {
    const chain = mounted(named('__Host-b').sessions, mounted(newWorld().sessions))
    const { sessions, opened } = counting(newWorld().sessions)
    const error = caught(() => mounted(sessions, chain))
    expect(isSessionException(error) && error.sessionError).toMatchObject({
      _tag: 'Misconfigured',
      option: 'cookie.name',
      value: '__Host-id',
    })
    expect(opened.times).toBe(0)
  })

  it('is carried by any object, unseen', () => {
    const request = {}
    expect(chainOf(request)).toBeUndefined()
    const chain = mounted(newWorld().sessions)
    carry(request, chain)
    expect(chainOf(request)).toBe(chain)
    expect(Object.keys(request)).toEqual([])
  })

  it('names the cookies of all', () => {
    expect(cookieNames(undefined)).toEqual([])
    expect(cookieNames(mounted(named('__Host-b').sessions, mounted(newWorld().sessions)))).toEqual([
      '__Host-b',
      '__Host-id',
    ])
  })
})

describe('enter', () => {
  it('asks the handle that the framework holds', async () => {
    const [one, two] = [newWorld(), named('__Host-b')]
    const chain = mounted(two.sessions, mounted(one.sessions))
    const ref = find(chain, one.sessions)!
    expect(await enter(chain, ref, {})).toEqual({ _tag: 'Refused', status: 401 })
    ref.update(Session.signIn('alice'))
    expect(await enter(chain, ref, {})).toEqual({ _tag: 'Allowed' })
    expect(await enter(chain, find(chain, two.sessions), {})).toEqual({ _tag: 'Refused', status: 401 })
  })

  it('takes the age of a sign-in by the clock of the manager', async () => {
    const { sessions, advance } = newWorld()
    const chain = mounted(sessions)
    const ref = find(chain, sessions)!
    await ref.transact(Session.signIn('alice'))
    expect(await enter(chain, ref, { maxAge: 1_000 })).toEqual({ _tag: 'Allowed' })
    advance(1_001)
    expect(await enter(chain, ref, { maxAge: 1_000 })).toEqual({ _tag: 'Refused', status: 401 })
  })

  it.each([[undefined], [{}]])('without a mounted session (%o) it is Misconfigured', async (ref) => {
    const error: unknown = await enter(mounted(newWorld().sessions), ref, {}).catch((reason: unknown) => reason)
    expect(isSessionException(error) && error.sessionError._tag).toBe('Misconfigured')
  })
})

describe('finishAll', () => {
  const answered = { _tag: 'Answered', status: 200 } as const

  it('waits for nothing when no session was used', () => {
    expect(finishAll(undefined, answered)).toBeUndefined()
    expect(finishAll(mounted(named('__Host-b').sessions, mounted(newWorld().sessions)), answered)).toBeUndefined()
  })

  it.each([
    ['the newest', [0]],
    ['the oldest', [1]],
    ['both', [0, 1]],
  ])('commits %s', async (_, used) => {
    const worlds = [named('__Host-b'), newWorld()] as const
    const chain = mounted(worlds[0].sessions, mounted(worlds[1].sessions))
    for (const index of used) find(chain, worlds[index]!.sessions)!.update(count)
    const { replies, failure } = (await finishAll(chain, answered))!
    expect(replies).toHaveLength(used.length)
    expect(failure).toBeUndefined()
    expect(worlds.map(({ store }) => store.calls.includes('create'))).toEqual([0, 1].map((at) => used.includes(at)))
  })

  it('once one fails, the updates of the others are not stored, and what was stored keeps its reply', async () => {
    const [inner, middle, outer] = [named('__Host-c'), named('__Host-b'), newWorld()]
    const chain = mounted(inner.sessions, mounted(middle.sessions, mounted(outer.sessions)))
    for (const { sessions } of [inner, middle, outer]) find(chain, sessions)!.update(count)
    middle.store.fail('create')
    const { replies, failure } = (await finishAll(chain, answered))!
    expect(replies.map(({ setCookie }) => setCookie !== undefined)).toEqual([true, false, false])
    expect(isSessionException(failure?.error) && failure.error.sessionError._tag).toBe('StoreUnavailable')
    expect(outer.store.calls).not.toContain('create')
  })

  it('an exception of the application is the failure as it is', async () => {
    const { sessions } = newWorld()
    const chain = mounted(sessions)
    const defect = new Error('a defect')
    find(chain, sessions)!.update(() => {
      throw defect
    })
    expect(await finishAll(chain, answered)).toEqual({
      replies: [{ setCookie: undefined, vary: true }],
      failure: { error: defect },
    })
  })
})
