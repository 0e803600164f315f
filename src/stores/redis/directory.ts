/**
 * ```ts
 * interface Index { enter: (subject, id, expiresAt) => Promise<string>; forget: (subject, horizon, …ids) => void }
 * indexed: (deps) => Index & Directory
 * ```
 * The sessions of a subject: a sorted set of ids, each scored with its *horizon*, the time until which the entry is sure
 * to stand.
 *
 * **An entry too many, never one too few.** The set may live on another server of a cluster than the records, so they are
 * two steps: the entry first, the record second. Scripts write a record of a subject only if its entry's horizon is later
 * than its TTL (else they answer `Index`, and the entry is written first), and an entry is dropped by itself only when
 * its horizon has passed: when no record can stand there any more. Before that it goes in two cases. The id is ended: it
 * never comes back. Or the session left the subject: then only if the entry was not written again since, which a horizon
 * that rises with each writing tells. Nothing depends on the server's key-space events.
 *
 * @since 0.1.0
 */
import type { TaskEither } from '#fp-ts/TaskEither'
import type { Millis } from '../../core/Millis.ts'
import type { Live, Stored } from '../../core/Stored.ts'
import { idFrom, type SessionId } from '../../core/Token.ts'
import { attempt } from '../../effects/attempt.ts'
import type { Directory, Listed, StoreError, StoreOperation } from '../../effects/Store.ts'
import { done, gone, SWEEP_SLACK } from '../../effects/Store.ts'
import type { Port } from './client.ts'
import type { Fault } from './faults.ts'
import { storedIn, subjectMark, tombstone, whole } from './layout.ts'
import { END_ONE, FORGET, FOREIGN, INDEX, MEMBERS, RAISE } from './scripts.ts'

/** What the parts of the store share. */
export interface Keyed {
  readonly port: Port
  readonly fault: Fault
  /** The key of a session's record. */
  readonly session: (id: SessionId) => string
  /** The key of something of a subject, given as `subjectMark` spells it. */
  readonly of: (kind: 'subject' | 'epoch', mark: string) => string
}

/** The entries of one subject, given as `subjectMark` spells it. */
export interface Index {
  /** Makes sure of an entry for a record that expires then; answers its horizon. */
  readonly enter: (mark: string, id: SessionId, expiresAt: Millis) => Promise<string>
  /** Drops entries whose horizon is not later. Nobody waits for it: an entry too many does no harm. */
  readonly forget: (mark: string, horizon: string, ...ids: ReadonlyArray<SessionId>) => void
}

const HOUR: Millis = 3_600_000
/** How much longer than its record an entry stands: a session that is touched all day renews its entry once in so long. */
const MARGIN: Millis = HOUR
/** An epoch matters for as long as a request may run that read the one before. */
const EPOCH_KEPT: Millis = 2 * HOUR
/** How many records of a subject are asked for at once. */
const AT_ONCE = 100
/** The horizon of every entry of an id that can not come back. */
export const EVER = whole(Infinity)

const listed = (id: SessionId, { createdAt, touchedAt, expiresAt, subject }: Live): Listed => ({
  id,
  createdAt,
  touchedAt,
  expiresAt,
  authenticatedAt: subject?.authenticatedAt ?? createdAt,
})

// A key that holds something else is nobody's session: it must not hide the others.
const isForeign = (cause: unknown): boolean =>
  cause instanceof Error && (cause.message.includes('WRONGTYPE') || cause.message.includes(FOREIGN))

/** What `work` gives for a key; undefined for one that holds something else. */
const ours = async <A>(work: Promise<A>): Promise<A | undefined> => {
  try {
    return await work
  } catch (cause) {
    if (isForeign(cause)) return undefined
    throw cause
  }
}

/** See the module's head. */
export const indexed = ({ port, fault, session, of }: Keyed): Index & Directory => {
  const members = (mark: string): Promise<ReadonlyArray<SessionId>> =>
    port.run(MEMBERS, of('subject', mark)).then((ids) => (ids as ReadonlyArray<string>).map(idFrom))

  const forget: Index['forget'] = (mark, horizon, ...ids) => {
    if (ids.length > 0) port.run(FORGET, of('subject', mark), horizon, ...ids).catch(() => undefined)
  }

  const each = async <A>(
    ids: ReadonlyArray<SessionId>,
    work: (id: SessionId) => Promise<A>,
  ): Promise<ReadonlyArray<A>> => {
    const results: Array<A> = []
    for (let from = 0; from < ids.length; from += AT_ONCE)
      results.push(...(await Promise.all(ids.slice(from, from + AT_ONCE).map(work))))
    return results
  }

  const list = async (subject: string): Promise<ReadonlyArray<Listed>> => {
    const mark = subjectMark(subject)
    const found: Array<Listed> = []
    const ended: Array<SessionId> = []
    await each(await members(mark), async (id) => {
      const text = await ours(port.get(session(id)))
      const stored: Stored | undefined = text == null ? undefined : storedIn(text)
      if (stored?._tag === 'Ended') ended.push(id)
      if (stored?._tag === 'Live' && stored.subject?.id === subject) found.push(listed(id, stored))
    })
    forget(mark, EVER, ...ended)
    return found.sort((a, b) => a.createdAt - b.createdAt)
  }

  const endOne = async (mark: string, id: SessionId, until: Millis): Promise<boolean> =>
    (await port.run(END_ONE, session(id), mark, tombstone(until), whole(until))) === 'Done'

  const endAll = async (subject: string, until: Millis, except: SessionId | undefined): Promise<number> => {
    const mark = subjectMark(subject)
    const ended: Array<SessionId> = []
    await each(await members(mark), async (id) => {
      if (id !== except && (await ours(endOne(mark, id, until))) === true) ended.push(id)
    })
    forget(mark, EVER, ...ended)
    return ended.length
  }

  const task = <A>(operation: StoreOperation, work: () => Promise<A>, id?: SessionId): TaskEither<StoreError, A> =>
    attempt(work, (cause) => fault(operation, cause, id))

  return {
    enter: async (mark, id, expiresAt) => {
      const horizon = whole(expiresAt + SWEEP_SLACK + MARGIN)
      return String(await port.run(INDEX, of('subject', mark), id, horizon))
    },
    forget,
    list: (subject) => task('list', () => list(subject)),
    count: (subject) => task('count', async () => (await list(subject)).length),
    endOne: (subject, id, until) =>
      task(
        'endOne',
        async () => {
          const mark = subjectMark(subject)
          if (!(await endOne(mark, id, until))) return gone
          forget(mark, EVER, id)
          return done
        },
        id,
      ),
    endAll: (subject, until, except) => task('endAll', () => endAll(subject, until, except)),
    raiseEpoch: (subject, now) =>
      task('raiseEpoch', async () =>
        Number(await port.run(RAISE, of('epoch', subjectMark(subject)), whole(now), whole(EPOCH_KEPT))),
      ),
    readEpoch: (subject) =>
      task('readEpoch', async () => Number((await port.get(of('epoch', subjectMark(subject)))) ?? 0)),
  }
}
