/**
 * ```ts
 * encrypted: (keys: Keyring, options?) => <S extends Store>(store: S) => S
 * ```
 * A store that can not read what it holds: data, flash and the subject's id are encrypted (AES-256-GCM) before they reach
 * it. What it needs for its work stays readable: ids, revisions, epochs, times, digests.
 *
 * The ciphertext is bound to everything that only we write: the id, revision and trail, epoch, credential, subject,
 * `createdAt`, lifetime, schema. So whoever can write to the store, without a key, can not make a session, nor give one's
 * content, user or credential to another; they can end sessions, prolong them up to the absolute deadline (`touchedAt`,
 * `expiresAt` and `fence` are the store's), and put back an earlier record of the same session.
 *
 * A subject's sessions are found by a keyed hash of the subject's id, which tells that two sessions are one user's and
 * not whose. Each key has its own, and the directory asks for each.
 *
 * Laws:
 * 1. `load` gives what was written, or an error; a record that no key of the ring wrote for this id is never given.
 * 2. What a key encrypted is read as long as the key is in the ring; what is written is encrypted under the first one.
 * 3. All verbs and capabilities of the store are there and keep their laws.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { TaskEither } from '#fp-ts/TaskEither'
import { isLeft, left, right, some } from '../../core/tagged.ts'
import type { Json } from '../../core/Json.ts'
import { deepFreeze } from '../../core/Json.ts'
import type { Flash, Live } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Keyring, Purpose, Unopened } from '../Keyring.ts'
import type { Conflict, NotNear, Store, StoreError, StoreOperation } from '../Store.ts'
import { conflict, refused, unreadable } from '../Store.ts'
import { demandNotNear } from './around.ts'
import { isDirectory, renamed } from './subjects.ts'

/** What is allowed besides. */
export interface EncryptedOptions {
  /**
   * What to do with a record that is not encrypted: fail, or read it and encrypt it at its next write. 'read' is for the
   * time in which a store that was in use becomes an encrypted one; as long as it is set, whoever can write to the store
   * can make sessions. Default 'fail'.
   */
  readonly plaintext?: 'fail' | 'read'
}

const NO_FLASH: Flash = Object.freeze({})

/** What the ciphertext is bound to: all that no store changes by itself, in one spelling. */
const contextOf = (id: SessionId, live: Live): string => {
  const { credential, subject, lifetime } = live
  const { renewed } = credential
  return JSON.stringify([
    id,
    live.format,
    live.revision,
    live.trail,
    live.epoch,
    credential.digest,
    credential.mintedAt,
    credential.rotatedAt,
    renewed && [renewed.digest, renewed.confirmedAt],
    subject && [subject.id, subject.authenticatedAt, subject.level],
    live.createdAt,
    lifetime && [lifetime.persistent, lifetime.idleTimeout, lifetime.absoluteTimeout],
    live.schema,
  ])
}

/** What is encrypted. */
type Content = readonly [data: Json, flash: Flash, subject: string | null]

const reasonOf = (id: SessionId, unopened: Unopened): Error => {
  const of = `Session ${id} can not be read:`
  switch (unopened._tag) {
    case 'NotSealed':
      return new Error(`${of} it is not encrypted. Was the store used without encryption? See plaintext: 'read'.`)
    case 'UnknownKey':
      return new Error(`${of} it is encrypted under the key "${unopened.key}", which is not in the key ring.`)
    case 'Altered':
      return new Error(
        `${of} it was altered in the store, belongs to another session, or key "${unopened.key}" has another secret than it had.`,
      )
  }
}

const sealed = async (purpose: Purpose, id: SessionId, live: Live): Promise<Live> => {
  const content: Content = [live.data, live.flash, live.subject?.id ?? null]
  const [blind = ''] = live.subject === undefined ? [] : await purpose.blind(live.subject.id)
  const hidden = live.subject === undefined ? live : { ...live, subject: { ...live.subject, id: blind } }
  const data = await purpose.seal(JSON.stringify(content), contextOf(id, hidden))
  return { ...hidden, data, flash: NO_FLASH }
}

const opened = async (
  purpose: Purpose,
  plaintext: 'fail' | 'read',
  id: SessionId,
  live: Live,
): Promise<Either<Error, Live>> => {
  const text = typeof live.data === 'string' ? live.data : ''
  const content = await purpose.open(text, contextOf(id, live))
  if (isLeft(content)) {
    if (content.left._tag === 'NotSealed' && plaintext === 'read') return right(live)
    return left(reasonOf(id, content.left))
  }
  const [data, flash, subject] = JSON.parse(content.right) as Content
  const holder = live.subject === undefined || subject === null ? {} : { subject: { ...live.subject, id: subject } }
  return right(deepFreeze({ ...live, ...holder, data, flash }))
}

/**
 * See the module's head. Goes inside of `cached`. A record that can not be read, because its key is not in the ring or
 * because somebody altered it, is a `StoreError` for that session alone, which names the session and the key's id.
 */
export const encrypted = (
  keys: Keyring,
  { plaintext = 'fail' }: EncryptedOptions = {},
): (<S extends Store & NotNear>(store: S) => S) => {
  const purpose = keys.purpose('store')

  const sealing = async <A>(
    operation: StoreOperation,
    id: SessionId,
    live: Live,
    write: (hidden: Live) => TaskEither<StoreError, A>,
  ): Promise<Either<StoreError, A>> => {
    let hidden: Live
    try {
      hidden = await sealed(purpose, id, live)
    } catch (cause) {
      return left(refused(operation, cause))
    }
    return write(hidden)()
  }

  // A present record that can not be read is left out: the load that follows says why.
  const opening = async <A extends { readonly _tag: 'Done' | 'Updated' | 'Leased' | 'Gone' }>(
    id: SessionId,
    answer: Either<StoreError, A | Conflict>,
  ): Promise<Either<StoreError, A | Conflict>> => {
    if (isLeft(answer) || answer.right._tag !== 'Conflict' || answer.right.present === undefined) return answer
    const live = await opened(purpose, plaintext, id, answer.right.present)
    return right(isLeft(live) ? conflict() : conflict(live.right))
  }

  return <S extends Store & NotNear>(store: S): S => {
    demandNotNear('encrypted', store)
    const verbs: Pick<Store, 'load' | 'create' | 'update' | 'end'> = {
      load: (id) => async () => {
        const found = await store.load(id)()
        if (isLeft(found) || found.right._tag === 'None' || found.right.value._tag === 'Ended') return found
        const live = await opened(purpose, plaintext, id, found.right.value)
        return isLeft(live) ? left(unreadable('load', live.left)) : right(some(live.right))
      },
      create: (id, live) => () => sealing('create', id, live, (hidden) => store.create(id, hidden)),
      update: (id, expected, live, fence) => async () =>
        opening(id, await sealing('update', id, live, (hidden) => store.update(id, expected, hidden, fence))),
      end: (id, expected, until, fence) => async () => opening(id, await store.end(id, expected, until, fence)()),
    }
    const names = async (subject: string): Promise<ReadonlyArray<string>> => {
      const blind = await purpose.blind(subject)
      return plaintext === 'read' ? [...blind, subject] : blind
    }
    return { ...store, ...verbs, ...(isDirectory(store) ? renamed(store, names) : {}) }
  }
}
