/** The same programs, from the same seed, on stores that are files, PostgreSQL and Redis. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { fakeClock } from '../../src/testing/fakeClock.ts'
import type { KindName, Opened, Place } from '../engine/locks/stores.ts'
import { kindOf } from '../engine/locks/stores.ts'
import { check, explored, nightly, summary } from './check.ts'
import { shortPauses } from './pauses.ts'

const RUNS = 60

describe.each<{ readonly name: KindName }>([{ name: 'file' }, { name: 'postgres' }, { name: 'redis' }])(
  '$name',
  ({ name }) => {
    let place: Place
    let opened: Opened

    beforeAll(async () => {
      place = await kindOf(name).place()
      opened = await kindOf(name).open(place.name)
      shortPauses()
    })
    afterAll(async () => {
      vi.unstubAllGlobals()
      await opened.close()
      await place.remove()
    })

    it('does what the model allows', { timeout: 60_000 * nightly }, async () => {
      const count = explored()
      // The store's own clock runs beside: leases and times to live are its.
      await check(RUNS, () => ({ store: opened.store, time: fakeClock(Date.now()) }), false, count)
      console.log(`${name}: ${summary(count)}`)
      expect(count.programs).toBeGreaterThan(10)
    })
  },
)
