/**
 * ```ts
 * sealedCookie: (options: { keys, chunks?, padTo?, epochs? }) => Carrier
 * ```
 * The whole session in its cookie, encrypted: no server state at all. The cookie is a JSON Web Encryption of standard form
 * (sealedCookie/jwe.ts) under a key of the ring, made for this cookie's name alone.
 *
 * | promise                          | kept                                                                              |
 * | -------------------------------- | --------------------------------------------------------------------------------- |
 * | 2. no lost update                | no: of two requests at once the response that arrives last wins                    |
 * | 3. the dead stay dead            | no: a kept copy of the cookie is valid until it expires. With `epochs`: the user's sessions end at once |
 * | 4. saved before sent             | yes: the cookie is what is saved                                                  |
 * | 6. nothing worth stealing at rest | yes: nothing is at rest                                                          |
 *
 * So a manager over a carrier has no `transact`, `ifUnchanged`, locks, `subject` or `onEnded`: they do not type-check.
 *
 * Laws:
 * 1. Those of `Carrier`.
 * 2. A session that was sealed is read as long as its key is in the ring. What is under another key than the first is
 *    sealed anew by the next request that may set a cookie, were it only a reading one.
 * 3. A value opens under the name that it was sealed for, and under no other.
 *
 * @since 0.1.0
 */
import { left, right } from '../core/tagged.ts'
import { PAIR_LIMIT, valuesOf } from '../core/Cookie.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Bound, Carrier, Epochs, Opened, Sealed, Unfolded, Unsealed } from '../effects/Carrier.ts'
import { follow } from '../effects/Cipher.ts'
import type { Keyring } from '../effects/Keyring.ts'
import { carriage } from './carriage.ts'
import type { Plain } from './sealedCookie/jwe.ts'
import { BLOCK, jwe } from './sealedCookie/jwe.ts'
import { cut, join, MOST_PIECES, namesOf, roomIn } from './sealedCookie/pieces.ts'
import { carriedOf, textOf } from './sealedCookie/record.ts'

export { subjectEpochs } from './subjectEpochs.ts'
export type { SubjectEpochs, SubjectEpochsOptions } from './subjectEpochs.ts'
export type { Bound, Carried, Carrier, Epochs, Opened, Sealed, Unfolded, Unsealed } from '../effects/Carrier.ts'

/** The options of `sealedCookie`. */
export interface SealedCookieOptions {
  /** The application's keys: `keyring([{ id, secret }])` of `coatcheck/Keyring`. The first one seals, all of them open. */
  readonly keys: Keyring
  /**
   * The most cookies that one session may take: 1 to 4. Default 1: a session over about 3,000 bytes of JSON is then
   * `CookieTooLarge`. Each cookie travels with every request, and servers refuse long headers: 8 KiB are common.
   */
  readonly chunks?: 1 | 2 | 3 | 4
  /** The text is filled up to a multiple of so many bytes before it is sealed, so that the cookie's length tells less of it. 1 to 1,024. Default 1: not at all. */
  readonly padTo?: number
  /** Where to ask for the epoch of a session's subject, `subjectEpochs(store)` for example: one call for each request that reads a signed-in session. Default: nowhere. */
  readonly epochs?: Epochs
}

const LARGEST_PAD = 1_024
// More well-formed cookies of one name than this are a header that was tampered with (design §4).
const MOST_VALUES = 2

const demand = (option: string, value: unknown, holds: boolean, rule: string): void => {
  if (!holds) throw toError(misconfigured(`sealedCookie.${option}`, value, rule))
}

// JavaScript has no types.
const isKeyring = (keys: unknown): boolean =>
  typeof keys === 'object' && keys !== null && 'purpose' in keys && typeof keys.purpose === 'function'

const isWhole = (value: number, from: number, to: number): boolean =>
  Number.isInteger(value) && value >= from && value <= to

/** Adds one to what was found, but of two copies of one session the later. */
const kept = (found: ReadonlyArray<Unfolded>, one: Unfolded): ReadonlyArray<Unfolded> => {
  const copy = found.find(({ id }) => id === one.id)
  if (copy === undefined) return [...found, one]
  return found.map((other) => (other === copy && one.live.touchedAt > copy.live.touchedAt ? one : other))
}

const unfolded = ({ text, newest }: Plain): Unfolded | 'malformed' => {
  const carried = carriedOf(text)
  return carried === undefined ? 'malformed' : { id: carried.id, live: carried.live, epoch: carried.epoch, newest }
}

const NOTHING: ReadonlyArray<never> = []
const NO_COOKIE: Opened = { found: NOTHING, rejected: undefined, brought: NOTHING }

const openedOf = (values: ReadonlyArray<Plain | Unsealed>, brought: Opened['brought']): Opened => {
  let found: ReadonlyArray<Unfolded> = NOTHING
  let rejected: Unsealed | undefined
  for (const value of values) {
    const one = typeof value === 'string' ? value : unfolded(value)
    if (typeof one === 'string') rejected ??= one
    else found = kept(found, one)
  }
  return { found, rejected: found.length === 0 ? rejected : undefined, brought }
}

const isPromise = (value: unknown): boolean => value instanceof Promise

/** Checks the options. Throws a `SessionException` (`Misconfigured`) that names the option. */
export const sealedCookie = ({ keys, chunks = 1, padTo = 1, epochs }: SealedCookieOptions): Carrier => {
  // Not the value: it may be a secret.
  demand('keys', typeof keys, isKeyring(keys), 'it must be a key ring: keyring([{ id, secret }])')
  demand('chunks', chunks, isWhole(chunks, 1, MOST_PIECES), `it must be a whole number from 1 to ${MOST_PIECES}`)
  demand('padTo', padTo, isWhole(padTo, 1, LARGEST_PAD), `it must be a whole number from 1 to ${LARGEST_PAD}`)
  const block = Math.ceil(padTo / BLOCK) * BLOCK

  const bind = (cookieName: string): Bound => {
    const { atOnce, open, seal } = jwe(keys, `sealed cookie ${cookieName}`)
    // What an earlier configuration has cut into more pieces is still read, and cleared.
    const names = namesOf(cookieName, MOST_PIECES)
    const own = names.slice(0, chunks)
    const limit = own.length * PAIR_LIMIT
    const piece = `${cookieName}.`
    const fitted = (value: string): Sealed => {
      const values = cut(own, value)
      return values === undefined
        ? left({ _tag: 'CookieTooLarge', bytes: value.length + limit - roomIn(own), limit })
        : right(values)
    }

    return {
      atOnce,
      names,
      open: (header) => {
        const brought = header.includes(piece)
          ? names.slice(1).filter((name) => valuesOf(name, header).length > 0)
          : NOTHING
        const values = join(names, header)
        if (values.length === 0 && brought.length === 0) return NO_COOKIE
        if (values.length > MOST_VALUES) return { found: NOTHING, rejected: 'ambiguous', brought }
        const opened = values.map((value) => (typeof value === 'string' ? value : open(value)))
        return opened.some(isPromise)
          ? Promise.all(opened.map((one) => Promise.resolve(one))).then((all) => openedOf(all, brought))
          : openedOf(opened as ReadonlyArray<Plain | Unsealed>, brought)
      },
      seal: (carried) => follow(seal(textOf(carried, block)), fitted),
    }
  }

  return { bind, begin: (terms) => carriage(terms, bind(terms.cookie.name), epochs) }
}
