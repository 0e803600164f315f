/**
 * ```ts
 * carriage: (terms, bound, epochs) => Carriage      // one for each request
 * ```
 * A carrier as the store of one request: what the request brought is what is there, and what is written leaves with the
 * response. So the engine's rules (admission, plans, deadlines) hold for sealed cookies without a second set of them.
 *
 * Laws:
 * 1. Each verb that answers that it wrote leaves `line` and `beside` to be sent; the last one counts.
 * 2. A session is held against the expiry that it was sealed with, and against its subject's epoch, at each load.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isLeft, left, none, right, some } from '../core/tagged.ts'
import type { CookieTooLarge, CookieValue } from '../core/Cookie.ts'
import { clearCookie, renamed, setCookie } from '../core/Cookie.ts'
import { maxAgeOf } from '../core/Policy.ts'
import { toError } from '../core/SessionError.ts'
import type { Live, SubjectEpoch } from '../core/Stored.ts'
import { ended, FORMAT } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import type {
  Bound,
  Brought,
  Carriage,
  CarriageNow,
  Epochs,
  Opened,
  Sealed,
  Terms,
  Unfolded,
} from '../effects/Carrier.ts'
import { follow } from '../effects/Cipher.ts'
import type { Created, Exists, StoreError, StoreOperation } from '../effects/Store.ts'
import { created, done, exists, gone, refused, touched, updated } from '../effects/Store.ts'

const NOTHING: ReadonlyArray<never> = []

/** See the module's head. */
export const carriage = (terms: Terms, bound: Bound, epochs: Epochs | undefined): Carriage => {
  const { cookie, policy, clock } = terms
  const held = new Map<SessionId, Unfolded | 'ended'>()
  let brought: ReadonlyArray<string> = NOTHING
  let leaving: ReadonlyArray<string> = NOTHING

  // A piece that the request brought and that the next value does not need would stay for ever.
  const clearFrom = (count: number): ReadonlyArray<string> =>
    bound.names
      .slice(count)
      .filter((name) => brought.includes(name))
      .map((name) => clearCookie(renamed(cookie, name)))

  const taken = ({ found, rejected, brought: names }: Opened): Brought => {
    brought = names
    for (const one of found) held.set(one.id, one)
    return { values: found.map(({ id }) => id), rejected }
  }

  // Whatever the policy says by now, it is over when it was sealed to be.
  const isOver = (live: Live): boolean => clock() >= live.expiresAt

  // A sign-in is held against the epoch of its own time. Whoever stays signed in keeps the epoch of then: to read it
  // again would undo a revocation.
  const epochOf = (id: SessionId, { subject }: Live): Promise<Either<StoreError, SubjectEpoch>> | SubjectEpoch => {
    if (epochs === undefined || subject === undefined) return 0
    const before = held.get(id)
    return typeof before === 'object' && before.live.subject === subject ? before.epoch : epochs.readEpoch(subject.id)()
  }

  const linesOf = (values: ReadonlyArray<string>, live: Live): Either<CookieTooLarge, ReadonlyArray<string>> => {
    const now = clock()
    const maxAge = maxAgeOf(policy, cookie.persistent, now)(live)
    const lines: Array<string> = []
    for (const value of values) {
      const named = lines.length === 0 ? cookie : renamed(cookie, bound.names[lines.length] as string)
      const line = setCookie(named, value as CookieValue, maxAge, now)
      if (isLeft(line)) return line
      lines.push(line.right)
    }
    return right(lines)
  }

  const leave = <A>(operation: StoreOperation, written: A, one: Unfolded, values: Sealed): Either<StoreError, A> => {
    if (isLeft(values)) return left(refused(operation, toError(values.left)))
    const lines = linesOf(values.right, one.live)
    if (isLeft(lines)) return left(refused(operation, toError(lines.left)))
    leaving = brought.length === 0 ? lines.right : [...lines.right, ...clearFrom(lines.right.length)]
    held.set(one.id, one)
    return right(written)
  }

  const write = async <A>(
    operation: StoreOperation,
    written: A,
    id: SessionId,
    live: Live,
  ): Promise<Either<StoreError, A>> => {
    const read = epochOf(id, live)
    const epoch = typeof read === 'number' ? read : await read
    if (typeof epoch !== 'number' && isLeft(epoch)) return epoch
    const one = { id, live, epoch: typeof epoch === 'number' ? epoch : epoch.right, newest: true }
    return leave(operation, written, one, await bound.seal(one))
  }

  const writeNow = <A>(operation: StoreOperation, written: A, id: SessionId, live: Live): Either<StoreError, A> => {
    const one = { id, live, epoch: 0, newest: true }
    // Asked for where the seal is there at once alone.
    return leave(operation, written, one, bound.seal(one) as Sealed)
  }

  const now: CarriageNow = {
    create: (id, live) => (held.has(id) ? right(exists) : writeNow<Created | Exists>('create', created, id, live)),
    update: (id, _, live) => (typeof held.get(id) === 'object' ? writeNow('update', updated, id, live) : right(gone)),
  }

  return {
    guarantee: 'last-write-wins',
    // What else the epochs' owner can do is not ours.
    ...(epochs === undefined ? { local: true } : { readEpoch: (subject) => epochs.readEpoch(subject) }),

    anew: () => carriage(terms, bound, epochs),
    now: bound.atOnce && epochs === undefined ? now : undefined,
    names: bound.names,
    open: (cookieHeader) => follow(bound.open(cookieHeader), taken),
    isOld: (id) => {
      const one = held.get(id)
      return typeof one === 'object' && !one.newest
    },
    line: () => leaving[0],
    beside: (line) => (line !== undefined && line === leaving[0] ? leaving.slice(1) : NOTHING),

    // What needs no question to be answered needs no promise.
    peek: (id) => {
      const one = held.get(id)
      if (typeof one !== 'object' || (epochs !== undefined && one.live.subject !== undefined)) return undefined
      return isOver(one.live) ? undefined : one.live
    },
    load: (id) => async () => {
      const one = held.get(id)
      if (one === undefined) return right(none)
      if (one === 'ended') return right(some(ended(0)))
      const { live, epoch } = one
      if (epochs !== undefined && live.subject !== undefined) {
        const present = await epochs.readEpoch(live.subject.id)()
        if (isLeft(present)) return present
        if (present.right > epoch) return right(some(ended(0)))
      }
      // A time that is no number is over (`expired`).
      return right(some(isOver(live) ? { ...live, touchedAt: NaN } : live))
    },
    create: (id, live) => () =>
      held.has(id) ? Promise.resolve(right(exists)) : write<Created | Exists>('create', created, id, live),
    update: (id, _, live) => () =>
      typeof held.get(id) === 'object' ? write('update', updated, id, live) : Promise.resolve(right(gone)),
    touch: (id, _, touchedAt, expiresAt) => () => {
      const one = held.get(id)
      // What a newer version added to its format would be lost.
      if (typeof one !== 'object' || one.live.format > FORMAT) return Promise.resolve(right(gone))
      return write('touch', touched, id, { ...one.live, touchedAt, expiresAt })
    },
    end: (id) => () => {
      if (typeof held.get(id) !== 'object') return Promise.resolve(right(gone))
      held.set(id, 'ended')
      leaving = [clearCookie(cookie), ...clearFrom(1)]
      return Promise.resolve(right(done))
    },
  }
}
