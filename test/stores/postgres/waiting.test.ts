import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Statement } from '../../../src/stores/postgres/client.ts'
import { acquiring } from '../../../src/stores/postgres/leases.ts'
import { listening, type PostgresListener } from '../../../src/stores/postgres/listening.ts'
import { waiting } from '../../../src/stores/postgres/waiting.ts'

const DAY = 86_400_000

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Whether a promise is settled once everything that can run has run. */
const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let is = false
  void promise.then(() => (is = true))
  await vi.advanceTimersByTimeAsync(0)
  return is
}

describe('waiting', () => {
  it('a waiter sleeps for its time, or until it is woken; others sleep on', async () => {
    const { enter, wake } = waiting()
    const [one, other] = [enter('a').sleep(10), enter('b').sleep(DAY)]
    expect(await settled(one)).toBe(false)
    await vi.advanceTimersByTimeAsync(10)
    expect(await settled(one)).toBe(true)
    wake('a')
    expect(await settled(other)).toBe(false)
    wake('b')
    expect(await settled(other)).toBe(true)
  })

  it('who was woken before it slept does not sleep, once', async () => {
    const { enter, wake } = waiting()
    const waiter = enter('a')
    wake('a')
    wake('a')
    expect(await settled(waiter.sleep(DAY))).toBe(true)
    expect(await settled(waiter.sleep(DAY))).toBe(false)
  })

  it('all are woken by one call, and leave no timer', async () => {
    const { enter, wakeAll } = waiting()
    const sleeps = ['a', 'a', 'b'].map((id) => enter(id).sleep(DAY))
    wakeAll()
    await Promise.all(sleeps)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('who left is not woken', async () => {
    const { enter, wake } = waiting()
    const waiter = enter('a')
    const sleep = waiter.sleep(DAY)
    waiter.leave()
    wake('a')
    expect(await settled(sleep)).toBe(false)
  })
})

/** A listener whose connection is the test's. */
const fakeListener = () => {
  const handlers = new Map<string, (value: never) => void>()
  let connected: (error?: Error) => void = () => undefined
  const said: Array<string> = []
  const listener: PostgresListener = {
    connect: () =>
      new Promise<void>((resolve, reject) => {
        connected = (error) => (error === undefined ? resolve() : reject(error))
      }),
    query: async (text) => said.push(text),
    on: (event: string, handler: (value: never) => void) => handlers.set(event, handler),
    end: async () => said.push('end'),
  }
  return {
    listener,
    said,
    connect: (error?: Error) => connected(error),
    emit: (event: string, value?: unknown) => handlers.get(event)?.(value as never),
  }
}

const acquire: Statement = { name: 'acquire', text: '' }

describe('a waiter with a connection that listens', () => {
  /** A store of which the next answers are given. */
  const scene = (...answers: Array<string>) => {
    const made: Array<ReturnType<typeof fakeListener>> = []
    const asked: Array<number> = []
    const waiters = waiting()
    const ear = listening(
      () => {
        made.push(fakeListener())
        return made.at(-1)!.listener
      },
      waiters.wake,
      waiters.wakeAll,
    )
    const ask = async (): Promise<string> => {
      asked.push(Date.now())
      return answers.shift()!
    }
    return { made, asked, ear, run: acquiring(ask, acquire, waiters, ear, DAY) }
  }
  const busy = `B${Date.now() + DAY} ${DAY}`
  const wish = { wait: DAY, lease: 1 }

  it('asks again when the connection listens, and when it is told', async () => {
    const { made, asked, run } = scene(busy, busy, 'T7 9')
    const acquired = run('a', wish)
    await vi.advanceTimersByTimeAsync(0)
    made[0]!.connect()
    await vi.advanceTimersByTimeAsync(0)
    expect(made[0]!.said).toEqual(['listen coatcheck_leases'])
    expect(asked).toHaveLength(2)
    made[0]!.emit('notification', { payload: 'b' })
    await vi.advanceTimersByTimeAsync(0)
    expect(asked).toHaveLength(2)
    made[0]!.emit('notification', { payload: 'a' })
    expect(await acquired).toEqual({ _tag: 'Acquired', fence: 7, until: 9 })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('asks each second besides: a notification can be lost', async () => {
    const { made, asked, run } = scene(busy, busy, busy, 'G')
    const acquired = run('a', wish)
    await vi.advanceTimersByTimeAsync(0)
    made[0]!.connect()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(asked).toHaveLength(4)
    expect(await acquired).toEqual({ _tag: 'Gone' })
  })

  it('opens another connection after a second when one broke or can not be opened', async () => {
    const { made, ear } = scene()
    ear.start()
    ear.start()
    made[0]!.connect(new Error('refused'))
    await vi.advanceTimersByTimeAsync(999)
    ear.start()
    expect(made).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    ear.start()
    expect(made).toHaveLength(2)
    made[1]!.connect()
    await vi.advanceTimersByTimeAsync(0)
    expect(ear.alive()).toBe(true)
    made[1]!.emit('error', new Error('reset'))
    made[1]!.emit('end')
    expect(ear.alive()).toBe(false)
    await vi.advanceTimersByTimeAsync(1_000)
    ear.start()
    expect(made).toHaveLength(3)
  })

  it('once closed, opens none, and ends one that is on its way', async () => {
    const { made, ear } = scene()
    ear.start()
    await ear.close()
    made[0]!.connect()
    await vi.advanceTimersByTimeAsync(2_000)
    ear.start()
    expect(made).toHaveLength(1)
    expect(made[0]!.said).toContain('end')
    expect(ear.alive()).toBe(false)
  })

  it('asks at the time when the lease runs out, and at its own deadline', async () => {
    const one = scene(`B1 50`, 'T2 3')
    const acquired = one.run('a', wish)
    await vi.advanceTimersByTimeAsync(51)
    expect(await acquired).toMatchObject({ fence: 2 })
    const two = scene(busy, busy)
    const start = Date.now()
    const refused = two.run('a', { wait: 30, lease: 1 })
    await vi.advanceTimersByTimeAsync(30)
    expect((await refused)._tag).toBe('Busy')
    expect(two.asked).toEqual([start, start + 30])
  })

  it('where somebody came between, asks again at once, even who does not wait', async () => {
    const { run } = scene('A', busy)
    const answer = run('a', { wait: 0, lease: 1 })
    await vi.advanceTimersByTimeAsync(5)
    expect((await answer)._tag).toBe('Busy')
  })
})
