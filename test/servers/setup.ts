/**
 * vitest's global set-up: a broker, in the process that outlives all tests, that starts a shared server when the first
 * test asks for it, and stops those that it started.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import pg from 'pg'
import { install } from '../runtimes/install.ts'
import { type Major, startPostgres } from './postgres.ts'
import { startCluster, startRedis } from './redis.ts'

// vitest types what it provides by augmentation.
// eslint-disable-next-line no-restricted-syntax
declare module 'vitest' {
  interface ProvidedContext {
    /** Where the broker listens. */
    readonly servers: string
  }
}

/** What the broker hands out, and how it is taken back. */
interface Shared {
  readonly urls: ReadonlyArray<string>
  readonly stop: () => Promise<unknown>
}

const given = (url: string): Shared => ({ urls: [url], stop: () => Promise.resolve() })

const postgres = async (major: Major): Promise<Shared> => {
  const url = process.env['DATABASE_URL']
  // Who gives a server gives the newest one; the older major is always the package's.
  if (url !== undefined && major === 18) return given(url)
  const server = await startPostgres({ major })
  return { urls: [server.url], stop: server.stop }
}

const redis = async (): Promise<Shared> => {
  const url = process.env['REDIS_URL']
  if (url !== undefined) return given(url)
  const server = await startRedis()
  return { urls: [server.url], stop: server.stop }
}

const kinds: Readonly<Record<string, () => Promise<Shared>>> = {
  'postgres/18': () => postgres(18),
  'postgres/15': () => postgres(15),
  redis,
  cluster: startCluster,
  runtimes: async () => given(await install()),
}

const onDatabase = async (url: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Where the broker listens is told to every test. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const started = new Map<string, Promise<Shared>>()
  const databases: Array<{ readonly url: string; readonly name: string }> = []

  const shared = (kind: string): Promise<Shared> => {
    const start = kinds[kind]
    if (start === undefined) return Promise.reject(new Error(`no shared server is called ${kind}`))
    const server = started.get(kind) ?? start()
    started.set(kind, server)
    return server
  }

  const database = async (kind: string): Promise<ReadonlyArray<string>> => {
    const [url] = (await shared(kind)).urls
    const name = `coatcheck_${process.pid}_${databases.length + 1}`
    databases.push({ url: url!, name })
    await onDatabase(url!, `create database ${name}`)
    const own = new URL(url!)
    own.pathname = `/${name}`
    return [own.href]
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').slice(1)
    try {
      const urls = path.startsWith('database/')
        ? await database(path.replace('database/', 'postgres/'))
        : (await shared(path)).urls
      response.end(JSON.stringify(urls))
    } catch (cause) {
      response.statusCode = 500
      response.end(cause instanceof Error ? cause.message : String(cause))
    }
  }

  const broker = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve))
  project.provide('servers', `http://127.0.0.1:${(broker.address() as AddressInfo).port}`)

  return async () => {
    broker.closeAllConnections()
    broker.close()
    // A server that was given must not keep our databases; one that we started goes with them.
    if (process.env['DATABASE_URL'] !== undefined)
      for (const { url, name } of databases) await onDatabase(url, `drop database if exists ${name} with (force)`)
    await Promise.all([...started.values()].map((server) => server.then(({ stop }) => stop()).catch(() => undefined)))
  }
}
