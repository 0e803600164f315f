import { isNone, isSome, none, some } from '#fp-ts/Option'
import { flow, pipe } from '#fp-ts/function'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deadlines } from '../../src/core/Policy.ts'
import * as Session from '../../src/core/Session.ts'
import { isSessionException } from '../../src/core/SessionError.ts'
import { UNDATED } from '../../src/core/SignIn.ts'
import type { Data, S } from './arbitraries.ts'
import {
  changes,
  DAY,
  HOUR,
  ID,
  INITIAL,
  livingSessions,
  MINUTE,
  NOW,
  policies,
  policyOf,
  sessions,
  subjectIds,
} from './arbitraries.ts'

const fresh: S = Session.fresh(ID, INITIAL, NOW)
const subjectOf = (session: S): string | undefined => Session.subjectId(session)
const cart = Session.set<Data, 'cart'>('cart', ['hat'])
const views = Session.set<Data, 'views'>('views', 7)

describe('the laws of Session', () => {
  it('1. regenerate is idempotent and changes nothing but the intent', () => {
    fc.assert(
      fc.property(sessions, (s) => {
        const once = Session.regenerate(s)
        expect(Session.regenerate(once)).toBe(once)
        expect({ ...once, intent: s.intent }).toStrictEqual(s)
        expect(once.intent).toBe(s.intent === 'none' ? 'rotate' : s.intent)
      }),
    )
  })

  it('2. whatever follows destroy does nothing', () => {
    fc.assert(
      fc.property(sessions, changes, (s, { f }) => {
        const destroyed = Session.destroy(s)
        expect(f(destroyed)).toBe(destroyed)
      }),
    )
  })

  it('2. save for signIn, which starts anew from the initial data', () => {
    fc.assert(
      fc.property(sessions, subjectIds, (s, id) => {
        const anew = Session.signIn(id)(Session.destroy(s))
        expect(anew).toMatchObject({ data: INITIAL, flash: {}, intent: 'replace', lifetime: none })
        expect(anew.data).toBe(s.initial)
        expect(subjectOf(anew)).toBe(id)
      }),
    )
  })

  it('3. signOut leaves the initial data, no subject and the flash', () => {
    fc.assert(
      fc.property(livingSessions, (s) => {
        const out = Session.signOut(s)
        expect(isNone(out.subject)).toBe(true)
        expect(out.flash).toBe(s.flash)
        expect(Session.signOut(out)).toBe(out)
        if (isNone(s.subject)) expect(out).toBe(s)
        else expect(out).toMatchObject({ data: INITIAL, lifetime: none, proof: none })
        if (isSome(s.subject)) expect(['rotate', 'replace']).toContain(out.intent)
      }),
    )
  })

  it('4. another subject finds nothing of the one before', () => {
    fc.assert(
      fc.property(livingSessions, fc.array(changes), (s, between) => {
        const ada = Session.signIn('ada')(s)
        const before = between.reduce((session, { f }) => f(session), ada)
        fc.pre(subjectOf(before) === 'ada')
        const bob = Session.signIn('bob')(before)
        expect(bob.data).toBe(s.initial)
        expect(bob.flash).toStrictEqual({})
        expect(bob).toMatchObject({ lifetime: none, intent: 'replace' })
        expect(subjectOf(bob)).toBe('bob')
      }),
    )
  })

  it('5. the same subject keeps data, flash and, unless another is named, lifetime', () => {
    fc.assert(
      fc.property(livingSessions, fc.boolean(), (s, another) => {
        const lifetime = { persistent: true, idleTimeout: 5 * MINUTE }
        const ada = Session.signIn('ada', { absoluteTimeout: HOUR })(s)
        const again = Session.signIn('ada', another ? lifetime : {})(ada)
        expect(again.data).toBe(ada.data)
        expect(again.flash).toBe(ada.flash)
        expect(again.lifetime).toStrictEqual(another ? some(lifetime) : ada.lifetime)
        expect(again.subject).not.toBe(ada.subject)
      }),
    )
  })
})

describe('signIn', () => {
  it('lets an anonymous session carry its data and flash in, and rotates the secret', () => {
    const s = pipe(fresh, cart, Session.flash('notice', 'hello'), Session.signIn('ada'))
    expect(s).toMatchObject({ data: { cart: ['hat'] }, flash: { notice: 'hello' }, intent: 'rotate' })
    expect(s.subject).toStrictEqual(some({ id: 'ada', authenticatedAt: UNDATED }))
  })

  it('keeps the named keys only; the others are those of the initial data', () => {
    const anonymous = pipe(fresh, cart, views, Session.set<Data, 'coupon'>('coupon', 'TEN'))
    const s = Session.signIn<Data>('ada', { keep: ['cart'] })(anonymous)
    expect(s.data).toStrictEqual({ ...INITIAL, cart: ['hat'] })
    expect(Session.signIn<Data>('ada', { keep: [] })(anonymous).data).toStrictEqual(INITIAL)
    expect(Session.signIn<Data>('ada', { keep: ['coupon'] })(fresh).data).toStrictEqual(INITIAL)
  })

  it('does not narrow what the subject already has', () => {
    const s = pipe(fresh, Session.signIn('ada'), cart, Session.signIn<Data>('ada', { keep: [] }))
    expect(s.data.cart).toStrictEqual(['hat'])
  })

  it('of another subject replaces the session, and nothing that follows takes that back', () => {
    const bob = pipe(fresh, Session.signIn('ada'), cart, Session.signIn('bob'))
    expect(bob).toMatchObject({ data: INITIAL, intent: 'replace' })
    for (const f of [Session.signIn('bob'), Session.signIn('eve'), Session.signOut, Session.regenerate, cart])
      expect(f(bob).intent).toBe('replace')
  })

  it('names level, lifetime and the epoch that was read before', () => {
    const s = Session.signIn({ id: 'ada', level: 2 }, { persistent: true, absoluteTimeout: 30 * DAY, epoch: 4 })(fresh)
    expect(s.subject).toStrictEqual(some({ id: 'ada', authenticatedAt: UNDATED, level: 2 }))
    expect(s.lifetime).toStrictEqual(some({ persistent: true, absoluteTimeout: 30 * DAY }))
    expect(s.proof).toStrictEqual(some(4))
    expect(Session.signIn('ada')(s).proof).toStrictEqual(none)
  })

  it.each([
    ['id', ''],
    ['id', 42],
    ['id', undefined],
    ['level', Number.NaN],
    ['level', '2'],
    ['idleTimeout', 0],
    ['idleTimeout', -1],
    ['absoluteTimeout', Number.NaN],
    ['absoluteTimeout', Number.POSITIVE_INFINITY],
    ['absoluteTimeout', '3600000'],
  ])('refuses %s %s where it is made, and names option, value and rule', (option, value) => {
    const attempt = (): unknown =>
      option === 'id' || option === 'level'
        ? Session.signIn({ id: 'ada', [option]: value })
        : Session.signIn('ada', { [option]: value })
    try {
      attempt()
      expect.unreachable()
    } catch (thrown) {
      expect(isSessionException(thrown) && thrown.sessionError).toMatchObject({
        _tag: 'Misconfigured',
        option: `signIn.${option}`,
        value: String(value),
        rule: expect.stringMatching(/^it must be/),
      })
    }
  })

  it('carries a key called __proto__ in as data, not as a prototype', () => {
    const data = JSON.parse('{ "__proto__": { "admin": true }, "a": 1 }') as Readonly<Record<string, unknown>>
    const anonymous: Session.Session<Readonly<Record<string, unknown>>> = { ...Session.fresh(ID, {}, NOW), data }
    const kept = Session.signIn<Readonly<Record<string, unknown>>>('ada', { keep: ['__proto__', 'constructor'] })(
      anonymous,
    )
    expect(Object.keys(kept.data)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(kept.data)).toBe(Object.prototype)
    expect(kept.data['admin']).toBeUndefined()
  })
})

describe('signOut, regenerate, destroy', () => {
  it('signOut after signIn in one request still rotates', () => {
    const s = pipe(fresh, cart, Session.signIn('ada'), Session.signOut)
    expect(s).toMatchObject({ data: INITIAL, subject: none, intent: 'rotate' })
  })

  it('who signs in after a signOut in the same request finds the flash only', () => {
    const s = pipe(
      fresh,
      Session.signIn('ada'),
      cart,
      Session.flash('notice', 'bye'),
      Session.signOut,
      Session.signIn('bob'),
    )
    expect(s).toMatchObject({ data: INITIAL, flash: { notice: 'bye' } })
  })

  it('regenerate neither lowers replace nor touches a destroyed session', () => {
    const replaced = flow(Session.signIn('ada'), Session.signIn('bob'))(fresh)
    expect(Session.regenerate(replaced)).toBe(replaced)
    const destroyed = Session.destroy(fresh)
    expect(Session.regenerate(destroyed)).toBe(destroyed)
  })

  it('destroy leaves nothing, and is idempotent', () => {
    const s = pipe(
      fresh,
      cart,
      Session.flash('notice', 'x'),
      Session.signIn('ada', { persistent: true, epoch: 1 }),
      Session.destroy,
    )
    expect(s).toStrictEqual({ ...fresh, intent: 'end' })
    expect(Session.destroy(s)).toBe(s)
  })
})

describe('reading', () => {
  it('a fresh session is anonymous, empty of flash and not stored', () => {
    expect(fresh).toStrictEqual({
      id: ID,
      data: INITIAL,
      subject: none,
      flash: {},
      createdAt: NOW,
      touchedAt: NOW,
      initial: INITIAL,
      lifetime: none,
      intent: 'none',
      revision: none,
      proof: none,
    })
    expect(Session.isFresh(fresh)).toBe(true)
    expect(Session.isFresh({ ...fresh, revision: some('r') })).toBe(false)
  })

  it('isSignedIn and subjectId speak of the subject', () => {
    fc.assert(
      fc.property(sessions, (s) => {
        expect(Session.isSignedIn(s)).toBe(isSome(s.subject))
        expect(Session.subjectId(s)).toBe(isSome(s.subject) ? s.subject.value.id : undefined)
      }),
    )
  })

  it('age counts from the creation', () => {
    expect(Session.age(NOW + 5)(fresh)).toBe(5)
  })

  it('isRecent asks for a sign-in of that age and level', () => {
    const signedIn = (level?: number): S => ({
      ...fresh,
      subject: some({ id: 'ada', authenticatedAt: NOW, ...(level === undefined ? {} : { level }) }),
    })
    expect(Session.isRecent(MINUTE)(NOW)(fresh)).toBe(false)
    expect(Session.isRecent(MINUTE)(NOW + MINUTE)(signedIn())).toBe(true)
    expect(Session.isRecent(MINUTE)(NOW + MINUTE + 1)(signedIn())).toBe(false)
    expect(Session.isRecent(MINUTE, 2)(NOW)(signedIn(1))).toBe(false)
    expect(Session.isRecent(MINUTE, 1)(NOW)(signedIn())).toBe(false)
    expect(Session.isRecent(MINUTE, 2)(NOW)(signedIn(2))).toBe(true)
    expect(Session.isRecent(0, 0)(NOW)(Session.signIn('ada')(fresh))).toBe(true)
  })

  it('deadlines are those that the policy gives the same times', () => {
    fc.assert(
      fc.property(sessions, policies, (s, p) => {
        const times = {
          createdAt: s.createdAt,
          touchedAt: s.touchedAt,
          ...(isSome(s.subject) ? { subject: s.subject.value } : {}),
          ...(isSome(s.lifetime) ? { lifetime: s.lifetime.value } : {}),
        }
        expect(Session.deadlines(p)(s)).toStrictEqual(deadlines(p)(times))
      }),
    )
    expect(Session.deadlines(policyOf({}))(fresh)).toStrictEqual({ idleAt: NOW + HOUR, absoluteAt: NOW + DAY })
  })
})
