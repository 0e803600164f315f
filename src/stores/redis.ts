/**
 * ```ts
 * redisStore: ({ client, prefix? }) => Store<'cas'> & Directory & Locking & Managed
 * ```
 * Sessions in Redis or Valkey: one server, Sentinel or Cluster, through node-redis or ioredis.
 *
 * One session is one key that holds one text, so no half of a record can be written, and a verb is one command (`load` is
 * a GET) or one Lua script on that key: a single atomic step, in a cluster too. Keys go by their TTL, `expiresAt` and two
 * minutes, tombstones at their time: no sweeper is needed. Scripts are sent by their digest, and once by their text to a
 * server that does not know them: after a restart, a fail-over or SCRIPT FLUSH, in the middle of traffic.
 *
 * What Redis itself can lose (replication is asynchronous; a crash without `appendfsync always`; eviction) is said in
 * docs/stores/redis.md.
 *
 * @since 0.1.0
 */
import { left, none, right, some } from '../core/tagged.ts'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { Live, Stored } from '../core/Stored.ts'
import type { SessionId } from '../core/Token.ts'
import { attempt } from '../effects/attempt.ts'
import type { Conflict, Directory, Gone, Leased, Locking, Managed, Store, Touched, Updated } from '../effects/Store.ts'
import { conflict, created, done, exists, gone, leased, touched, updated } from '../effects/Store.ts'
import { portOf, type RedisClient } from './redis/client.ts'
import { EVER, indexed, type Keyed } from './redis/directory.ts'
import { faults } from './redis/faults.ts'
import { revisionMark, storedIn, subjectMark, textOf, tombstone, whole } from './redis/layout.ts'
import { leases } from './redis/leases.ts'
import { managed } from './redis/managed.ts'
import { CREATE, END, FOREIGN, TOUCH, UPDATE } from './redis/scripts.ts'

export type { IoRedisClient, NodeRedisClient, RedisClient, ScriptInput } from './redis/client.ts'

/** A store that several processes share. It needs no sweeper. */
export type RedisStore = Store<'cas'> & Directory & Locking & Managed

/** The options of `redisStore`. */
export interface RedisStoreOptions {
  /**
   * A client of `redis` 4 to 6 (`createClient`, `createClientPool`, `createCluster`, `createSentinel`) or `ioredis` 5
   * (`Redis`, `Cluster`). It stays yours: to configure, to connect, to listen to its errors, to close. It must read from
   * masters (no `useReplicas`, no `scaleReads`): a replica may still show a session that was ended.
   */
  readonly client: RedisClient
  /**
   * What the names of all keys begin with. Default `coatcheck:`. Two managers with different data need different ones. A
   * part in braces (`{sessions}:`) puts all keys on one server of a cluster.
   */
  readonly prefix?: string
}

/** A store over a client. Does nothing yet. Throws `Misconfigured` when an option breaks its rule. */
export const redisStore = ({ client, prefix = 'coatcheck:' }: RedisStoreOptions): RedisStore => {
  if (typeof prefix !== 'string' || prefix === '')
    throw toError(misconfigured('prefix', prefix, 'must be a text that is not empty'))
  const port = portOf(client)
  const fault = faults(prefix)
  const session = (id: SessionId): string => `${prefix}session:${id}`
  const of: Keyed['of'] = (kind, mark) => `${prefix}${kind}:${mark.slice(1, -1)}`
  const keyed: Keyed = { port, fault, session, of }
  const { enter, forget, ...directory } = indexed(keyed)

  const read = (text: string): Stored => {
    const stored = storedIn(text)
    if (stored === undefined) throw new Error(FOREIGN)
    return stored
  }

  const conflicting = (text: string): Conflict => {
    const present = read(text)
    return present._tag === 'Live' ? conflict(present) : conflict()
  }

  const create = async (id: SessionId, live: Live): Promise<typeof created | typeof exists> => {
    const horizon = live.subject === undefined ? '0' : await enter(subjectMark(live.subject.id), id, live.expiresAt)
    return (await port.run(CREATE, session(id), textOf(live, horizon))) === 'Created' ? created : exists
  }

  const update = async (
    id: SessionId,
    expected: string,
    live: Live,
    fence: number | undefined,
  ): Promise<Updated | Conflict | Leased | Gone> => {
    const { touchedAt, expiresAt, subject } = live
    const mark = subject === undefined ? '' : subjectMark(subject.id)
    // A sign-in in this write needs an entry for sure; the script would ask for it.
    const signsIn = subject !== undefined && subject.authenticatedAt >= touchedAt
    let horizon = signsIn ? await enter(mark, id, expiresAt) : '0'
    for (;;) {
      const args = [textOf(live, horizon), revisionMark(expected)]
      if (fence !== undefined) args.push(whole(fence))
      const reply = String(await port.run(UPDATE, session(id), ...args))
      if (reply === 'Updated') return updated
      if (reply.startsWith('[')) return conflicting(reply)
      const [answer, ...rest] = reply.split('\t')
      if (answer === 'Gone') return gone
      if (answer === 'Leased') return leased(Number(rest[0]))
      if (answer === 'Index') horizon = await enter(mark, id, Number(rest[0]))
      else {
        const [before, entered] = rest
        if (before !== undefined && entered !== undefined) forget(before, entered, id)
        return updated
      }
    }
  }

  const touch = async (id: SessionId, ...times: ReadonlyArray<string>): Promise<Touched | Gone> => {
    let subject = ''
    let horizon = '0'
    for (;;) {
      const reply = String(await port.run(TOUCH, session(id), ...times, subject, horizon)).split('\t')
      if (reply[0] !== 'Index') return reply[0] === 'Touched' ? touched : gone
      subject = reply[2] ?? ''
      horizon = await enter(subject, id, Number(reply[1]))
    }
  }

  return {
    ...directory,
    ...leases(keyed),
    ...managed(port, fault, `${prefix}health`),
    guarantee: 'cas',

    load: (id) => async () => {
      try {
        const text = await port.get(session(id))
        return right(text === null ? none : some(read(text)))
      } catch (cause) {
        return left(fault('load', cause, id))
      }
    },

    create: (id, live) =>
      attempt(
        () => create(id, live),
        (cause) => fault('create', cause, id),
      ),

    update: (id, expected, live, fence) =>
      attempt(
        () => update(id, expected, live, fence),
        (cause) => fault('update', cause, id),
      ),

    touch: (id, epoch, touchedAt, expiresAt) =>
      attempt(
        () => touch(id, whole(epoch), whole(touchedAt), whole(expiresAt)),
        (cause) => fault('touch', cause, id),
      ),

    end: (id, expected, until, fence) =>
      attempt(
        async () => {
          const args = [revisionMark(expected), tombstone(until), whole(until)]
          if (fence !== undefined) args.push(whole(fence))
          const reply = String(await port.run(END, session(id), ...args))
          if (reply.startsWith('[')) return conflicting(reply)
          const [answer, rest] = reply.split('\t')
          if (answer === 'Gone') return gone
          if (answer === 'Leased') return leased(Number(rest))
          if (rest !== undefined && rest !== '') forget(rest, EVER, id)
          return done
        },
        (cause) => fault('end', cause, id),
      ),
  }
}
