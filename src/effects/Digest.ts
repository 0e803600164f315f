/**
 * ```ts
 * type Digest = (secret: Secret) => string | Promise<string>
 * ```
 * What stores hold instead of a secret: SHA-256 of its text, as base64url without padding, 43 characters.
 *
 * `import { sha256 } from '#digest'` is the implementation of the runtime, chosen by the `imports` conditions of
 * package.json: node:crypto answers at once (0.4 µs; in Deno, which has it too, 2.5; in a Worker with `nodejs_compat` 5),
 * Web Crypto in a promise (12 µs; in Deno 50, through a thread). All give the same text. A plain hash suffices because a
 * secret has 256 random bits: there is nothing to guess.
 *
 * @since 0.1.0
 */
import type { Secret } from '../core/Token.ts'

/** The port. Await the answer only if it is not a string: that hop is the larger part of its cost. */
export type Digest = (secret: Secret) => string | Promise<string>
