/** What requests do in the small worlds, and how the worlds are explored and counted. */
import { afterAll, beforeAll, expect, vi } from 'vitest'
import * as Session from '../../../src/core/Session.ts'
import type { Around, Asked, Change, Outcome, Race } from '../race.ts'
import { race } from '../race.ts'
import type { Data } from '../world.ts'

export type Act = Asked['act']

/** What the worlds are explored over. */
export const STORES: ReadonlyArray<readonly [string, Around]> = [
  ['memory', 'nothing'],
  // Every process has read the sessions before: its requests are admitted by what they were then.
  ['cached(memory)', 'cached'],
]

export const ADA: ReadonlyArray<Change> = [Session.signIn('ada')]
export const ANONYMOUS: ReadonlyArray<Change> = [Session.set<Data, 'theme'>('theme', 'dark')]

export const read: Act = async ({ ref }) => {
  await ref.read()
}
export const write =
  (...names: ReadonlyArray<string>): Act =>
  async ({ mark }) => {
    for (const name of names) await mark(name)
  }
export const later =
  (...names: ReadonlyArray<string>): Act =>
  (handler) => {
    for (const name of names) handler.later(name)
    return Promise.resolve()
  }
export const regenerate: Act = async ({ ref }) => {
  await ref.transact(Session.regenerate)
}
export const destroy: Act = async ({ ref, admitted }) => {
  await admitted()
  await ref.destroy()
}
export const signOut: Act = async ({ ref, admitted }) => {
  await admitted()
  await ref.transact(Session.signOut)
}
export const signIn =
  (who: string): Act =>
  async ({ ref, admitted }) => {
    await admitted()
    await ref.transact(Session.signIn(who))
  }
/** Time passes, step by step. */
export const clock =
  (...steps: ReadonlyArray<number>): Act =>
  async ({ pass }) => {
    for (const ms of steps) await pass(ms)
  }
/** Time passes, and then the dead are removed. */
export const sweepAfter =
  (ms: number): Act =>
  async ({ pass, sweep }) => {
    await pass(ms)
    await sweep()
  }
/** A stream: each part is stored by a commit of its own, the first before the headers. */
export const stream =
  (...names: ReadonlyArray<string>): Act =>
  async ({ later: record, commit, headers }) => {
    const [first, ...rest] = names
    if (first !== undefined) record(first)
    await headers()
    for (const name of rest) {
      record(name)
      await commit()
    }
  }
/** A handler that commits half-way and goes on, before its response leaves. */
export const halfway =
  (...names: ReadonlyArray<string>): Act =>
  async ({ later: record, commit }) => {
    for (const [index, name] of names.entries()) {
      record(name)
      if (index < names.length - 1) await commit()
    }
  }

export const errorsOf = ({ done }: Outcome, actor: number): ReadonlyArray<string> => done[actor]?.errors ?? []
export const nobodyFailed = ({ done }: Outcome): void => {
  expect(done.flatMap(({ errors }) => errors)).toEqual([])
}
/** Of these errors, and no others. */
export const failedOnlyWith = (outcome: Outcome, actor: number, ...tags: ReadonlyArray<string>): void => {
  for (const error of errorsOf(outcome, actor)) expect(tags).toContain(error)
}
export const signedIn = ({ live }: Outcome): Outcome['live'] => live.filter(([, { subject }]) => subject !== undefined)
export const nobodySignedIn = (outcome: Outcome): void => {
  expect(signedIn(outcome)).toEqual([])
}
export const marks = ({ live }: Outcome): ReadonlyArray<string> =>
  live.flatMap(([, { data }]) => (data as { readonly seen?: ReadonlyArray<string> }).seen ?? []).sort()

/** Below this a timer is a pause between two attempts. ms. */
const LONGEST_PAUSE = 200

/** Pauses are over at once. What is to happen only after a while never does: time is the world's. */
const worldsTimers = (): void => {
  vi.stubGlobal('setTimeout', (f: () => void, ms = 0) =>
    ms < LONGEST_PAUSE ? setImmediate(f) : { unref: () => undefined },
  )
}

/** The pauses between attempts are over at once, their order is the schedule's; how many orders there were is printed. */
export const explorer = (what: string) => {
  let total = 0
  beforeAll(worldsTimers)
  afterAll(() => {
    vi.unstubAllGlobals()
    console.log(`${what}: ${String(total)} interleavings`)
  })
  return async (given: Race, atLeast = given.around === 'cached' ? 1 : 2): Promise<void> => {
    const count = await race(given)
    total += count
    expect(count).toBeGreaterThanOrEqual(atLeast)
  }
}
