import * as O from '#fp-ts/Option'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { begin, count, Data, ok, world } from './world.ts'

const good = { data: Data, initial: { views: 0 }, store: memoryStore() }

const refusal = (options: object): unknown => {
  try {
    sessionManager({ ...good, ...options } as never)
  } catch (error) {
    return isSessionException(error) ? error.sessionError : error
  }
  return 'accepted'
}

describe('a wrong configuration is an error at construction that names option, value and rule', () => {
  const wrong: ReadonlyArray<readonly [object, string, string]> = [
    [{ cookie: { name: '__Host-id', domain: 'example.org' } }, 'cookie.domain', 'example.org'],
    [{ cookie: { name: '__Host-id', path: '/app' } }, 'cookie.path', '/app'],
    [{ cookie: { secure: false } }, 'cookie.secure', 'false'],
    [{ cookie: { name: 'id', secure: false, sameSite: 'None' } }, 'cookie.sameSite', 'None'],
    [{ cookie: { name: '__host-id' } }, 'cookie.name', '__host-id'],
    [{ cookie: { name: 'a b' } }, 'cookie.name', 'a b'],
    [{ cookie: { name: 'x'.repeat(4090) } }, 'cookie.name', 'x'.repeat(4090)],
    [{ idleTimeout: 0 }, 'idleTimeout', '0'],
    [{ absoluteTimeout: -1 }, 'absoluteTimeout', '-1'],
    [{ idleTimeout: Number.NaN }, 'idleTimeout', 'NaN'],
    [{ idleTimeout: 2_000, absoluteTimeout: 1_000 }, 'idleTimeout', '2000'],
    [{ renewGrace: 59_999 }, 'renewGrace', '59999'],
    [{ renewAfter: 119_999 }, 'renewAfter', '119999'],
    [{ supersededFor: 120_000, renewAfter: 120_000 }, 'renewAfter', '120000'],
    [{ maxBytes: 0 }, 'maxBytes', '0'],
    [{ storeTimeout: -5 }, 'storeTimeout', '-5'],
    [{ onStoreFailure: 'ignore' }, 'onStoreFailure', 'ignore'],
    [{ onConflict: 'merge' }, 'onConflict', 'merge'],
    [{ version: 0 }, 'version', '0'],
    [{ data: { decode: 1 } }, 'data', 'an object'],
    [{ initial: { views: Number.NaN } }, 'initial', 'an object'],
    [{ initial: { views: 'none' } }, 'initial', 'an object'],
    [{ store: {} }, 'store', 'an object'],
    [{ flash: 'strings' }, 'flash', 'strings'],
  ]
  it.each(wrong)('%j', (options, option, value) => {
    const error = refusal(options)
    expect(error).toMatchObject({ _tag: 'Misconfigured', option, value })
    expect((error as { rule: string }).rule.length).toBeGreaterThan(10)
  })

  it('timeouts of one explicit value are completed, not refused', () => {
    expect(sessionManager({ ...good, absoluteTimeout: 60_000 }).policy.idleTimeout).toBe(60_000)
    expect(sessionManager(good).policy).toMatchObject({ idleTimeout: 3_600_000, absoluteTimeout: 86_400_000 })
  })

  it('a cookie without Secure is warned about, once', () => {
    const w = world({ cookie: { name: 'id', secure: false } })
    expect(w.tags()).toEqual(['warned'])
  })
})

describe('a manager', () => {
  it('takes a Standard Schema as well', async () => {
    const sessions = sessionManager({
      data: z.object({ n: z.number(), tags: z.array(z.string()).optional() }),
      initial: { n: 0 },
      store: memoryStore(),
    })
    const handle = sessions.open(O.none)
    expect((await ok(handle.transact(Session.set('tags', ['a'])))).data).toEqual({ n: 0, tags: ['a'] })
  })

  it('brings old data up by migrations, and refuses newer data without touching it', async () => {
    const store = memoryStore()
    const V1 = t.type({ name: t.string })
    const V2 = t.type({ names: t.array(t.string) })
    const old = sessionManager({ data: V1, initial: { name: 'x' }, store })
    const handle = old.open(O.none)
    handle.update(Session.set('name', 'Ada'))()
    const committed = await ok(handle.commit)
    const header = O.map((text: string) => text.split(';')[0] as string)(committed.setCookie)
    const next = sessionManager({
      data: V2,
      initial: { names: [] },
      store,
      version: 2,
      migrate: { 1: (data) => ({ names: [(data as { name: string }).name] }) },
    })
    const migrated = next.open(header)
    expect((await ok(migrated.read)).data).toEqual({ names: ['Ada'] })
    await ok(migrated.transact(Session.modify('names', (names: Array<string>) => [...names, 'Grace'])))
    const back = await old.open(header).read()
    expect(back).toMatchObject({ left: { _tag: 'InvalidData', path: 'schema' } })
    const stubborn = sessionManager({ data: V1, initial: { name: 'x' }, store, onUndecodable: 'discard' })
    expect(await stubborn.open(header).read()).toMatchObject({ left: { _tag: 'InvalidData' } })
    expect((await ok(next.open(header).read)).data).toEqual({ names: ['Ada', 'Grace'] })
  })

  it('counts what an observer throws, and goes on', async () => {
    const w = world()
    const sessions = w.elsewhere({
      observer: () => {
        throw new Error('observer')
      },
    })
    await ok(sessions.open(O.none).transact(count))
    expect(sessions.observerFailures()).toBeGreaterThan(0)
  })

  it('binds the transformations to the data type', async () => {
    const w = world()
    const { ops } = w.sessions
    const cookie = await begin(
      w,
      ops.set('theme', 'dark'),
      ops.modify('views', (n) => n + 1),
    )
    expect((await ok(w.visit(cookie).read)).data).toEqual({ views: 1, theme: 'dark' })
  })
})

describe('time', () => {
  it('idle: a session without activity ends, whatever cookie is sent (ASVS 7.3.1)', async () => {
    const w = world()
    const cookie = await begin(w, count)
    w.pass(60 * w.MINUTE)
    const visit = w.visit(cookie)
    expect(await ok(visit.status)).toBe('expired')
    expect(w.events).toContainEqual(expect.objectContaining({ _tag: 'expired', deadline: 'idle' }))
    // A write starts another session, under another id.
    const session = await ok(visit.transact(count))
    expect(session.data.views).toBe(1)
    expect(cookie).not.toContain(session.id)
  })

  it('absolute: constant activity does not prolong it; a new sign-in does (ASVS 7.3.2, NIST 5.2)', async () => {
    const w = world({ absoluteTimeout: 2 * 3_600_000 })
    const cookie = await begin(w, Session.signIn('ada'))
    const active = async (): Promise<void> => {
      const visit = w.visit(cookie)
      await ok(visit.read)
      await ok(visit.commit)
    }
    for (let i = 0; i < 3; i++) {
      w.pass(30 * w.MINUTE)
      await active()
    }
    expect(await ok(w.visit(cookie).status)).toBe('live')
    w.pass(30 * w.MINUTE)
    expect(await ok(w.visit(cookie).status)).toBe('expired')
    expect(w.events).toContainEqual(expect.objectContaining({ _tag: 'expired', deadline: 'absolute' }))
  })

  it('polling passively does not keep a session alive', async () => {
    const w = world()
    const cookie = await begin(w, count)
    for (let i = 0; i < 6; i++) {
      w.pass(10 * w.MINUTE - 1)
      const poll = w.visit(cookie)
      await ok(poll.readPassive)
      await ok(poll.commit)
    }
    w.pass(w.MINUTE)
    expect(await ok(w.visit(cookie).status)).toBe('expired')
    expect(w.script.calls).not.toContain('touch')
  })

  it('remember me: a persistent cookie for the remaining absolute lifetime, capped by policy', async () => {
    const w = world()
    const day = 24 * 3_600_000
    const login = w.visit()
    const year = 365 * day
    login.update(Session.signIn('ada', { persistent: true, idleTimeout: year, absoluteTimeout: year }))()
    const { setCookie } = await ok(login.commit)
    expect(O.isSome(setCookie) && setCookie.value).toContain(`Max-Age=${String((30 * day) / 1000)};`)
  })
})
