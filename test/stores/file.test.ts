import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, describe, it } from 'vitest'
import type { FileStore } from '../../src/stores/file.ts'
import { fileStore } from '../../src/stores/file.ts'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import { storeContract } from '../../src/testing/storeContract.ts'

const directory = mkdtempSync(`${tmpdir()}/coatcheck-file-`)
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const capabilities = { guarantee: 'cas', sweeping: true, directory: true, locking: true } as const

describe('the store contract, by the system’s clock', () => {
  const store = fileStore({ directory: `${directory}/one` })
  for (const { name, run } of storeContract('file', () => store, capabilities)) it(name, run)
})

describe('the store contract, by a fake clock', () => {
  const clock = fakeClock()
  const store = fileStore({ directory: `${directory}/fake`, clock: clock.now, timer: clock.timer })
  for (const { name, run } of storeContract('file', () => store, { ...capabilities, clock })) it(name, run)
})

/** Each call goes to the other one. */
const alternating = (first: FileStore, second: FileStore): FileStore => {
  let calls = 0
  return new Proxy(first, {
    get: (_, name: keyof FileStore) => {
      const own = first[name]
      if (typeof own !== 'function') return own
      return (calls += 1) % 2 === 0 ? own : second[name]
    },
  })
}

describe('the store contract, by two stores on one directory in turn', () => {
  const options = { directory: `${directory}/two`, sync: 'never' } as const
  const store = alternating(fileStore(options), fileStore(options))
  for (const { name, run } of storeContract('file', () => store, capabilities)) it(name, run)
})
