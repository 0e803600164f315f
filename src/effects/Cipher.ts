/**
 * ```ts
 * type SealerOf  = (secret: Uint8Array, info: string) => Sealer     // AES-256-GCM
 * type BlinderOf = (secret: Uint8Array, info: string) => Blinder    // HMAC-SHA256
 * ```
 * What a key does, for one purpose (`info`): HKDF-SHA256 makes a key of its own for each, so that two purposes never
 * share one.
 *
 * `import { blinderOf, sealerOf } from '#cipher'` is the implementation of the runtime, chosen by the `imports` conditions
 * of package.json: node:crypto answers at once (8 and 4 µs for 1 KB), Web Crypto in a promise (19 and 17 µs). Both write
 * the same form and read each other's.
 *
 * The nonce, 96 random bits, is drawn here for each text and can not be passed in: one that is used twice gives away both
 * texts and the key to forge others (NIST SP 800-38D, 8.2.2).
 *
 * @since 0.1.0
 */

/** Encrypts texts and reads them back. */
export interface Sealer {
  /** Whether both answer at once, and never in a promise. */
  readonly atOnce: boolean
  /** base64url of nonce, ciphertext and tag: 28 bytes more than the text in UTF-8, a third added. */
  readonly seal: (text: string, context: string) => string | Promise<string>
  /** The text; undefined for everything that this key did not seal for this very context. */
  readonly open: (sealed: string, context: string) => string | undefined | Promise<string | undefined>
}

/** A name for a text that tells nothing of it without the key: base64url of 32 bytes, the same one each time. */
export type Blinder = (text: string) => string | Promise<string>

/** See the module's head. `secret` has 32 bytes, which are copied or imported before the first use returns. */
export type SealerOf = (secret: Uint8Array<ArrayBuffer>, info: string) => Sealer
/** See the module's head. */
export type BlinderOf = (secret: Uint8Array<ArrayBuffer>, info: string) => Blinder

/** What follows from an answer: at once, where the answer is there at once. */
export const follow = <A, B>(answer: A | Promise<A>, next: (answer: A) => B): B | Promise<B> =>
  answer instanceof Promise ? answer.then(next) : next(answer)

/** Bytes of the nonce that a sealed text begins with. */
export const NONCE_BYTES = 12
/** Bytes of the tag that it ends with. */
export const TAG_BYTES = 16
