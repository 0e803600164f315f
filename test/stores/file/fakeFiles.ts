import { Buffer } from 'node:buffer'
import type { FileSystem } from '../../../src/stores/file/disk.ts'

/**
 * A file system in memory that can be full, lose power, and let its processes run in any order.
 *
 * Each call waits until the test lets it happen. What is not fsynced survives a power failure or does not, each name of a
 * directory and each file by itself: that is as much as POSIX promises.
 */
interface File {
  readonly kind: 'file'
  bytes: Buffer
  synced: Buffer
}
interface Folder {
  readonly kind: 'folder'
  names: Map<string, File | Folder>
  synced: Map<string, File | Folder>
}

/** One call that a process has made and that has not happened yet. */
interface Pending {
  readonly owner: number
  readonly name: string
  readonly path: string
  readonly happen: () => void
  readonly fail: (code: string) => void
}

const folder = (): Folder => ({ kind: 'folder', names: new Map(), synced: new Map() })

const errno = (code: string, syscall: string, path: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path })

/** Calls that need room on the disk. */
const NEEDS_ROOM: ReadonlyArray<string> = ['create', 'write', 'link', 'mkdir', 'fsync']

export const fakeFiles = () => {
  const root = folder()
  const pending: Array<Pending> = []
  const open = new Map<number, { readonly node: File | Folder; position: number }>()
  let nextFd = 3
  let waits = true

  const find = (path: string): File | Folder | undefined =>
    path
      .split('/')
      .filter((part) => part !== '')
      .reduce<File | Folder | undefined>((at, part) => (at?.kind === 'folder' ? at.names.get(part) : undefined), root)

  const parentOf = (path: string, syscall: string): readonly [Folder, string] => {
    const cut = path.lastIndexOf('/')
    const above = find(path.slice(0, cut))
    if (above === undefined) throw errno('ENOENT', syscall, path)
    if (above.kind !== 'folder') throw errno('ENOTDIR', syscall, path)
    return [above, path.slice(cut + 1)]
  }

  const existing = (path: string, syscall: string): File | Folder => {
    const node = find(path)
    if (node === undefined) throw errno('ENOENT', syscall, path)
    return node
  }

  /** The file system as one process has it. */
  const of = (owner: number): FileSystem => {
    const call = <A>(name: string, path: string, done: never, work: () => A): void => {
      const answer = done as (error: NodeJS.ErrnoException | null, value?: A) => void
      const made: Pending = {
        owner,
        name,
        path,
        happen: () => {
          let value: A
          try {
            value = work()
          } catch (error) {
            answer(error as NodeJS.ErrnoException)
            return
          }
          answer(null, value)
        },
        fail: (code) => answer(errno(code, name, path)),
      }
      if (waits) pending.push(made)
      else queueMicrotask(made.happen)
    }
    const at = (fd: number) => open.get(fd)!

    return {
      open: (path, flags, _mode, done) =>
        call(flags === 'wx' ? 'create' : 'open', path, done as never, () => {
          if (flags === 'wx') {
            const [above, name] = parentOf(path, 'open')
            if (above.names.has(name)) throw errno('EEXIST', 'open', path)
            above.names.set(name, { kind: 'file', bytes: Buffer.alloc(0), synced: Buffer.alloc(0) })
          }
          open.set((nextFd += 1), { node: existing(path, 'open'), position: 0 })
          return nextFd
        }),
      read: (fd, buffer, offset, length, _position, done) =>
        call('read', '', done as never, () => {
          const file = at(fd)
          const copied = (file.node as File).bytes.copy(buffer, offset, file.position, file.position + length)
          file.position += copied
          return copied
        }),
      readSync: (fd, buffer, offset, length) => (at(fd).node as File).bytes.copy(buffer, offset, 0, length),
      // Two halves: a write may be short.
      write: (fd, buffer, offset, length, _position, done) =>
        call('write', '', done as never, () => {
          const file = at(fd).node as File
          const taken = Math.ceil(length / 2)
          file.bytes = Buffer.concat([file.bytes, buffer.subarray(offset, offset + taken)])
          return taken
        }),
      fsync: (fd, done) =>
        call('fsync', '', done as never, () => {
          const { node } = at(fd)
          if (node.kind === 'file') node.synced = node.bytes
          else node.synced = new Map(node.names)
        }),
      closeSync: (fd) => {
        open.delete(fd)
      },
      link: (from, to, done) =>
        call('link', to, done as never, () => {
          const node = existing(from, 'link')
          const [above, name] = parentOf(to, 'link')
          if (above.names.has(name)) throw errno('EEXIST', 'link', to)
          above.names.set(name, node)
        }),
      rename: (from, to, done) =>
        call('rename', to, done as never, () => {
          const node = existing(from, 'rename')
          const [above, name] = parentOf(from, 'rename')
          const [target, newName] = parentOf(to, 'rename')
          above.names.delete(name)
          target.names.set(newName, node)
        }),
      unlink: (path, done) =>
        call('unlink', path, done as never, () => {
          existing(path, 'unlink')
          const [above, name] = parentOf(path, 'unlink')
          above.names.delete(name)
        }),
      mkdir: (path, _mode, done) =>
        call('mkdir', path, done as never, () => {
          const [above, name] = parentOf(path, 'mkdir')
          if (above.names.has(name)) throw errno('EEXIST', 'mkdir', path)
          above.names.set(name, folder())
        }),
      rmdir: (path, done) =>
        call('rmdir', path, done as never, () => {
          const node = existing(path, 'rmdir') as Folder
          if (node.names.size > 0) throw errno('ENOTEMPTY', 'rmdir', path)
          const [above, name] = parentOf(path, 'rmdir')
          above.names.delete(name)
        }),
      readdir: (path, done) =>
        call('readdir', path, done as never, () => [...(existing(path, 'readdir') as Folder).names.keys()]),
      // Everything is old: a sweep may take away whatever it finds in tmp.
      stat: (path, done) => call('stat', path, done as never, () => (existing(path, 'stat'), { mtimeMs: 0 })),
      access: (path, _mode, done) => call('access', path, done as never, () => void existing(path, 'access')),
    }
  }

  const restore = (node: Folder, survives: () => boolean): void => {
    const after = new Map<string, File | Folder>()
    for (const name of new Set([...node.synced.keys(), ...node.names.keys()])) {
      const kept = survives() ? node.names.get(name) : node.synced.get(name)
      if (kept !== undefined) after.set(name, kept)
    }
    node.names = after
    node.synced = new Map(after)
    for (const child of after.values()) {
      if (child.kind === 'folder') restore(child, survives)
      else if (!child.bytes.equals(child.synced)) {
        // All of it, none of it, or some of it and rubbish.
        const half = child.bytes.subarray(0, child.bytes.length >> 1)
        child.bytes = survives() ? child.bytes : survives() ? child.synced : Buffer.concat([half, Buffer.alloc(9)])
        child.synced = child.bytes
      }
    }
  }

  return {
    of,
    pending,
    /** The power fails: no process goes on, and of what was not fsynced each part survives as `survives` says. */
    crash: (survives: () => boolean): void => {
      pending.length = 0
      open.clear()
      restore(root, survives)
    },
    /** Runs a task whose calls do not wait. */
    atOnce: async <A>(task: () => Promise<A>): Promise<A> => {
      waits = false
      const answer = await task()
      waits = true
      return answer
    },
    /** The names in a folder. */
    names: (path: string): ReadonlyArray<string> => {
      const node = find(path)
      return node?.kind === 'folder' ? [...node.names.keys()] : []
    },
    needsRoom: ({ name }: Pending): boolean => NEEDS_ROOM.includes(name),
  }
}

export type FakeFiles = ReturnType<typeof fakeFiles>

/** Lets everything run that waits for no call. */
export const idle = async (): Promise<void> => {
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

/** Lets calls happen in the order of their coming until `task` has its answer, or `stop` says that it shall not. */
export const driven = async <A>(
  files: FakeFiles,
  task: Promise<A>,
  each: (call: FakeFiles['pending'][number]) => 'happen' | 'stop' | { readonly fail: string } = () => 'happen',
): Promise<A | 'stopped'> => {
  let answer: { readonly value: A } | undefined
  void task.then((value) => {
    answer = { value }
  })
  for (;;) {
    await idle()
    if (answer !== undefined) return answer.value
    const call = files.pending.shift()
    if (call === undefined) throw new Error('everybody waits')
    const what = each(call)
    if (what === 'stop') return 'stopped'
    if (what === 'happen') call.happen()
    else call.fail(what.fail)
  }
}
