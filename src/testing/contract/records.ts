/**
 * ```ts
 * records: ReadonlyArray<Trial<Store>>
 * ```
 * The store contract: create and load.
 *
 * @since 0.1.0
 */
import type { Live } from '../../core/Stored.ts'
import type { Store } from '../../effects/Store.ts'
import {
  answers,
  atOnce,
  type Bench,
  equal,
  frozen,
  holds,
  holdsNothing,
  HOUR,
  living,
  MINUTE,
  newId,
  newSubject,
  newTag,
  record,
  standing,
  stored,
  tagged,
  type Trial,
} from './bench.ts'

/** A record with every member that a record can have. */
const complete = (now: number): Live =>
  record(now, {
    trail: [newTag(), newTag()],
    epoch: 3,
    credential: {
      digest: 'current',
      mintedAt: now - MINUTE,
      rotatedAt: now - HOUR,
      renewed: { digest: 'renewed', confirmedAt: now },
    },
    subject: { id: newSubject(), authenticatedAt: now - HOUR, level: 2 },
    createdAt: now - 2 * HOUR,
    lifetime: { persistent: true, idleTimeout: HOUR, absoluteTimeout: 24 * HOUR },
    schema: 7,
    data: { cart: [{ sku: 'a', count: 1 }], theme: null, dark: false },
    flash: { notice: 'saved', list: [1, 2] },
  })

const givesBack = async (bench: Bench<Store>, live: Live): Promise<void> => {
  const { id } = await stored(bench, live)
  await holds(bench, id, live, 'load must give back what was created')
}

/** See the module's head. */
export const records: ReadonlyArray<Trial<Store>> = [
  { name: 'create: a small record is loaded as it was written', run: (bench) => givesBack(bench, record(bench.now)) },
  {
    name: 'create: a record with every member is loaded as it was written',
    run: (bench) => givesBack(bench, complete(bench.now)),
  },
  {
    name: 'create: a record whose renewal is not confirmed is loaded as it was written',
    run: (bench) => {
      const credential = { digest: 'current', mintedAt: bench.now, renewed: { digest: 'renewed' } }
      return givesBack(bench, record(bench.now, { credential }))
    },
  },
  {
    name: 'load: nothing stands under an id that was never used',
    run: (bench) => holdsNothing(bench, newId(), 'load of a new id'),
  },
  {
    name: 'load: an expired record that was not swept is there',
    run: async (bench) => {
      const { id, live } = await stored(bench, { touchedAt: bench.now - HOUR, expiresAt: bench.now - MINUTE })
      await holds(bench, id, live, 'load must not look at expiresAt')
    },
  },
  {
    name: 'load: what it gives is frozen',
    run: async (bench) => {
      const { id } = await stored(bench, complete(bench.now))
      frozen(await living(bench, id), 'a record')
    },
  },
  {
    name: 'create: a record is kept apart from the objects that it was written from',
    run: async (bench) => {
      const data = { list: [1], inner: { a: 1 } }
      const { id } = await stored(bench, { data })
      data.list.push(2)
      data.inner.a = 2
      equal((await living(bench, id)).data, { list: [1], inner: { a: 1 } }, 'a later change of the object')
    },
  },
  {
    name: 'create: a record under a taken id is Exists and replaces nothing',
    run: async (bench) => {
      const { id, live } = await stored(bench)
      await answers(bench.store.create(id, record(bench.now, { data: 'other' })), 'Exists', 'create under a taken id')
      await holds(bench, id, live, 'the first record must stay')
    },
  },
  {
    name: 'create: the fence in the written record is ignored',
    run: async (bench) => {
      const first = await stored(bench, { fence: 0 })
      const second = await stored(bench, { fence: 41 })
      const fences = [(await living(bench, first.id)).fence, (await living(bench, second.id)).fence]
      equal(fences[0], fences[1], 'the store owns the fence')
    },
  },
  {
    name: 'create: nothing happens until the effect is run',
    run: async (bench) => {
      const id = newId()
      const effect = bench.store.create(id, record(bench.now))
      await holdsNothing(bench, id, 'an effect that was not run')
      await answers(effect, 'Created', 'the effect when it is run')
    },
  },
  {
    name: 'create: 50 at once under one id, one is Created',
    cas: true,
    run: async (bench) => {
      const id = newId()
      const lives = Array.from({ length: 50 }, (_, index) => record(bench.now, { data: index }))
      const given = await Promise.all(
        lives.map(async (live) => ({ live, answer: await bench.store.create(id, live)() })),
      )
      const winners = given.filter(({ answer }) => answer._tag === 'Right' && answer.right._tag === 'Created')
      equal(winners.length, 1, 'how many were Created')
      for (const { live } of winners) await holds(bench, id, live, 'the record of the one that was Created')
    },
  },
  {
    name: 'create: 50 at once under 50 ids, all are there',
    run: async (bench) => {
      const made = await atOnce(50, (index) => stored(bench, { data: index }))
      const back = await Promise.all(made.map(({ id }) => standing(bench, id)))
      equal(tagged(back as ReadonlyArray<Live>, 'Live'), 50, 'how many are there')
      for (const { id, live } of made) await holds(bench, id, live, 'each under its own id')
    },
  },
]
