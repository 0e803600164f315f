/**
 * ```ts
 * explained: (root: string, cause: unknown) => unknown      interface Illegible extends Error
 * ```
 * The system's errors in sentences: what is wrong with the directory, and what to do.
 *
 * @since 0.1.0
 */
const whose = (): string => {
  const uid = process.getuid?.()
  return uid === undefined ? 'the user that runs this program' : `the user that runs this program (uid ${uid})`
}

const WHAT_TO_DO: Readonly<Record<string, (root: string) => string>> = {
  ENOSPC: () => 'the disk is full, or has no inode left. Free some space; sweeping removes dead sessions',
  EDQUOT: () => 'the disk quota is used up. Raise it, or free some space; sweeping removes dead sessions',
  EROFS: () => 'the file system is mounted read-only. Mount it writable, or choose another directory',
  EACCES: (root) => `access is denied. Give ${root} and all in it to ${whose()} (chown), with mode 0700`,
  EPERM: (root) =>
    `it is not permitted. Give ${root} and all in it to ${whose()} (chown), on a file system with hard links`,
  ENOTDIR: () => 'a file stands where a directory should be. Move it away, or choose another directory',
  ENOENT: (root) =>
    `a directory is missing. Make sure that the directory above ${root} exists and that the disk is mounted`,
  EMFILE: () => 'this process has too many files open. Raise its limit (ulimit -n)',
  ENFILE: () => 'the system has too many files open. Raise its limit (fs.file-max)',
  ENOTSUP: () => 'the file system can not do that. Choose one with hard links',
  EIO: () => 'the disk failed. See the log of the system',
}

/** An error of the system, with a sentence that names the directory; any other as it is. */
export const explained = (root: string, cause: unknown): unknown => {
  const { code, path = root, syscall } = cause as NodeJS.ErrnoException
  if (!(cause instanceof Error) || code === undefined || syscall === undefined) return cause
  const what = WHAT_TO_DO[code]?.(root) ?? `the system says ${code}`
  return Object.assign(new Error(`The session directory ${root} failed (${syscall} ${path}): ${what}.`, { cause }), {
    code,
  })
}

/** Thrown where the file of one session can not be read. */
export interface Illegible extends Error {
  readonly illegible: 'damaged' | 'newer'
}

export const isIllegible = (cause: unknown): cause is Illegible => cause instanceof Error && 'illegible' in cause
