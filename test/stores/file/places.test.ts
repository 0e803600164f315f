import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { idFrom } from '../../../src/core/Token.ts'
import { fileStore } from '../../../src/stores/file.ts'
import { storeOn } from '../../../src/stores/file/store.ts'
import { answer, newId, record, recordOf } from '../../../src/testing/contract/bench.ts'
import { children } from './children.ts'
import { driven, fakeFiles } from './fakeFiles.ts'

const root = mkdtempSync(`${tmpdir()}/coatcheck-file-`)
// For the user without rights, who must come as far as the directories below.
chmodSync(root, 0o755)
let started: Awaited<ReturnType<typeof children>>
beforeAll(async () => {
  started = await children()
})
afterAll(() => {
  started.close()
  rmSync(root, { recursive: true, force: true })
})

const NOBODY = 65_534

/** Everything below a directory: its path and whether it is one itself. */
const below = (directory: string): ReadonlyArray<{ readonly path: string; readonly isDirectory: boolean }> =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).map((found) => ({
    path: join(found.parentPath, found.name),
    isDirectory: found.isDirectory(),
  }))

interface Failed {
  readonly _tag: 'Left'
  readonly left: { readonly operation: string; readonly cause: Error; readonly unchanged?: true }
}

const failing = async (task: () => Promise<unknown>): Promise<Failed['left']> => {
  const given = (await task()) as Failed
  expect(given._tag).toBe('Left')
  return given.left
}

describe('the directory', () => {
  it('is made at first use, not before, with everything in it for its owner alone', async () => {
    const before = process.umask(0)
    try {
      const directory = `${root}/made`
      const store = fileStore({ directory })
      expect(existsSync(directory)).toBe(false)
      await answer(store.create(newId(), recordOf(Date.now(), 'ann')))
      await answer(store.raiseEpoch('ann', Date.now()))
      expect(statSync(directory).mode & 0o777).toBe(0o700)
      for (const { path, isDirectory } of below(directory))
        expect(statSync(path).mode & 0o777, path).toBe(isDirectory ? 0o700 : 0o600)
    } finally {
      process.umask(before)
    }
  })

  it('has no trace of the subject, the id or the data in a name, and no file for a session that was not stored', async () => {
    const directory = `${root}/names`
    const store = fileStore({ directory })
    await answer(store.migrate)
    const files = () => below(directory).filter(({ isDirectory }) => !isDirectory)
    const empty = files().length
    await answer(store.load(newId()))
    await answer(store.list('nobody'))
    await answer(store.readEpoch('nobody'))
    await answer(store.acquire(newId(), { wait: 0, lease: 1_000 }))
    expect(files().length).toBe(empty)
    const id = newId()
    await answer(store.create(id, recordOf(Date.now(), 'ann/../x', { data: 'secret' })))
    const names = below(directory).map(({ path }) => path.slice(directory.length))
    expect(names.filter((name) => /ann|secret/.test(name) || name.includes(id))).toEqual([])
    expect(readdirSync(`${directory}/tmp`)).toEqual([])
  })

  it('can be prepared again and again', async () => {
    const store = fileStore({ directory: `${root}/again` })
    await Promise.all([answer(store.migrate), answer(store.migrate), answer(store.health)])
    await answer(store.migrate)
    await answer(store.close)
    expect(readdirSync(`${root}/again/tmp`)).toEqual([])
  })

  it.each(['', 'a\u0000b', undefined as never, 7 as never])('can not be %j', (directory) => {
    expect(() => fileStore({ directory })).toThrow(
      expect.objectContaining({ sessionError: expect.objectContaining({ option: 'directory' }) }),
    )
  })

  it('nor can sync be anything', () => {
    expect(() => fileStore({ directory: root, sync: 'sometimes' as never })).toThrow('sync')
  })
})

describe('a bad place fails at first use, and says what is wrong and what to do', () => {
  it('where the directory above is missing', async () => {
    const store = fileStore({ directory: `${root}/missing/sessions` })
    for (const task of [store.load(newId()), store.create(newId(), record(0)), store.migrate, store.health]) {
      const { cause, unchanged } = await failing(task)
      expect(cause.message).toContain(`${root}/missing/sessions`)
      expect(cause.message).toContain('Make sure that the directory above')
      expect(unchanged).toBe(true)
    }
    // Once that was put right it works.
    mkdirSync(`${root}/missing`)
    await answer(store.create(newId(), record(0)))
  })

  it('where a file stands', async () => {
    writeFileSync(`${root}/file`, 'text')
    for (const directory of [`${root}/file`, `${root}/file/below`])
      expect((await failing(fileStore({ directory }).health)).cause.message).toContain(
        'a file stands where a directory',
      )
  })

  it('where a later version has made its own', async () => {
    mkdirSync(`${root}/later`)
    writeFileSync(`${root}/later/version`, 'coatcheck file store 2\n')
    const { cause } = await failing(fileStore({ directory: `${root}/later` }).load(newId()))
    expect(cause.message).toContain('not of this version')
  })

  it.each([
    ['made by somebody else', 'made', 0o700],
    ['empty, of somebody else', 'empty', 0o755],
  ])('where the user may not write: %s', async (_, kind, mode) => {
    const directory = `${root}/denied-${kind}`
    mkdirSync(directory)
    if (kind === 'made') await answer(fileStore({ directory }).migrate)
    // Root may do everything: then another user tries.
    const isRoot = process.getuid?.() === 0
    chmodSync(directory, isRoot ? mode : 0o000)
    const child = started.start({ work: 'probe', directory }, isRoot ? NOBODY : undefined)
    await child.ended
    chmodSync(directory, 0o700)
    expect(child.said.map(([name]) => name)).toEqual(['load', 'create', 'migrate', 'health'])
    for (const [, tag, message, unchanged] of child.said) {
      expect([tag, unchanged]).toEqual(['Left', true])
      expect(message).toContain('access is denied')
      expect(message).toContain(directory)
      expect(message).toContain(`uid ${isRoot ? NOBODY : process.getuid?.()}`)
    }
  })

  it.each([
    ['EROFS', 'mounted read-only'],
    ['EDQUOT', 'quota'],
    ['ENOSPC', 'the disk is full'],
    ['EMFILE', 'ulimit -n'],
    ['EIO', 'the disk failed'],
    ['EWHATEVER', 'the system says EWHATEVER'],
  ])('where the system says %s', async (code, sentence) => {
    const files = fakeFiles()
    const store = storeOn(files.of(1), '/s', { directory: '/s' })
    const given = await driven(files, store.migrate(), (call) => (files.needsRoom(call) ? { fail: code } : 'happen'))
    expect((given as unknown as Failed).left.cause.message).toContain(sentence)
  })

  it('where the directory disappears: an unknown session is an error, not a visitor without one', async () => {
    const directory = `${root}/gone`
    const store = fileStore({ directory })
    await answer(store.migrate)
    rmSync(directory, { recursive: true })
    expect((await failing(store.load(newId()))).cause.message).toContain('is gone')
    expect((await failing(store.create(newId(), record(0)))).unchanged).toBe(true)
    expect(existsSync(directory)).toBe(false)
  })
})

describe('what is no id', () => {
  it.each([
    '',
    '.',
    '..',
    '../version',
    '../../etc/passwd',
    'a'.repeat(21),
    'a'.repeat(23),
    `${'a'.repeat(21)}/`,
    'aaaaaaaaaaaaaaaaaaaaa\n',
    'aaaaaaaaaaaaaaaaaaaaab',
    `${'a'.repeat(21)}\u0000`,
  ])('%j stands for nothing, and no path is built from it', async (text) => {
    // A place that does not exist: every access would fail.
    const store = fileStore({ directory: `${root}/nowhere/at/all` })
    const id = idFrom(text)
    const live = record(0)
    expect(await answer(store.load(id))).toEqual({ _tag: 'None' })
    expect(await answer(store.update(id, 'r', live))).toEqual({ _tag: 'Gone' })
    expect(await answer(store.touch(id, 0, 0, 0))).toEqual({ _tag: 'Gone' })
    expect(await answer(store.end(id, 'r', 0))).toEqual({ _tag: 'Gone' })
    expect(await answer(store.endOne('ann', id, 0))).toEqual({ _tag: 'Gone' })
    expect(await answer(store.acquire(id, { wait: 0, lease: 1 }))).toEqual({ _tag: 'Gone' })
    expect(await answer(store.renew(id, 1, 1))).toEqual({ _tag: 'Lost' })
    expect(await answer(store.release(id, 1))).toEqual({ _tag: 'Lost' })
    expect((await failing(store.create(id, live))).unchanged).toBe(true)
  })
})
