/**
 * ```ts
 * interface Versions { read; create; replace: (hex, version, next) => Promise<boolean>; remove: (hex, version) => Promise<boolean> }
 * ```
 * Compare-and-set on a file, by processes that share nothing but the file system, without a lock.
 *
 * Each content of a record's file has a version, a random tag. To replace version v by draft d:
 *
 * 1. write `tmp/d` and bring it to the disk;
 * 2. claim v: `link(tmp/d, tmp/<id>.v)`. The system lets one succeed; who finds it taken finishes that one's step 4;
 * 3. look whether the record still has version v; if not, the claim came late and is void: take it back, start again;
 * 4. `rename(tmp/d, record)`, which is atomic, and happens once, since `d` is a name that is never used again;
 * 5. drop the claim, and bring the record's directory to the disk.
 *
 * Why it is right. A record never returns to a version that it had. A claim on v is dropped only by who saw another
 * version after it was made. So who holds a claim on v and *then* sees v knows: this claim decides what follows v, and
 * everybody else will finish it. A process that sleeps between any two steps, however long, finds its draft or version
 * gone. Nobody waits for a process that died; what it left is finished, or swept away. A draft that disappears before
 * step 4 (a power failure, or a sweep of what is old) makes its claim void, for ever: then `tmp/<id>.v.d` is the name to
 * claim instead, and so on. Removal is the same with a fixed file in the place of the draft, and `unlink` as step 4.
 * Tombstones and what can not be read are never replaced: they are removed without a claim.
 *
 * @since 0.1.0
 */
import type { Disk } from './disk.ts'
import type { Hex, Places } from './places.ts'
import { type Decoded, decode, HEAD_BYTES, versionIn } from './record.ts'

/** Set by a write: whether it may have changed something, should it fail now. */
export interface Fate {
  unknown: boolean
}

/** See the module's head. */
export interface Versions {
  /** What stands there. One open, one read. */
  readonly read: (hex: Hex) => Promise<Decoded | undefined>
  /** Puts a text where nothing is. False: something is. */
  readonly create: (hex: Hex, tag: string, text: string, fate: Fate) => Promise<boolean>
  /**
   * Puts the text in the place of a version. False: it has another version now; `text` may nevertheless have been there
   * for a moment, if somebody else finished this write and another followed.
   */
  readonly replace: (hex: Hex, version: string, tag: string, text: string, fate: Fate) => Promise<boolean>
  /** Removes the record if it has this version. */
  readonly remove: (hex: Hex, version: string) => Promise<boolean>
  /** Removes what is never replaced. False: it was gone. */
  readonly discard: (hex: Hex) => Promise<boolean>
  /** Finishes, or drops, what a claim in `tmp` speaks of. */
  readonly finish: (hex: Hex, version: string, claim: string) => Promise<void>
  /** Brings the names beside a record to the disk. */
  readonly settle: (hex: Hex) => Promise<void>
}

/** What a claim puts in the place of a version: a draft, or nothing. */
type Successor = { readonly _tag: 'Draft'; readonly tag: string } | { readonly _tag: 'Nothing' }

/** The claim was finished or dropped, or was void; then the next one in line is named after its draft. */
type Finished = { readonly _tag: 'Settled' } | { readonly _tag: 'Void'; readonly next: string }

/** `Unclear`: it was overtaken, perhaps after somebody else had finished it. */
type Attempt = 'Won' | 'Lost' | 'Unclear'

const settled: Finished = { _tag: 'Settled' }

const lostDraft = (path: string): Error =>
  new Error(`The draft ${path} was removed before it was used: the write took longer than a sweep lets drafts lie.`)

/** `disk` and `at`: where. */
export const versions = (disk: Disk, at: Places): Versions => {
  const versionOf = async (hex: Hex): Promise<string | undefined> => {
    const text = await disk.head(at.record(hex), HEAD_BYTES)
    return text === undefined ? undefined : (versionIn(text) ?? 'unreadable')
  }

  const settle = (hex: Hex): Promise<void> => disk.settle(at.shardOf(hex))

  /** Step 4. False: it was done, or the draft is lost. */
  const apply = (hex: Hex, by: Successor): Promise<boolean> =>
    by._tag === 'Draft' ? disk.rename(at.draft(by.tag), at.record(hex)) : disk.unlink(at.record(hex))

  const finished = async (hex: Hex, version: string, claim: string): Promise<Finished> => {
    const path = at.claim(claim)
    const text = await disk.head(path, HEAD_BYTES)
    if (text === undefined) return settled
    if ((await versionOf(hex)) !== version) {
      await disk.unlink(path)
      return settled
    }
    const tag = versionIn(text)
    if (tag === undefined) throw new Error(`The claim ${path} can not be read. A sweep removes it when it is old.`)
    const done = await apply(hex, tag === 'removal' ? { _tag: 'Nothing' } : { _tag: 'Draft', tag })
    if (!done && (await versionOf(hex)) === version) return { _tag: 'Void', next: `${hex}.${version}.${tag}` }
    await disk.unlink(path)
    return settled
  }

  /** Only for who saw another version than the claimed one after the claim was made. What is left, a sweep drops. */
  const drop = (claim: string): Promise<boolean> => disk.unlink(at.claim(claim)).catch(() => false)

  /** Steps 2 to 5. */
  const supersede = async (hex: Hex, version: string, source: string, by: Successor): Promise<Attempt> => {
    let claim = `${hex}.${version}`
    for (;;) {
      const linked = await disk.link(source, at.claim(claim))
      if (linked === 'Linked') break
      if (linked === 'Missing') throw lostDraft(source)
      const other = await finished(hex, version, claim)
      if (other._tag === 'Settled') return 'Lost'
      claim = other.next
    }
    let present = await versionOf(hex)
    if (present === version) {
      if (await apply(hex, by)) {
        await drop(claim)
        return 'Won'
      }
      present = await versionOf(hex)
      // The draft was taken away. The claim is void, and others may have claimed what comes after it: it must stay.
      if (present === version) return 'Unclear'
    }
    await drop(claim)
    if (by._tag === 'Nothing') return 'Lost'
    return present === by.tag ? 'Won' : 'Unclear'
  }

  return {
    read: async (hex) => {
      const text = await disk.read(at.record(hex))
      return text === undefined ? undefined : decode(text)
    },

    create: async (hex, tag, text, fate) => {
      const draft = at.draft(tag)
      await disk.write(draft, text)
      const linked = await disk.link(draft, at.record(hex)).finally(() => disk.unlink(draft).catch(() => false))
      if (linked === 'Missing') throw lostDraft(draft)
      if (linked === 'Taken') return false
      fate.unknown = true
      await settle(hex)
      return true
    },

    replace: async (hex, version, tag, text, fate) => {
      const draft = at.draft(tag)
      await disk.write(draft, text)
      let attempt: Attempt = 'Unclear'
      try {
        attempt = await supersede(hex, version, draft, { _tag: 'Draft', tag })
      } finally {
        // Whoever still finds the draft knows that it was not used, and by taking it away that it never will be.
        const unused = attempt !== 'Won' && (await disk.unlink(draft).catch(() => false))
        if (!unused && attempt !== 'Lost') fate.unknown = true
      }
      return attempt === 'Won'
    },

    remove: async (hex, version) => (await supersede(hex, version, at.removal, { _tag: 'Nothing' })) === 'Won',

    discard: (hex) => disk.unlink(at.record(hex)),

    finish: async (hex, version, claim) => {
      await finished(hex, version, claim)
    },

    settle,
  }
}
