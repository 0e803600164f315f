import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { arch } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where what was downloaded stays: inside the project, ignored by git. */
export const cache = fileURLToPath(new URL('../../.cache/', import.meta.url))

/** The path of a program that the PATH knows. */
export const onPath = (program: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

export interface Binary {
  readonly path: string
  readonly env: NodeJS.ProcessEnv
}

const run = (program: string, args: ReadonlyArray<string>, cwd: string): string | undefined => {
  const { status, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  return status === 0 ? undefined : (error?.message ?? stderr)
}

/** Downloads Debian packages into `folder`. Where the system's package lists are missing or old, with lists of its own. */
const download = (packages: ReadonlyArray<string>, folder: string): string | undefined => {
  if (run('apt-get', ['download', ...packages], folder) === undefined) return undefined
  const lists = join(folder, 'lists')
  mkdirSync(join(lists, 'state/lists/partial'), { recursive: true })
  mkdirSync(join(lists, 'cache/archives/partial'), { recursive: true })
  const own = [
    '-o',
    `Dir::State::lists=${lists}/state/lists`,
    '-o',
    `Dir::Cache=${lists}/cache`,
    '-o',
    'APT::Sandbox::User=',
  ]
  return run('apt-get', [...own, 'update'], folder) ?? run('apt-get', [...own, 'download', ...packages], folder)
}

const find = (root: string, program: string): string | undefined =>
  ['usr/bin', 'usr/sbin'].map((folder) => join(root, folder, program)).find((path) => existsSync(path))

const libraries = (root: string): string =>
  ['usr/lib', 'lib']
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => [folder, ...readdirSync(folder).map((entry) => join(folder, entry))])
    .filter((folder) => folder.includes('linux-gnu') || folder.endsWith('lib'))
    .join(delimiter)

/**
 * A program of the Debian family, unpacked beside the project without touching the system. Downloads once; `provide` is
 * the sentence for who has neither the program nor such a system.
 */
export const debianBinary = (
  name: string,
  packages: ReadonlyArray<string>,
  program: string,
  provide: string,
): Binary => {
  const root = join(cache, `${name}-${arch()}`)
  if (find(root, program) === undefined) {
    mkdirSync(cache, { recursive: true })
    const folder = mkdtempSync(join(cache, `${name}-`))
    try {
      const failed = download(packages, folder)
      if (failed !== undefined) throw new Error(`${provide}. (apt-get: ${failed.trim()})`)
      const unpacked = join(folder, 'root')
      for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.deb'))) {
        const broken = run('dpkg', ['-x', file, unpacked], folder)
        if (broken !== undefined) throw new Error(`${provide}. (dpkg: ${broken.trim()})`)
      }
      // Whole or not at all, also when two runs do this at once.
      if (!existsSync(root)) renameSync(unpacked, root)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  const path = find(root, program)
  if (path === undefined) throw new Error(provide)
  return { path, env: { ...process.env, LD_LIBRARY_PATH: libraries(root) } }
}
