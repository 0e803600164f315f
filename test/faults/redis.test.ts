/**
 * What only Redis can suffer: a full memory, and fail-overs. Its replication is asynchronous, so a fail-over may lose what
 * was acknowledged; how much is printed, not promised away. What is promised: nothing is applied twice, and the site heals.
 */
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { redisStore } from '../../src/stores/redis.ts'
import { startCluster, startRedis, startSentinel } from '../servers/redis.ts'
import { counting, type Load } from './load.ts'
import { serveSite, type Site } from './site.ts'

const visit = async (client: Redis | Cluster): Promise<Site> => {
  client.on('error', () => undefined)
  const site = await serveSite(redisStore({ client }))
  onTestFinished(async () => {
    await site.close()
    client.disconnect()
  })
  return site
}

/** Counts on both sides of a fail-over; answers how many acknowledged increments it lost. */
const across = async (site: Site, failOver: () => Promise<void>): Promise<number> => {
  const { cookie } = await site.get('/count')
  const load: Load = counting(site, cookie!)
  await load.more(100)
  await failOver()
  await load.more(100)
  await load.stop()
  const counted = Number((await site.get('/read', cookie)).body) - 1
  const { acknowledged, unknown } = load.tally()
  expect(counted).toBeLessThanOrEqual(acknowledged + unknown)
  return Math.max(0, acknowledged - counted)
}

describe('Redis', () => {
  it('a full memory refuses writes, keeps what is there, and goes on reading', async () => {
    const server = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] })
    onTestFinished(server.stop)
    const client = new Redis(server.url)
    const site = await visit(client)
    const { cookie } = await site.get('/count')
    // Whatever is there is too much now.
    await client.config('SET', 'maxmemory', '1')
    expect(await site.get('/count', cookie)).toMatchObject({ status: 503, cookie: undefined })
    expect(await site.get('/read', cookie)).toMatchObject({ status: 200, body: '1' })
    expect(await site.get('/', cookie)).toMatchObject({ status: 200 })
    await client.config('SET', 'maxmemory', '0')
    expect(await site.get('/count', cookie)).toMatchObject({ status: 200, body: '2' })
  })

  it('a fail-over of a cluster heals, and applies nothing twice', async () => {
    const cluster = await startCluster()
    onTestFinished(cluster.stop)
    const client = new Cluster(
      cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
      {
        clusterRetryStrategy: () => 50,
        redisOptions: { connectTimeout: 1_000 },
      },
    )
    const site = await visit(client)
    const lost = await across(site, async () => {
      // Whichever of the three has the session: each dies in its turn, and its replica takes over.
      for (const place of [0, 1, 2]) {
        await cluster.nodes[place]!.kill()
        await cluster.promoted(place + 3)
      }
    })
    console.log(`Redis Cluster: ${lost} acknowledged increments were lost by three fail-overs`)
  }, 120_000)

  it('a fail-over of a watched pair heals, and applies nothing twice', async () => {
    const watched = await startSentinel()
    onTestFinished(watched.stop)
    const client = new Redis({
      sentinels: watched.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      name: watched.name,
      sentinelRetryStrategy: () => 50,
      retryStrategy: () => 50,
      connectTimeout: 1_000,
    })
    const site = await visit(client)
    const lost = await across(site, async () => {
      await watched.master.kill()
      await watched.promoted()
    })
    console.log(`Redis Sentinel: ${lost} acknowledged increments were lost by a fail-over`)
  }, 120_000)
})
