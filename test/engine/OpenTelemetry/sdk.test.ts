/** The observer over the real SDK: a manager's and a store's doings, read back as an exporter would get them. */
import type { Meter } from '@opentelemetry/api'
import { type DataPoint, type Histogram, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import * as t from 'io-ts'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { none, type Option, some } from '#fp-ts/Option'
import { modify, signIn, signOut } from '../../../src/core/Session.ts'
import { observed } from '../../../src/effects/combinators.ts'
import { type MeterLike, openTelemetry } from '../../../src/engine/OpenTelemetry.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { fakeClock } from '../../../src/testing/fakeClock.ts'

/** The form in which the SDK lets others pull: there is nobody to send to. */
// eslint-disable-next-line no-restricted-syntax -- it asks for a class
class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const count = modify<{ readonly views: number }, 'views'>('views', (n) => n + 1)

const setUp = () => {
  const reader = new Reader()
  const provider = new MeterProvider({ readers: [reader] })
  onTestFinished(() => provider.shutdown())
  const meter: Meter = provider.getMeter('coatcheck')
  const observer = openTelemetry({ meter })
  const clock = fakeClock()
  const store = observed(observer)(memoryStore({ clock: clock.now }))
  const sessions = sessionManager({
    ...{ data: t.type({ views: t.number }), initial: { views: 0 } },
    ...{ store, observer, clock: clock.now },
  })
  const collected = async () => {
    const { resourceMetrics, errors } = await reader.collect()
    expect(errors).toEqual([])
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
  }
  const pointsOf = async (name: string): Promise<ReadonlyArray<DataPoint<unknown>>> =>
    (await collected()).find(({ descriptor }) => descriptor.name === `coatcheck.${name}`)?.dataPoints ?? []
  /** A counter's sum over its attributes; 0 where nothing was added. */
  const sum = async (name: string): Promise<number> =>
    (await pointsOf(name)).reduce((total, { value }) => total + (value as number), 0)
  /** How often a store's verb was called. */
  const calls = async (operation: string): Promise<number> =>
    (await pointsOf('store.call.duration'))
      .filter(({ attributes }) => attributes['coatcheck.operation'] === operation)
      .reduce((total, { value }) => total + (value as Histogram).count, 0)
  return { sessions, clock, store, collected, pointsOf, sum, calls }
}

describe('a real meter', () => {
  it('fits', () => {
    expectTypeOf<Meter>().toExtend<MeterLike>()
  })

  it('counts what a manager did, and no more', async () => {
    const { sessions, collected, sum, calls, pointsOf } = setUp()
    /** One request that does as it is told; answers the cookie of afterwards. */
    const request = async (cookie: Option<string>, act: (session: ReturnType<typeof sessions.open>) => unknown) => {
      const session = sessions.open(cookie)
      await act(session)
      const done = await session.commit()
      if (done._tag === 'Left') throw new Error(done.left._tag)
      const { setCookie } = done.right
      return setCookie._tag === 'None' ? cookie : some(setCookie.value.split(';', 1)[0]!)
    }

    let [ann, bob] = [none as Option<string>, none as Option<string>]
    ann = await request(ann, (session) => session.transact(count)())
    bob = await request(bob, (session) => session.transact(count)())
    for (let i = 0; i < 3; i += 1) ann = await request(ann, (session) => session.transact(count)())
    await request(bob, (session) => session.read())
    ann = await request(ann, (session) => session.update(signIn('ann'))())
    const member = ann
    ann = await request(ann, (session) => session.update(signOut)())
    await request(bob, (session) => session.destroy())
    await request(some('__Host-id=garbage'), (session) => session.read())
    await request(member, (session) => session.read())

    expect({
      created: await sum('session.created'),
      loaded: await sum('session.loaded'),
      signedIn: await sum('session.signed_in'),
      signedOut: await sum('session.signed_out'),
      rotated: await sum('session.rotated'),
      ended: await sum('session.ended'),
      replayed: await sum('session.replayed'),
      failed: await sum('store.failed'),
    }).toEqual({ created: 2, loaded: 7, signedIn: 1, signedOut: 1, rotated: 2, ended: 1, replayed: 0, failed: 0 })
    const reasons = (await pointsOf('session.rejected')).map(({ attributes, value }) => [
      attributes['coatcheck.reason'],
      value,
    ])
    expect(reasons.sort()).toEqual([
      ['malformed', 1],
      ['superseded', 1],
    ])
    expect({ create: await calls('create'), end: await calls('end') }).toEqual({ create: 2, end: 1 })
    // Three counts, a sign-in and a sign-out.
    expect(await calls('update')).toBe(5)
    // All but the two first requests, and the one whose cookie is none.
    expect(await calls('load')).toBe(8)

    const everything = JSON.stringify(await collected())
    expect(everything).not.toMatch(/ann|views/)
    for (const cookie of [member, ann, bob])
      if (cookie._tag === 'Some') expect(everything).not.toContain(cookie.value.split('=')[1]!.slice(0, 22))
  })

  it('gives durations in seconds, and descriptions with units', async () => {
    const { sessions, collected, pointsOf } = setUp()
    await sessions.open(none).transact(count)()
    const [point] = await pointsOf('store.call.duration')
    const { sum, count: calls } = point!.value as Histogram
    expect(calls).toBe(1)
    expect(sum).toBeLessThan(5)
    for (const { descriptor } of await collected()) {
      expect(descriptor.unit).not.toBe('')
      expect(descriptor.description).toMatch(/\.$/)
    }
  })
})
