/**
 * ```ts
 * interface Listing { of: (subject) => Promise<ReadonlyArray<Listed>>; each: (subject, work) => Promise<number> }
 * ```
 * The sessions of a subject, from the names in its directory and the records that they lead to. The record decides whose
 * it is; a name that led nowhere for five minutes is removed.
 *
 * @since 0.1.0
 */
import type { Live } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Listed } from '../../effects/Store.ts'
import { subjectOf } from './decisions.ts'
import { type Hex, idOf } from './places.ts'
import type { Decoded } from './record.ts'
import type { Member, Subjects } from './subjects.ts'

/** See the module's head. */
export interface Listing {
  /** Oldest first. */
  readonly of: (subject: string) => Promise<ReadonlyArray<Listed>>
  /** Runs `work` for each session that may be the subject's; how many times it answered true. */
  readonly each: (subject: string, work: (hex: Hex) => Promise<boolean>) => Promise<number>
}

interface Parts {
  readonly subjects: Subjects
  readonly read: (hex: Hex) => Promise<Decoded | undefined>
  readonly report: (hex: Hex, reason: string) => void
}

/** How many files of one subject are open at once. */
const AT_ONCE = 8

const listed = (id: SessionId, { createdAt, touchedAt, expiresAt, subject }: Live): Listed => ({
  id,
  createdAt,
  touchedAt,
  expiresAt,
  authenticatedAt: subject?.authenticatedAt ?? createdAt,
})

const inGroups = async <A, B>(all: ReadonlyArray<A>, work: (item: A) => Promise<B>): Promise<ReadonlyArray<B>> => {
  const given: Array<B> = []
  for (let from = 0; from < all.length; from += AT_ONCE)
    given.push(...(await Promise.all(all.slice(from, from + AT_ONCE).map(work))))
  return given
}

/** The listing of one store. */
export const listing = ({ subjects, read, report }: Parts): Listing => {
  /** The records that have names in the subject's directory, each once, with those names. */
  const leads = async (subject: string): Promise<ReadonlyArray<readonly [Hex, ReadonlyArray<Member>]>> => {
    const byRecord = new Map<Hex, Array<Member>>()
    for (const member of await subjects.members(subject)) {
      const others = byRecord.get(member.hex)
      if (others === undefined) byRecord.set(member.hex, [member])
      else others.push(member)
    }
    return [...byRecord]
  }

  return {
    of: async (subject) => {
      const found = await inGroups(await leads(subject), async ([hex, members]) => {
        const present = await read(hex)
        if (present?._tag === 'Newer') return []
        if (present?._tag === 'Corrupt') {
          report(hex, present.reason)
          return []
        }
        for (const member of members)
          if (member.entry !== present?.entry && !(await subjects.isYoung(subject, member)))
            // A list is right without it.
            await subjects.leave(subject, member).catch(() => undefined)
        const stored = present?.stored
        return stored?._tag === 'Live' && subjectOf(stored) === subject ? [listed(idOf(hex) as SessionId, stored)] : []
      })
      return found.flat().sort((a, b) => a.createdAt - b.createdAt)
    },

    each: async (subject, work) => {
      let failed: { readonly cause: unknown } | undefined
      const answers = await inGroups(await leads(subject), async ([hex]) => {
        const present = await read(hex)
        // Nobody can use what can not be read.
        if (present?._tag === 'Corrupt') {
          report(hex, present.reason)
          return false
        }
        return work(hex).catch((cause: unknown) => {
          failed ??= { cause }
          return false
        })
      })
      const fault = failed as { readonly cause: unknown } | undefined
      if (fault !== undefined) throw fault.cause
      return answers.filter((answer) => answer).length
    },
  }
}
