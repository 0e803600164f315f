/**
 * ```ts
 * directory: ReadonlyArray<Trial<Store & Directory>>
 * ```
 * The store contract: the sessions of a subject.
 *
 * @since 0.1.0
 */
import type { Live } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Directory, Store } from '../../effects/Store.ts'
import {
  answer,
  answers,
  atOnce,
  type Bench,
  check,
  equal,
  holds,
  holdsTombstone,
  HOUR,
  MINUTE,
  newId,
  newSubject,
  record,
  recordOf,
  SECOND,
  standing,
  stored,
  successor,
  type Trial,
} from './bench.ts'

type Listing = Bench<Store & Directory>

const storedOf = async (
  bench: Listing,
  subject: string,
  age = 0,
): Promise<{ readonly id: SessionId; readonly live: Live }> => {
  const id = newId()
  const live = recordOf(bench.now, subject, { createdAt: bench.now - age })
  await answers(bench.store.create(id, live), 'Created', 'create')
  return { id, live }
}

/** Fails the case unless these are the subject's sessions, in any order. */
const lists = async (
  bench: Listing,
  subject: string,
  ids: ReadonlyArray<SessionId>,
  message: string,
): Promise<void> => {
  const listed = await answer(bench.store.list(subject))
  equal(listed.map(({ id }) => id).sort(), [...ids].sort(), message)
  equal(await answer(bench.store.count(subject)), ids.length, `${message} (count)`)
}

/** Moves a session from one holder to another. */
const moved = async (bench: Listing, id: SessionId, live: Live, to: string | undefined): Promise<Live> => {
  const { subject: _, ...anonymous } = successor(live)
  const next: Live = to === undefined ? anonymous : { ...anonymous, subject: { id: to, authenticatedAt: bench.now } }
  await answers(bench.store.update(id, live.revision, next), 'Updated', 'update of the subject')
  return next
}

/** Subjects that a careless index mistakes for `base`. */
const alike = (base: string): ReadonlyArray<string> => [
  `${base}a`,
  `${base} `,
  ` ${base}`,
  `${base}:`,
  `${base}:a`,
  `${base}\u0000`,
  `${base}*`,
  `${base}%`,
  base.slice(0, -1),
  `${base.slice(0, -1)}_`,
  `${base.slice(0, -1)}?`,
  base.toUpperCase(),
  `${base}é`,
  `${base}e\u0301`,
]

/** See the module's head. */
export const directory: ReadonlyArray<Trial<Store & Directory>> = [
  {
    name: 'directory: a subject without sessions has none',
    run: (bench) => lists(bench, newSubject(), [], 'the sessions of a new subject'),
  },
  {
    name: 'directory: lists handles and times, oldest first, and nothing else',
    run: async (bench) => {
      const subject = newSubject()
      const middle = await storedOf(bench, subject, 2 * MINUTE)
      const young = await storedOf(bench, subject, MINUTE)
      const old = await storedOf(bench, subject, 3 * MINUTE)
      await storedOf(bench, newSubject())
      await stored(bench)
      const expected = [old, middle, young].map(({ id, live: { createdAt, touchedAt, expiresAt } }) => {
        return { id, createdAt, touchedAt, expiresAt, authenticatedAt: bench.now }
      })
      equal(await answer(bench.store.list(subject)), expected, 'the list')
      equal(await answer(bench.store.count(subject)), 3, 'the count')
    },
  },
  {
    name: 'directory: the times of a touch and of an update are in the list',
    run: async (bench) => {
      const subject = newSubject()
      const { id, live } = await storedOf(bench, subject)
      const touchedAt = bench.now + SECOND
      await answers(bench.store.touch(id, 0, touchedAt, bench.now + 2 * HOUR), 'Touched', 'touch')
      const [first] = await answer(bench.store.list(subject))
      equal([first?.touchedAt, first?.expiresAt], [touchedAt, bench.now + 2 * HOUR], 'after a touch')
      const next = successor(live, { subject: { id: subject, authenticatedAt: touchedAt }, touchedAt })
      await answers(bench.store.update(id, live.revision, next), 'Updated', 'update')
      equal((await answer(bench.store.list(subject)))[0]?.authenticatedAt, touchedAt, 'after another sign-in')
    },
  },
  {
    name: 'directory: subjects match exactly',
    run: async (bench) => {
      const base = `${newSubject()}x`
      const mine = await storedOf(bench, base)
      const others = await Promise.all(
        alike(base).map(async (subject) => ({ subject, ...(await storedOf(bench, subject)) })),
      )
      await lists(bench, base, [mine.id], 'the sessions of a subject among others like it')
      for (const { subject, id } of others) await lists(bench, subject, [id], 'the sessions of another one like it')
      equal(await answer(bench.store.endAll(base, bench.now + HOUR)), 1, 'how many endAll ended')
      for (const { id, live } of others) await holds(bench, id, live, 'the session of another subject after endAll')
      for (const { id } of others)
        await answers(bench.store.endOne(base, id, bench.now + HOUR), 'Gone', 'endOne of a session of another')
      for (const { id, live } of others) await holds(bench, id, live, 'the session of another subject after endOne')
    },
  },
  {
    name: 'directory: a session moves with its subject',
    run: async (bench) => {
      const [a, b] = [newSubject(), newSubject()]
      const { id, live } = await stored(bench)
      const ofA = await moved(bench, id, live, a)
      await lists(bench, a, [id], 'anonymous to a')
      const ofB = await moved(bench, id, ofA, b)
      await lists(bench, a, [], 'a to b: a')
      await lists(bench, b, [id], 'a to b: b')
      equal(await answer(bench.store.endAll(a, bench.now + HOUR)), 0, 'endAll of the subject before')
      await holds(bench, id, ofB, 'a session that left the subject')
      const ofNobody = await moved(bench, id, ofB, undefined)
      await lists(bench, b, [], 'b to nobody')
      equal(await answer(bench.store.endAll(b, bench.now + HOUR)), 0, 'endAll of the subject before')
      await holds(bench, id, ofNobody, 'a session that is nobody’s')
    },
  },
  {
    name: 'directory: a refused update moves nothing',
    cas: true,
    run: async (bench) => {
      const [a, b] = [newSubject(), newSubject()]
      const { id } = await storedOf(bench, a)
      const foreign = recordOf(bench.now, b)
      await answers(bench.store.update(id, foreign.revision, successor(foreign)), 'Conflict', 'update')
      await answers(bench.store.create(id, foreign), 'Exists', 'create')
      await lists(bench, a, [id], 'the subject that has the session')
      await lists(bench, b, [], 'the subject of the refused record')
    },
  },
  {
    name: 'directory: an ended session is not listed',
    run: async (bench) => {
      const subject = newSubject()
      const { id, live } = await storedOf(bench, subject)
      await answers(bench.store.end(id, live.revision, bench.now + HOUR), 'Done', 'end')
      await lists(bench, subject, [], 'the sessions after the end')
      await answers(bench.store.endOne(subject, id, bench.now + 2 * HOUR), 'Gone', 'endOne of what is ended')
      await holdsTombstone(bench, id, bench.now + HOUR, 'the tombstone')
    },
  },
  {
    name: 'endOne: ends a session of the subject and no other, whatever its revision',
    run: async (bench) => {
      const subject = newSubject()
      const one = await storedOf(bench, subject)
      const other = await storedOf(bench, subject)
      const until = bench.now + HOUR
      await answers(bench.store.endOne(subject, newId(), until), 'Gone', 'endOne of nothing')
      await answers(bench.store.endOne(subject, one.id, until), 'Done', 'endOne')
      await holdsTombstone(bench, one.id, until, 'what endOne ended')
      await answers(bench.store.endOne(subject, one.id, until + HOUR), 'Gone', 'endOne repeated')
      await holdsTombstone(bench, one.id, until, 'what endOne ended, repeated')
      await answers(bench.store.update(one.id, one.live.revision, successor(one.live)), 'Gone', 'update after endOne')
      await answers(bench.store.create(one.id, record(bench.now)), 'Exists', 'create after endOne')
      await lists(bench, subject, [other.id], 'the sessions after endOne')
    },
  },
  {
    name: 'endAll: ends every session of the subject',
    run: async (bench) => {
      const subject = newSubject()
      const made = await atOnce(20, () => storedOf(bench, subject))
      const foreign = await storedOf(bench, newSubject())
      const until = bench.now + HOUR
      equal(await answer(bench.store.endAll(subject, until)), 20, 'how many it ended')
      for (const { id } of made) await holdsTombstone(bench, id, until, 'what endAll ended')
      await holds(bench, foreign.id, foreign.live, 'a session of another subject')
      await lists(bench, subject, [], 'the sessions after endAll')
      equal(await answer(bench.store.endAll(subject, until + HOUR)), 0, 'how many it ends again')
      for (const { id } of made) await holdsTombstone(bench, id, until, 'what was ended before')
    },
  },
  {
    name: 'endAll: spares the excepted session, if it is the subject’s',
    run: async (bench) => {
      const subject = newSubject()
      const [one, two, three] = [await storedOf(bench, subject), await storedOf(bench, subject), await stored(bench)]
      const until = bench.now + HOUR
      equal(await answer(bench.store.endAll(subject, until, one.id)), 1, 'how many it ended')
      await holds(bench, one.id, one.live, 'the excepted session')
      await holdsTombstone(bench, two.id, until, 'the other one')
      equal(await answer(bench.store.endAll(subject, until, three.id)), 1, 'excepting a session of nobody')
      await lists(bench, subject, [], 'the sessions after both')
      await holds(bench, three.id, three.live, 'a session of nobody')
    },
  },
  {
    name: 'endAll: beside a change of the subject it ends the session or leaves it to the other',
    cas: true,
    run: async (bench) => {
      await atOnce(20, async (round) => {
        const [a, b] = [newSubject(), newSubject()]
        const { id, live } = await storedOf(bench, a)
        const next = successor(live, { subject: { id: b, authenticatedAt: bench.now } })
        const moving = () => answer(bench.store.update(id, live.revision, next))
        const ending = () => answer(bench.store.endAll(a, bench.now + HOUR))
        const [move] = await (round % 2 === 0
          ? Promise.all([moving(), ending()])
          : Promise.all([ending(), moving()]).then(([count, given]) => [given, count] as const))
        const present = await standing(bench, id)
        equal(present?._tag, move._tag === 'Updated' ? 'Live' : 'Ended', `after an update that was ${move._tag}`)
        await lists(bench, b, move._tag === 'Updated' ? [id] : [], 'the sessions of the other')
      })
    },
  },
  {
    name: 'epoch: 0 at first; each raise is above every earlier one, and the time at least',
    run: async (bench) => {
      const [subject, other] = [newSubject(), newSubject()]
      equal(await answer(bench.store.readEpoch(subject)), 0, 'an epoch that was never raised')
      const first = await answer(bench.store.raiseEpoch(subject, bench.now))
      check(first >= bench.now, 'the time at least')
      equal(await answer(bench.store.readEpoch(subject)), first, 'what was raised is read')
      const second = await answer(bench.store.raiseEpoch(subject, bench.now - MINUTE))
      check(second > first, 'above the earlier one, though the clock went back')
      const third = await answer(bench.store.raiseEpoch(subject, second + HOUR))
      check(third >= second + HOUR, 'the time at least')
      equal(await answer(bench.store.readEpoch(subject)), third, 'what was raised last is read')
      equal(await answer(bench.store.readEpoch(other)), 0, 'the epoch of another subject')
    },
  },
  {
    name: 'epoch: 20 raises at once give 20 epochs',
    cas: true,
    run: async (bench) => {
      const subject = newSubject()
      const raised = await atOnce(20, () => answer(bench.store.raiseEpoch(subject, bench.now)))
      equal(new Set(raised).size, 20, 'how many different epochs')
      equal(await answer(bench.store.readEpoch(subject)), Math.max(...raised), 'the last one is read')
    },
  },
  {
    name: 'epoch: sign-ins beside "end all" are ended by it, or see that the epoch was raised',
    cas: true,
    run: async (bench) => {
      const subject = newSubject()
      const baseline = await answer(bench.store.readEpoch(subject))
      const until = bench.now + HOUR
      const signIn = async (delay: number): Promise<void> => {
        for (let left = delay; left > 0; left -= 1) await answer(bench.store.readEpoch(subject))
        const { id } = await storedOf(bench, subject)
        const epoch = await answer(bench.store.readEpoch(subject))
        if (epoch > baseline) await answer(bench.store.endOne(subject, id, until))
      }
      const endAll = async (): Promise<void> => {
        await answer(bench.store.raiseEpoch(subject, bench.now))
        await answer(bench.store.endAll(subject, until))
      }
      await Promise.all([atOnce(10, signIn), endAll(), atOnce(10, signIn)])
      await signIn(0)
      await lists(bench, subject, [], 'no session may outlive "end all"')
    },
  },
]
