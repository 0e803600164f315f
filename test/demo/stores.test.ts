import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startDemo } from '../../docs/examples/demo/demo.ts'
import { openStore } from '../../docs/examples/demo/stores.ts'
import { freshDatabase, redisUrl } from '../servers/shared.ts'

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'coatcheck-demo-'))
  onTestFinished(() => {
    rmSync(made, { recursive: true, force: true })
  })
  return made
}

/** One click on each of the three servers, by a browser's cookie; answers what the last one showed. */
const clicks = async (name: string, where: string): Promise<unknown> => {
  const { store, close } = await openStore(name, where)
  const demo = await startDemo([0, 0, 0], () => undefined, store)
  try {
    let cookie = ''
    let shown: unknown
    for (const origin of demo.origins) {
      const response = await fetch(`${origin}/increment`, { method: 'POST', headers: { cookie } })
      cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
      shown = await response.json()
    }
    return shown
  } finally {
    await demo.stop()
    await close()
  }
}

describe('npm run demo -- --store', () => {
  it.each(['memory', 'file', 'pglite'])(
    '%s',
    async (name) => {
      expect(await clicks(name, folder())).toEqual({ visits: 0, count: 3 })
    },
    90_000,
  )

  it('postgres', async () => {
    vi.stubEnv('DATABASE_URL', await freshDatabase())
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(await clicks('postgres', folder())).toEqual({ visits: 0, count: 3 })
  })

  it('redis', async () => {
    vi.stubEnv('REDIS_URL', await redisUrl())
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(await clicks('redis', folder())).toEqual({ visits: 0, count: 3 })
  })

  it('says what there is, and what it needs', async () => {
    await expect(openStore('mysql', folder())).rejects.toThrow('there is memory, file, pglite, postgres, redis')
    vi.stubEnv('DATABASE_URL', undefined)
    onTestFinished(() => void vi.unstubAllEnvs())
    await expect(openStore('postgres', folder())).rejects.toThrow('DATABASE_URL=')
  })
})
