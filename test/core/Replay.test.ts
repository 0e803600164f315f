import { none, some } from '#fp-ts/Option'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change } from '../../src/core/Replay.ts'
import { replay, replaySignIn } from '../../src/core/Replay.ts'
import * as Session from '../../src/core/Session.ts'
import type { Data, S } from './arbitraries.ts'
import { changes, ID, INITIAL, NOW, sessions, transformations } from './arbitraries.ts'

const change = (f: (s: S) => S): Change<Data> => ({ f, ifUnchanged: false })
const several = fc.array(transformations.map(({ f }) => change(f)))
const fresh: S = Session.fresh(ID, INITIAL, NOW)
const set = change(Session.set('views', 5))

describe('the laws of Replay', () => {
  it('1. one after the other is the same as all at once; none is the identity', () => {
    fc.assert(
      fc.property(sessions, several, several, (s, xs, ys) => {
        const first = replay(s, xs)
        const then = replay(first.session, ys)
        expect(replay(s, [...xs, ...ys])).toStrictEqual({
          session: then.session,
          ignored: first.ignored + then.ignored,
        })
        expect(replay(s, [])).toStrictEqual({ session: s, ignored: 0 })
      }),
    )
  })

  it('1. on a session that lives a replay is the composition of the functions', () => {
    fc.assert(
      fc.property(sessions, several, (s, xs) => {
        expect(replay(s, xs).session).toStrictEqual(xs.reduce((session, { f }) => f(session), s))
      }),
    )
  })

  it('2. on a destroyed session everything but a sign-in is ignored, whatever the function does', () => {
    const forged = fc.constantFrom<Array<(s: S) => S>>(
      (s) => ({ ...s, intent: 'none' }),
      (s) => ({ ...s, intent: 'replace' }),
      (s) => ({ ...s, data: { ...s.data, views: 9 } }),
      (s) => ({ ...s, subject: some({ id: 'eve', authenticatedAt: NOW }) }),
      (s) => Session.signOut(Session.signIn<Data>('eve')(s)),
    )
    fc.assert(
      fc.property(
        sessions,
        fc.array(
          fc.oneof(
            changes.map(({ f }) => f),
            forged,
          ),
        ),
        (s, fs) => {
          const destroyed = Session.destroy(s)
          expect(replay(destroyed, fs.map(change)).session).toBe(destroyed)
        },
      ),
    )
  })

  it('2. a sign-in starts anew, and what follows it counts', () => {
    const { session, ignored } = replay(fresh, [change(Session.destroy), set, change(Session.signIn('ada')), set])
    expect(session).toMatchObject({ intent: 'replace', data: { views: 5 } })
    expect(Session.subjectId(session)).toBe('ada')
    expect(ignored).toBe(1)
  })

  it('2. what would have changed a living session is counted, what has nothing left to do is not', () => {
    const count = (...after: ReadonlyArray<(s: S) => S>): number =>
      replay(fresh, [change(Session.destroy), ...after.map(change)]).ignored
    expect(count()).toBe(0)
    expect(count(Session.set('views', 5), Session.regenerate, Session.flash('notice', 'x'))).toBe(3)
    expect(count(Session.destroy, Session.signOut, Session.clear, Session.set('views', 0))).toBe(0)
  })
})

describe('replay', () => {
  it('applies in order, and passes on what a function throws', () => {
    const { session } = replay(fresh, [set, change(Session.modify('views', (n: number) => n * 2))])
    expect(session.data.views).toBe(10)
    const thrown = new Error('mine')
    const throws = change(() => {
      throw thrown
    })
    expect(() => replay(fresh, [set, throws])).toThrow(thrown)
  })
})

describe('replaySignIn', () => {
  it('begins with the first sign-in and carries nothing recorded before it', () => {
    const { session, ignored } = replaySignIn(fresh, [
      set,
      change(Session.flash('notice', 'x')),
      change(Session.signIn('ada')),
      change(Session.set('theme', 'dark')),
    ])
    expect(session).toMatchObject({ data: { ...INITIAL, theme: 'dark' }, flash: {}, intent: 'rotate' })
    expect(Session.subjectId(session)).toBe('ada')
    expect(ignored).toBe(2)
  })

  it('without a sign-in nothing is applied', () => {
    fc.assert(
      fc.property(fc.array(changes.map(({ f }) => change(f))), (xs) => {
        expect(replaySignIn(fresh, xs)).toStrictEqual({ session: fresh, ignored: xs.length })
      }),
    )
  })

  it('a sign-out after the sign-in still applies', () => {
    const { session } = replaySignIn(fresh, [change(Session.signIn('ada')), change(Session.signOut)])
    expect(session.subject).toStrictEqual(none)
    expect(replaySignIn(fresh, [change(Session.destroy), change(Session.signIn('ada'))]).ignored).toBe(1)
  })
})
