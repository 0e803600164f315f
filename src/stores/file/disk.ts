/**
 * ```ts
 * disk: (fs: FileSystem, sync: boolean) => Disk
 * ```
 * The few things that the store asks of a file system, as promises. What is an ordinary answer to the store (a name that
 * is taken, or missing) is a value; everything else rejects with the system's error.
 *
 * `FileSystem` is the part of `node:fs` that is used, so that a test can put one in its place that loses power, or is full.
 *
 * @since 0.1.0
 */
import { Buffer } from 'node:buffer'

type Failure = NodeJS.ErrnoException | null
type Told = (error: Failure) => void

/** The part of `node:fs` that the store uses. */
export interface FileSystem {
  readonly open: (path: string, flags: string, mode: number, done: (error: Failure, fd: number) => void) => void
  readonly read: (
    fd: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number | null,
    done: (error: Failure, bytes: number) => void,
  ) => void
  readonly readSync: (fd: number, buffer: Buffer, offset: number, length: number, position: number | null) => number
  readonly write: (
    fd: number,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number | null,
    done: (error: Failure, bytes: number) => void,
  ) => void
  readonly fsync: (fd: number, done: Told) => void
  readonly closeSync: (fd: number) => void
  readonly link: (from: string, to: string, done: Told) => void
  readonly rename: (from: string, to: string, done: Told) => void
  readonly unlink: (path: string, done: Told) => void
  readonly mkdir: (path: string, mode: number, done: Told) => void
  readonly rmdir: (path: string, done: Told) => void
  readonly readdir: (path: string, done: (error: Failure, names: Array<string>) => void) => void
  readonly stat: (path: string, done: (error: Failure, stats: { readonly mtimeMs: number }) => void) => void
  readonly access: (path: string, mode: number, done: Told) => void
}

/** What became of a link: made; the new name is taken; the file, or the directory of the new name, is missing. */
export type Linked = 'Linked' | 'Taken' | 'Missing'

/** See the module's head. */
export interface Disk {
  /** The text of a file; undefined when there is no such file. */
  readonly read: (path: string) => Promise<string | undefined>
  /**
   * The first `most` bytes. For a file that was read or written a moment ago: its bytes are in memory, where reading them
   * takes 1 µs and a turn of the thread pool 15.
   */
  readonly head: (path: string, most: number) => Promise<string | undefined>
  /** Makes a new file with this text and brings it to the disk. When that fails, no file is left. */
  readonly write: (path: string, text: string) => Promise<void>
  /** Makes an empty file, if the name is free. */
  readonly mark: (path: string) => Promise<Linked>
  /** Gives a file a second name, if the name is free. */
  readonly link: (from: string, to: string) => Promise<Linked>
  /** Moves a file over whatever has the new name. False: there is no such file. */
  readonly rename: (from: string, to: string) => Promise<boolean>
  /** False: there is no such file. */
  readonly unlink: (path: string) => Promise<boolean>
  /** False: the name is taken. */
  readonly mkdir: (path: string) => Promise<boolean>
  /** Removes a directory if it is empty. */
  readonly rmdir: (path: string) => Promise<void>
  /** The names in a directory; none when there is no such directory. */
  readonly list: (path: string) => Promise<ReadonlyArray<string>>
  /** Brings the names in a directory to the disk. */
  readonly settle: (path: string) => Promise<void>
  /** When a file was last written, ms; undefined when there is no such file. */
  readonly writtenAt: (path: string) => Promise<number | undefined>
  /** Rejects unless a directory can be read, searched and written. */
  readonly writable: (path: string) => Promise<void>
}

const FILE_MODE = 0o600
const DIRECTORY_MODE = 0o700
const READ_WRITE_SEARCH = 7

/** Enough for nearly every session; more is read in further steps. */
const CHUNK = 16_384
const SPARE_BUFFERS = 16

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** `sync: false` leaves it to the system when anything reaches the disk. */
export const disk = (fs: FileSystem, sync: boolean): Disk => {
  const spare: Array<Buffer> = []

  const open = (path: string, flags: string): Promise<number> =>
    new Promise((resolve, reject) => {
      fs.open(path, flags, FILE_MODE, (error, fd) => {
        if (error === null) resolve(fd)
        else reject(error)
      })
    })

  /** A file to read; undefined when there is none. */
  const found = (path: string): Promise<number | undefined> =>
    open(path, 'r').catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    })

  /** The answer of a call: `yes`, or what one of the expected errors stands for. */
  const told = <A>(yes: A, expected: Readonly<Record<string, A>>, call: (done: Told) => void): Promise<A> =>
    new Promise((resolve, reject) => {
      call((error) => {
        if (error === null) return resolve(yes)
        const answer = expected[error.code ?? '']
        if (answer === undefined) reject(error)
        else resolve(answer)
      })
    })

  const readInto = (fd: number, buffer: Buffer, from: number, length: number): Promise<number> =>
    new Promise((resolve, reject) => {
      fs.read(fd, buffer, from, length, null, (error, bytes) => {
        if (error === null) resolve(bytes)
        else reject(error)
      })
    })

  const writeAll = async (fd: number, bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      at += await new Promise<number>((resolve, reject) => {
        fs.write(fd, bytes, at, bytes.length - at, null, (error, written) => {
          if (error === null) resolve(written)
          else reject(error)
        })
      })
    }
  }

  const fsync = (fd: number): Promise<void> =>
    sync
      ? told(undefined, {}, (done) => {
          fs.fsync(fd, done)
        })
      : Promise.resolve()

  /** The rest of a file of which `start` was read. */
  const readOn = async (fd: number, start: Buffer): Promise<string> => {
    const parts = [start]
    for (;;) {
      const part = Buffer.allocUnsafe(4 * CHUNK)
      const bytes = await readInto(fd, part, 0, part.length)
      if (bytes === 0) return Buffer.concat(parts).toString('utf8')
      parts.push(part.subarray(0, bytes))
    }
  }

  const unlink: Disk['unlink'] = (path) =>
    told<boolean>(true, { ENOENT: false }, (done) => {
      fs.unlink(path, done)
    })

  return {
    read: async (path) => {
      const fd = await found(path)
      if (fd === undefined) return undefined
      const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK)
      try {
        const bytes = await readInto(fd, buffer, 0, CHUNK)
        return bytes < CHUNK ? buffer.toString('utf8', 0, bytes) : await readOn(fd, Buffer.from(buffer))
      } finally {
        fs.closeSync(fd)
        if (spare.length < SPARE_BUFFERS) spare.push(buffer)
      }
    },

    head: async (path, most) => {
      const fd = await found(path)
      if (fd === undefined) return undefined
      try {
        const buffer = Buffer.allocUnsafe(most)
        return buffer.toString('latin1', 0, fs.readSync(fd, buffer, 0, most, null))
      } finally {
        fs.closeSync(fd)
      }
    },

    write: async (path, text) => {
      const fd = await open(path, 'wx')
      try {
        await writeAll(fd, Buffer.from(text, 'utf8'))
        await fsync(fd)
      } catch (error) {
        await unlink(path).catch(() => false)
        throw error
      } finally {
        fs.closeSync(fd)
      }
    },

    mark: async (path) => {
      try {
        fs.closeSync(await open(path, 'wx'))
        return 'Linked'
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return 'Taken'
        if (codeOf(error) === 'ENOENT') return 'Missing'
        throw error
      }
    },

    link: (from, to) =>
      told<Linked>('Linked', { EEXIST: 'Taken', ENOENT: 'Missing' }, (done) => {
        fs.link(from, to, done)
      }),
    rename: (from, to) =>
      told<boolean>(true, { ENOENT: false }, (done) => {
        fs.rename(from, to, done)
      }),
    unlink,
    mkdir: (path) =>
      told<boolean>(true, { EEXIST: false }, (done) => {
        fs.mkdir(path, DIRECTORY_MODE, done)
      }),
    rmdir: (path) =>
      told<null>(null, { ENOENT: null, ENOTEMPTY: null, EEXIST: null }, (done) => {
        fs.rmdir(path, done)
      }).then(() => undefined),

    list: (path) =>
      new Promise((resolve, reject) => {
        fs.readdir(path, (error, names) => {
          if (error === null) resolve(names)
          else if (error.code === 'ENOENT') resolve([])
          else reject(error)
        })
      }),

    settle: async (path) => {
      if (!sync) return
      const fd = await open(path, 'r')
      try {
        await fsync(fd)
      } finally {
        fs.closeSync(fd)
      }
    },

    writtenAt: (path) =>
      new Promise((resolve, reject) => {
        fs.stat(path, (error, stats) => {
          if (error === null) resolve(stats.mtimeMs)
          else if (error.code === 'ENOENT') resolve(undefined)
          else reject(error)
        })
      }),

    writable: (path) =>
      told(undefined, {}, (done) => {
        fs.access(path, READ_WRITE_SEARCH, done)
      }),
  }
}
