/**
 * ```ts
 * interface Subjects { enter; leave; members; raiseEpoch; readEpoch; forget }
 * ```
 * Which sessions a subject has, and its epochs, as names in directories of the subject's.
 *
 * An entry is named after the record *and* the write that made it: taking an old entry away can never hit the entry of a
 * later write. It is on the disk before the record, and goes after it: an index may have stale members, never lack one.
 * An epoch is the name of an empty file that exactly one process could make; the highest counts, and the one below stays,
 * so that a reader who meets a change sees one of both.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { SubjectEpoch } from '../../core/Stored.ts'
import type { Disk } from './disk.ts'
import type { Hex, Places } from './places.ts'

/** One entry of a subject's directory. */
export interface Member {
  readonly hex: Hex
  readonly entry: string
}

/** See the module's head. */
export interface Subjects {
  readonly enter: (subject: string, member: Member) => Promise<void>
  readonly leave: (subject: string, member: Member) => Promise<void>
  readonly members: (subject: string) => Promise<ReadonlyArray<Member>>
  /** Whether an entry may be of a write that is still on its way. */
  readonly isYoung: (subject: string, member: Member) => Promise<boolean>
  readonly raiseEpoch: (subject: string, now: Millis) => Promise<SubjectEpoch>
  readonly readEpoch: (subject: string) => Promise<SubjectEpoch>
  /** Removes epochs that no request can remember. */
  readonly forget: (now: Millis) => Promise<void>
}

const MINUTE = 60_000
/** An entry without its record is left alone for so long (design §7). */
const UNDER_WAY = 5 * MINUTE
/** The contract says an hour or longer. */
const EPOCH_KEPT = 120 * MINUTE

const MEMBER = /^([0-9a-f]{32})\.([0-9a-f]{24})$/

const epochsIn = (names: ReadonlyArray<string>): ReadonlyArray<number> =>
  names
    .filter((name) => /^\d{1,16}$/.test(name))
    .map(Number)
    .sort((a, b) => b - a)

/** `disk` and `at`: where. */
export const subjects = (disk: Disk, at: Places): Subjects => {
  /** Makes a file in a directory that others may remove at any time while it is empty. */
  const markIn = async (directory: string, path: string): Promise<'Linked' | 'Taken'> => {
    for (;;) {
      const marked = await disk.mark(path)
      if (marked !== 'Missing') return marked
      await disk.mkdir(directory)
    }
  }

  return {
    enter: async (subject, { hex, entry }) => {
      const directory = at.subject(subject)
      await markIn(directory, at.entry(subject, hex, entry))
      await disk.settle(directory)
      // Also when the directory was there: who made it may not have come so far.
      await disk.settle(at.subjectShard(subject))
    },

    leave: async (subject, { hex, entry }) => {
      await disk.unlink(at.entry(subject, hex, entry))
      await disk.rmdir(at.subject(subject))
    },

    members: async (subject) => {
      const names = await disk.list(at.subject(subject))
      return names.flatMap((name) => {
        const [, hex, entry] = MEMBER.exec(name) ?? []
        return hex === undefined || entry === undefined ? [] : [{ hex, entry }]
      })
    },

    isYoung: async (subject, { hex, entry }) => {
      const written = await disk.writtenAt(at.entry(subject, hex, entry))
      return written === undefined || Date.now() - written < UNDER_WAY
    },

    raiseEpoch: async (subject, now) => {
      const directory = at.epochsOf(subject)
      for (;;) {
        const [highest = 0, ...lower] = epochsIn(await disk.list(directory))
        const epoch = Math.max(highest + 1, Math.ceil(now))
        if ((await markIn(directory, `${directory}/${epoch}`)) === 'Taken') continue
        await disk.settle(directory)
        await disk.settle(at.epochs)
        for (const old of lower) await disk.unlink(`${directory}/${old}`)
        return epoch
      }
    },

    readEpoch: async (subject) => epochsIn(await disk.list(at.epochsOf(subject)))[0] ?? 0,

    forget: async (now) => {
      for (const name of await disk.list(at.epochs)) {
        const directory = `${at.epochs}/${name}`
        const raised = epochsIn(await disk.list(directory))
        if ((raised[0] ?? 0) > now - EPOCH_KEPT) continue
        for (const epoch of raised) await disk.unlink(`${directory}/${epoch}`)
        await disk.rmdir(directory)
      }
    },
  }
}
