import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SqliteStore } from '../../src/stores/sqlite.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { capabilities } from './sqlite/capabilities.ts'
import { type Ground, ground } from './sqlite/children.ts'
import type { Verdicts } from './sqlite/verdicts.ts'

const program = new URL('./sqlite/contract.ts', import.meta.url)

const elsewhere = (): SqliteStore => {
  throw new Error('it runs in a process of its own')
}

describe.each([
  ['node:sqlite', 'node22', 'wal'],
  ['node:sqlite', 'node22', 'delete'],
  ['bun:sqlite', 'bun', 'wal'],
] as const)('the store contract on %s of %s, journal mode %s', (_, runtime, journal) => {
  let place: Ground
  let given: Verdicts
  beforeAll(async () => {
    place = ground(runtime)
    given = JSON.parse(await place.ask(program, place.file('sessions.db'), journal)) as Verdicts
  }, 300_000)
  afterAll(() => place.clear())

  for (const { name } of storeContract('sqlite', elsewhere, capabilities))
    it(name, () => expect(given[name]).toBe(null))
})
