/**
 * ```ts
 * interface Layout { ready: () => Promise<void>; prepare: () => Promise<void>; check: () => Promise<void>; present }
 * ```
 * The directory itself: made by whoever comes first, however many come at once; checked before its first use.
 *
 * @since 0.1.0
 */
import type { Disk } from './disk.ts'
import { newTag, type Places } from './places.ts'
import { REMOVAL } from './record.ts'

/** See the module's head. */
export interface Layout {
  /** Makes the directory if need be; at once after the first success. */
  readonly ready: () => Promise<void>
  /** The same, whatever was found before. */
  readonly prepare: () => Promise<void>
  /** Prepares, and writes something. */
  readonly check: () => Promise<void>
  /** Rejects when the directory is gone: then nothing can be said of a session that was not found. */
  readonly stillThere: () => Promise<void>
}

const VERSION = 'coatcheck file store 1\n'

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

/** `disk` and `at`: where. */
export const layout = (disk: Disk, at: Places): Layout => {
  let preparing: Promise<void> | undefined

  const isThere = async (): Promise<boolean> => {
    const version = await disk.read(at.version)
    if (version !== undefined && version !== VERSION)
      throw new Error(
        `${at.version} is not of this version of the file store. Choose another directory, or the version of coatcheck that made it.`,
      )
    return version !== undefined
  }

  const put = async (path: string, text: string): Promise<void> => {
    const draft = at.draft(newTag())
    await disk.write(draft, text)
    await disk.rename(draft, path)
  }

  const make = async (): Promise<void> => {
    // The directory above may be one that this user can not open; then its owner answers for it.
    if (await disk.mkdir(at.root)) await disk.settle(parentOf(at.root)).catch(() => undefined)
    for (const path of at.all) await disk.mkdir(path)
    await disk.settle(`${at.root}/records`)
    await disk.settle(`${at.root}/subjects`)
    await put(at.removal, REMOVAL)
    await disk.settle(at.root)
    // Last: where it stands, everything else does.
    await put(at.version, VERSION)
    await disk.settle(at.root)
  }

  const prepare = async (): Promise<void> => {
    if (!(await isThere())) await make()
    await disk.writable(at.tmp)
  }

  return {
    ready: () =>
      (preparing ??= prepare().catch((cause: unknown) => {
        // Not for ever: somebody may put it right.
        preparing = undefined
        throw cause
      })),
    prepare,
    check: async () => {
      await prepare()
      const draft = at.draft(newTag())
      await disk.write(draft, VERSION)
      await disk.unlink(draft)
    },
    stillThere: async () => {
      if (!(await isThere()))
        throw new Error(
          `The session directory ${at.root} is gone. Mount it again, or restart the program to begin with an empty one.`,
        )
    },
  }
}
