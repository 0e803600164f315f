/**
 * ```ts
 * type Status = 'none' | 'live' | 'superseded' | 'ended' | 'expired' | 'unknown' | 'malformed' | 'degraded'
 * ```
 * What became of a request's cookie.
 *
 * - `none` no cookie · `live` admitted · `superseded` the secret was replaced lately, or while the request ran
 * - `ended` the session was ended · `expired` a deadline had passed · `unknown` no such session, or not its secret
 * - `malformed` not a token, or two live ones · `degraded` the store failed and `onStoreFailure` is 'anonymous'
 *
 * @since 0.1.0
 */
export type Status = 'none' | 'live' | 'superseded' | 'ended' | 'expired' | 'unknown' | 'malformed' | 'degraded'
