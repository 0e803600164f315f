/**
 * ```ts
 * configure: (options, emit, failed) => Engine<A>
 * ```
 * From options to the fixed parts of a manager: every rule about an option is checked here, once, before any request.
 *
 * @since 0.1.0
 */
import { sha256 } from '#digest'
import type { Either } from '#fp-ts/Either'
import { isLeft } from '../core/tagged.ts'
import { isDataSchema } from '../core/codec/codecOf.ts'
import type { Codec, DataSchema } from '../core/Codec.ts'
import { codecOf, flashStrings, schemaOf } from '../core/Codec.ts'
import { cookie, PAIR_LIMIT } from '../core/Cookie.ts'
import type { Event } from '../core/Event.ts'
import { policy } from '../core/Policy.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Flash } from '../core/Stored.ts'
import { TOKEN_LENGTH } from '../core/Token.ts'
import { systemClock } from '../effects/Clock.ts'
import { systemRandom } from '../effects/Random.ts'
import type { Carriage, Carrier, Terms } from '../effects/Carrier.ts'
import type { Locking, Store } from '../effects/Store.ts'
import type { Engine } from './Engine.ts'
import { endings } from './endings.ts'
import type { SessionOptions } from './SessionManager.ts'
import type { LockMode } from './SessionRef.ts'
import { turns } from './turns.ts'

const HOUR = 3_600_000

interface Rule {
  readonly option: string
  readonly value: unknown
  readonly rule: string
}

const orThrow = <B>(checked: Either<Rule, B>, prefix = ''): B => {
  if (isLeft(checked))
    throw toError(misconfigured(`${prefix}${checked.left.option}`, checked.left.value, checked.left.rule))
  return checked.right
}

const count = (option: string, value: number): number => {
  if (!(Number.isFinite(value) && value > 0))
    throw toError(misconfigured(option, value, 'it must be a finite number above 0'))
  return value
}

const oneOf = <V extends string>(option: string, value: V, allowed: ReadonlyArray<V>): V => {
  if (!allowed.includes(value)) throw toError(misconfigured(option, value, `it must be one of ${allowed.join(', ')}`))
  return value
}

const checkedFlash = (schema: DataSchema<Flash>): Codec<Flash> => {
  if (!isDataSchema(schema))
    throw toError(misconfigured('flash', schema, 'it must be an io-ts codec, a Standard Schema, or a Codec'))
  return codecOf(schema)
}

const VERBS = ['load', 'create', 'update', 'touch', 'end'] as const

const checkedStore = (given: Store | undefined): Store => {
  const store = given ?? ({} as Store)
  const missing = VERBS.find((verb) => typeof store[verb] !== 'function')
  if (missing !== undefined)
    throw toError(misconfigured('store', store, `it must implement the Store contract, and has no "${missing}"`))
  return store
}

const checkedLock = (store: Store & Partial<Locking>, mode: LockMode): LockMode => {
  if (oneOf('lock', mode, ['none', 'explicit', 'early', 'implicit']) !== 'none' && store.acquire === undefined)
    throw toError(misconfigured('lock', mode, 'it needs a store that gives leases (Locking)'))
  return mode
}

const checkedLease = (lease: number, maxHold: number): number => {
  if (lease > maxHold)
    throw toError(misconfigured('lockLease', lease, `it must not be longer than maxHold, which is ${maxHold}`))
  return lease
}

/** The options of a manager over either, as configuration sees them. */
export interface AnyOptions<A> extends Omit<SessionOptions<A, Store>, 'store' | 'lock' | 'onConflict'> {
  readonly onConflict?: 'replay' | 'fail'
  readonly store?: Store
  readonly carrier?: Carrier
  readonly lock?: LockMode
}

const checkedCarriage = <A>(carrier: Carrier, options: AnyOptions<A>, terms: Terms): Carriage => {
  // JavaScript has no types.
  if (typeof (carrier as Partial<Carrier> | null)?.begin !== 'function')
    throw toError(misconfigured('carrier', typeof carrier, 'it must be a carrier: sealedCookie({ keys })'))
  if (options.store !== undefined)
    throw toError(misconfigured('store', options.store, 'a manager has either a store or a carrier'))
  if (options.renewAfter !== undefined)
    throw toError(misconfigured('renewAfter', options.renewAfter, 'a carrier has no secret to renew; leave it out'))
  return carrier.begin(terms)
}

const noDigest = (): string => ''

/** Checks everything; throws a `SessionException` (`Misconfigured`). `failed` counts listeners that threw. */
export const configure = <A>(
  options: AnyOptions<A>,
  emit: ((event: Event) => void) | undefined,
  failed: () => void,
): Engine<A> => {
  const checkedPolicy = orThrow(policy(options))
  const checkedCookie = orThrow(cookie(options.cookie), 'cookie.')
  const room = PAIR_LIMIT - TOKEN_LENGTH
  if (checkedCookie.name.length > room)
    throw toError(misconfigured('cookie.name', checkedCookie.name, `it must leave room for the token: ${room} bytes`))
  const { schema, initial } = orThrow(schemaOf<A>(options))
  if (!checkedCookie.secure) warn(emit, checkedCookie.name)
  const storeTimeout = count('storeTimeout', options.storeTimeout ?? 5_000)
  const maxHold = count('maxHold', options.maxHold ?? 60_000)
  const clock = options.clock ?? systemClock
  const { carrier } = options
  const terms = { cookie: checkedCookie, policy: checkedPolicy, clock }
  const borne = carrier === undefined ? undefined : checkedCarriage(carrier, options, terms)
  const store = borne ?? checkedStore(options.store)
  return {
    store,
    carriage: borne,
    lock: checkedLock(store, options.lock ?? 'none'),
    schema,
    flash: options.flash === undefined ? flashStrings : checkedFlash(options.flash),
    initial,
    policy: checkedPolicy,
    cookie: checkedCookie,
    clock,
    random: options.random ?? systemRandom,
    // A seal is the proof: nothing is compared.
    digest: borne === undefined ? sha256 : noDigest,
    limits: {
      maxBytes: count('maxBytes', options.maxBytes ?? 65_536),
      storeTimeout,
      onStoreFailure: oneOf('onStoreFailure', options.onStoreFailure ?? 'fail', ['fail', 'anonymous']),
      onDropped: oneOf('onDropped', options.onDropped ?? 'fail', ['fail', 'drop']),
      onConflict: oneOf('onConflict', options.onConflict ?? 'replay', ['replay', 'fail']),
      onUndecodable: oneOf('onUndecodable', options.onUndecodable ?? 'fail', ['fail', 'discard']),
      development: options.development === true,
      lockTimeout: count('lockTimeout', options.lockTimeout ?? 15_000),
      lockLease: checkedLease(count('lockLease', options.lockLease ?? Math.min(10_000, maxHold)), maxHold),
      maxHold,
      tombstoneFor: Math.max(checkedPolicy.supersededFor, HOUR),
    },
    emit,
    turns: turns(storeTimeout),
    endings: endings(failed),
  }
}

const warn = (emit: ((event: Event) => void) | undefined, name: string): void => {
  const message = `The session cookie "${name}" is sent without Secure: right for development over plain HTTP, wrong anywhere else.`
  // The one line that the library ever prints, and only where nobody listens.
  // eslint-disable-next-line no-console
  if (emit === undefined) console.warn(message)
  else emit({ _tag: 'warned', message })
}
