/** The clients that the store is tested through. */
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import type { RedisClient } from '../../../src/stores/redis.ts'

export interface Connected {
  readonly client: RedisClient
  readonly close: () => Promise<void> | void
}

/** A connected client. What it reports is not what its test is about. */
type Connect = (urls: ReadonlyArray<string>) => Promise<Connected>

const quiet = (): void => undefined

const nodeRedis: Connect = async ([url]) => {
  const client = createClient({ url: url! })
  client.on('error', quiet)
  await client.connect()
  return { client, close: () => client.close() }
}

const ioRedis: Connect = async ([url]) => {
  const client = new Redis(url!, { lazyConnect: true })
  client.on('error', quiet)
  await client.connect()
  return {
    client,
    close: () => {
      client.disconnect()
    },
  }
}

const nodeRedisCluster: Connect = async (urls) => {
  const client = createCluster({ rootNodes: urls.map((url) => ({ url })) })
  client.on('error', quiet)
  await client.connect()
  return { client, close: () => client.close() }
}

const ioRedisCluster: Connect = async (urls) => {
  const nodes = urls.map((url) => new URL(url)).map(({ hostname, port }) => ({ host: hostname, port: Number(port) }))
  const client = new Cluster(nodes, { lazyConnect: true })
  client.on('error', quiet)
  await client.connect()
  return {
    client,
    close: () => {
      client.disconnect()
    },
  }
}

export const connects = {
  'node-redis': nodeRedis,
  ioredis: ioRedis,
  'node-redis, cluster': nodeRedisCluster,
  'ioredis, cluster': ioRedisCluster,
} as const

export type DriverName = keyof typeof connects

export const driverNames = Object.keys(connects) as ReadonlyArray<DriverName>
