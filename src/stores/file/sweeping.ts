/**
 * ```ts
 * sweeping: (…) => (now: Millis, limit: number) => Promise<Swept>
 * ```
 * Removes what is past its time without looking at what is not.
 *
 * A new record enters the bucket of five minutes in which it will be due. Writes that move this to a later time change
 * nothing; an earlier one adds an entry. A sweep opens the buckets whose time has come, and there removes the record, or
 * moves the entry to where it belongs by now. Besides, each pass looks at one of 256 shards, so that a record whose entry
 * was lost with the power goes, too, some time later; finishes or removes what killed processes left in `tmp`; and
 * forgets old epochs. A pass stretches over as many batches as it takes; a batch looks at `limit` files at most.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { Swept } from '../../effects/Store.ts'
import { dueOf, subjectOf } from './decisions.ts'
import type { Disk } from './disk.ts'
import { bucketOf, type Hex, idOf, type Places } from './places.ts'
import type { Kept } from './record.ts'
import type { Subjects } from './subjects.ts'
import type { Versions } from './versions.ts'

/** Puts a record on the agenda of the sweeps. */
export const putDue = async (disk: Disk, at: Places, hex: Hex, due: Millis): Promise<void> => {
  const directory = at.bucket(bucketOf(due))
  while ((await disk.mark(`${directory}/${hex}`)) === 'Missing') await disk.mkdir(directory)
}

/** How long what a write leaves in `tmp` may lie there, ms. A write that takes longer fails, and nothing else happens. */
const LEFT_ALONE = 600_000

const CLAIM = /^([0-9a-f]{32})\.([0-9a-f]{24})(?:\.[0-9a-f]{24})?$/
const DRAFT = /^[0-9a-f]{24}$/

/** What a visit found: removed now, absent, unreadable by this version, or due later. */
type Found = 'Removed' | 'Absent' | 'Unknown' | Millis

interface Parts {
  readonly disk: Disk
  readonly at: Places
  readonly versions: Versions
  readonly subjects: Subjects
  /** Tells that a record could not be read. */
  readonly report: (hex: Hex, reason: string) => void
}

/** See the module's head. */
export const sweeping = ({ disk, at, versions, subjects, report }: Parts) => {
  let shard = Math.floor(Math.random() * at.shards.length)
  let pass: AsyncGenerator<boolean, void, Millis> | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let fault: { readonly cause: unknown } | undefined

  /** What can not be looked at now does not keep the sweep from the rest; the batch fails when it is done. */
  const surviving = async (work: Promise<boolean>): Promise<boolean> => {
    try {
      return await work
    } catch (cause) {
      fault ??= { cause }
      return false
    }
  }

  const isGone = async (hex: Hex, kept: Kept): Promise<boolean> => {
    // Nothing follows a tombstone; a live record goes only if it is still the one that was looked at.
    if (kept.stored._tag === 'Ended') return versions.discard(hex)
    if (!(await versions.remove(hex, kept.version))) return false
    const subject = subjectOf(kept.stored)
    if (subject !== undefined) await subjects.leave(subject, { hex, entry: kept.entry })
    return true
  }

  const visit = async (hex: Hex, now: Millis): Promise<Found> => {
    for (;;) {
      const present = await versions.read(hex)
      if (present === undefined) return 'Absent'
      if (present._tag === 'Newer') return 'Unknown'
      if (present._tag === 'Corrupt') {
        report(hex, present.reason)
        await disk.rename(at.record(hex), at.quarantine(hex))
        return 'Absent'
      }
      const due = dueOf(present.stored)
      if (due >= now) return due
      if (await isGone(hex, present)) return 'Removed'
    }
  }

  const visitEntry = async (bucket: number, hex: Hex, now: Millis): Promise<boolean> => {
    const found = await visit(hex, now)
    if (found === 'Unknown') return false
    if (typeof found === 'number') {
      if (bucketOf(found) <= bucket) return false
      await putDue(disk, at, hex, found)
    }
    await disk.unlink(`${at.bucket(bucket)}/${hex}`)
    return found === 'Removed'
  }

  const clear = async (name: string, now: Millis): Promise<void> => {
    const written = await disk.writtenAt(at.draft(name))
    if (written === undefined) return
    const old = now - written > LEFT_ALONE
    const [, hex, version] = CLAIM.exec(name) ?? []
    if (hex !== undefined && version !== undefined) {
      // A claim to remove a record looks as old as the directory. To finish what is under way does no harm.
      if (!old) return
      try {
        await versions.finish(hex, version, name)
      } catch (cause) {
        // After a power failure that sync: 'never' was warned of; nobody who made it is alive.
        if ((cause as NodeJS.ErrnoException).code !== undefined) throw cause
        await disk.unlink(at.claim(name))
      }
    } else if (old && DRAFT.test(name)) await disk.unlink(at.draft(name))
  }

  async function* passing(now: Millis): AsyncGenerator<boolean, void, Millis> {
    const buckets = (await disk.list(at.due)).filter((name) => /^-?\d+$/.test(name)).map(Number)
    for (const bucket of buckets.sort((a, b) => a - b)) {
      if (bucket > bucketOf(now)) break
      for (const hex of await disk.list(at.bucket(bucket)))
        if (idOf(hex) !== undefined) now = yield await surviving(visitEntry(bucket, hex, now))
      if (bucket < bucketOf(now)) await disk.rmdir(at.bucket(bucket))
    }
    shard = (shard + 1) % at.shards.length
    for (const hex of await disk.list(at.shards[shard] as string))
      if (idOf(hex) !== undefined) now = yield await surviving(visit(hex, now).then((found) => found === 'Removed'))
    // Claims before the drafts that they speak of: their names are longer.
    const left = [...(await disk.list(at.tmp))].sort((a, b) => b.length - a.length)
    for (const name of left) {
      now = yield await surviving(clear(name, now).then(() => false))
    }
    await subjects.forget(now)
  }

  const batch = async (now: Millis, limit: number): Promise<Swept> => {
    let removed = 0
    let more = true
    fault = undefined
    for (let seen = 0; more && seen < limit; seen += 1) {
      pass ??= passing(now)
      const { done, value } = await pass.next(now).catch((cause: unknown) => {
        pass = undefined
        throw cause
      })
      if (value === true) removed += 1
      if (done !== true) continue
      pass = undefined
      more = false
    }
    const failed = fault as { readonly cause: unknown } | undefined
    if (failed !== undefined) throw failed.cause
    return { removed, more }
  }

  /** One batch after another, whoever asks. */
  return (now: Millis, limit: number): Promise<Swept> => {
    const swept = turn.then(() => batch(now, limit))
    turn = swept.catch(() => undefined)
    return swept
  }
}
