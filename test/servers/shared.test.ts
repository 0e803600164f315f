import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Cluster, Redis } from 'ioredis'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { clusterUrls, freshDatabase, postgresUrl, redisUrl } from './shared.ts'
import { pause } from './keep.ts'
import { startPostgresPair } from './postgres.ts'
import { startRedis } from './redis.ts'

const closing: Array<() => unknown> = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const query = async (url: string, text: string): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

describe('shared servers', () => {
  it.each([18, 15] as const)('PostgreSQL %i', async (major) => {
    const [row] = await query(await postgresUrl(major), 'show server_version_num')
    expect(Number(row!['server_version_num'])).toBeGreaterThan(major * 10_000)
  })

  it('a fresh database is empty and nobody else’s', async () => {
    const [one, two] = await Promise.all([freshDatabase(), freshDatabase()])
    await query(one, 'create table mine (id int)')
    expect(await query(two, `select to_regclass('mine') is null as empty`)).toEqual([{ empty: true }])
  })

  it('Redis', async () => {
    const client = new Redis(await redisUrl())
    closing.push(() => client.quit())
    expect(await client.ping()).toBe('PONG')
  })

  it('Redis Cluster', async () => {
    const cluster = new Cluster(
      (await clusterUrls()).map((url) => ({ host: '127.0.0.1', port: Number(new URL(url).port) })),
    )
    closing.push(() => cluster.disconnect())
    for (const name of ['a', 'b', 'c', 'd']) {
      await cluster.set(`servers:${name}`, name)
      expect(await cluster.get(`servers:${name}`)).toBe(name)
    }
    expect(cluster.nodes('master')).toHaveLength(3)
  })
})

describe('servers of one’s own', () => {
  it('a killed Redis comes back with what it had acknowledged', async () => {
    const server = await startRedis({ durable: true })
    closing.push(server.stop)
    const before = new Redis(server.url)
    before.on('error', () => undefined)
    await before.set('kept', 'yes')
    before.disconnect()
    const first = server.pid()
    await server.kill()
    await server.restart()
    expect(server.pid()).not.toBe(first)
    const after = new Redis(server.url)
    closing.push(() => after.disconnect())
    expect(await after.get('kept')).toBe('yes')
  })

  it('a promoted standby has what its primary had acknowledged', async () => {
    const pair = await startPostgresPair()
    closing.push(pair.stop)
    await query(pair.primary.url, 'create table kept (id int)')
    await query(pair.primary.url, 'insert into kept values (7)')
    await expect(query(pair.standby.url, 'insert into kept values (8)')).rejects.toThrow('read-only')
    await pair.primary.kill()
    await pair.promote()
    await query(pair.standby.url, 'insert into kept values (8)')
    expect(await query(pair.standby.url, 'select id from kept order by id')).toEqual([{ id: 7 }, { id: 8 }])
  })

  it('nothing is left behind when the process that started a server is killed', async () => {
    const child = spawn(
      process.execPath,
      ['--import', './.config/strip-types.js', fileURLToPath(new URL('forsaken.ts', import.meta.url))],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'pipe', 'inherit'] },
    )
    closing.push(() => child.kill('SIGKILL'))
    const line = await createInterface(child.stdout)[Symbol.asyncIterator]().next()
    const { pid, directory } = JSON.parse(String(line.value)) as { readonly pid: number; readonly directory: string }
    expect(existsSync(directory)).toBe(true)
    child.kill('SIGKILL')
    const until = Date.now() + 20_000
    while (existsSync(directory) && Date.now() < until) await pause(20)
    expect(existsSync(directory)).toBe(false)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
