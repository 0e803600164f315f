/**
 * ```ts
 * const sha256: Digest
 * ```
 * The digest of `node:crypto`, synchronous: for Node, Bun and Deno.
 *
 * @since 0.1.0
 */
import * as crypto from 'node:crypto'
import type { Secret } from '../core/Token.ts'
import type { Digest } from './Digest.ts'

const streamed = (secret: Secret): string => crypto.createHash('sha256').update(secret).digest('base64url')

const oneShot = (secret: Secret): string => crypto.hash('sha256', secret, 'base64url')

/** The digest for a `node:crypto` with or without the one-shot `hash` (Node ≥ 20.12; a third of the time). */
export const digestOf = (builtin: object): Digest => ('hash' in builtin ? oneShot : streamed)

/** SHA-256 of the text of a secret, base64url, at once. */
export const sha256: Digest = digestOf(crypto)
