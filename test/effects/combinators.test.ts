import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { right } from '#fp-ts/Either'
import { pipe } from '#fp-ts/function'
import { some } from '#fp-ts/Option'
import { cached, encrypted, observed, prefixed, withRetry } from '../../src/effects/combinators.ts'
import { keyring } from '../../src/effects/Keyring.ts'
import { systemRandom } from '../../src/effects/Random.ts'
import type { Near } from '../../src/effects/Store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { type Full, stores } from './combinators/stores.ts'

const capabilities = { guarantee: 'cas', sweeping: true, directory: true, locking: true } as const
const key = (id: string) => ({ id, secret: systemRandom.secret() })
const keys = keyring([key('new'), key('old')])

/** A reader that is content with what is near: with one writer that is never behind. */
const trusting = (store: Full & Near): Full => ({
  ...store,
  load: (id) => () => {
    const near = store.peek(id)
    return near === undefined ? store.load(id)() : Promise.resolve(right(some(near)))
  },
})

const combinators: Readonly<Record<string, (store: Full) => Full>> = {
  withRetry: withRetry(),
  'encrypted under one key': encrypted(keyring([key('only')])),
  'encrypted under a ring of two': encrypted(keys),
  'encrypted, plaintext readable': encrypted(keys, { plaintext: 'read' }),
  prefixed: prefixed('shop'),
  observed: observed(() => undefined),
  cached: cached({ ttl: 60_000 }),
  'cached, read from the cache': (store) => trusting(cached({ ttl: 60_000 })(store)),
  'cached, of one record': (store) => trusting(cached({ ttl: 60_000, max: 1 })(store)),
  'all of them': (store) =>
    pipe(
      store,
      withRetry(),
      observed(() => undefined),
      encrypted(keys),
      prefixed('shop'),
      cached({ ttl: 60_000 }),
    ),
  'all of them in another order': (store) =>
    pipe(
      store,
      prefixed('shop'),
      observed(() => undefined),
      encrypted(keys),
      cached({ ttl: 60_000 }),
      withRetry(),
      trusting,
    ),
}

describe.each(stores)('around $name', ({ name, fifo, open }) => {
  let opened: Awaited<ReturnType<typeof open>>
  beforeAll(async () => {
    opened = await open()
  })
  afterAll(() => opened.close())

  describe.each(Object.entries(combinators))('%s: the store contract', (combinator, wrap) => {
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
