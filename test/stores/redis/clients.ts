/** The clients that the store is tested through, and the servers that they speak to. */
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import type { RedisClient } from '../../../src/stores/redis.ts'
import { clusterUrls, redisUrl } from '../../servers/shared.ts'

export interface Connected {
  readonly client: RedisClient
  readonly close: () => Promise<void> | void
}

/** A connected client. What it reports is not what its test is about. */
export type Connect = (urls: ReadonlyArray<string>) => Promise<Connected>

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
  const client = new Cluster(
    urls.map((url) => new URL(url)).map(({ hostname, port }) => ({ host: hostname, port: Number(port) })),
    { lazyConnect: true },
  )
  client.on('error', quiet)
  await client.connect()
  return {
    client,
    close: () => {
      client.disconnect()
    },
  }
}

const single = async (): Promise<ReadonlyArray<string>> => [await redisUrl()]

/** Each client with the servers that it is for. */
export const drivers = {
  'node-redis': { connect: nodeRedis, urls: single },
  ioredis: { connect: ioRedis, urls: single },
  'node-redis, cluster': { connect: nodeRedisCluster, urls: clusterUrls },
  'ioredis, cluster': { connect: ioRedisCluster, urls: clusterUrls },
} as const

export type DriverName = keyof typeof drivers

export const driverNames = Object.keys(drivers) as ReadonlyArray<DriverName>
