/** The combinators, alone and composed, under keys that several processes can share. */
import { right } from '#fp-ts/Either'
import { pipe } from '#fp-ts/function'
import { some } from '#fp-ts/Option'
import { cached, encrypted, observed, prefixed, withRetry } from '../../../src/effects/combinators.ts'
import { keyring } from '../../../src/effects/Keyring.ts'
import type { Directory, Locking, Near, Store, Sweeping } from '../../../src/effects/Store.ts'

/** What the stores that they are tested around can do. */
export type Full = Store<'cas'> & Sweeping & Directory & Locking

/** A reader that is content with what is near: with one writer that is never behind. */
export const trusting = (store: Full & Near): Full => ({
  ...store,
  load: (id) => () => {
    const near = store.peek(id)
    return near === undefined ? store.load(id)() : Promise.resolve(right(some(near)))
  },
})

type Wrap = (store: Full) => Full

const silent = (): void => undefined

/** By name. The secrets are two. */
export const wraps = (...[first = '', second = '']: ReadonlyArray<string>): Readonly<Record<string, Wrap>> => {
  const ring = keyring([
    { id: 'new', secret: first },
    { id: 'old', secret: second },
  ])
  return {
    withRetry: withRetry(),
    'encrypted under one key': encrypted(keyring([{ id: 'only', secret: first }])),
    'encrypted under a ring of two': encrypted(ring),
    'encrypted, plaintext readable': encrypted(ring, { plaintext: 'read' }),
    prefixed: prefixed('shop'),
    observed: observed(silent),
    cached: cached({ ttl: 60_000 }),
    'all of them': (store) =>
      pipe(store, withRetry(), observed(silent), encrypted(ring), prefixed('shop'), cached({ ttl: 60_000 })),
    'all of them in another order': (store) =>
      pipe(store, prefixed('shop'), observed(silent), encrypted(ring), cached({ ttl: 60_000 }), withRetry()),
  }
}
