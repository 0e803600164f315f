/**
 * ```ts
 * pipe(postgresStore({ pool }), withRetry(), prefixed('shop'), encrypted(keys), observed(observer), cached({ ttl: 1_000 }))
 * ```
 * Functions from a store to a store. Each knows the contract only, so each goes around every store, and keeps its type:
 * what was Sweeping, Directory, Locking, Managed still is.
 *
 * @since 0.1.0
 */
export { cached } from './combinators/cached.ts'
export type { CachedOptions } from './combinators/cached.ts'
export { encrypted } from './combinators/encrypted.ts'
export type { EncryptedOptions } from './combinators/encrypted.ts'
export { observed } from './combinators/observed.ts'
export type { CallObserver, CallOutcome, StoreCalled } from './combinators/observed.ts'
export { prefixed } from './combinators/prefixed.ts'
export { withRetry } from './combinators/withRetry.ts'
export type { RetryOptions } from './combinators/withRetry.ts'
