/**
 * ```ts
 * storeOn: (fs: FileSystem, options: FileStoreOptions) => FileStore
 * ```
 * The file store on a given file system: the contract's decisions, carried out by compare-and-set on files.
 *
 * @since 0.1.0
 */
import type { TaskEither } from '#fp-ts/TaskEither'
import { left, none, right, some } from '../../core/tagged.ts'
import { misconfigured, toError } from '../../core/SessionError.ts'
import type { Live } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import { systemClock } from '../../effects/Clock.ts'
import type {
  Directory,
  Locking,
  Managed,
  ManagedOperation,
  Store,
  StoreError,
  StoreOperation,
  Sweeping,
} from '../../effects/Store.ts'
import { created, done, exists, gone, lost, refused, storeError, unreadable } from '../../effects/Store.ts'
import type { FileStoreOptions } from '../file.ts'
import { systemTimer } from '../../effects/Timer.ts'
import {
  acquire,
  type Decide,
  dueOf,
  end,
  endOne,
  release,
  renew,
  type Step,
  subjectOf,
  touch,
  update,
} from './decisions.ts'
import { disk as diskOf, type FileSystem } from './disk.ts'
import { explained, type Illegible, isIllegible } from './faults.ts'
import { layout as layoutOf } from './layout.ts'
import { listing } from './listing.ts'
import { bucketOf, type Hex, hexOf, idOf, newTag, places } from './places.ts'
import { type Decoded, encode, type Kept } from './record.ts'
import { subjects as subjectsOf } from './subjects.ts'
import { putDue, sweeping } from './sweeping.ts'
import { turns } from './turns.ts'
import { type Fate, versions as versionsOf } from './versions.ts'
import { waiting } from './waiting.ts'

type Everything = Store<'cas'> & Sweeping & Directory & Locking & Managed

/** How many loaded records are remembered, for the write that may follow. */
const RECENT = 256

/** `root` is the absolute path of the directory. */
export const storeOn = (fs: FileSystem, root: string, options: FileStoreOptions): Everything => {
  const { sync = 'always', onCorrupt, clock = systemClock, timer = systemTimer } = options
  if (!['always', 'never'].includes(sync)) throw toError(misconfigured('sync', sync, "must be 'always' or 'never'"))

  const at = places(root)
  const disk = diskOf(fs, sync === 'always')
  const layout = layoutOf(disk, at)
  const versions = versionsOf(disk, at)
  const subjects = subjectsOf(disk, at)
  const inTurn = turns()
  const queue = waiting(timer)

  const report = (hex: Hex, reason: string): void => {
    try {
      onCorrupt?.(idOf(hex) as SessionId, reason)
    } catch {
      // An observer's failure is not the request's.
    }
  }

  const illegible = (hex: Hex, reason: string, why: Illegible['illegible'] = 'damaged'): Illegible =>
    Object.assign(
      new Error(
        `The file of session ${String(idOf(hex))} can not be read: ${reason} (${at.record(hex)}). Other sessions are not affected. Restore the file, or remove it to forget the session.`,
      ),
      { illegible: why },
    )

  /** A record that can be read, or nothing. */
  const readable = (hex: Hex, found: Decoded | undefined): Kept | undefined => {
    if (found === undefined || found._tag === 'Kept') return found
    if (found._tag === 'Newer') throw illegible(hex, 'a later version of coatcheck wrote it', 'newer')
    report(hex, found.reason)
    throw illegible(hex, found.reason)
  }

  const verb =
    <A>(operation: StoreOperation | ManagedOperation, work: (fate: Fate) => Promise<A>): TaskEither<StoreError, A> =>
    async () => {
      const fate: Fate = { unknown: false }
      try {
        await layout.ready()
        return right(await work(fate))
      } catch (cause) {
        if (fate.unknown) return left(storeError(operation, explained(root, cause)))
        return left(
          isIllegible(cause)
            ? unreadable(operation, cause, cause.illegible)
            : refused(operation, explained(root, cause)),
        )
      }
    }

  /** A verb about one session. Under what is no id nothing stands, and no path is built from it. */
  const of = <A>(
    operation: StoreOperation,
    id: SessionId,
    nothing: A,
    work: (hex: Hex, fate: Fate) => Promise<A>,
  ): TaskEither<StoreError, A> => {
    const hex = hexOf(id)
    return hex === undefined ? () => Promise.resolve(right(nothing)) : verb(operation, (fate) => work(hex, fate))
  }

  /** What a request loaded and may write soon: a claim finds out whether it is still the present record. */
  const recent = new Map<Hex, Kept>()
  const remember = (hex: Hex, kept: Kept): void => {
    if (recent.size >= RECENT) recent.delete(recent.keys().next().value as Hex)
    recent.set(hex, kept)
  }

  const decided = async <A>(hex: Hex, decide: Decide<A>): Promise<readonly [Kept | undefined, Step<A>]> => {
    const known = recent.get(hex)
    if (known !== undefined) {
      recent.delete(hex)
      const step = decide(known)
      // An answer that writes nothing is not found out by a claim.
      if (step.next !== undefined) return [known, step]
    }
    const present = readable(hex, await versions.read(hex))
    return [present, decide(present)]
  }

  const attempt = async <A>(hex: Hex, decide: Decide<A>, fate: Fate): Promise<A | undefined> => {
    const [present, { answer, next, confirm }] = await decided(hex, decide)
    if (next === undefined || present === undefined) {
      if (confirm === true) await versions.settle(hex)
      return answer
    }
    const tag = newTag()
    const [before, after] = [subjectOf(present.stored), subjectOf(next.stored)]
    const moves = before !== after
    const entry = moves ? (after === undefined ? '' : tag) : present.entry
    const due = dueOf(next.stored)
    if (bucketOf(due) < bucketOf(dueOf(present.stored))) await putDue(disk, at, hex, due)
    if (moves && after !== undefined) await subjects.enter(after, { hex, entry })
    const { stored, leasedUntil } = next
    const won = await versions.replace(
      hex,
      present.version,
      tag,
      encode({ version: tag, leasedUntil, entry, stored }),
      fate,
    )
    if (!won) {
      if (moves && after !== undefined && !fate.unknown) await subjects.leave(after, { hex, entry })
      return undefined
    }
    if (next.durable) await versions.settle(hex)
    // What fails here leaves a stale entry, which a list removes later.
    if (moves && before !== undefined)
      await subjects.leave(before, { hex, entry: present.entry }).catch(() => undefined)
    return answer
  }

  /** Decides and replaces until nobody else was faster. Within the process one after the other. */
  const change = <A extends object>(hex: Hex, decide: Decide<A>, fate: Fate): Promise<A> =>
    inTurn(hex, async () => {
      for (;;) {
        const answer = await attempt(hex, decide, fate)
        if (answer !== undefined) return answer
      }
    })

  const ending = async <A extends object>(hex: Hex, decide: Decide<A>, fate: Fate): Promise<A> => {
    const answer = await change(hex, decide, fate)
    queue.ring(hex)
    return answer
  }

  const create = async (hex: Hex, live: Live, fate: Fate): Promise<typeof created | typeof exists> => {
    const tag = newTag()
    const subject = live.subject?.id
    const entry = subject === undefined ? '' : tag
    await putDue(disk, at, hex, dueOf(live))
    if (subject !== undefined) await subjects.enter(subject, { hex, entry })
    const text = encode({ version: tag, leasedUntil: 0, entry, stored: { ...live, fence: 0 } })
    if (await versions.create(hex, tag, text, fate)) return created
    if (subject !== undefined) await subjects.leave(subject, { hex, entry })
    const present = readable(hex, await versions.read(hex))?.stored
    if (present?._tag !== 'Live' || present.revision !== live.revision) return exists
    await versions.settle(hex)
    return created
  }

  const contend = async (hex: Hex, wait: number, lease: number, deadline: number, fate: Fate) => {
    const ask = () => change(hex, acquire(lease, clock()), fate)
    if (wait <= 0) return ask()
    const waiter = queue.join(hex)
    try {
      for (;;) {
        const answer = await ask()
        const now = clock()
        if (answer._tag !== 'Busy' || deadline <= now) return answer
        await waiter.sleep(Math.min(deadline, answer.until) - now)
      }
    } finally {
      waiter.leave()
    }
  }

  const list = listing({ subjects, read: async (hex) => versions.read(hex), report })
  const sweep = sweeping({ disk, at, versions, subjects, report })

  return {
    guarantee: 'cas',

    load: (id) =>
      of('load', id, none, async (hex) => {
        const present = readable(hex, await versions.read(hex))
        if (present === undefined) {
          await layout.stillThere()
          return none
        }
        if (present.stored._tag === 'Live') remember(hex, present)
        return some(present.stored)
      }),
    create: (id, live) => {
      const hex = hexOf(id)
      return verb('create', (fate) => {
        if (hex === undefined) throw new Error('A session can not be created under what is not a session id.')
        return create(hex, live, fate)
      })
    },
    update: (id, expected, live, fence) =>
      of('update', id, gone, (hex, fate) => change(hex, update(expected, live, fence, clock()), fate)),
    touch: (id, epoch, touchedAt, expiresAt) =>
      of('touch', id, gone, (hex, fate) => change(hex, touch(epoch, touchedAt, expiresAt), fate)),
    end: (id, expected, until, fence) =>
      of('end', id, gone, (hex, fate) => ending(hex, end(expected, until, fence, clock()), fate)),

    sweep: (now, limit) => verb('sweep', () => sweep(now, limit)),

    acquire: (id, { wait, lease }) => {
      const task = (deadline: number) =>
        of('acquire', id, gone, (hex, fate) => contend(hex, wait, lease, deadline, fate))
      return () => task(clock() + wait)()
    },
    renew: (id, fence, lease) => of('renew', id, lost, (hex, fate) => change(hex, renew(fence, lease, clock()), fate)),
    release: (id, fence) => of('release', id, lost, (hex, fate) => ending(hex, release(fence, clock()), fate)),

    list: (subject) => verb('list', () => list.of(subject)),
    count: (subject) => verb('count', async () => (await list.of(subject)).length),
    endOne: (subject, id, until) => of('endOne', id, gone, (hex, fate) => ending(hex, endOne(subject, until), fate)),
    endAll: (subject, until, except) =>
      verb('endAll', async (fate) => {
        const spared = except === undefined ? undefined : hexOf(except)
        const ended = await list.each(subject, async (hex) => {
          if (hex === spared) return false
          return (await ending(hex, endOne(subject, until), fate))._tag === done._tag
        })
        return ended
      }),
    raiseEpoch: (subject, now) =>
      verb('raiseEpoch', (fate) => {
        fate.unknown = true
        return subjects.raiseEpoch(subject, now)
      }),
    readEpoch: (subject) => verb('readEpoch', () => subjects.readEpoch(subject)),

    migrate: verb('migrate', () => layout.prepare()),
    health: verb('health', () => layout.check()),
    close: () => Promise.resolve(right(undefined)),
  }
}
