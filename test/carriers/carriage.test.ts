import * as E from '#fp-ts/Either'
import type { Endomorphism } from '#fp-ts/Endomorphism'
import * as O from '#fp-ts/Option'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import type { SealedCookieOptions } from '../../src/carriers/sealedCookie.ts'
import { sealedCookie } from '../../src/carriers/sealedCookie.ts'
import { cookie } from '../../src/core/Cookie.ts'
import type { Event } from '../../src/core/Event.ts'
import { policy } from '../../src/core/Policy.ts'
import * as Session from '../../src/core/Session.ts'
import type { SessionException } from '../../src/core/SessionError.ts'
import type { SubjectEpoch } from '../../src/core/Stored.ts'
import type { Carriage } from '../../src/effects/Carrier.ts'
import { storeError } from '../../src/effects/Store.ts'
import type { CarrierOptions, OpenOptions } from '../../src/engine/SessionManager.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import type { Committed } from '../../src/engine/SessionRef.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { cookieFor } from '../../src/testing/cookieFor.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import { carriage } from '../../src/carriers/carriage.ts'
import { carriedOf, FIRST, NAME, NOW, ringOf, sealed, SECOND } from './given.ts'

const Data = t.readonly(t.intersection([t.type({ views: t.number }), t.partial({ note: t.string })]))
type Data = t.TypeOf<typeof Data>
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const count = Session.modify('views', (views: number) => views + 1)
const note = (length: number): Endomorphism<Session.Session<Data>> => Session.set('note', 'x'.repeat(length))

const app = (sealing: Partial<SealedCookieOptions> = {}, more: Partial<CarrierOptions<Data>> = {}) => {
  const { now: clock, advance } = fakeClock(NOW)
  const events: Array<Event> = []
  const manager = (keys = sealing.keys ?? ringOf(FIRST), other: Partial<CarrierOptions<Data>> = {}) =>
    sessionManager({
      data: Data,
      initial: { views: 0 },
      carrier: sealedCookie({ ...sealing, keys }),
      clock,
      observer: (event) => events.push(event),
      ...more,
      ...other,
    })
  const sessions = manager()
  return { sessions, manager, clock, advance, events, tags: () => events.map(({ _tag }) => _tag) }
}

type App = ReturnType<typeof app>

const right = <A>(answer: E.Either<unknown, A>): A => {
  if (E.isLeft(answer)) throw new Error(JSON.stringify(answer.left))
  return answer.right
}

const visit = ({ sessions }: Pick<App, 'sessions'>, cookie?: string, options?: OpenOptions) =>
  sessions.open(O.fromNullable(cookie), options)

const rightOf = async <A>(task: () => Promise<E.Either<unknown, A>>): Promise<A> => right(await task())

const linesOf = ({ setCookie, beside = [] }: Committed<unknown>): ReadonlyArray<string> => [
  ...(setCookie._tag === 'Some' ? [setCookie.value] : []),
  ...beside,
]

/** A browser: what it has after the responses that it got, in the order of their arrival. */
const browser = (before = '') => {
  const jar = new Map(
    before === '' ? [] : before.split('; ').map((pair) => pair.split(/=(.*)/s, 2) as [string, string]),
  )
  return {
    take: (lines: ReadonlyArray<string>) => {
      for (const line of lines) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
        if (line.includes('Max-Age=0')) jar.delete(name!)
        else jar.set(name!, value!)
      }
    },
    header: () => [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
    names: () => [...jar.keys()],
  }
}

/** One request that applies these, and the cookie that is there afterwards. */
const change = async (
  given: Pick<App, 'sessions'>,
  cookie: string,
  ...fs: ReadonlyArray<Parameters<ReturnType<typeof visit>['update']>[0]>
): Promise<string> => {
  const handle = visit(given, cookie === '' ? undefined : cookie)
  for (const f of fs) handle.update(f)()
  const jar = browser(cookie)
  jar.take(linesOf(await rightOf(handle.commit)))
  return jar.header()
}

const dataOf = async (given: Pick<App, 'sessions'>, cookie: string): Promise<Data> =>
  (await rightOf(visit(given, cookie).read)).data

const statusOf = (given: Pick<App, 'sessions'>, cookie: string) => rightOf(visit(given, cookie).status)

describe('a session that travels', () => {
  it('nothing is sent to a visitor of whom there is nothing to keep', async () => {
    const a = app()
    const handle = visit(a)
    expect((await rightOf(handle.read)).data).toEqual({ views: 0 })
    expect(linesOf(await rightOf(handle.commit))).toEqual([])
  })

  it('is created, changed, read and destroyed', async () => {
    const a = app()
    let cookie = await change(a, '', count)
    cookie = await change(a, cookie, count, count)
    expect(await dataOf(a, cookie)).toEqual({ views: 3 })
    expect(a.tags()).toEqual(['created', 'loaded', 'committed', 'loaded'])
    const handle = visit(a, cookie)
    await rightOf(handle.destroy)
    expect(linesOf(await rightOf(handle.commit))).toEqual([
      expect.stringMatching(/^__Host-id=; Max-Age=0; .*Secure; HttpOnly/),
    ])
  })

  it('keeps its id; who signs in is known, until they sign out', async () => {
    const a = app()
    const anonymous = await change(a, '', count)
    const signedIn = await change(a, anonymous, Session.signIn('ada', { persistent: true }))
    const session = await rightOf(visit(a, signedIn).read)
    expect(Session.subjectId(session)).toBe('ada')
    expect(session.data).toEqual({ views: 1 })
    expect(session.id).toBe((await rightOf(visit(a, anonymous).read)).id)
    const out = await rightOf(visit(a, await change(a, signedIn, Session.signOut)).read)
    expect(Session.subjectId(out)).toBeUndefined()
    expect(out.data).toEqual({ views: 0 })
  })

  it('another subject gets a session of their own', async () => {
    const a = app()
    const ada = await change(a, '', count, Session.signIn('ada'))
    const bob = await change(a, ada, Session.signIn('bob'))
    const [before, after] = [await rightOf(visit(a, ada).read), await rightOf(visit(a, bob).read)]
    expect(after.id).not.toBe(before.id)
    expect(after.data).toEqual({ views: 0 })
  })

  it('flash waits until it is taken', async () => {
    const a = app()
    const cookie = await change(a, '', Session.flash('saved', 'yes'))
    const handle = visit(a, cookie)
    expect(Session.takeFlash('saved')(await rightOf(handle.read))[0]).toEqual(O.some('yes'))
    const taken = await change(a, cookie, (session) => Session.takeFlash('saved')(session)[1])
    expect((await rightOf(visit(a, taken).read)).flash).toEqual({})
  })

  it('lasts as long as its sign-in asked for, in the browser too', async () => {
    const a = app()
    const handle = visit(a)
    handle.update(Session.signIn('ada', { persistent: true, absoluteTimeout: 2 * HOUR }))()
    expect(linesOf(await rightOf(handle.commit))[0]).toContain('; Max-Age=7200; ')
    const brief = visit(a)
    brief.update(count)()
    expect(linesOf(await rightOf(brief.commit))[0]).not.toContain('Max-Age')
  })

  it('cookieFor makes one, in as many cookies as it takes', async () => {
    const a = app({ chunks: 4 })
    const cookie = await cookieFor(a.sessions, { subject: 'ada', data: { note: 'x'.repeat(5_000) } })
    expect(cookie.split('; ').map((pair) => pair.split('=')[0])).toEqual([NAME, `${NAME}.1`])
    expect(Session.subjectId(await rightOf(visit(a, cookie).read))).toBe('ada')
  })
})

describe('time', () => {
  it('an idle session is over, and so is one past its absolute deadline', async () => {
    const a = app()
    const cookie = await change(a, '', count)
    a.advance(HOUR - 1)
    expect(await statusOf(a, cookie)).toBe('live')
    a.advance(1)
    expect(await statusOf(a, cookie)).toBe('expired')
    expect(a.events.at(-1)).toMatchObject({ _tag: 'expired', deadline: 'idle' })
  })

  it('activity is sealed into it, at most every touchEvery, and only by who is active', async () => {
    const a = app({}, { idleTimeout: 20 * MINUTE, absoluteTimeout: HOUR, touchEvery: 5 * MINUTE })
    let cookie = await change(a, '', count)
    const read = async (options?: OpenOptions) => {
      const handle = visit(a, cookie, options)
      await rightOf(handle.read)
      return linesOf(await rightOf(handle.commit))
    }
    a.advance(5 * MINUTE - 1)
    expect(await read()).toEqual([])
    a.advance(1)
    expect(await read({ passive: true })).toEqual([])
    expect(await read({ canSetCookie: false })).toEqual([])
    for (let minutes = 5; minutes < 60; minutes += 15) {
      const lines = await read()
      expect(lines).toHaveLength(1)
      const jar = browser()
      jar.take(lines)
      cookie = jar.header()
      expect(await statusOf(a, cookie)).toBe('live')
      expect(await dataOf(a, cookie)).toEqual({ views: 1 })
      a.advance(15 * MINUTE)
    }
    expect(await statusOf(a, cookie)).toBe('expired')
    expect(a.events.at(-1)).toMatchObject({ deadline: 'absolute' })
  })

  it('the expiry that was sealed holds, although the policy has grown longer since', async () => {
    const a = app()
    const cookie = await change(a, '', count)
    const longer = { sessions: a.manager(undefined, { idleTimeout: 5 * HOUR }) }
    expect(await statusOf(longer, cookie)).toBe('live')
    a.advance(HOUR)
    expect(await statusOf(longer, cookie)).toBe('expired')
  })
})

describe('keys', () => {
  it('who only reads takes a session under the new key with them; a passive one does not', async () => {
    const a = app()
    const cookie = await change(a, '', count)
    const rotated = { sessions: a.manager(ringOf(SECOND, FIRST)) }
    const passive = visit(rotated, cookie, { passive: true })
    await rightOf(passive.read)
    expect(linesOf(await rightOf(passive.commit))).toEqual([])
    const opened = rotated.sessions.openRequest(cookie, (header) => header)
    await opened.ref.read()
    const finished = await opened.finish({ _tag: 'Answered', status: 200 })
    const jar = browser(cookie)
    jar.take([finished!.reply.setCookie!])
    expect(await dataOf({ sessions: a.manager(ringOf(SECOND)) }, jar.header())).toEqual({ views: 1 })
    expect(await statusOf({ sessions: a.manager(ringOf(SECOND)) }, cookie)).toBe('malformed')
    expect(a.events.at(-1)).toEqual({ _tag: 'rejected', reason: 'unknown-key' })
    // Once is enough.
    const again = visit(rotated, jar.header())
    await rightOf(again.read)
    expect(linesOf(await rightOf(again.commit))).toEqual([])
  })
})

describe('size', () => {
  it('is refused with its bytes before anything is sent, and what was there stays', async () => {
    const a = app()
    const cookie = await change(a, '', count)
    const handle = visit(a, cookie)
    handle.update(note(4_000))()
    expect(await handle.commit()).toEqual(E.left({ _tag: 'CookieTooLarge', bytes: expect.any(Number), limit: 4_096 }))
    expect(await dataOf(a, cookie)).toEqual({ views: 1 })
    const opened = a.sessions.openRequest(cookie, (header) => header)
    opened.ref.update(note(4_000))
    const finished = await opened.finish({ _tag: 'Answered', status: 200 })
    expect(finished).toMatchObject({ error: { _tag: 'CookieTooLarge' }, reply: { setCookie: undefined } })
  })

  it('grows into further cookies and leaves none behind when it shrinks', async () => {
    const a = app({ chunks: 4 })
    let cookie = await change(a, '', note(7_000))
    expect(browser(cookie).names()).toEqual([NAME, `${NAME}.1`, `${NAME}.2`])
    expect((await dataOf(a, cookie)).note).toHaveLength(7_000)
    const three = cookie
    cookie = await change(a, cookie, note(4_000))
    expect(browser(cookie).names()).toEqual([NAME, `${NAME}.1`])
    expect((await dataOf(a, cookie)).note).toHaveLength(4_000)
    cookie = await change(a, cookie, note(10))
    expect(browser(cookie).names()).toEqual([NAME])
    const handle = visit(a, three)
    await rightOf(handle.destroy)
    const jar = browser(three)
    jar.take(linesOf(await rightOf(handle.commit)))
    expect(jar.names()).toEqual([])
  })

  it('what is left of an earlier response is cleared by the next one', async () => {
    const a = app({ chunks: 4 })
    const large = await change(a, '', note(7_000))
    const small = await change(a, '', count)
    // The small response was on its way when the large one arrived: its request knew of no pieces.
    const mixed = browser(large)
    mixed.take([small])
    expect(mixed.names()).toHaveLength(3)
    const cookie = await change(a, mixed.header(), count)
    expect(browser(cookie).names()).toEqual([NAME])
    expect(await dataOf(a, cookie)).toEqual({ views: 2 })
  })
})

describe('where no cookie can be sent', () => {
  it('reads, and refuses every change: nothing of it would be kept', async () => {
    const a = app()
    const cookie = await change(a, '', Session.signIn('ada'))
    for (const f of [count, Session.signOut, Session.destroy, Session.regenerate] as const) {
      const handle = visit(a, cookie, { canSetCookie: false })
      await rightOf(handle.read)
      handle.update(f)()
      expect(await handle.commit()).toEqual(E.left({ _tag: 'HeadersSent' }))
    }
    expect(await visit(a, cookie, { canSetCookie: false }).destroy()).toEqual(E.left({ _tag: 'HeadersSent' }))
  })

  it('a change after the response is refused too', async () => {
    const a = app()
    const opened = a.sessions.openRequest(await change(a, '', count), (header) => header)
    await opened.ref.read()
    await opened.finish({ _tag: 'Answered', status: 200 })
    opened.ref.update(count)
    await expect(opened.ref.commit()).rejects.toMatchObject({ sessionError: { _tag: 'HeadersSent' } })
  })
})

describe('bad cookies', () => {
  it.each([
    ['nonsense', 'malformed'],
    ['a.b', 'malformed'],
    ['AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'malformed'],
    ['eyJhbGciOiJub25lIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA', 'malformed'],
    ['0.2.AAAAAAAA.abc', 'incomplete'],
  ])('%s is an anonymous session and an event: %s', async (value, reason) => {
    const a = app()
    const cookie = `${NAME}=${value}`
    expect(await dataOf(a, cookie)).toEqual({ views: 0 })
    expect(a.events).toEqual([{ _tag: 'rejected', reason }])
    expect(await statusOf(a, cookie)).toBe('malformed')
    // And it does not stand in the way of a new one.
    expect(await dataOf(a, await change(a, cookie, count))).toEqual({ views: 1 })
  })

  it('altered, and another cookie’s', async () => {
    const a = app()
    const cookie = await change(a, '', count)
    expect(await statusOf(a, `${cookie.slice(0, -2)}AA`)).toBe('malformed')
    const admin = { sessions: a.manager(undefined, { cookie: { name: '__Host-admin' } }) }
    expect(await statusOf(admin, cookie.replace(NAME, '__Host-admin'))).toBe('malformed')
    expect(a.events.slice(-2)).toEqual([
      { _tag: 'rejected', reason: 'altered' },
      { _tag: 'rejected', reason: 'altered' },
    ])
  })

  it('two live ones are nobody’s', async () => {
    const a = app()
    const [one, two] = [await change(a, '', Session.signIn('ada')), await change(a, '', Session.signIn('eve'))]
    for (const header of [`${one}; ${two}`, `${two}; ${one}`]) expect(await statusOf(a, header)).toBe('malformed')
    expect(a.events.at(-1)).toEqual({ _tag: 'rejected', reason: 'ambiguous' })
    // One that is over does not count.
    a.advance(30 * MINUTE)
    const three = await change(a, '', count)
    a.advance(45 * MINUTE)
    expect(await statusOf(a, `${one}; ${three}`)).toBe('live')
  })
})

describe('newer versions', () => {
  it('what a newer schema sealed is refused, left alone, and can be ended', async () => {
    const a = app()
    const cookie = await change(
      { sessions: a.manager(undefined, { version: 2, migrate: { 1: (data: unknown) => data } }) },
      '',
      count,
    )
    expect(await visit(a, cookie).read()).toMatchObject({ left: { _tag: 'InvalidData', on: 'read' } })
    a.advance(10 * MINUTE)
    const handle = visit(a, cookie)
    await handle.read()
    await rightOf(handle.destroy)
  })
})

describe('revocation by epoch', () => {
  const withEpochs = (more: Partial<CarrierOptions<Data>> = {}) => {
    const raised = new Map<string, SubjectEpoch>()
    const asked: Array<string> = []
    let broken = false
    const a = app(
      {
        epochs: {
          readEpoch: (subject) => () => {
            asked.push(subject)
            return Promise.resolve(
              broken ? E.left(storeError('readEpoch', new Error('down'))) : E.right(raised.get(subject) ?? 0),
            )
          },
        },
      },
      more,
    )
    return { ...a, raised, asked, fail: (now: boolean) => (broken = now) }
  }

  it('ends every session of a subject that was signed in before, and no other', async () => {
    const a = withEpochs()
    const [ada, bob] = [await change(a, '', Session.signIn('ada')), await change(a, '', Session.signIn('bob'))]
    a.raised.set('ada', NOW + 1)
    expect(await statusOf(a, ada)).toBe('ended')
    expect(a.events.at(-1)).toMatchObject({ _tag: 'rejected', reason: 'ended' })
    expect(await statusOf(a, bob)).toBe('live')
    const again = await change(a, ada, Session.signIn('ada'))
    expect(await statusOf(a, again)).toBe('live')
    a.raised.set('ada', NOW + 2)
    expect(await statusOf(a, again)).toBe('ended')
  })

  it('changes and touches never take the newer epoch over', async () => {
    const a = withEpochs()
    const cookie = await change(a, '', Session.signIn('ada'))
    a.advance(10 * MINUTE)
    for (const f of [count, undefined]) {
      a.raised.clear()
      const handle = visit(a, cookie)
      await rightOf(handle.read)
      // The request was admitted before.
      a.raised.set('ada', NOW + 1)
      if (f !== undefined) handle.update(f)()
      const jar = browser(cookie)
      jar.take(linesOf(await rightOf(handle.commit)))
      expect(jar.header()).not.toBe(cookie)
      expect(await statusOf(a, jar.header())).toBe('ended')
    }
  })

  it('a sign-in that a revocation overtook does not leave', async () => {
    const a = withEpochs()
    const handle = visit(a)
    // Read before the password was checked.
    handle.update(Session.signIn('ada', { epoch: 0 }))()
    a.raised.set('ada', NOW + 1)
    expect(await handle.commit()).toEqual(E.left({ _tag: 'SessionEnded' }))
    const opened = a.sessions.openRequest('', () => undefined)
    opened.ref.update(Session.signIn('ada', { epoch: 0 }))
    expect(await opened.finish({ _tag: 'Answered', status: 200 })).toMatchObject({ reply: { setCookie: undefined } })
  })

  it('asks once for a signed-in session, and never for an anonymous one', async () => {
    const a = withEpochs()
    await dataOf(a, await change(a, '', count))
    expect(a.asked).toEqual([])
    const cookie = await change(a, '', Session.signIn('ada'))
    a.asked.length = 0
    const handle = visit(a, cookie)
    await rightOf(handle.read)
    handle.update(count)()
    await rightOf(handle.commit)
    expect(a.asked).toEqual(['ada'])
  })

  it('who can not be asked for is a store that failed', async () => {
    const a = withEpochs()
    const cookie = await change(a, '', Session.signIn('ada'))
    a.fail(true)
    expect(await visit(a, cookie).read()).toMatchObject({ left: { _tag: 'StoreUnavailable' } })
    const lenient = withEpochs({ onStoreFailure: 'anonymous' })
    lenient.fail(true)
    expect(await rightOf(visit(lenient, cookie).status)).toBe('degraded')
    a.fail(false)
    expect(await statusOf(a, cookie)).toBe('live')
  })

  it('a Directory will do for epochs, and nothing else of it is used', async () => {
    const store = memoryStore()
    const a = app({ epochs: store })
    const cookie = await change(a, '', Session.signIn('ada'))
    expect(await statusOf(a, cookie)).toBe('live')
    await rightOf(store.raiseEpoch('ada', NOW))
    expect(await statusOf(a, cookie)).toBe('ended')
    expect('subject' in a.sessions).toBe(false)
  })
})

describe('what no carrier can mend', () => {
  it('of two requests at once the response that arrives last wins', async () => {
    const a = app()
    const cookie = await change(a, '', count)
    const both = [visit(a, cookie), visit(a, cookie)]
    const lines = []
    for (const handle of both) {
      handle.update(count)()
      lines.push(linesOf(await rightOf(handle.commit)))
    }
    const jar = browser(cookie)
    for (const one of lines) jar.take(one)
    expect(await dataOf(a, jar.header())).toEqual({ views: 2 })
  })

  it('a copy of the cookie outlives its end', async () => {
    const a = app()
    const cookie = await change(a, '', Session.signIn('ada'))
    await rightOf(visit(a, cookie).destroy)
    expect(await statusOf(a, cookie)).toBe('live')
  })
})

describe('the store of one request', () => {
  it('keeps what was brought, creates nothing twice, and revives nothing', async () => {
    const terms = { cookie: right(cookie({})), policy: right(policy({})), clock: () => NOW }
    const bound = sealedCookie({ keys: ringOf(FIRST) }).bind(NAME)
    const { id, live } = carriedOf({ views: 1 }, { expiresAt: NOW + HOUR })
    const here = carriage(terms, bound, undefined)
    expect(await here.load(id)()).toEqual(E.right(O.none))
    expect(await here.update(id, '', live)()).toEqual(E.right({ _tag: 'Gone' }))
    expect(await here.touch(id, 0, NOW, NOW)()).toEqual(E.right({ _tag: 'Gone' }))
    expect(await here.end(id, '', NOW)()).toEqual(E.right({ _tag: 'Gone' }))
    expect(here.line()).toBeUndefined()
    expect(await here.create(id, live)()).toEqual(E.right({ _tag: 'Created' }))
    expect(await here.create(id, live)()).toEqual(E.right({ _tag: 'Exists' }))
    const next = here.anew()
    expect(await next.load(id)()).toEqual(E.right(O.none))
    expect((await next.open(here.line()!.split(';', 1)[0]!)).values).toEqual([id])
    expect(await next.load(id)()).toEqual(E.right(O.some(live)))
    expect(await next.update(id, '', live)()).toEqual(E.right({ _tag: 'Updated' }))
    expect(await next.end(id, '', NOW)()).toEqual(E.right({ _tag: 'Done' }))
    expect(await next.load(id)()).toMatchObject({ right: { value: { _tag: 'Ended' } } })
    expect(await next.update(id, '', live)()).toEqual(E.right({ _tag: 'Gone' }))
    expect(await next.touch(id, 0, NOW, NOW)()).toEqual(E.right({ _tag: 'Gone' }))
    expect(await next.create(id, live)()).toEqual(E.right({ _tag: 'Exists' }))
    expect(next.line()).toContain('Max-Age=0')
  })

  it('creates and updates at once, as it does in a promise, unless something has to be waited for', async () => {
    const terms = { cookie: right(cookie({})), policy: right(policy({})), clock: () => NOW }
    const bound = sealedCookie({ keys: ringOf(FIRST) }).bind(NAME)
    const { id, live } = carriedOf({ views: 1 }, { expiresAt: NOW + HOUR })
    const here = carriage(terms, bound, undefined)
    expect(here.now?.update(id, '', live)).toEqual(E.right({ _tag: 'Gone' }))
    expect(here.now?.create(id, live)).toEqual(E.right({ _tag: 'Created' }))
    expect(here.now?.create(id, live)).toEqual(E.right({ _tag: 'Exists' }))
    const next = here.anew()
    await next.open(here.line()!.split(';', 1)[0]!)
    expect(next.now?.update(id, '', { ...live, data: { views: 2 } })).toEqual(E.right({ _tag: 'Updated' }))
    const last = here.anew()
    await last.open(next.line()!.split(';', 1)[0]!)
    expect(await last.load(id)()).toMatchObject({ right: { value: { data: { views: 2 } } } })
    const large = { ...live, data: { note: 'x'.repeat(4_096) } }
    expect(last.now?.update(id, '', large)).toMatchObject({ left: { _tag: 'StoreError', unchanged: true } })
    const epochs = { readEpoch: () => async () => E.right(1) }
    expect(carriage(terms, bound, epochs).now).toBeUndefined()
    expect(carriage(terms, { ...bound, atOnce: false }, undefined).now).toBeUndefined()
  })

  it('is made at the first use: a request that leaves its session alone has none, and each other one its own', async () => {
    const real = sealedCookie({ keys: ringOf(FIRST) })
    let made = 0
    const counted = (of: Carriage): Carriage => ({ ...of, anew: () => (made++, counted(of.anew())) })
    const a = app({}, { carrier: { ...real, begin: (terms) => counted(real.begin(terms)) } })
    const opened = a.sessions.openRequest({}, () => undefined)
    expect(opened.finish({ _tag: 'Answered', status: 200 })).toBeUndefined()
    expect(made).toBe(0)
    const used = a.sessions.openRequest({}, () => undefined)
    used.ref.update(count)
    // node:crypto answers at once, and so does the commit.
    expect(used.finish({ _tag: 'Answered', status: 200 })).toMatchObject({ error: undefined, reply: { vary: true } })
    expect(made).toBe(1)
    await visit(a).read()
    expect(made).toBe(2)
  })

  it('leaves a newer format as it is: a touch would lose what was added to it', async () => {
    const terms = { cookie: right(cookie({})), policy: right(policy({})), clock: () => NOW }
    const bound = sealedCookie({ keys: ringOf(FIRST) }).bind(NAME)
    const carried = carriedOf({ views: 1 }, { format: 7, expiresAt: NOW + HOUR })
    const here = carriage(terms, bound, undefined)
    await here.open(`${NAME}=${(await sealed(bound, carried))[0]!}`)
    expect(await here.touch(carried.id, 0, NOW, NOW)()).toEqual(E.right({ _tag: 'Gone' }))
    expect(here.line()).toBeUndefined()
  })

  it('is peeked into where nothing has to be asked: what is live, and has no epoch to be held against', async () => {
    const clock = fakeClock(NOW)
    const terms = { cookie: right(cookie({})), policy: right(policy({})), clock: clock.now }
    const bound = sealedCookie({ keys: ringOf(FIRST) }).bind(NAME)
    const epochs = { readEpoch: () => async () => E.right(1) }
    const visitor = carriedOf({ views: 1 }, { expiresAt: NOW + HOUR })
    const member = carriedOf({ views: 2 }, { expiresAt: NOW + HOUR, subject: { id: 'ada', authenticatedAt: NOW } })
    const brought = async (carried: typeof visitor, asking?: typeof epochs) => {
      const here = carriage(terms, bound, asking)
      expect(here.peek(carried.id)).toBeUndefined()
      await here.open(`${NAME}=${(await sealed(bound, carried))[0]!}`)
      return here
    }
    expect((await brought(visitor)).peek(visitor.id)).toEqual(visitor.live)
    expect((await brought(visitor, epochs)).peek(visitor.id)).toEqual(visitor.live)
    expect((await brought(member)).peek(member.id)).toEqual(member.live)
    expect((await brought(member, epochs)).peek(member.id)).toBeUndefined()
    const [ending, expiring] = [await brought(visitor), await brought(visitor)]
    await ending.end(visitor.id, '', NOW)()
    expect(ending.peek(visitor.id)).toBeUndefined()
    clock.advance(HOUR)
    expect(expiring.peek(visitor.id)).toBeUndefined()
  })
})

describe('options that can not be', () => {
  const carrier = sealedCookie({ keys: ringOf(FIRST) })
  it.each([
    ['carrier', { carrier: {} }],
    ['carrier', { carrier: null }],
    ['carrier', { carrier: 'secret' }],
    ['store', { carrier, store: memoryStore() }],
    ['store', {}],
    ['renewAfter', { carrier, renewAfter: HOUR }],
    ['lock', { carrier, lock: 'early' }],
  ])('%s', (option, options) => {
    const build = () => sessionManager({ data: Data, initial: { views: 0 }, ...options } as never)
    expect(build).toThrow(`Option "${option}"`)
    expect(build).not.toThrow('"secret"')
    try {
      build()
    } catch (error) {
      expect((error as SessionException).sessionError).toMatchObject({ _tag: 'Misconfigured', option })
    }
  })
})
