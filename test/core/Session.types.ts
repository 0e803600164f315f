// Compiled, not run: what is inferred where a session is changed or read (design §3, §6, §10).
import type { Endomorphism } from '#fp-ts/Endomorphism'
import { flow, pipe } from '#fp-ts/function'
import type { IO } from '#fp-ts/IO'
import type { Option } from '#fp-ts/Option'
import type { State } from '#fp-ts/State'
import type { TaskEither } from '#fp-ts/TaskEither'
import * as Session from '../../src/core/Session.ts'
import type { SessionError } from '../../src/core/SessionError.ts'
import type { Subject } from '../../src/core/Stored.ts'
import type { SessionManager } from '../../src/engine/SessionManager.ts'
import type { Committed, SessionEffect, SessionRef } from '../../src/engine/SessionRef.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type IsAny<T> = 0 extends 1 & T ? true : false
/** `T` is exactly `U`, and not `any`. */
type Is<T, U> = IsAny<T> extends true ? false : Equal<T, U>
type Assert<T extends true> = T

interface Item {
  readonly sku: string
  readonly tags: ReadonlyArray<'new' | 'sale'>
}
interface Data {
  readonly views: number
  readonly theme: 'light' | 'dark'
  readonly step: { readonly at: 'cart' } | { readonly at: 'paid'; readonly order: number }
  readonly point: readonly [x: number, label: string]
  readonly cart?: ReadonlyArray<Item>
  readonly coupon?: string
  readonly name: string | undefined
}
type S = Session.Session<Data>

declare const session: S
declare const ref: SessionRef<Data>
declare const effect: SessionEffect<Data>
declare const change: (f: Endomorphism<S>) => void

const item: Item = { sku: 'a', tags: ['new'] }

// --- Named outside of a context, used in all of them ------------------------------------------------------------------

const count = Session.modify('views', (n: number) => n + 1)
export const counts: Endomorphism<S> = count
change(count)
ref.update(count)
const counted = ref.transact(count)
const countedEffect = effect.transact(count)
const countedByHand = count(session)

const addItem = Session.modify('cart', (cart: ReadonlyArray<Item> = []) => [...cart, item])
change(addItem)
const toggle = Session.modify('theme', (theme: Data['theme']) => (theme === 'dark' ? 'light' : 'dark'))
change(toggle)
const countAndLeave = flow(count, Session.signOut)
change(countAndLeave)
const countTwice = flow(count, count)
const countedTwice = ref.transact(countTwice)
const login = Session.signIn('u1', { persistent: true })
change(login)
change(flow(login, count))

// The function must take every value of the key, and give no other.
const anyText = Session.modify('theme', (theme: string) => theme)
// @ts-expect-error gives texts that are no theme
change(anyText)
// @ts-expect-error gives texts that are no theme
ref.update(anyText)
// @ts-expect-error gives texts that are no theme
ref.transact(anyText)
// @ts-expect-error gives texts that are no theme
anyText(session)
const onlyDark = Session.modify('theme', (theme: 'dark') => theme)
// @ts-expect-error does not take 'light'
change(onlyDark)
const couponThere = Session.modify('coupon', (coupon: string) => coupon)
// @ts-expect-error does not take an absent coupon
change(couponThere)
const elsewhere = Session.modify('visits', (n: number) => n + 1)
// @ts-expect-error not a key of the data
change(elsewhere)

// --- Inline -----------------------------------------------------------------------------------------------------------

change(Session.modify('views', (n) => n + 1))
change(Session.modify('views', (n: number) => n + 1))
change(Session.modify('cart', (cart = []) => [...cart, { sku: 'a', tags: ['sale'] }]))
change(Session.modify('theme', () => 'dark'))
change(Session.modify('theme', (theme) => (theme === 'dark' ? 'light' : 'dark')))
change(Session.modify('step', (step) => ({ ...step, at: 'paid', order: 1 })))
change(Session.modify('point', ([x, label]) => [x + 1, label]))
change(Session.set('theme', 'dark'))
change(Session.set('step', { at: 'paid', order: 1 }))
change(Session.set('point', [1, 'a']))
change(Session.setDefault('cart', [{ sku: 'a', tags: ['new'] }]))
change(Session.update({ theme: 'dark', views: 1, step: { at: 'cart' }, point: [1, 'a'] }))
change(Session.remove('coupon'))
change(Session.clear)
change(Session.flash('notice', 'saved'))
change(Session.signIn('u1'))
change(Session.signIn({ id: 'u1', level: 2 }, { keep: ['cart'], idleTimeout: 60_000 }))
change(Session.signOut)
change(Session.regenerate)
change(Session.destroy)
change((s) => s)
change(
  flow(
    Session.set('theme', 'dark'),
    Session.modify('step', () => ({ at: 'cart' })),
    count,
    Session.signOut,
  ),
)

ref.update(Session.modify('views', (n) => n + 1))
ref.update(Session.modify('theme', () => 'dark'))
ref.update(Session.set('step', { at: 'cart' }), { ifUnchanged: true })
ref.update(
  flow(
    Session.set('theme', 'dark'),
    Session.modify('views', (n) => n + 1),
  ),
)
ref.update(Session.update({ theme: 'dark' }))
ref.update(Session.signIn('u1', { keep: ['cart'] }))
ref.update(Session.signOut)
ref.update(Session.regenerate)
ref.update(Session.destroy)
ref.update(Session.clear)
ref.update(Session.flash('notice', 'saved'))
const recorded = ref.update(Session.set('theme', 'dark'))
const recordedEffect = effect.update(Session.set('theme', 'dark'), { ifUnchanged: false })

// @ts-expect-error not a theme
change(Session.set('theme', 'blue'))
// @ts-expect-error not a theme
ref.update(Session.set('theme', 'blue'))
// @ts-expect-error not a theme
ref.transact(Session.set('theme', 'blue'))
// @ts-expect-error not a key
change(Session.set('colour', 'dark'))
// @ts-expect-error not a key
ref.update(Session.modify('colour', () => 'dark'))
// @ts-expect-error not a theme
ref.update(Session.modify('theme', () => 'blue'))
// @ts-expect-error not a step
ref.update(Session.modify('step', () => ({ at: 'void' })))
// @ts-expect-error not a theme
ref.update(Session.update({ theme: 'blue' }))
// @ts-expect-error not a key
ref.update(Session.update({ colour: 'blue' }))
// @ts-expect-error not a tag
ref.update(Session.set('cart', [{ sku: 'a', tags: ['old'] }]))
// @ts-expect-error not a key
ref.update(Session.signIn('u1', { keep: ['basket'] }))
// @ts-expect-error a required key can not be removed
ref.update(Session.remove('views'))
// @ts-expect-error of type string | undefined, and still required
ref.update(Session.remove('name'))
// @ts-expect-error a State is for transact
ref.update(Session.pop('coupon'))
// @ts-expect-error outside of a context nothing tells what the data is: use `sessions.ops`
Session.set('theme', 'dark')

// --- transact: the stored session, or the State's own result -----------------------------------------------------------

const popped = ref.transact(Session.pop('coupon'))
const poppedOr = ref.transact(Session.popOr('coupon', 'none'))
const defaulted = ref.transact(Session.getOrSetDefault('cart', []))
const taken = ref.transact(Session.takeFlash('notice'))
const takenWide = ref.transact(Session.takeFlash<number>('notice'))
const own = ref.transact((s) => [s.data.views, s])
const ownChange = ref.transact((s) => ({ ...s, data: { ...s.data, views: 2 } }))
const modified = ref.transact(Session.modify('step', (step) => ({ ...step, at: 'cart' })))
const set = ref.transact(Session.set('theme', 'dark'))
const updated = ref.transact(Session.update({ theme: 'dark', point: [1, 'a'] }))
const removed = ref.transact(Session.remove('coupon'))
const defaultSet = ref.transact(Session.setDefault('coupon', 'x'))
const cleared = ref.transact(Session.clear)
const flashed = ref.transact(Session.flash('notice', 'saved'))
const signedIn = ref.transact(Session.signIn('u1'))
const signedInKeeping = ref.transact(Session.signIn('u1', { keep: ['cart'] }))
const signedOut = ref.transact(Session.signOut)
const regenerated = ref.transact(Session.regenerate)
const destroyed = ref.transact(Session.destroy)
const flowed = ref.transact(flow(count, Session.set('theme', 'dark'), Session.signIn('u1')))
const poppedEffect = effect.transact(Session.pop('coupon'))
const signedOutEffect = effect.transact(Session.signOut)

export const pop: State<S, Option<string>> = Session.pop('coupon')
// @ts-expect-error a required key can not be popped
ref.transact(Session.pop('views'))
// @ts-expect-error a required key can not be popped
ref.transact(Session.popOr('theme', 'dark'))
// @ts-expect-error not what the coupon is
ref.transact(Session.popOr('coupon', 1))

export type Transacted = [
  Assert<Is<typeof counted, Promise<S>>>,
  Assert<Is<typeof countedTwice, Promise<S>>>,
  Assert<Is<typeof countedEffect, TaskEither<SessionError, S>>>,
  Assert<Is<typeof countedByHand, S>>,
  Assert<Is<typeof popped, Promise<Option<string>>>>,
  Assert<Is<typeof poppedOr, Promise<string>>>,
  Assert<Is<typeof defaulted, Promise<ReadonlyArray<Item>>>>,
  Assert<Is<typeof taken, Promise<Option<string>>>>,
  Assert<Is<typeof takenWide, Promise<Option<number>>>>,
  Assert<Is<typeof own, Promise<number>>>,
  Assert<Is<typeof ownChange, Promise<S>>>,
  Assert<Is<typeof modified, Promise<S>>>,
  Assert<Is<typeof set, Promise<S>>>,
  Assert<Is<typeof updated, Promise<S>>>,
  Assert<Is<typeof removed, Promise<S>>>,
  Assert<Is<typeof defaultSet, Promise<S>>>,
  Assert<Is<typeof cleared, Promise<S>>>,
  Assert<Is<typeof flashed, Promise<S>>>,
  Assert<Is<typeof signedIn, Promise<S>>>,
  Assert<Is<typeof signedInKeeping, Promise<S>>>,
  Assert<Is<typeof signedOut, Promise<S>>>,
  Assert<Is<typeof regenerated, Promise<S>>>,
  Assert<Is<typeof destroyed, Promise<S>>>,
  Assert<Is<typeof flowed, Promise<S>>>,
  Assert<Is<typeof poppedEffect, TaskEither<SessionError, Option<string>>>>,
  Assert<Is<typeof signedOutEffect, TaskEither<SessionError, S>>>,
  Assert<Is<typeof recorded, void>>,
  Assert<Is<typeof recordedEffect, IO<void>>>,
]

// --- Reading ----------------------------------------------------------------------------------------------------------

const read = ref.read({ passive: true })
const readEffect = effect.read
const committed = effect.commit
const got = pipe(session, Session.get('coupon'))
const gotOr = pipe(session, Session.getOr('cart', []))
const gotName = pipe(session, Session.getOr('name', 'guest'))
const has = pipe(session, Session.has('coupon'))
const keys = pipe(session, Session.keys)
const entries = pipe(session, Session.entries)
const piped = pipe(
  session,
  Session.set('theme', 'dark'),
  Session.modify('theme', () => 'light'),
  count,
  Session.signOut,
)

export type Read = [
  Assert<Is<typeof read, Promise<S>>>,
  Assert<Is<typeof readEffect, TaskEither<SessionError, S>>>,
  Assert<Is<typeof committed, TaskEither<SessionError, Committed<Data>>>>,
  Assert<Is<S['data'], Data>>,
  Assert<Is<S['data']['views'], number>>,
  Assert<Is<S['subject'], Option<Subject>>>,
  Assert<Is<typeof got, Option<string>>>,
  Assert<Is<typeof gotOr, ReadonlyArray<Item>>>,
  Assert<Is<typeof gotName, string>>,
  Assert<Is<typeof has, boolean>>,
  Assert<Is<typeof keys, ReadonlyArray<keyof Data>>>,
  Assert<Is<(typeof entries)[number][0], keyof Data>>,
  Assert<Is<typeof piped, S>>,
  Assert<Is<Session.OptionalKey<Data>, 'cart' | 'coupon'>>,
  Assert<Is<Session.OptionalKey<Readonly<Record<string, number>>>, string>>,
  Assert<Is<Session.OptionalKey<Readonly<Record<'a' | 'b', number>>>, never>>,
]

// @ts-expect-error not a key
pipe(session, Session.get('colour'))
// @ts-expect-error not what a cart is
pipe(session, Session.getOr('cart', 'empty'))
// @ts-expect-error readonly
session.data = { ...session.data, views: 2 }
// @ts-expect-error readonly
session.data.views = 2
// @ts-expect-error readonly
session.data.cart?.push(item)
// @ts-expect-error readonly
session.intent = 'end'
// @ts-expect-error readonly
session.flash['notice'] = 'x'

// --- Bound to the data type by the manager: standalone, in full ---------------------------------------------------------

declare const sessions: SessionManager<Data>
const { ops } = sessions

const dark = ops.set('theme', 'dark')
const paid = ops.modify('step', (step) => ({ ...step, at: 'paid', order: 1 }))
const light = ops.modify('theme', () => 'light')
const moved = ops.modify('point', ([x, label]) => [x + 1, label])
const filled = ops.modify('cart', (cart = []) => [...cart, { sku: 'a', tags: ['sale'] }])
const take = ops.pop('coupon')
const enter = ops.signIn('u1', { keep: ['cart'] })
const session2 = pipe(session, dark, paid, light, enter, ops.signOut)
const takenCoupon = ref.transact(take)

export type Bound = [
  Assert<Is<typeof dark, Endomorphism<S>>>,
  Assert<Is<typeof light, Endomorphism<S>>>,
  Assert<Is<typeof moved, Endomorphism<S>>>,
  Assert<Is<typeof filled, Endomorphism<S>>>,
  Assert<Is<typeof enter, Endomorphism<S>>>,
  Assert<Is<typeof take, State<S, Option<string>>>>,
  Assert<Is<typeof session2, S>>,
  Assert<Is<typeof takenCoupon, Promise<Option<string>>>>,
]

// @ts-expect-error not a theme
ops.set('theme', 'blue')
// @ts-expect-error not a theme
ops.modify('theme', () => 'blue')
// @ts-expect-error a required key can not be popped
ops.pop('views')

// --- What a last-write-wins store can not promise ---------------------------------------------------------------------

declare const plain: SessionRef<Data, 'last-write-wins'>
declare const either: SessionRef<Data, 'cas' | 'last-write-wins'>

plain.update(count)
plain.update(Session.modify('theme', () => 'dark'))
export const plainRead: Promise<S> = plain.read()
// @ts-expect-error there is no compare-and-set to be atomic with
plain.transact(count)
// @ts-expect-error nothing tells whether the record changed
plain.update(count, { ifUnchanged: true })
// @ts-expect-error nothing tells whether the record changed
plain.effect.update(count, { ifUnchanged: true })
// @ts-expect-error no compare-and-set, no transact
plain.effect.transact(count)
// @ts-expect-error a manager that may stand on either promises the less
either.transact(count)
