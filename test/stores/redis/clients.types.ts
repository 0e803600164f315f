import { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from 'redis'
import { Cluster, Redis } from 'ioredis'
import { createStorage } from 'unstorage'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { redisStore } from '../../../src/stores/redis.ts'
import * as t from 'io-ts'

// Every client of both libraries, as its own factory types it.
redisStore({ client: createClient() })
redisStore({ client: createClient({ RESP: 2 }) })
redisStore({ client: createClient({ RESP: 3, modules: {}, functions: {}, scripts: {} }) })
redisStore({ client: createClientPool() })
redisStore({ client: createCluster({ rootNodes: [] }) })
redisStore({ client: createSentinel({ name: 'mymaster', sentinelRootNodes: [] }) })
redisStore({ client: new Redis() })
redisStore({ client: new Redis({ sentinels: [], name: 'mymaster' }), prefix: 'app:' })
redisStore({ client: new Cluster([]) })

// @ts-expect-error: replies would be Buffers
redisStore({ client: createClient().withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }) })
// @ts-expect-error: no client of Redis
redisStore({ client: createStorage() })
// @ts-expect-error: a client is needed
redisStore({})
// @ts-expect-error: an option that is not there
redisStore({ client: createClient(), ttl: 60 })

// A manager over it has everything that compare-and-set, a directory and leases allow.
const sessions = sessionManager({
  data: t.type({ views: t.number }),
  initial: { views: 0 },
  store: redisStore({ client: createClient() }),
})
sessions.subject('alice').endAll
// @ts-expect-error: keys go by their TTL
redisStore({ client: createClient() }).sweep
