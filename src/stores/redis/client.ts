/**
 * ```ts
 * interface Port { get: (key) => Promise<string | null>; run: (script, key, args) => Promise<unknown> }
 * portOf: (client: RedisClient) => Port
 * ```
 * What the store needs of a client library, and which of them can give it. All of node-redis (client, pool, cluster,
 * Sentinel) share three methods, and all of ioredis (Redis, Cluster) the same three under other names.
 *
 * @since 0.1.0
 */
import type { IO } from '#fp-ts/IO'
import { misconfigured, toError } from '../../core/SessionError.ts'
import type { Script } from './scripts.ts'

/** The keys and arguments of a script, as node-redis takes them. */
export interface ScriptInput {
  readonly keys: Array<string>
  readonly arguments: Array<string>
}

/** A client of `redis` 4, 5 or 6: `createClient`, `createClientPool`, `createCluster` or `createSentinel`, connected. */
export interface NodeRedisClient {
  readonly get: (key: string) => Promise<string | null>
  readonly evalSha: (sha: string, input: ScriptInput) => Promise<unknown>
  readonly eval: (script: string, input: ScriptInput) => Promise<unknown>
}

/** A client of `ioredis` 5: `Redis` (Sentinel too) or `Cluster`. */
export interface IoRedisClient {
  readonly get: (key: string) => Promise<string | null>
  readonly evalsha: (sha: string, keys: number, ...keysAndArguments: Array<string>) => Promise<unknown>
  readonly eval: (script: string, keys: number, ...keysAndArguments: Array<string>) => Promise<unknown>
}

/** What `redisStore` takes for a client: which library it is of is seen by its methods. */
export type RedisClient = NodeRedisClient | IoRedisClient

/** See the module's head. */
export interface Port {
  readonly get: (key: string) => Promise<string | null>
  readonly run: (script: Script, key: string, ...args: Array<string>) => Promise<unknown>
}

type Call = (script: string, key: string, args: Array<string>) => Promise<unknown>

// A server that does not know the script (new, restarted, promoted, flushed) says so before it does anything.
const isUnknownScript = (cause: unknown): boolean => cause instanceof Error && cause.message.startsWith('NOSCRIPT')

const running =
  (bySha: Call, byText: Call): Port['run'] =>
  async ({ text, sha }, key, ...args) => {
    try {
      const known = sha()
      return await bySha(typeof known === 'string' ? known : await known, key, args)
    } catch (cause) {
      if (!isUnknownScript(cause)) throw cause
      return byText(text, key, args)
    }
  }

const has = (client: object, ...methods: ReadonlyArray<string>): boolean =>
  methods.every((method) => typeof (client as Readonly<Record<string, unknown>>)[method] === 'function')

/** What `createClient` of `redis` 5 and later has beside the commands. */
interface Tunable extends NodeRedisClient {
  readonly isReady: boolean
  readonly withCommandOptions: (options: { readonly timeout: number }) => NodeRedisClient
}

/**
 * node-redis starts a timer and an AbortSignal for each command, to take it back if it still waits for a connection after
 * 5 s: some 40 % of what the command costs this process. Where the connection stands it is written in the same turn and is
 * not taken back any more, so there it goes without one. The manager has a time limit of its own.
 */
const unhurried = (client: NodeRedisClient): IO<NodeRedisClient> => {
  if (!('isReady' in client && has(client, 'withCommandOptions'))) return () => client
  const tunable = client as Tunable
  const direct = tunable.withCommandOptions({ timeout: 0 })
  return () => (tunable.isReady ? direct : client)
}

/** Binds a client's commands. Throws `Misconfigured` when it is no client. */
export const portOf = (client: RedisClient): Port => {
  const given: unknown = client
  if (typeof given === 'object' && given !== null) {
    if ('evalSha' in client && has(client, 'get', 'evalSha', 'eval')) {
      const now = unhurried(client)
      return {
        get: (key) => now().get(key),
        run: running(
          (sha, key, args) => now().evalSha(sha, { keys: [key], arguments: args }),
          (text, key, args) => now().eval(text, { keys: [key], arguments: args }),
        ),
      }
    }
    if ('evalsha' in client && has(client, 'get', 'evalsha', 'eval'))
      return {
        get: (key) => client.get(key),
        run: running(
          (sha, key, args) => client.evalsha(sha, 1, key, ...args),
          (text, key, args) => client.eval(text, 1, key, ...args),
        ),
      }
  }
  throw toError(
    misconfigured('client', typeof given, "must be a client of 'redis' (createClient, createCluster, …) or 'ioredis'"),
  )
}
