/** Exclusive sessions on every store that gives leases, with real clocks: in one process, and across processes. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isRight } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { isSessionException } from '../../../src/core/SessionError.ts'
import * as Session from '../../../src/core/Session.ts'
import { cookieFor } from '../../../src/testing/cookieFor.ts'
import type { Order } from './process.ts'
import { type KindName, kindOf, kinds, type Opened, type Place } from './stores.ts'
import { visits } from './visits.ts'

const names = Object.keys(kinds) as ReadonlyArray<KindName>
const MEMBER = { subject: 'somebody' }
const count = Session.modify('views', (n: number) => n + 1)

const failure = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    return isSessionException(error) ? error.sessionError._tag : String(error)
  }
  return 'none'
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Blocks the event loop, timers and all, as a computation does. */
const block = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)

describe.each(names)('on %s', (name) => {
  const kind = kindOf(name)
  let place: Place
  let first: Opened
  let second: Opened
  beforeAll(async () => {
    place = await kind.place()
    first = await kind.open(place.name)
    second = await kind.open(place.name)
  })
  afterAll(async () => {
    await first.close()
    await second.close()
    await place.remove()
  })

  const viewsOf = async (cookie: string): Promise<number> => {
    const session = await visits(first).sessions.open(some(cookie)).read()
    return isRight(session) ? session.right.data.views : Number.NaN
  }

  it('one at a time: requests of two managers that read, think and write lose nothing', async () => {
    const managers = [visits(first, { lockTimeout: 60_000 }), visits(second, { lockTimeout: 60_000 })]
    const cookie = await cookieFor(managers[0]!.sessions, MEMBER)
    let inside = 0
    let most = 0
    const think = async (): Promise<void> => {
      inside += 1
      most = Math.max(most, inside)
      await tick()
      inside -= 1
    }
    await Promise.all(Array.from({ length: 20 }, (_, n) => managers[n % 2]!.counted(cookie, think)))
    expect(most).toBe(1)
    expect(await viewsOf(cookie)).toBe(20)
  })

  it('another session is not waited for', async () => {
    const { sessions, request, counted } = visits(first)
    const [cookie, other] = [await cookieFor(sessions, MEMBER), await cookieFor(sessions, MEMBER)]
    const holder = request(cookie, 'explicit')
    await holder.ref.lock()
    await counted(other)
    await holder.finish({ _tag: 'Answered', status: 200 })
    expect(await viewsOf(other)).toBe(1)
  })

  it('the wait is bounded: LockTimeout', async () => {
    const cookie = await cookieFor(visits(first).sessions, MEMBER)
    const holder = visits(first).request(cookie, 'explicit')
    await holder.ref.lock()
    const { request, events } = visits(second, { lockTimeout: 50 })
    expect(await failure(request(cookie, 'implicit').ref.read())).toBe('LockTimeout')
    expect(await failure(request(cookie, 'none').ref.transact(count))).toBe('LockTimeout')
    expect(events.filter(({ _tag }) => _tag === 'lock-waited')).toHaveLength(2)
    await holder.finish({ _tag: 'Answered', status: 200 })
    expect(await viewsOf(cookie)).toBe(0)
  })

  it('a write without a lock waits for the holder, and is then applied to what it left', async () => {
    const cookie = await cookieFor(visits(first).sessions, MEMBER)
    const holder = visits(first).request(cookie, 'explicit')
    const { data } = await holder.ref.lock()
    const { request, events } = visits(second)
    const writing = request(cookie, 'none').ref.transact(count)
    await tick()
    await holder.ref.transact(Session.set('views', data.views + 1))
    await holder.finish({ _tag: 'Answered', status: 200 })
    expect((await writing).data.views).toBe(2)
    for (const event of events) if (event._tag === 'committed') expect(event.attempts).toBeLessThanOrEqual(2)
  })

  it('a holder whose event loop was blocked past its lease can not commit over what another stored', async () => {
    const { sessions, request } = visits(first, { lockLease: 100 })
    const cookie = await cookieFor(sessions, MEMBER)
    const stalled = request(cookie, 'implicit')
    const { data } = await stalled.ref.read()
    block(250)
    const other = visits(second).request(cookie, 'implicit')
    await other.ref.transact(count)
    await other.finish({ _tag: 'Answered', status: 200 })
    stalled.ref.update(Session.set('views', data.views + 1_000))
    expect((await stalled.finish({ _tag: 'Answered', status: 200 }))?.error).toEqual({ _tag: 'LeaseLost' })
    expect(await viewsOf(cookie)).toBe(1)
  })

  it('a hold outlives its lease while it is renewed', async () => {
    const { sessions, request } = visits(first, { lockLease: 1_200 })
    const cookie = await cookieFor(sessions, MEMBER)
    const holder = request(cookie, 'implicit')
    const { data } = await holder.ref.read()
    const waiting = visits(second, { lockTimeout: 1_600 }).request(cookie, 'implicit').ref.read()
    expect(await failure(waiting)).toBe('LockTimeout')
    holder.ref.update(Session.set('views', data.views + 1))
    expect((await holder.finish({ _tag: 'Answered', status: 200 }))?.error).toBeUndefined()
    expect(await viewsOf(cookie)).toBe(1)
  })

  it('revocation ignores leases', async () => {
    const { sessions, request } = visits(first)
    const cookie = await cookieFor(sessions, { subject: `ada of ${name}` })
    const holder = request(cookie, 'explicit')
    await holder.ref.lock()
    const waiter = visits(second).request(cookie, 'implicit')
    const waiting = waiter.ref.read()
    await tick()
    expect(await visits(second).sessions.subject(`ada of ${name}`).endAll()).toEqual({ _tag: 'Right', right: 1 })
    expect((await waiting).subject._tag).toBe('None')
    expect(await waiter.ref.status()).toBe('ended')
    expect(await failure(holder.ref.transact(count))).toBe('SessionEnded')
  })
})

describe.each(names.filter((name) => kindOf(name).shared))('across processes, on %s', (name) => {
  const kind = kindOf(name)
  const children: Array<ChildProcess> = []
  let place: Place
  let here: Opened
  beforeAll(async () => {
    place = await kind.place()
    here = await kind.open(place.name)
  })
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  afterAll(async () => {
    await here.close()
    await place.remove()
  })

  const told = async (child: ChildProcess): Promise<unknown> => {
    const gone = once(child, 'exit').then(() => Promise.reject(new Error('the process ended')))
    gone.catch(() => undefined)
    return ((await Promise.race([once(child, 'message'), gone])) as ReadonlyArray<unknown>)[0]
  }

  const start = async (cookie: string, lockLease = 10_000): Promise<ChildProcess> => {
    const order: Order = { kind: name, place: place.name, cookie, lockLease }
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = fork(fileURLToPath(new URL('process.ts', import.meta.url)), [JSON.stringify(order)], {
      cwd: fileURLToPath(new URL('../../../', import.meta.url)),
      env,
      execArgv: ['--conditions', 'coatcheck-source', '--import', './.config/strip-types.js'],
    })
    children.push(child)
    expect(await told(child)).toBe('ready')
    return child
  }

  const ask = (child: ChildProcess, word: string): Promise<unknown> => {
    const answer = told(child)
    child.send(word)
    return answer
  }

  it(
    'one at a time: three processes that read, think and write ten times each lose nothing',
    { timeout: 120_000 },
    async () => {
      const { sessions } = visits(here)
      const cookie = await cookieFor(sessions, MEMBER)
      const counting = await Promise.all([1, 2, 3].map(() => start(cookie)))
      expect(await Promise.all(counting.map((child) => ask(child, 'count')))).toEqual(['counted', 'counted', 'counted'])
      const session = await sessions.open(some(cookie)).read()
      expect(isRight(session) && session.right.data.views).toBe(30)
    },
  )

  it('a killed holder’s lease runs out', { timeout: 60_000 }, async () => {
    const { sessions, request } = visits(here)
    const cookie = await cookieFor(sessions, MEMBER)
    const child = await start(cookie, 1_000)
    expect(await ask(child, 'take')).toBe('taken 0')
    child.kill('SIGKILL')
    const next = request(cookie, 'implicit')
    expect((await next.ref.transact(count)).data.views).toBe(1)
    await next.finish({ _tag: 'Answered', status: 200 })
  })

  it(
    'a stalled holder can not commit: it was stopped, another took over, it goes on',
    { timeout: 60_000 },
    async () => {
      const { sessions, request } = visits(here)
      const cookie = await cookieFor(sessions, MEMBER)
      const child = await start(cookie, 500)
      expect(await ask(child, 'take')).toBe('taken 0')
      child.kill('SIGSTOP')
      const next = request(cookie, 'implicit')
      expect((await next.ref.transact(count)).data.views).toBe(1)
      const writing = ask(child, 'write')
      child.kill('SIGCONT')
      // While the lease is another's its write is not even answered; when it is free the write is refused.
      const early = await Promise.race([writing, vi.waitFor(tick)])
      expect([undefined, 'LeaseLost']).toContain(early)
      await next.finish({ _tag: 'Answered', status: 200 })
      expect(await writing).toBe('LeaseLost')
      const session = await sessions.open(some(cookie)).read()
      expect(isRight(session) && session.right.data.views).toBe(1)
    },
  )
})
