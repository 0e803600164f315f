/** All orders of the store calls of two requests, and of three where there are few (test/engine/schedule.ts). */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import type { Asked, Change, Handler, Outcome, Race } from './race.ts'
import { race } from './race.ts'
import type { Data } from './world.ts'

type Request = Asked['act']
type Requests = ReadonlyArray<Request>

const ADA: ReadonlyArray<Change> = [Session.signIn('ada')]
const ANONYMOUS: ReadonlyArray<Change> = [Session.set<Data, 'theme'>('theme', 'dark')]

const write =
  (name: string): Request =>
  async ({ mark }) => {
    await mark(name)
  }
const readThenWrite =
  (name: string): Request =>
  async ({ ref, mark }) => {
    await ref.read()
    await mark(name)
  }
const later =
  (name: string): Request =>
  ({ later }) => {
    later(name)
    return Promise.resolve()
  }
const twice =
  (name: string): Request =>
  async ({ mark }) => {
    await mark(`${name}1`)
    await mark(`${name}2`)
  }
const destroy: Request = async ({ ref, admitted }) => {
  await admitted()
  await ref.destroy()
}
const signOut: Request = async ({ ref, admitted }) => {
  await admitted()
  await ref.transact(Session.signOut)
}
const regenerate: Request = async ({ ref }) => {
  await ref.transact(Session.regenerate)
}
const regenerateAndWrite =
  (name: string): Request =>
  async ({ ref, mark }) => {
    ref.update(Session.regenerate)
    await mark(name)
  }
const signIn =
  (who: string): Request =>
  async ({ ref }) => {
    await ref.transact(Session.signIn(who))
  }
const another =
  (who: string): Request =>
  async ({ ref, admitted }) => {
    await admitted()
    await ref.transact(Session.signIn(who))
  }
const again = signIn('ada')
const signInAndWrite =
  (who: string, name: string): Request =>
  async ({ ref, mark }) => {
    await ref.transact(Session.signIn(who))
    await mark(name)
  }
const proven =
  (who: string): Request =>
  async ({ ref }) => {
    const epoch = await ref.subjectEpoch(who)
    await ref.transact(Session.signIn(who, { epoch }))
  }
const read: Request = async ({ ref }) => {
  await ref.read()
}
const endAll = async ({ sessions }: Handler): Promise<void> => {
  const ended = await sessions.subject('ada').endAll()
  expect(ended._tag).toBe('Right')
}

const failedWith = (outcome: Outcome, actor: number): ReadonlyArray<string> => outcome.done[actor]?.errors ?? []
const nobodyFailed = ({ done }: Outcome): void => {
  expect(done.flatMap(({ errors }) => errors)).toEqual([])
}
const nobodySignedIn = ({ live }: Outcome): void => {
  expect(live.filter(([, { subject }]) => subject !== undefined)).toEqual([])
}
const marks = ({ live }: Outcome): ReadonlyArray<string> =>
  live.flatMap(([, { data }]) => (data as { readonly seen?: ReadonlyArray<string> }).seen ?? []).sort()

let total = 0
const explore = (given: Race, atLeast: number) => async (): Promise<void> => {
  const count = await race(given)
  total += count
  expect(count).toBeGreaterThanOrEqual(atLeast)
}

// Pauses between attempts are over at once; their order is the schedule's.
beforeAll(() => {
  vi.stubGlobal('setTimeout', (f: () => void) => setImmediate(f))
})
afterAll(() => {
  vi.unstubAllGlobals()
  console.log(`${String(total)} interleavings`)
})

describe('no acknowledged function is lost or applied twice', () => {
  it.each<readonly [string, Requests, ReadonlyArray<string>]>([
    ['write, write', [write('a'), write('b')], ['a', 'b']],
    ['deferred write, write', [later('a'), write('b')], ['a', 'b']],
    ['read and write, two writes', [readThenWrite('a'), twice('b')], ['a', 'b1', 'b2']],
    ['two writes, two writes', [twice('a'), twice('b')], ['a1', 'a2', 'b1', 'b2']],
    ['write, write, write', [write('a'), write('b'), later('c')], ['a', 'b', 'c']],
  ])('%s', async (_, requests, all) => {
    await explore(
      {
        begins: ANONYMOUS,
        requests,
        then: (outcome) => {
          nobodyFailed(outcome)
          expect(marks(outcome)).toEqual(all)
        },
      },
      6,
    )()
  })
})

describe('a logout is never undone', () => {
  it.each<readonly [string, Requests]>([
    ['write, destroy', [twice('a'), destroy]],
    ['deferred write, destroy', [later('a'), destroy]],
    ['regenerate, destroy', [regenerateAndWrite('a'), destroy]],
    ['sign-in of the same, destroy', [again, destroy]],
    ['destroy, destroy', [destroy, destroy]],
    ['sign-out, destroy', [signOut, destroy]],
    ['write, destroy, regenerate', [write('a'), destroy, regenerate]],
  ])('%s: nobody is signed in by the old session', (_, requests) =>
    explore(
      {
        begins: ADA,
        requests,
        then: (outcome) => {
          expect(failedWith(outcome, 1)).toEqual([])
          if (outcome.done[1]?.admitted !== true) return
          // A sign-in that came too late, and was never admitted, has started anew.
          const anew = outcome.live.filter(([id]) => outcome.first?.includes(id) !== true)
          expect(anew.length).toBeLessThanOrEqual(requests[0] === again ? 1 : 0)
          // What was signed out before was not its any more.
          nobodySignedIn({ ...outcome, live: outcome.live.filter((one) => !anew.includes(one)) })
          if (requests[0] !== signOut) expect(outcome.live).toEqual(anew)
        },
      },
      2,
    )(),
  )

  it.each<readonly [string, Requests]>([
    ['write, sign-out', [twice('a'), signOut]],
    ['deferred write, sign-out', [later('a'), signOut]],
    ['regenerate, sign-out', [regenerateAndWrite('a'), signOut]],
    ['sign-out, sign-out', [signOut, signOut]],
    ['write, write, sign-out', [write('a'), signOut, write('b')]],
  ])('%s: nobody is signed in', (_, requests) =>
    explore(
      {
        begins: ADA,
        requests,
        then: (outcome) => {
          expect(failedWith(outcome, 1)).toEqual([])
          if (outcome.done[1]?.admitted !== true) return
          nobodySignedIn(outcome)
          expect(marks(outcome)).toEqual([])
        },
      },
      2,
    )(),
  )
})

describe('rotation', () => {
  it.each<readonly [string, Requests]>([
    ['regenerate, write', [regenerate, twice('a')]],
    ['regenerate, deferred write', [regenerateAndWrite('b'), later('a')]],
    ['regenerate, regenerate', [regenerateAndWrite('a'), regenerateAndWrite('b')]],
    ['regenerate, write, write', [regenerate, write('a'), write('b')]],
  ])('%s: one of them may be superseded, never both', (_, requests) =>
    explore(
      {
        begins: ADA,
        requests,
        then: ({ done, live }) => {
          expect(live).toHaveLength(1)
          expect(live[0]?.[1].epoch).toBe(done.filter(({ setCookie }) => setCookie !== undefined).length)
          expect(done.some(({ errors }) => errors.length === 0)).toBe(true)
          for (const { errors } of done) for (const error of errors) expect(error).toBe('Superseded')
        },
      },
      6,
    )(),
  )
})

describe('sign-in', () => {
  const everyLoginStands = ({ done, live }: Outcome): void => {
    nobodyFailed({ done, live } as Outcome)
    const signedIn = live.filter(([, { subject }]) => subject !== undefined)
    expect(signedIn.length).toBeGreaterThanOrEqual(1)
  }
  it.each<readonly [string, Requests]>([
    ['sign-in, sign-in (a double click)', [signIn('ada'), signIn('ada')]],
    ['sign-in and write, sign-in', [signInAndWrite('ada', 'a'), signIn('ada')]],
  ])('%s from an anonymous session: who came later has a session of its own, with nothing carried in', (_, requests) =>
    explore(
      {
        begins: ANONYMOUS,
        requests,
        then: (outcome) => {
          const { live, first } = outcome
          everyLoginStands(outcome)
          for (const [id, { data }] of live)
            expect((data as { readonly theme?: string }).theme).toBe(first?.includes(id) === true ? 'dark' : undefined)
        },
      },
      6,
    )(),
  )

  it.each<readonly [string, Requests]>([
    ['sign-in, sign-in', [signIn('ada'), signIn('ada')]],
    ['sign-in, write', [signIn('ada'), write('a')]],
  ])('%s without a session: each has its own', (_, requests) =>
    explore(
      {
        requests,
        then: (outcome) => {
          nobodyFailed(outcome)
          expect(outcome.live).toHaveLength(2)
        },
      },
      4,
    )(),
  )

  it.each<readonly [string, Requests]>([
    ['sign-in, write', [signIn('ada'), twice('evil')]],
    ['sign-in, deferred write', [signIn('ada'), later('evil')]],
    ['sign-in, first use later', [signIn('ada'), readThenWrite('evil')]],
    ['sign-in, write, write', [signIn('ada'), write('evil'), later('evil2')]],
  ])('%s: nothing that was not admitted again gets into the new session', (_, requests) =>
    explore(
      {
        begins: ANONYMOUS,
        requests,
        then: ({ done, live, effects }) => {
          expect(done[0]?.errors).toEqual([])
          expect(live).toHaveLength(1)
          // Every write of the others came before the sign-in.
          const login = effects.findIndex(({ actor }) => actor === 0)
          expect(effects.slice(login + 1).filter(({ actor }) => actor !== 0)).toEqual([])
        },
      },
      6,
    )(),
  )

  it.each<readonly [string, Requests]>([
    ['another signs in, write', [another('bob'), twice('a')]],
    ['another signs in, regenerate', [another('bob'), regenerateAndWrite('a')]],
    ['another signs in, sign-out', [another('bob'), signOut]],
    ['another signs in, destroy', [another('bob'), destroy]],
    ['two others sign in', [another('bob'), another('eve')]],
  ])('%s: the first subject has nothing left, the second nothing of it', (_, requests) =>
    explore(
      {
        begins: [...ADA, ...ANONYMOUS],
        requests,
        then: ({ live, done }) => {
          for (const [, { subject, data }] of live) {
            if (subject?.id === 'ada' && done[0]?.admitted === true) expect(done[0].errors).toEqual(['Superseded'])
            if (subject !== undefined && subject.id !== 'ada') expect(data).toEqual({ views: 0 })
          }
        },
      },
      6,
    )(),
  )
})

describe('revocation', () => {
  it.each<readonly [string, Race['begins'], Request]>([
    ['a sign-in without a session', undefined, proven('ada')],
    ['a sign-in from an anonymous session', ANONYMOUS, proven('ada')],
    ['a sign-in from another subject', [Session.signIn('bob')], proven('ada')],
  ])('end all, %s: one that was proven before does not survive', (_, begins, request) =>
    explore(
      {
        ...(begins === undefined ? {} : { begins }),
        requests: [endAll, request],
        then: ({ done, live, calls }) => {
          const signedIn = live.filter(([, { subject }]) => subject?.id === 'ada')
          const at = (call: string): number => calls.findIndex((one) => one.startsWith(`${call} `))
          const proofFirst = at('1 readEpoch') < at('0 raiseEpoch')
          const scanLast = at('0 endAll') > Math.max(at('1 create'), at('1 update'))
          // One that is answered is revoked by a scan that came after it, or was proven after the revocation began.
          expect(signedIn).toHaveLength(proofFirst || scanLast ? 0 : 1)
          if (signedIn.length > 0) expect(done[1]?.errors).toEqual([])
          if (proofFirst && !scanLast) expect(done[1]?.errors).toContain('SessionEnded')
        },
      },
      6,
    )(),
  )

  it.each<readonly [string, Request]>([
    ['write', twice('a')],
    ['regenerate', regenerateAndWrite('a')],
    ['first use', read],
  ])('end all, %s: nobody is signed in', (_, request) =>
    explore({ begins: ADA, requests: [endAll, request], then: nobodySignedIn }, 3)(),
  )
})

describe('renewal', () => {
  it.each<readonly [string, Requests]>([
    ['read, read', [read, read]],
    ['read, write', [read, twice('a')]],
    ['deferred write, write', [later('a'), write('b')]],
    ['read, read, read', [read, read, read]],
  ])('%s: nobody is logged out', (_, requests) =>
    explore(
      {
        begins: ADA,
        after: 121_000,
        renewAfter: 120_000,
        requests,
        then: async (outcome) => {
          nobodyFailed(outcome)
          expect(outcome.live).toHaveLength(1)
          expect(outcome.done.filter(({ setCookie }) => setCookie !== undefined)).toHaveLength(1)
          for (const { cookie } of outcome.done) expect(await outcome.statusOf(cookie)).toBe('live')
          expect(await outcome.statusOf(outcome.first)).toBe('live')
          // Nor by the first use of the new secret, while requests with the old one are on their way.
          for (const { cookie } of outcome.done) await outcome.present(cookie)
          expect(await outcome.statusOf(outcome.first)).toBe('live')
        },
      },
      6,
    )(),
  )

  it.each<readonly [string, Request]>([
    ['sign-out', signOut],
    ['destroy', destroy],
  ])('read, %s: the logout holds', (_, request) =>
    explore({ begins: ADA, after: 121_000, renewAfter: 120_000, requests: [read, request], then: nobodySignedIn }, 6)(),
  )
})
