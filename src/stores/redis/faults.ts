/**
 * ```ts
 * faults: (prefix) => (operation, cause, id?) => StoreError
 * ```
 * What a client threw as a `StoreError` that says what to do about it, without data.
 *
 * **Which faults are certain to have changed nothing** (`unchanged`): those that every attempt meets alike, because a
 * wrong key, password or permission stands in the way. Not READONLY, LOADING, CLUSTERDOWN, OOM or a closed connection,
 * though the server did nothing when it said so: ioredis, and node-redis under Sentinel, send a command again by
 * themselves after a lost connection, so the error may be the second answer, and the first attempt may have been applied.
 * The manager then repeats the write, and the record's trail tells whether it is there. For the same reason a client that
 * queues commands while it is offline, and sends them late or twice, does no harm.
 *
 * @since 0.1.0
 */
import type { SessionId } from '../../core/Token.ts'
import type { StoreError } from '../../effects/Store.ts'
import { refused, storeError, unreadable } from '../../effects/Store.ts'
import { FOREIGN } from './scripts.ts'

/** Makes a `StoreError` of what a client threw. */
export type Fault = (operation: StoreError['operation'], cause: unknown, id?: SessionId) => StoreError

const textOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** ioredis puts the command with all its arguments into its errors: the session's data would be in every log. */
const withoutCommand = (cause: unknown): unknown => {
  if (!(cause instanceof Error) || !('command' in cause)) return cause
  const copy = new Error(cause.message)
  copy.name = cause.name
  return copy
}

/** Faults of the set-up: how Redis says them, and what to do. Redis before 7 wraps what a script met. */
const SETUP: ReadonlyArray<readonly [RegExp, string]> = [
  [/NOAUTH|WRONGPASS|invalid password/, 'Redis refuses the client: give it the right user name and password.'],
  [
    /NOPERM/,
    'The Redis user lacks a permission. The store needs, on the keys of its prefix, get, set, getrange, setrange, ' +
      'pexpireat, pttl, zadd, zrem, zscore, zrangebyscore, zremrangebyscore, and eval, evalsha and time.',
  ],
  // Redis quotes the arguments here, so its own words are left out.
  [
    /unknown command/i,
    'The server does not know a command that the store needs: it must be Redis 5 or newer, or Valkey.',
  ],
]

/** The faults of a store with this prefix. */
export const faults =
  (prefix: string): Fault =>
  (operation, cause, id) => {
    const text = textOf(cause)
    if (text.includes('WRONGTYPE') || text.includes(FOREIGN)) {
      const what = id === undefined ? 'A key of the store' : `The key "${prefix}session:${id}"`
      const advice = 'Remove it, and give the store a prefix that nobody else writes under.'
      return unreadable(operation, new Error(`${what} holds what this store did not write. ${advice}`))
    }
    const known = SETUP.find(([said]) => said.test(text))
    if (known !== undefined) return refused(operation, new Error(known[1]))
    if (text === 'The client is closed')
      return storeError(operation, new Error('The Redis client is closed. Call `await client.connect()` at the start.'))
    return storeError(operation, withoutCommand(cause))
  }
