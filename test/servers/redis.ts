import { Redis } from 'ioredis'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianBinary, onPath } from './binaries.ts'
import { freePort, keep, type Kept, pause } from './keep.ts'

export interface RedisServer extends Omit<Kept, 'start'> {
  readonly url: string
  readonly port: number
  /** Starts it again after `kill`, on the same port. Only what was written to disk is there: see `durable`. */
  readonly restart: () => Promise<void>
}

export interface RedisOptions {
  /** Writes each change to disk before it answers (appendfsync always), so that it survives a kill. Default false. */
  readonly durable?: boolean
  /** More arguments of redis-server: `['--maxmemory', '10mb']`. */
  readonly args?: ReadonlyArray<string>
}

const PROVIDE =
  'The tests need a Redis server: install redis-server or valkey-server, or give one, REDIS_URL=redis://host npm test'

/** A server's binary and the environment that it runs in. */
const redisBinary = async (): Promise<{ readonly path: string; readonly env: NodeJS.ProcessEnv }> => {
  const found = onPath('redis-server') ?? onPath('valkey-server')
  if (found !== undefined) return { path: found, env: process.env }
  const packages = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'liblua5.1-0', 'lua-cjson', 'lua-bitop']
  return debianBinary('redis', packages, 'redis-server', PROVIDE)
}

const answers = async (port: number): Promise<void> => {
  const client = new Redis({
    port,
    host: '127.0.0.1',
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 2_000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.ping()
  } finally {
    client.disconnect()
  }
}

/** One command to the server at `port`. */
export const command = async (
  port: number,
  name: string,
  ...args: ReadonlyArray<string | number>
): Promise<unknown> => {
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await client.call(name, ...args.map(String))
  } finally {
    client.disconnect()
  }
}

/** Starts a Redis (or Valkey) of one's own on a free port of the loopback interface. */
export const startRedis = async (options: RedisOptions = {}): Promise<RedisServer> => {
  const { durable = false, args = [] } = options
  const { path, env } = await redisBinary()
  const port = await freePort()
  const disk = durable ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
  const kept = await keep({
    name: 'coatcheck-redis',
    env,
    last: 'KILL',
    command: (directory) => [
      ...[path, '--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', ...disk],
      ...args,
    ],
    ready: () => answers(port),
  })
  const { start, ...rest } = kept
  return { ...rest, url: `redis://127.0.0.1:${port}`, port, restart: start }
}

/** Tries until it succeeds, or fails with what `attempt` said last. */
const eventually = async (what: string, attempt: () => Promise<boolean>): Promise<void> => {
  const until = Date.now() + 30_000
  for (;;) {
    if (await attempt().catch(() => false)) return
    if (Date.now() > until) throw new Error(`${what} did not come to be`)
    await pause(20)
  }
}

/** Starts all, or none: who started is stopped when another can not. */
const startAll = async (starts: ReadonlyArray<Promise<RedisServer>>): Promise<ReadonlyArray<RedisServer>> => {
  const settled = await Promise.allSettled(starts)
  const servers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed === undefined) return servers
  await Promise.all(servers.map((server) => server.stop()))
  throw failed.reason
}

export interface RedisCluster {
  /** Three masters first, then a replica of each, in the same order. */
  readonly nodes: ReadonlyArray<RedisServer>
  readonly urls: ReadonlyArray<string>
  /** Resolves when the replica at this place (3, 4 or 5) has become a master and the cluster takes writes again. */
  readonly promoted: (replica: number) => Promise<void>
  readonly stop: () => Promise<void>
}

const SLOTS: ReadonlyArray<readonly [number, number]> = [
  [0, 5460],
  [5461, 10922],
  [10923, 16383],
]

const says = async (port: number, section: string, text: string): Promise<boolean> =>
  String(await command(port, ...(section.split(' ') as [string, ...Array<string>]))).includes(text)

/** Starts a Redis Cluster of three masters with a replica each. */
export const startCluster = async (): Promise<RedisCluster> => {
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--repl-diskless-sync-delay', '0']
  const nodes = await startAll(Array.from({ length: 6 }, () => startRedis({ args })))
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  const port = (place: number): number => nodes[place]!.port
  try {
    for (const [place, [first, last]] of SLOTS.entries()) {
      await command(port(place), 'CLUSTER', 'ADDSLOTSRANGE', first, last)
      await command(port(place), 'CLUSTER', 'SET-CONFIG-EPOCH', place + 1)
    }
    for (const node of nodes.slice(1)) await command(node.port, 'CLUSTER', 'MEET', '127.0.0.1', port(0))
    for (const node of nodes)
      await eventually('a cluster of six', () => says(node.port, 'CLUSTER INFO', 'cluster_known_nodes:6'))
    for (const place of [0, 1, 2]) {
      const master = String(await command(port(place), 'CLUSTER', 'MYID'))
      await eventually(
        'a replica',
        async () => (await command(port(place + 3), 'CLUSTER', 'REPLICATE', master)) === 'OK',
      )
    }
    for (const node of nodes)
      await eventually('a whole cluster', () => says(node.port, 'CLUSTER INFO', 'cluster_state:ok'))
    for (const place of [3, 4, 5])
      await eventually('replication', () => says(port(place), 'INFO replication', 'master_link_status:up'))
  } catch (cause) {
    await stop()
    throw cause
  }
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    promoted: (replica) =>
      eventually('a new master', async () => {
        const [master, whole] = await Promise.all([
          says(port(replica), 'INFO replication', 'role:master'),
          says(port(replica), 'CLUSTER INFO', 'cluster_state:ok'),
        ])
        return master && whole
      }),
    stop,
  }
}

export interface RedisSentinel {
  /** The name of the watched master. */
  readonly name: string
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly sentinels: ReadonlyArray<RedisServer>
  /** Resolves when the replica takes writes and the sentinels say so. */
  readonly promoted: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts a master, its replica, and three sentinels that watch them. */
export const startSentinel = async (): Promise<RedisSentinel> => {
  const name = 'sessions'
  const started: Array<RedisServer> = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()))
  }
  const start = async (...args: ReadonlyArray<string>): Promise<RedisServer> => {
    const server = await startRedis({ args })
    started.push(server)
    return server
  }
  try {
    // Without the delay the replica is in step at once; a write before that is lost at fail-over.
    const master = await start('--repl-diskless-sync-delay', '0')
    const replica = await start('--replicaof', '127.0.0.1', String(master.port))
    await eventually('replication', () => says(replica.port, 'INFO replication', 'master_link_status:up'))
    const sentinels: Array<RedisServer> = []
    for (let left = 3; left > 0; left -= 1) {
      const sentinel = await startSentinelProcess()
      started.push(sentinel)
      sentinels.push(sentinel)
      await command(sentinel.port, 'SENTINEL', 'MONITOR', name, '127.0.0.1', master.port, 2)
      await command(sentinel.port, 'SENTINEL', 'SET', name, 'down-after-milliseconds', 1000, 'failover-timeout', 5000)
    }
    const knows = (port: number, text: string): Promise<boolean> =>
      command(port, 'SENTINEL', 'MASTER', name).then((fields) => {
        const list = fields as ReadonlyArray<string>
        return list[list.indexOf(text.split('=')[0]!) + 1] === text.split('=')[1]
      })
    for (const { port } of sentinels) {
      await eventually('three sentinels', () => knows(port, 'num-other-sentinels=2'))
      await eventually('a known replica', () => knows(port, 'num-slaves=1'))
    }
    return {
      name,
      master,
      replica,
      sentinels,
      promoted: async () => {
        await eventually('a new master', () => says(replica.port, 'INFO replication', 'role:master'))
        for (const { port } of sentinels)
          await eventually('sentinels that know it', () => knows(port, `port=${replica.port}`))
      },
      stop,
    }
  } catch (cause) {
    await stop()
    throw cause
  }
}

/** A sentinel rewrites its configuration file, so it needs one. */
const startSentinelProcess = async (): Promise<RedisServer> => {
  const { path, env } = await redisBinary()
  const port = await freePort()
  const kept = await keep({
    name: 'coatcheck-sentinel',
    env,
    last: 'KILL',
    prepare: (directory) => {
      writeFileSync(join(directory, 'sentinel.conf'), `port ${port}\nbind 127.0.0.1\ndir ${directory}\n`)
    },
    command: (directory) => [path, join(directory, 'sentinel.conf'), '--sentinel'],
    ready: () => answers(port),
  })
  const { start, ...rest } = kept
  return { ...rest, url: `redis://127.0.0.1:${port}`, port, restart: start }
}
