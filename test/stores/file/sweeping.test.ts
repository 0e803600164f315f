import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, describe, expect, it } from 'vitest'
import type { SessionId } from '../../../src/core/Token.ts'
import { fileStore, type FileStore, type FileStoreOptions } from '../../../src/stores/file.ts'
import { bucketOf, hexOf, places } from '../../../src/stores/file/places.ts'
import { SWEEP_SLACK } from '../../../src/effects/Store.ts'
import { answer, newId, record, recordOf, successor } from '../../../src/testing/contract/bench.ts'

const root = mkdtempSync(`${tmpdir()}/coatcheck-file-`)
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const MINUTE = 60_000
const HOUR = 3_600_000
const now = Date.UTC(2026, 0, 1)
let made = 0

const setting = (options: Partial<FileStoreOptions> = {}) => {
  const directory = `${root}/${(made += 1)}`
  const corrupt: Array<readonly [SessionId, string]> = []
  const store = fileStore({
    directory,
    sync: 'never',
    clock: () => now,
    onCorrupt: (id, reason) => corrupt.push([id, reason]),
    ...options,
  })
  const at = places(directory)
  return {
    store,
    at,
    corrupt,
    fileOf: (id: SessionId): string => at.record(hexOf(id)!),
    buckets: () => readdirSync(at.due),
    create: async (expiresAt: number, subject?: string): Promise<SessionId> => {
      const id = newId()
      const live = subject === undefined ? record(now, { expiresAt }) : recordOf(now, subject, { expiresAt })
      await answer(store.create(id, live))
      return id
    },
  }
}

const isThere = async (store: FileStore, id: SessionId): Promise<boolean> =>
  (await answer(store.load(id)))._tag === 'Some'

const sweepAll = async (store: FileStore, at: number): Promise<number> => {
  let removed = 0
  for (;;) {
    const swept = await answer(store.sweep(at, 50))
    removed += swept.removed
    if (!swept.more) return removed
  }
}

describe('a sweep', () => {
  it('opens no file of a session whose time has not come, but for one shard of 256', async () => {
    const { store, create, at } = setting()
    for (let n = 0; n < 60; n += 1) await create(now + HOUR)
    // A file that can not be read would be reported, and moved.
    const files = readdirSync(at.root + '/records').flatMap((shard) => readdirSync(`${at.root}/records/${shard}`))
    for (const name of files) writeFileSync(at.record(name), 'x')
    await sweepAll(store, now)
    const moved = readdirSync(at.corrupt).map((name) => name.slice(0, 2))
    expect(new Set(moved).size).toBeLessThanOrEqual(1)
  })

  it('moves an entry on when its session lives longer by then', async () => {
    const { store, create, buckets } = setting()
    const id = await create(now + 10 * MINUTE)
    await answer(store.touch(id, 0, now + 5 * MINUTE, now + HOUR))
    expect(buckets()).toEqual([String(bucketOf(now + 10 * MINUTE + SWEEP_SLACK))])
    expect(await sweepAll(store, now + 20 * MINUTE)).toBe(0)
    expect(buckets()).toEqual([String(bucketOf(now + HOUR + SWEEP_SLACK))])
    expect(await sweepAll(store, now + 2 * HOUR)).toBe(1)
    expect(buckets()).toEqual([])
    expect(await isThere(store, id)).toBe(false)
  })

  it('comes earlier when a write makes it due earlier', async () => {
    const { store } = setting()
    const id = newId()
    const live = record(now, { expiresAt: now + 24 * HOUR })
    await answer(store.create(id, live))
    await answer(store.update(id, live.revision, successor(live, { expiresAt: now + HOUR })))
    expect(await sweepAll(store, now + HOUR + SWEEP_SLACK)).toBe(0)
    expect(await sweepAll(store, now + HOUR + SWEEP_SLACK + 1)).toBe(1)
  })

  it('leaves nothing of a session: no entry of its subject, no tombstone, no empty folder', async () => {
    const { store, create, at, buckets } = setting()
    await create(now + MINUTE, 'ann')
    const ended = await create(now + 24 * HOUR, 'bob')
    await answer(store.endAll('bob', now + HOUR))
    await answer(store.raiseEpoch('bob', now))
    expect(await sweepAll(store, now + 3 * HOUR)).toBe(2)
    expect(await isThere(store, ended)).toBe(false)
    // The longer life of the second left an entry for the day after.
    expect(buckets()).toEqual([String(bucketOf(now + 24 * HOUR + SWEEP_SLACK))])
    await sweepAll(store, now + 25 * HOUR)
    const left = readdirSync(at.root, { recursive: true, withFileTypes: true })
      .filter((found) => !found.isDirectory())
      .map(({ name }) => name)
    expect(left.sort()).toEqual(['removal', 'version'])
    expect([readdirSync(at.epochs), readdirSync(at.due)]).toEqual([[], []])
    expect(readdirSync(`${at.root}/subjects`).flatMap((shard) => readdirSync(`${at.root}/subjects/${shard}`))).toEqual(
      [],
    )
  })

  it('looks at no more files in a batch than its limit, and goes on where it was', async () => {
    const { store, create } = setting()
    for (let n = 0; n < 30; n += 1) await create(now + MINUTE)
    const batches: Array<number> = []
    for (let more = true; more;) {
      const swept = await answer(store.sweep(now + HOUR, 7))
      expect(swept.removed).toBeLessThanOrEqual(7)
      batches.push(swept.removed)
      more = swept.more
    }
    expect(batches.slice(0, 5)).toEqual([7, 7, 7, 7, 2])
  })

  it('finds a session whose entry was lost, by the time that it has seen every shard', async () => {
    const { store, create, at } = setting()
    const id = await create(now + MINUTE)
    rmSync(at.due, { recursive: true })
    let passes = 0
    for (; await isThere(store, id); passes += 1) await sweepAll(store, now + HOUR)
    expect(passes).toBeLessThanOrEqual(256)
  })

  it('takes what a dead process left when it is old, and not before', async () => {
    const { store, at, create } = setting()
    const id = await create(now + 24 * HOUR)
    const hex = hexOf(id)!
    const version = readFileSync(at.record(hex), 'utf8').split(' ')[2]!
    const [draft, stale, unreadable] = ['a'.repeat(24), `${hex}.${'b'.repeat(24)}`, `${hex}.${version}`]
    const left = [draft, stale, unreadable]
    for (const name of left) writeFileSync(at.claim(name), '')
    const time = new Date(now)
    for (const name of left) utimesSync(at.claim(name), time, time)
    await sweepAll(store, now + 9 * MINUTE)
    expect(readdirSync(at.tmp).sort()).toEqual([...left].sort())
    await sweepAll(store, now + 11 * MINUTE)
    expect(readdirSync(at.tmp)).toEqual([])
    expect(await isThere(store, id)).toBe(true)
  })

  it('does not stop at what it can not remove, and says so', async () => {
    const { store, create, at, fileOf } = setting()
    const ids = await Promise.all(Array.from({ length: 5 }, () => create(now + MINUTE)))
    // A folder can be opened, but not read.
    const file = fileOf(ids[0]!)
    rmSync(file)
    mkdirSync(file)
    const given = await store.sweep(now + HOUR, 100)()
    expect(given).toMatchObject({ _tag: 'Left', left: { operation: 'sweep' } })
    for (const id of ids.slice(1)) expect(await isThere(store, id)).toBe(false)
    rmSync(file, { recursive: true })
    expect(readdirSync(at.tmp)).toEqual([])
  })
})

describe('a file that can not be read', () => {
  const texts = (good: string): ReadonlyArray<readonly [string, string, RegExp]> => [
    ['nothing', '', /empty/],
    ['rubbish', 'hello\n', /first line/],
    ['zeros', '\u0000'.repeat(500), /first line/],
    ['a part', good.slice(0, -20), /end is missing/],
    ['all but the last character', good.slice(0, -1), /end is missing/],
    ['its first line', good.slice(0, good.indexOf('\n') + 1), /end is missing/],
    ['no JSON', good.replace('{', '['), /not JSON/],
    ['no record', good.replace('"Live"', '"Dead"'), /not a record/],
    ['a record without its credential', good.replace('"credential"', '"other"'), /not a record/],
    ['a number where a text should be', good.replace(/"revision":"[^"]*"/, '"revision":7'), /not a record/],
  ]

  it.each(texts('{"": "Live" \n ').map(([name], index) => [name, index] as const))(
    'with %s in it is that session’s fault alone, and is reported',
    async (_, index) => {
      const { store, create, corrupt, fileOf, at } = setting()
      const [id, other] = [await create(now + MINUTE, 'ann'), await create(now + 24 * HOUR, 'ann')]
      const [, text, reason] = texts(readFileSync(fileOf(id), 'utf8'))[index]!
      writeFileSync(fileOf(id), text)
      const live = record(now)
      for (const task of [
        store.load(id),
        store.update(id, live.revision, live),
        store.touch(id, 0, now, now),
        store.end(id, live.revision, now),
        store.endOne('ann', id, now),
        store.create(id, live),
      ]) {
        const given = (await task()) as { _tag: string; left: { cause: Error; unchanged?: true } }
        expect(given).toMatchObject({ _tag: 'Left', left: { unchanged: true, unreadable: 'damaged' } })
        expect(given.left.cause.message).toContain(id)
        expect(given.left.cause.message).toMatch(reason)
        expect(given.left.cause.message).not.toContain('views')
      }
      expect(corrupt[0]).toEqual([id, expect.stringMatching(reason)])
      expect(readFileSync(fileOf(id), 'utf8')).toBe(text)
      expect((await answer(store.list('ann'))).map((listed) => listed.id)).toEqual([other])
      expect(await answer(store.endAll('ann', now + HOUR))).toBe(1)

      corrupt.length = 0
      expect(await sweepAll(store, now + HOUR - 1)).toBe(0)
      expect(corrupt).toHaveLength(1)
      expect(readdirSync(at.corrupt)).toEqual([hexOf(id)])
      expect(await isThere(store, id)).toBe(false)
    },
  )

  it('because a later version wrote it stays where it is', async () => {
    const { store, create, corrupt, fileOf } = setting()
    const id = await create(now + MINUTE)
    const text = readFileSync(fileOf(id), 'utf8').replace('coatcheck 1', 'coatcheck 2')
    writeFileSync(fileOf(id), text)
    await sweepAll(store, now + HOUR)
    expect(readFileSync(fileOf(id), 'utf8')).toBe(text)
    expect(corrupt).toEqual([])
    expect(await store.load(id)()).toMatchObject({
      left: { cause: { message: expect.stringContaining('later version') } },
    })
  })

  it('does no harm by an onCorrupt that throws', async () => {
    const { store, create, fileOf } = setting({
      onCorrupt: () => {
        throw new Error('observer')
      },
    })
    const id = await create(now + MINUTE)
    writeFileSync(fileOf(id), '')
    expect(await store.load(id)()).toMatchObject({ left: { cause: { message: expect.stringContaining(id) } } })
    expect(await sweepAll(store, now + HOUR)).toBe(0)
  })
})

describe('the names in a subject’s directory', () => {
  it('that lead nowhere are removed by a list after five minutes, not before', async () => {
    const { store, create, at } = setting()
    const id = await create(now + HOUR, 'ann')
    const hex = hexOf(id)!
    const folder = at.subject('ann')
    const [young, old, nowhere] = ['a', 'b', 'c'].map((digit) => digit.repeat(24))
    const stale = [`${hex}.${young}`, `${hex}.${old}`, `${'0'.repeat(32)}.${nowhere}`]
    for (const name of stale) writeFileSync(`${folder}/${name}`, '')
    const before = new Date(Date.now() - 6 * MINUTE)
    for (const name of readdirSync(folder)) if (name !== stale[0]) utimesSync(`${folder}/${name}`, before, before)
    expect((await answer(store.list('ann'))).map((listed) => listed.id)).toEqual([id])
    const left = readdirSync(folder)
    expect(left).toHaveLength(2)
    expect(left).toContain(stale[0])
    expect(await answer(store.count('ann'))).toBe(1)
  })
})
