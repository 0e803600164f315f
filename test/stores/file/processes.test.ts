import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as t from 'io-ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRight } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import type { Live } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { sessionManager } from '../../../src/engine/SessionManager.ts'
import { fileStore } from '../../../src/stores/file.ts'
import { answer, newId, record } from '../../../src/testing/contract/bench.ts'
import { cookieFor } from '../../../src/testing/cookieFor.ts'
import { children } from './children.ts'

let started: Awaited<ReturnType<typeof children>>
const root = mkdtempSync(`${tmpdir()}/coatcheck-file-`)
beforeAll(async () => {
  started = await children()
})
afterAll(() => {
  started.close()
  rmSync(root, { recursive: true, force: true })
})

describe('four processes', () => {
  it('increment one session 50 times at once each, and the sum is 200', { timeout: 120_000 }, async () => {
    const directory = `${root}/count`
    const store = fileStore({ directory })
    const sessions = sessionManager({ data: t.type({ views: t.number }), initial: { views: 0 }, store })
    const cookie = await cookieFor(sessions, { subject: 'ann' })
    const all = Array.from({ length: 4 }, () => started.start({ work: 'count', directory, cookie, times: 50 }))
    await Promise.all(all.map((child) => child.until('ready')))
    for (const child of all) child.go()
    const counted = await Promise.all(all.map(async (child) => (await child.until('counted'))[1]))
    expect(counted).toEqual([50, 50, 50, 50])
    const session = await sessions.open(some(cookie)).read()
    expect(isRight(session) && session.right.data.views).toBe(200)
    expect(readdirSync(`${directory}/tmp`)).toEqual([])
  })

  it('that begin at once in an empty place all find it ready', { timeout: 60_000 }, async () => {
    const directory = `${root}/begin`
    const all = Array.from({ length: 4 }, () => started.start({ work: 'probe', directory }))
    await Promise.all(all.map(({ ended }) => ended))
    for (const { said } of all) expect(said.map(([, tag, why]) => [tag, why])).toEqual(said.map(() => ['Right', '']))
  })
})

/** How many processes are killed. COATCHECK_KILLS=1000 for the long run. */
const kills = Number(process.env['COATCHECK_KILLS'] ?? 100)
const AT_ONCE = 4

describe('kill -9 at random moments', () => {
  it(
    `${kills} times: what was acknowledged is there, once, and nothing is torn`,
    { timeout: 60_000 + kills * 2_000 },
    async () => {
      const directory = `${root}/kills`
      const corrupt: Array<string> = []
      const store = fileStore({ directory, sync: 'never', onCorrupt: (id, reason) => corrupt.push(`${id} ${reason}`) })
      const standing = async (id: SessionId): Promise<string> => {
        const found = await answer(store.load(id))
        return found._tag === 'None' ? 'None' : found.value._tag
      }
      let acknowledged = 0
      let epoch = 0
      for (let killed = 0; killed < kills; killed += AT_ONCE) {
        const ids = [newId(), newId()]
        for (const id of ids) await answer(store.create(id, record(Date.now(), { data: [], expiresAt: 9e15 })))
        const sync = (killed / AT_ONCE) % 4 === 0 ? 'always' : 'never'
        const writers = Array.from({ length: AT_ONCE }, () => started.start({ work: 'write', directory, sync, ids }))
        await Promise.all(
          writers.map(async (writer) => {
            await writer.until('ready')
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 60))
            writer.kill()
            await writer.ended
          }),
        )
        const said = writers.flatMap((writer) => writer.said)
        const words = (first: string) => said.filter(([word]) => word === first)
        expect([...words('failed'), ...words('lost')]).toEqual([])
        for (const id of ids) {
          const found = await answer(store.load(id))
          const tags = (found as { value: Live }).value.data as ReadonlyArray<string>
          expect(new Set(tags).size).toBe(tags.length)
          for (const [, of, tag] of words('updated')) if (of === id) expect(tags).toContain(tag)
        }
        const ending = new Set(words('ending').map(([, id]) => id))
        const listed = new Set<string>()
        for (const subject of ['ann', 'bob']) for (const { id } of await answer(store.list(subject))) listed.add(id)
        for (const [, id] of words('created')) {
          if (ending.has(id)) continue
          expect(await standing(id as SessionId)).toBe('Live')
          expect(listed).toContain(id)
        }
        for (const [, id] of words('ended')) expect(await standing(id as SessionId)).toBe('Ended')
        epoch = Math.max(epoch, ...words('raised').map(([, raised]) => raised as number))
        expect(await answer(store.readEpoch('ann'))).toBeGreaterThanOrEqual(epoch)
        await answer(store.endAll('ann', 9e15))
        await answer(store.endAll('bob', 9e15))
        acknowledged += words('updated').length + words('created').length + words('ended').length
      }
      expect(acknowledged).toBeGreaterThan(kills)
      expect(corrupt).toEqual([])
      // What the dead left is swept away: an hour later, since one who writes slowly is left alone.
      while ((await answer(store.sweep(Date.now() + 3_600_000, 1_000))).more);
      expect(readdirSync(`${directory}/tmp`)).toEqual([])
    },
  )
})
