/**
 * The servers that a test run shares: started when the first test asks, stopped when the last has ended. `DATABASE_URL`
 * and `REDIS_URL` name a server to use instead.
 */
import { inject } from 'vitest'
import type { Major } from './postgres.ts'

const ask = async (path: string): Promise<ReadonlyArray<string>> => {
  const answer = await fetch(`${inject('servers')}/${path}`)
  if (!answer.ok) throw new Error(await answer.text())
  return (await answer.json()) as ReadonlyArray<string>
}

const first = async (path: string): Promise<string> => (await ask(path))[0]!

/** The connection string of a PostgreSQL. Its databases are everybody's: `freshDatabase` gives one of your own. */
export const postgresUrl = (major: Major = 18): Promise<string> => first(`postgres/${major}`)

/** The connection string of an empty database, made for the caller. */
export const freshDatabase = (major: Major = 18): Promise<string> => first(`database/${major}`)

/** The connection string of a Redis, which others use at the same time: take a prefix of your own. */
export const redisUrl = (): Promise<string> => first('redis')

/** The addresses of a Redis Cluster's six nodes, masters first, which others use at the same time. */
export const clusterUrls = (): Promise<ReadonlyArray<string>> => ask('cluster')
