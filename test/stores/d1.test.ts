import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Miniflare } from 'miniflare'
import type { D1Store } from '../../src/stores/d1.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { capabilities } from './d1/worker.ts'
import { started } from './d1/world.ts'
import type { Verdicts } from './sqlite/verdicts.ts'

describe('the store contract, in workerd', () => {
  let mf: Miniflare
  let given: Verdicts
  beforeAll(async () => {
    mf = await started('worker.ts')
    const answer = await fetch(await mf.ready)
    given = (await answer.json()) as Verdicts
  }, 120_000)
  afterAll(() => mf.dispose())

  const none = (): D1Store => {
    throw new Error('it runs in workerd')
  }
  for (const { name } of storeContract('d1', none, capabilities)) it(name, () => expect(given[name]).toBe(null))
})
