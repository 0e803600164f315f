/**
 * ```ts
 * fileStore: (options) => Store<'cas'> & Sweeping & Directory & Locking & Managed
 * ```
 * Sessions as files of one directory, for any number of processes on one machine. Node only.
 *
 * Writes are on the disk before they are acknowledged: a new file, `fsync`, one atomic rename or link, `fsync` of the
 * directory. A process that is killed, a full disk or a power failure leaves the old record or the new one.
 *
 * Compare-and-set needs no lock, so that no lock can be left behind. Each content of a record's file has a version of
 * its own. A writer claims the version that it read: it links its finished draft to a name made of the session and that
 * version, which succeeds for exactly one. If the record still has the version *after* the claim was made, the claim
 * decides what follows, and the draft is renamed over the record, by the claimer or by anybody who finds the claim: the
 * draft's name is used once, so this happens once, however long any process slept meanwhile. Whoever loses reads again.
 * The argument in full is in `file/versions.ts`. A lease is a time and a fence in the record itself.
 *
 * @since 0.1.0
 */
import * as fs from 'node:fs'
import { resolve } from 'node:path'
import { misconfigured, toError } from '../core/SessionError.ts'
import type { SessionId } from '../core/Token.ts'
import type { Clock } from '../effects/Clock.ts'
import type { Directory, Locking, Managed, Store, Sweeping } from '../effects/Store.ts'
import { storeOn } from './file/store.ts'
import type { Timer } from '../effects/Timer.ts'

/** Everything that a store can do. */
export type FileStore = Store<'cas'> & Sweeping & Directory & Locking & Managed

/** The options of `fileStore`. */
export interface FileStoreOptions {
  /**
   * Where the sessions are: a directory of their own, on a file system with hard links. It is made, with mode 0700, if
   * the one above exists. A relative path starts at the process's working directory.
   */
  readonly directory: string
  /**
   * `always` (default): what was acknowledged survives a power failure. `never`: the system writes to the disk when it
   * likes; a killed process loses nothing, a power failure may lose or spoil what was written in the last half minute
   * (a spoilt record is reported by `onCorrupt`). For tests, and for directories in memory.
   */
  readonly sync?: 'always' | 'never'
  /**
   * Called with the id of a session whose file can not be read, each time one is met, and with what is wrong with it,
   * never with data. The session's requests fail until the file is restored or removed; a sweep that comes to it moves it
   * to the folder `corrupt`. What it throws is ignored. Default: nothing.
   */
  readonly onCorrupt?: (id: SessionId, reason: string) => void
  /** Decides about leases. Default: `systemClock`. */
  readonly clock?: Clock
  /** Wakes who waits for a lease: calls `wake` once, `ms` later, unless the result is run. Default: `setTimeout`. */
  readonly timer?: Timer
}

/** A store in a directory. Touches no disk before its first use. Throws `Misconfigured` when an option breaks its rule. */
export const fileStore = (options: FileStoreOptions): FileStore => {
  const { directory } = options
  if (typeof directory !== 'string' || directory === '' || directory.includes('\u0000'))
    throw toError(misconfigured('directory', directory, 'must be the path of a directory'))
  return storeOn(fs, resolve(directory), options)
}
