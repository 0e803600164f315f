import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { Cluster, Redis } from 'ioredis'
import { redisStore } from '../../../src/stores/redis.ts'
redisStore({ client: createClient() })
redisStore({ client: createClientPool() })
redisStore({ client: createCluster({ rootNodes: [] }) })
redisStore({ client: createSentinel({ name: 'x', sentinelRootNodes: [] }) })
redisStore({ client: new Redis() })
redisStore({ client: new Cluster([]) })
