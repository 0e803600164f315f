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
import { isLeft, left, right } from '#fp-ts/Either'
import { none, some } from '#fp-ts/Option'
import type { CookieValue } from '../core/Cookie.ts'
import { clearCookie, renamed, setCookie } from '../core/Cookie.ts'
import { maxAgeOf } from '../core/Policy.ts'
import { toError } from '../core/SessionError.ts'
import type { Live, SubjectEpoch } from '../core/Stored.ts'
import { ended, FORMAT } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import { secretFrom, token } from '../core/Token.ts'
import type { Bound, Carriage, Carried, Epochs, Terms } from '../effects/Carrier.ts'
import type { StoreError, StoreOperation } from '../effects/Store.ts'
import { created, done, exists, gone, refused, touched, updated } from '../effects/Store.ts'

interface Held extends Carried {
  readonly old: boolean
}

const NOTHING: ReadonlyArray<never> = []

/** See the module's head. */
export const carriage = (terms: Terms, bound: Bound, epochs: Epochs | undefined): Carriage => {
  const { cookie, policy, clock } = terms
  const held = new Map<SessionId, Held | 'ended'>()
  let brought: ReadonlyArray<string> = NOTHING
  let leaving: ReadonlyArray<string> = NOTHING

  // A piece that the request brought and that the next value does not need would stay for ever.
  const clearFrom = (count: number): ReadonlyArray<string> =>
    bound.names
      .slice(count)
      .filter((name) => brought.includes(name))
      .map((name) => clearCookie(renamed(cookie, name)))

  // A sign-in is held against the epoch of its own time. Whoever stays signed in keeps the epoch of then: to read it
  // again would undo a revocation.
  const epochOf = async (id: SessionId, { subject }: Live): Promise<Either<StoreError, SubjectEpoch>> => {
    if (epochs === undefined || subject === undefined) return right(0)
    const before = held.get(id)
    return typeof before === 'object' && before.live.subject === subject
      ? right(before.epoch)
      : epochs.readEpoch(subject.id)()
  }

  const write = async (operation: StoreOperation, id: SessionId, live: Live): Promise<StoreError | undefined> => {
    const epoch = await epochOf(id, live)
    if (isLeft(epoch)) return epoch.left
    const values = await bound.seal({ id, live, epoch: epoch.right })
    if (isLeft(values)) return refused(operation, toError(values.left))
    const now = clock()
    const maxAge = maxAgeOf(policy, cookie.persistent, now)(live)
    const lines: Array<string> = []
    for (const [index, value] of values.right.entries()) {
      const named = index === 0 ? cookie : renamed(cookie, bound.names[index] as string)
      const line = setCookie(named, value as CookieValue, maxAge, now)
      if (isLeft(line)) return refused(operation, toError(line.left))
      lines.push(line.right)
    }
    leaving = brought.length === 0 ? lines : [...lines, ...clearFrom(lines.length)]
    held.set(id, { id, live, epoch: epoch.right, old: false })
    return undefined
  }

  return {
    guarantee: 'last-write-wins',
    // What else the epochs' owner can do is not ours.
    ...(epochs === undefined ? { local: true } : { readEpoch: (subject) => epochs.readEpoch(subject) }),

    anew: () => carriage(terms, bound, epochs),
    names: bound.names,
    open: async (cookieHeader) => {
      const opened = await bound.open(cookieHeader)
      brought = opened.brought
      for (const { newest, ...carried } of opened.found) held.set(carried.id, { ...carried, old: !newest })
      return { tokens: opened.found.map(({ id }) => token(id, secretFrom(''))), rejected: opened.rejected }
    },
    isOld: (id) => {
      const one = held.get(id)
      return typeof one === 'object' && one.old
    },
    line: () => leaving[0],
    beside: (line) => (line !== undefined && line === leaving[0] ? leaving.slice(1) : NOTHING),

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
      // Whatever the policy says by now: a time that is no number is over (`expired`).
      return right(some(clock() < live.expiresAt ? live : { ...live, touchedAt: NaN }))
    },
    create: (id, live) => async () => {
      if (held.has(id)) return right(exists)
      const error = await write('create', id, live)
      return error === undefined ? right(created) : left(error)
    },
    update: (id, _, live) => async () => {
      if (typeof held.get(id) !== 'object') return right(gone)
      const error = await write('update', id, live)
      return error === undefined ? right(updated) : left(error)
    },
    touch: (id, _, touchedAt, expiresAt) => async () => {
      const one = held.get(id)
      // What a newer version added to its format would be lost.
      if (typeof one !== 'object' || one.live.format > FORMAT) return right(gone)
      const error = await write('touch', id, { ...one.live, touchedAt, expiresAt })
      return error === undefined ? right(touched) : left(error)
    },
    end: (id) => () => {
      if (typeof held.get(id) !== 'object') return Promise.resolve(right(gone))
      held.set(id, 'ended')
      leaving = [clearCookie(cookie), ...clearFrom(1)]
      return Promise.resolve(right(done))
    },
  }
}
