/**
 * ```ts
 * keyring: (keys: ReadonlyArray<Key>) => Keyring
 * ```
 * The application's keys, in order: the first one encrypts, all of them decrypt. That is how a key is replaced without
 * anybody noticing: add the new one behind the old one everywhere, then put it first, then leave the old one out when
 * nothing under it is left.
 *
 * A ring gives its keys away to nobody: not in JSON, not to `console.log`, not in an error.
 *
 * @since 0.1.0
 */
import { blinderOf, sealerOf } from '#cipher'
import type { Either } from '#fp-ts/Either'
import { left, right } from '../core/tagged.ts'
import { bytesOf } from '../core/Base64url.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Sealer } from './Cipher.ts'

/** One key. */
export interface Key {
  /** Its public name, 1 to 32 of `A–Z a–z 0–9 _ -`; stands before everything that it encrypts. Never used again for another secret. */
  readonly id: string
  /**
   * 32 random bytes, or base64url of them (43 characters), as
   * `node -p "crypto.randomBytes(32).toString('base64url')"` prints. Not a password.
   */
  readonly secret: Uint8Array | string
}

/** Why a text was not opened. `key` is a key's id. */
export type Unopened =
  | { readonly _tag: 'NotSealed' }
  | { readonly _tag: 'UnknownKey'; readonly key: string }
  | { readonly _tag: 'Altered'; readonly key: string }

/** What a ring does for one purpose. Two purposes can not read each other's. */
export interface Purpose {
  /** What each key does, by its id, in order: for a format other than the ring's own, which then names the key itself. */
  readonly sealers: ReadonlyMap<string, Sealer>
  /** `v1.<key id>.<base64url of nonce, ciphertext and tag>`, under the first key. `context` must be the same to open it. */
  readonly seal: (text: string, context: string) => Promise<string>
  /** The text that any key of the ring sealed for this context. */
  readonly open: (sealed: string, context: string) => Promise<Either<Unopened, string>>
  /** Names that stand for a text where nobody may read it, one of each key, the first key's first. */
  readonly blind: (text: string) => Promise<ReadonlyArray<string>>
}

/** See the module's head. */
export interface Keyring {
  /** The ids of its keys, in order. */
  readonly ids: ReadonlyArray<string>
  /** What it does for a purpose; `name` is text of your own. */
  readonly purpose: (name: string) => Purpose
}

const ID = /^[\w-]{1,32}$/
const SEALED = /^v1\.([\w-]{1,32})\.([\w-]+)$/
const SECRET_BYTES = 32

// Never the value: whoever swaps `id` and `secret` would find the secret in a log.
const kindOf = (value: unknown): string =>
  typeof value === 'string'
    ? `a text of ${value.length} characters`
    : value instanceof Uint8Array
      ? `${value.length} bytes`
      : `a value of type ${typeof value}`

const demand = (option: string, value: unknown, holds: boolean, rule: string): void => {
  if (!holds) throw toError(misconfigured(`keyring${option}`, kindOf(value), rule))
}

const infoOf = (use: 'seal' | 'blind', purpose: string): string => `coatcheck ${use} ${purpose}`

const isRepeated = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === bytes[0])

const secretOf = (secret: Key['secret'], option: string): Uint8Array<ArrayBuffer> => {
  const bytes = typeof secret === 'string' ? bytesOf(secret) : secret
  const fits = bytes instanceof Uint8Array && bytes.length === SECRET_BYTES
  demand(option, secret, fits, 'it must be 32 random bytes, or base64url of them without padding (43 characters)')
  // A copy: what the caller does with theirs is not our matter.
  const copy = Uint8Array.from(bytes ?? [])
  demand(option, secret, !isRepeated(copy), 'it must be random: all of its bytes are the same')
  return copy
}

const unopened = (reason: Unopened): Either<Unopened, never> => left(reason)

/** Checks the keys. Throws `Misconfigured`, which names the place and never a secret. */
export const keyring = (keys: ReadonlyArray<Key>): Keyring => {
  demand('', keys, Array.isArray(keys) && keys.length > 0, 'it must be a list of at least one key')
  const ring = keys.map((key, index) => {
    const shape = '1 to 32 characters of A-Z a-z 0-9 _ -'
    demand(`[${index}].id`, key.id, typeof key.id === 'string' && ID.test(key.id), `it must be ${shape}`)
    return { id: key.id, secret: secretOf(key.secret, `[${index}].secret`) }
  })
  const [current] = ring as [(typeof ring)[number]]
  ring.forEach(({ id, secret }, index) => {
    const before = ring.slice(0, index)
    const ids = before.map((other) => other.id)
    demand(`[${index}].id`, id, !ids.includes(id), 'each key must have an id of its own')
    const same = before.some((other) => other.secret.every((byte, at) => byte === secret[at]))
    demand(`[${index}].secret`, secret, !same, 'each key must have a secret of its own')
  })
  return {
    ids: ring.map(({ id }) => id),
    purpose: (name) => {
      const sealers = new Map(ring.map(({ id, secret }) => [id, sealerOf(secret, infoOf('seal', name))]))
      const blinders = ring.map(({ secret }) => blinderOf(secret, infoOf('blind', name)))
      const sealer = sealers.get(current.id) as Sealer
      return {
        sealers,
        seal: async (text, context) => `v1.${current.id}.${await sealer.seal(text, context)}`,
        open: async (sealed, context) => {
          const [, key, body] = SEALED.exec(sealed) ?? []
          if (key === undefined || body === undefined) return unopened({ _tag: 'NotSealed' })
          const opener = sealers.get(key)
          if (opener === undefined) return unopened({ _tag: 'UnknownKey', key })
          // The name of the key is bound by the key itself.
          const text = await opener.open(body, context)
          return text === undefined ? unopened({ _tag: 'Altered', key }) : right(text)
        },
        // As JSON, so that halves of surrogate pairs do not all become the same byte.
        blind: (text) => Promise.all(blinders.map(async (blinder) => blinder(JSON.stringify(text)))),
      }
    },
  }
}
