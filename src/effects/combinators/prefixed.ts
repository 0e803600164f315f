/**
 * ```ts
 * prefixed: (name: string) => <S extends Store>(store: S) => S
 * ```
 * Several applications in one store, each with sessions and subjects of its own.
 *
 * Ids stay as they are: they are 128 random bits, no two applications draw the same one. Each record carries the name of
 * its application beside its data, and subjects are stored as `name:subject`.
 *
 * Laws (`a` and `b` are prefixed with different names, over one store):
 * 1. What `a` stored is not there for `b`: `load` is None, `create` under its id is `Exists`, an `update` or `end` that
 *    meets it is `Gone`. Whoever holds a cookie of `a` is nobody in `b`.
 * 2. A subject's list, count, endings and epoch in `a` know nothing of the same subject in `b`.
 * 3. Each verb is one call.
 *
 * Common to all: sweeping, and tombstones, which hold an id and a time. `touch`, `acquire`, `renew` and `release` carry
 * no record and go through: the session manager calls them for records that it has loaded.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isLeft, none, right, some } from '../../core/tagged.ts'
import type { Json } from '../../core/Json.ts'
import { misconfigured, toError } from '../../core/SessionError.ts'
import type { Live } from '../../core/Stored.ts'
import type { Conflict, Gone, NotNear, Store, StoreError } from '../Store.ts'
import { conflict, gone } from '../Store.ts'
import { demandNotNear } from './around.ts'
import { isDirectory, renamed } from './subjects.ts'

// Without a colon, so that it ends at the first one.
const NAME = /^[\w-]{1,64}$/

/** What stands in place of the data. */
interface Marked {
  readonly [key: string]: Json
  readonly app: string
  readonly data: Json
}

const isMarked = (name: string, data: Json): data is Marked =>
  typeof data === 'object' && data !== null && !Array.isArray(data) && (data as Partial<Marked>).app === name

/**
 * See the module's head. `name` is 1 to 64 of `A–Z a–z 0–9 _ -`. Goes inside of `cached`. Records that were stored before
 * without it, or under another name, are not there any more: they run out unseen, and their users sign in anew.
 */
export const prefixed = (name: string): (<S extends Store & NotNear>(store: S) => S) => {
  if (typeof name !== 'string' || !NAME.test(name))
    throw toError(misconfigured('prefixed', name, 'the name must be 1 to 64 characters of A-Z a-z 0-9 _ -'))
  const prefix = `${name}:`

  const marked = (live: Live): Live => {
    // Frozen like the data in it: stores then need no copy.
    const data: Marked = Object.freeze({ app: name, data: live.data })
    const { subject } = live
    return subject === undefined
      ? { ...live, data }
      : { ...live, data, subject: { ...subject, id: prefix + subject.id } }
  }

  /** Undefined where it is another application's. */
  const unmarked = (live: Live): Live | undefined => {
    if (!isMarked(name, live.data)) return undefined
    const { data } = live.data
    const { subject } = live
    if (subject === undefined) return Object.freeze({ ...live, data })
    const own = Object.freeze({ ...subject, id: subject.id.slice(prefix.length) })
    return subject.id.startsWith(prefix) ? Object.freeze({ ...live, data, subject: own }) : undefined
  }

  const met = <A extends { readonly _tag: 'Done' | 'Updated' | 'Leased' | 'Gone' }>(
    answer: Either<StoreError, A | Conflict>,
  ): Either<StoreError, A | Conflict | Gone> => {
    if (isLeft(answer) || answer.right._tag !== 'Conflict' || answer.right.present === undefined) return answer
    const present = unmarked(answer.right.present)
    return right(present === undefined ? gone : conflict(present))
  }

  return <S extends Store & NotNear>(store: S): S => {
    demandNotNear('prefixed', store)
    const verbs: Pick<Store, 'load' | 'create' | 'update' | 'end'> = {
      load: (id) => async () => {
        const found = await store.load(id)()
        if (isLeft(found) || found.right._tag === 'None' || found.right.value._tag === 'Ended') return found
        const live = unmarked(found.right.value)
        return right(live === undefined ? none : some(live))
      },
      create: (id, live) => store.create(id, marked(live)),
      update: (id, expected, live, fence) => async () => met(await store.update(id, expected, marked(live), fence)()),
      end: (id, expected, until, fence) => async () => met(await store.end(id, expected, until, fence)()),
    }
    const names = (subject: string): Promise<ReadonlyArray<string>> => Promise.resolve([prefix + subject])
    return { ...store, ...verbs, ...(isDirectory(store) ? renamed(store, names) : {}) }
  }
}
