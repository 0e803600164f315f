/** Keys, sessions and cookies for the tests of carriers. */
import fc from 'fast-check'
import type { Json } from '../../src/core/Json.ts'
import { deepFreeze } from '../../src/core/Json.ts'
import type { Live } from '../../src/core/Stored.ts'
import { FORMAT } from '../../src/core/Stored.ts'
import type { SessionId } from '../../src/core/Token.ts'
import type { Bound, Carried } from '../../src/effects/Carrier.ts'
import type { Key, Keyring } from '../../src/effects/Keyring.ts'
import { keyring } from '../../src/effects/Keyring.ts'
import { systemRandom } from '../../src/effects/Random.ts'

export const NOW = Date.UTC(2026, 0, 1)
export const NAME = '__Host-id'

export const key = (id: string): Key => ({ id, secret: systemRandom.secret() })
export const FIRST = key('first')
export const SECOND = key('second')
export const ringOf = (...keys: ReadonlyArray<Key>): Keyring => keyring(keys)

/** A record as a carrier gives it: what means nothing outside of a store is not there. */
export const liveOf = (data: Json, more: Partial<Live> = {}): Live => ({
  _tag: 'Live',
  format: FORMAT,
  revision: '',
  trail: [],
  epoch: 0,
  fence: 0,
  credential: { digest: '', mintedAt: more.createdAt ?? NOW },
  createdAt: NOW,
  touchedAt: NOW + 1,
  expiresAt: NOW + 2,
  schema: 0,
  data: deepFreeze(data),
  flash: {},
  ...more,
})

export const newId = (): SessionId => systemRandom.id()

export const carriedOf = (data: Json, more: Partial<Live> = {}): Carried => ({
  id: newId(),
  epoch: 0,
  live: liveOf(data, more),
})

/** What the browser sends back. */
export const headerOf = (names: ReadonlyArray<string>, values: ReadonlyArray<string>): string =>
  values.map((value, index) => `${names[index]!}=${value}`).join('; ')

/** The values of a session that fits. */
export const sealed = async (bound: Bound, carried: Carried): Promise<ReadonlyArray<string>> => {
  const values = await bound.seal(carried)
  if (values._tag === 'Left') throw new Error(`too large: ${values.left.bytes}`)
  return values.right
}

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !/\p{Surrogate}/u.test(value))
const millis = fc.integer({ min: 0, max: 2 ** 45 })
const json = fc.jsonValue({ stringUnit: 'grapheme' }).map((value) => JSON.parse(JSON.stringify(value)) as Json)

export const carrieds: fc.Arbitrary<Carried> = fc
  .record({
    epoch: millis,
    createdAt: millis,
    untouchedFor: fc.nat(),
    expiresAfter: fc.nat(),
    schema: fc.nat(9),
    data: json,
    flash: fc.oneof(fc.constant({}), fc.dictionary(text, json)),
    subject: fc.option(
      fc.record(
        { id: fc.oneof(text, fc.string({ unit: 'binary' })), authenticatedAt: millis, level: fc.nat(3) },
        { requiredKeys: ['id', 'authenticatedAt'] },
      ),
    ),
    lifetime: fc.option(fc.record({ persistent: fc.boolean(), idleTimeout: millis }, { requiredKeys: [] })),
  })
  .map(({ epoch, createdAt, untouchedFor, expiresAfter, subject, lifetime, flash, ...content }) => ({
    id: newId(),
    epoch,
    live: liveOf(null, {
      createdAt,
      touchedAt: createdAt + untouchedFor,
      expiresAt: createdAt + untouchedFor + expiresAfter,
      ...content,
      flash: JSON.parse(JSON.stringify(flash)) as Live['flash'],
      ...(subject === null ? {} : { subject }),
      ...(lifetime === null ? {} : { lifetime }),
    }),
  }))
