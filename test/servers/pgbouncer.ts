import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { debianBinary, onPath } from './binaries.ts'
import { freePort, keep } from './keep.ts'

export interface PgBouncer {
  /** A connection string of the same database, through the pooler. */
  readonly url: string
  readonly stop: () => Promise<void>
}

const PROVIDE =
  'The tests of PgBouncer need the program pgbouncer on the PATH (Debian: apt-get install pgbouncer), or a system of the ' +
  'Debian family and its package server, from which they unpack it into .cache'

/** How many connections to PostgreSQL all clients share. */
const BACKENDS = 3

/** Whether this PgBouncer can keep prepared statements apart. The tests are about one that does not. */
const knowsNames = (path: string, env: NodeJS.ProcessEnv): boolean => {
  const [, major, minor] =
    /PgBouncer (\d+)\.(\d+)/.exec(spawnSync(path, ['--version'], { env, encoding: 'utf8' }).stdout) ?? []
  return Number(major) > 1 || Number(minor) >= 21
}

const quoted = (value: string): string => `'${decodeURIComponent(value).replaceAll("'", "''")}'`

/** Starts a PgBouncer in transaction mode, without support for prepared statements, before a database. */
export const startPgBouncer = async (url: string): Promise<PgBouncer> => {
  const found = onPath('pgbouncer')
  const { path, env } =
    found === undefined
      ? debianBinary('pgbouncer', ['pgbouncer', 'libc-ares2', 'libevent-2.1-7'], 'pgbouncer', PROVIDE)
      : { path: found, env: process.env }
  const { hostname, port, username, password, pathname } = new URL(url)
  const own = await freePort()
  const through = `postgres://anybody@127.0.0.1:${own}${pathname}`
  const settings = [
    '[databases]',
    `* = host=${hostname} port=${port || '5432'} user=${quoted(username)}${password === '' ? '' : ` password=${quoted(password)}`}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${own}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    `default_pool_size = ${BACKENDS}`,
    ...(knowsNames(path, env) ? ['max_prepared_statements = 0'] : []),
    // It refuses to work as root, and changes to this user once it has read its settings.
    ...(process.getuid?.() === 0 ? ['user = nobody'] : []),
  ]
  const kept = await keep({
    name: 'coatcheck-pgbouncer',
    command: (directory) => [path, join(directory, 'settings.ini')],
    env,
    prepare: (directory) => writeFileSync(join(directory, 'settings.ini'), `${settings.join('\n')}\n`),
    ready: async () => {
      const client = new pg.Client({ connectionString: through, connectionTimeoutMillis: 2_000 })
      client.on('error', () => undefined)
      try {
        await client.connect()
        await client.query('select 1')
      } finally {
        await client.end().catch(() => undefined)
      }
    },
  })
  return { url: through, stop: kept.stop }
}
