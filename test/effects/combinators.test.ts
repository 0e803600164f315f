import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { right } from '#fp-ts/Either'
import { cached } from '../../src/effects/combinators.ts'
import { systemRandom } from '../../src/effects/Random.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { stores } from './combinators/stores.ts'
import { type Full, trusting, wraps } from './combinators/wraps.ts'

const capabilities = { guarantee: 'cas', sweeping: true, directory: true, locking: true } as const

const combinators: Readonly<Record<string, (store: Full) => Full>> = {
  ...wraps(systemRandom.secret(), systemRandom.secret()),
  'cached, read from the cache': (store) => trusting(cached({ ttl: 60_000 })(store)),
  'cached, of one record': (store) => trusting(cached({ ttl: 60_000, max: 1 })(store)),
}

// Over the network a case takes its time: one of each kind there.
const alike = ['encrypted under one key', 'encrypted, plaintext readable', 'cached', 'cached, of one record']

describe.each(stores)('around $name', ({ name, fifo, open }) => {
  const these = Object.entries(combinators).filter(([combinator]) => name === 'memory' || !alike.includes(combinator))
  let opened: Awaited<ReturnType<typeof open>>
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.close())

  describe.each(these)('%s: the store contract', (combinator, wrap) => {
    const cases = storeContract(`${combinator} ${name}`, () => wrap(opened.store()), { ...capabilities, fifo })
    for (const { name: title, run } of cases) it(title, run)
  })
})

it('what a store has besides its verbs stays', () => {
  for (const wrap of Object.values(combinators)) {
    const store = { ...memoryStore(), health: () => Promise.resolve(right(undefined)), own: 1 }
    expect(wrap(store)).toMatchObject({ guarantee: 'cas', local: true, own: 1, health: store.health })
  }
})
