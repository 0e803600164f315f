import { isNone, isSome, none, some } from '#fp-ts/Option'
import { pipe } from '#fp-ts/function'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deepFreeze } from '../../src/core/Json.ts'
import * as Session from '../../src/core/Session.ts'
import type { Data, S } from './arbitraries.ts'
import { changes, datas, ID, INITIAL, livingSessions, NOW, sessions } from './arbitraries.ts'

const KEYS = ['views', 'theme', 'name', 'coupon', 'cart'] as const
const keys = fc.constantFrom(...KEYS)
/** A key and two values for it, undefined not among them. */
const puts = fc.record({ key: keys, one: datas, two: datas }).map(({ key, one, two }) => ({
  key,
  v: one[key] ?? INITIAL[key] ?? '',
  w: two[key] ?? INITIAL[key] ?? '',
}))

const set = (key: (typeof KEYS)[number], value: unknown) => Session.set<Data, typeof key>(key, value as never)
const get = (key: (typeof KEYS)[number]) => Session.get<Data, typeof key>(key)
const has = (key: (typeof KEYS)[number]) => Session.has<Data, typeof key>(key)

describe('the laws of SessionData', () => {
  it('1. get after set gives what was set; the later set wins; nothing else changes', () => {
    fc.assert(
      fc.property(livingSessions, puts, keys, (s, { key, v, w }, other) => {
        const after = set(key, v)(s)
        expect(get(key)(after)).toStrictEqual(some(v))
        expect(set(key, w)(after)).toStrictEqual(set(key, w)(s))
        if (other !== key) expect(get(other)(after)).toStrictEqual(get(other)(s))
        expect({ ...after, data: s.data }).toStrictEqual(s)
      }),
    )
  })

  it('2. what changes nothing gives the same session', () => {
    fc.assert(
      fc.property(livingSessions, keys, (s, key) => {
        if (Object.hasOwn(s.data, key)) {
          expect(set(key, s.data[key])(s)).toBe(s)
          expect(Session.update<Data>({ [key]: s.data[key] })(s)).toBe(s)
        } else {
          expect(Session.remove<Data, 'coupon'>(key as 'coupon')(s)).toBe(s)
        }
        if (s.data[key] !== undefined) expect(Session.setDefault<Data, typeof key>(key, 'x')(s)).toBe(s)
        expect(Session.modify('theme', (theme: Data['theme']) => theme)(s)).toBe(s)
        expect(Session.update<Data>({})(s)).toBe(s)
        const cleared = Session.clear(s)
        expect(cleared.data).toBe(s.initial)
        expect(Session.clear(cleared)).toBe(cleared)
        expect(Session.flash('notice', 'a')(Session.flash('notice', 'a')(s))).toStrictEqual(
          Session.flash('notice', 'a')(s),
        )
      }),
    )
  })

  it('2. the same value is that of Object.is: NaN is NaN, and -0 is not 0', () => {
    const s: S = { ...Session.fresh(ID, INITIAL, NOW), data: { ...INITIAL, views: Number.NaN } }
    expect(set('views', Number.NaN)(s)).toBe(s)
    const zero = set('views', 0)(s)
    expect(set('views', 0)(zero)).toBe(zero)
    expect(set('views', -0)(zero)).not.toBe(zero)
  })

  it('3. modify sets what the function gives of the value; update of one key is set', () => {
    fc.assert(
      fc.property(livingSessions, puts, fc.func(fc.integer()), (s, { key, v }, f) => {
        expect(Session.modify('views', f)(s)).toStrictEqual(set('views', f(s.data.views))(s))
        expect(Session.update<Data>({ [key]: v })(s)).toStrictEqual(set(key, v)(s))
      }),
    )
  })

  it('3. update sets all of its keys and leaves those that are undefined', () => {
    fc.assert(
      fc.property(livingSessions, datas, (s, data) => {
        const after = Session.update<Data>(data)(s)
        for (const key of KEYS)
          expect(get(key)(after)).toStrictEqual(data[key] === undefined ? get(key)(s) : some(data[key]))
      }),
    )
  })

  it('4. pop is get and remove; popOr falls back; getOrSetDefault is the value after setDefault', () => {
    fc.assert(
      fc.property(livingSessions, fc.constantFrom('coupon' as const, 'cart' as const), fc.string(), (s, key, text) => {
        const removed = Session.remove<Data, typeof key>(key)(s)
        expect(Session.pop<Data, typeof key>(key)(s)).toStrictEqual([get(key)(s), removed])
        expect(Object.hasOwn(removed.data, key)).toBe(false)
        expect(Session.popOr<Data, 'coupon'>('coupon', text)(s)).toStrictEqual([
          Session.getOr<Data, 'coupon'>('coupon', text)(s),
          Session.remove<Data, 'coupon'>('coupon')(s),
        ])
        const defaulted = Session.setDefault<Data, 'name'>('name', text)(s)
        const [value, after] = Session.getOrSetDefault<Data, 'name'>('name', text)(s)
        expect(after).toStrictEqual(defaulted)
        expect(get('name')(after)).toStrictEqual(some(value))
        expect(value).toBe(s.data.name ?? text)
      }),
    )
  })

  it('5. on a destroyed session every transformation is the identity', () => {
    fc.assert(
      fc.property(sessions.map(Session.destroy), changes, puts, (s, { f }, { key, v }) => {
        expect(f(s)).toBe(s)
        expect(set(key, v)(s)).toBe(s)
        expect(Session.pop<Data, 'coupon'>('coupon')(s)[1]).toBe(s)
        expect(Session.getOrSetDefault<Data, 'name'>('name', 'x')(s)[1]).toBe(s)
        expect(Session.takeFlash('notice')(s)).toStrictEqual([none, s])
      }),
    )
  })

  it('6. keys, values, entries and size speak of the keys that has is true of', () => {
    fc.assert(
      fc.property(sessions, (s) => {
        const there = KEYS.filter((key) => has(key)(s))
        expect([...Session.keys(s)].sort()).toEqual([...there].sort())
        expect(Session.entries(s)).toEqual(Session.keys(s).map((key) => [key, s.data[key]]))
        expect(Session.values(s)).toEqual(Session.keys(s).map((key) => s.data[key]))
        expect(Session.size(s)).toBe(there.length)
        expect(Session.isEmpty(s)).toBe(there.length === 0)
        for (const key of KEYS) expect(has(key)(s)).toBe(isSome(get(key)(s)))
      }),
    )
    expect(Session.isEmpty(Session.fresh(ID, { name: undefined }, NOW))).toBe(true)
  })
})

describe('absent and undefined', () => {
  const s: S = Session.fresh(ID, INITIAL, NOW)

  it('a key that is undefined is not there, and a default takes its place', () => {
    expect(has('name')(s)).toBe(false)
    expect(isNone(get('name')(s))).toBe(true)
    expect(pipe(s, Session.getOr('name', 'guest'))).toBe('guest')
    expect(pipe(s, Session.setDefault('name', 'guest')).data.name).toBe('guest')
  })

  it('null and falsy values are there', () => {
    const nulls = Session.fresh(ID, { a: null, b: 0, c: '', d: false } as const, NOW)
    expect(Session.size(nulls)).toBe(4)
    expect(pipe(nulls, Session.get('a'))).toStrictEqual(some(null))
    expect(pipe(nulls, Session.setDefault('b', 0))).toBe(nulls)
  })

  it('modify is given undefined for an absent key', () => {
    const add = Session.modify('cart', (cart: ReadonlyArray<string> = []) => [...cart, 'hat'])
    expect(pipe(s, add, add).data.cart).toEqual(['hat', 'hat'])
  })

  it('clear keeps subject and flash', () => {
    const filled = pipe(s, Session.signIn('ada'), Session.set('views', 3), Session.flash('notice', 'x'))
    expect(Session.clear(filled)).toStrictEqual({ ...filled, data: INITIAL })
  })

  it('a session is never changed in place', () => {
    fc.assert(
      fc.property(sessions, changes, (session, { f }) => {
        // A frozen one throws where it would be.
        f(deepFreeze(session))
      }),
    )
  })
})

describe('flash', () => {
  const s: S = Session.fresh(ID, INITIAL, NOW)

  it('stays until it is taken, and is taken once', () => {
    const told = pipe(s, Session.flash('notice', 'saved'), Session.flash('error', 'no'))
    const [first, after] = Session.takeFlash('notice')(told)
    expect(first).toStrictEqual(some('saved'))
    expect(after.flash).toStrictEqual({ error: 'no' })
    expect(Session.takeFlash('notice')(after)).toStrictEqual([none, after])
    expect(after.data).toBe(s.data)
  })

  it('the later message of a key wins', () => {
    expect(pipe(s, Session.flash('notice', 'a'), Session.flash('notice', 'b')).flash).toStrictEqual({ notice: 'b' })
  })
})

describe('keys that every object inherits are no data, and as data they are no prototype', () => {
  type Loose = Readonly<Record<string, unknown>>
  const empty: Session.Session<Loose> = Session.fresh<Loose>(ID, {}, NOW)
  const inherited = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'] as const

  it.each(inherited)('%s is absent at first', (key) => {
    expect(Session.get<Loose, string>(key)(empty)).toStrictEqual(none)
    expect(Session.has<Loose, string>(key)(empty)).toBe(false)
    expect(Session.getOr<Loose, string>(key, 'x')(empty)).toBe('x')
    expect(Session.remove<Loose, string>(key)(empty)).toBe(empty)
    expect(Session.pop<Loose, string>(key)(empty)).toStrictEqual([none, empty])
    expect(Session.popOr<Loose, string>(key, 'x')(empty)).toStrictEqual(['x', empty])
    expect(Session.takeFlash(key)(empty)).toStrictEqual([none, empty])
    let given: unknown = 'not called'
    Session.modify<Loose, string>(key, (value) => {
      given = value
      return 1
    })(empty)
    expect(given).toBeUndefined()
  })

  it.each(inherited)('%s is stored, read and removed as its own key', (key) => {
    const value = { admin: true }
    for (const f of [
      Session.set<Loose, string>(key, value),
      Session.modify<Loose, string>(key, () => value),
      Session.setDefault<Loose, string>(key, value),
      Session.update<Loose>(Object.fromEntries([[key, value]])),
      (s: Session.Session<Loose>) => Session.getOrSetDefault<Loose, string>(key, value)(s)[1],
    ]) {
      const after = f(empty)
      expect(Object.keys(after.data)).toEqual([key])
      expect(Object.getPrototypeOf(after.data)).toBe(Object.prototype)
      expect(after.data['admin']).toBeUndefined()
      expect(Session.get<Loose, string>(key)(after)).toStrictEqual(some(value))
      expect(Session.set<Loose, string>(key, value)(after)).toBe(after)
      const [popped, without] = Session.pop<Loose, string>(key)(after)
      expect(popped).toStrictEqual(some(value))
      expect(Object.keys(without.data)).toEqual([])
    }
    const told = Session.flash(key, 'x')(empty)
    expect(Object.keys(told.flash)).toEqual([key])
    expect(Session.takeFlash(key)(told)).toStrictEqual([some('x'), { ...empty, flash: {} }])
  })

  it('an inherited value is stored when it is set', () => {
    const after = Session.set<Loose, string>('constructor', Object)(empty)
    expect(Object.keys(after.data)).toEqual(['constructor'])
    expect(Object.keys(Session.update<Loose>({ valueOf: Object.prototype.valueOf })(empty).data)).toEqual(['valueOf'])
  })

  it('no other object is touched', () => {
    expect({}).not.toHaveProperty('admin')
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('admin')
  })
})
