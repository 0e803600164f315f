/** A sweeper whose clock is wrong, beside a database whose clock is right. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SessionId } from '../../../src/core/Token.ts'
import { SWEEP_SLACK } from '../../../src/effects/Store.ts'
import { HOUR, newId, record } from '../../../src/testing/contract/bench.ts'
import { must, world, type World } from './world.ts'

const YEAR = 365 * 24 * HOUR

let made: World
beforeAll(async () => {
  made = await world()
})
afterAll(() => made.close())

const stored = async (touchedAt: number, expiresAt: number): Promise<SessionId> => {
  const id = newId()
  must(await made.store.create(id, record(0, { touchedAt, expiresAt }))())
  return id
}
const there = async (id: SessionId): Promise<boolean> => must(await made.store.load(id)())._tag === 'Some'

it('a sweep by a clock that runs a year ahead removes nothing that lives', async () => {
  const now = Date.now()
  const living = await stored(now, now + HOUR)
  const dead = await stored(now - 2 * HOUR, now - HOUR)
  const ended = await stored(now, now + HOUR)
  const buried = must(await made.store.load(ended)())
  if (buried._tag === 'None' || buried.value._tag === 'Ended') throw new Error('nothing to end')
  must(await made.store.end(ended, buried.value.revision, now + HOUR)())
  must(await made.store.sweep(now + YEAR, 100)())
  expect([await there(living), await there(dead), await there(ended)]).toEqual([true, false, true])
})

it('a sweep by a clock that runs behind removes nothing early', async () => {
  const now = Date.now()
  const dead = await stored(now - 2 * HOUR, now - HOUR)
  must(await made.store.sweep(now - HOUR + SWEEP_SLACK - 1_000, 100)())
  expect(await there(dead)).toBe(true)
  must(await made.store.sweep(now, 100)())
  expect(await there(dead)).toBe(false)
})
