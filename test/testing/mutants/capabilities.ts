/** Mutants that sweep or list wrongly. */
import { ended } from '../../../src/core/Stored.ts'
import type { SessionId } from '../../../src/core/Token.ts'
import { gone, type Listed, SWEEP_SLACK } from '../../../src/effects/Store.ts'
import { copyOf, dueOf, type ModelStore, task } from '../modelStore.ts'
import { after, liveIn, meanwhile, type Mutant, mutant, type Plain } from './mutant.ts'

export const sweepers: ReadonlyArray<Mutant<Plain>> = [
  mutant('sweep forgets the slack', 'sweep: leaves live records', ({ rows }) => ({
    sweep: (now) =>
      task(() => {
        for (const [id, row] of rows) if (dueOf(row) - (row._tag === 'Live' ? SWEEP_SLACK : 0) < now) rows.delete(id)
        return { removed: 0, more: false }
      }),
  })),
  mutant('sweep is late by a minute', 'sweep: the slack is exact', (model) => ({
    sweep: (now, limit) => model.sweep(now - 60_000, limit),
  })),
  mutant('sweep removes one millisecond early', 'sweep: the slack is exact', (model) => ({
    sweep: (now, limit) => model.sweep(now + 1, limit),
  })),
  mutant('sweep never removes tombstones', 'sweep: removes a tombstone after its time', ({ rows }) => ({
    sweep: (now) =>
      task(() => {
        for (const [id, row] of rows) if (row._tag === 'Live' && dueOf(row) < now) rows.delete(id)
        return { removed: 0, more: false }
      }),
  })),
  mutant('sweep removes every tombstone', 'sweep: removes a tombstone after its time', ({ rows }) => ({
    sweep: (now) =>
      task(() => {
        for (const [id, row] of rows) if (row._tag === 'Ended' || dueOf(row) < now) rows.delete(id)
        return { removed: 0, more: false }
      }),
  })),
  mutant('sweep knows no limit', 'sweep: a batch removes at most its limit', (model) => ({
    sweep: (now, limit) =>
      after(model.sweep(now, 1e9), ({ removed }) => ({ removed: Math.min(removed, limit), more: false })),
  })),
  mutant('sweep never says that there is more', 'sweep: a batch removes at most its limit', (model) => ({
    sweep: (now, limit) => after(model.sweep(now, limit), ({ removed }) => ({ removed, more: false })),
  })),
  mutant('sweep looks first and deletes later', 'sweep: spares what was touched', ({ rows }) => ({
    sweep: (now) =>
      task(async () => {
        const due = [...rows].filter(([, row]) => dueOf(row) < now)
        await meanwhile()
        for (const [id] of due) rows.delete(id)
        return { removed: due.length, more: false }
      }),
  })),
]

const sessionsLike = (model: ModelStore, matches: (subject: string) => boolean): ReadonlyArray<SessionId> =>
  [...model.rows.keys()].filter((id) => {
    const subject = liveIn(model, id)?.subject
    return subject !== undefined && matches(subject.id)
  })

const directoryBy = (flaw: string, matches: (wanted: string, subject: string) => boolean): Mutant<Plain> =>
  mutant(flaw, 'directory: subjects match exactly', (model) => ({
    list: (wanted) =>
      task(() =>
        sessionsLike(model, (subject) => matches(wanted, subject)).map(
          (id) => ({ ...liveIn(model, id)!, id }) as never,
        ),
      ),
  }))

export const directories: ReadonlyArray<Mutant<Plain>> = [
  directoryBy('list goes by prefix', (wanted, subject) => subject.startsWith(wanted)),
  directoryBy('list ignores case', (wanted, subject) => subject.toLowerCase() === wanted.toLowerCase()),
  directoryBy('list ignores space around', (wanted, subject) => subject.trim() === wanted.trim()),
  mutant('list says more than it should', 'directory: lists handles and times', (model) => ({
    list: (subject) =>
      after(model.list(subject), (found) =>
        found.map((one): Listed => ({ ...one, credential: liveIn(model, one.id)!.credential }) as Listed),
      ),
  })),
  mutant('list is not in order', 'directory: lists handles and times', (model) => ({
    list: (subject) => after(model.list(subject), (found) => [...found].reverse()),
  })),
  mutant('the index does not follow an update', 'directory: a session moves with its subject', (model) => {
    const first = new Map<SessionId, string | undefined>()
    return {
      create: (id, live) => {
        first.set(id, live.subject?.id)
        return model.create(id, live)
      },
      count: (subject) => task(() => [...first.values()].filter((one) => one === subject).length),
    }
  }),
  mutant('the index is written before the record is refused', 'directory: a refused update moves nothing', (model) => {
    const seen = new Map<SessionId, string>()
    return {
      update: (id, expected, live) => {
        if (live.subject !== undefined) seen.set(id, live.subject.id)
        return model.update(id, expected, live)
      },
      count: (subject) =>
        after(model.count(subject), (n) => n + [...seen.values()].filter((s) => s === subject).length),
    }
  }),
  mutant('endOne does not ask whose it is', 'directory: subjects match exactly', (model) => ({
    endOne: (_, id, until) => {
      const subject = liveIn(model, id)?.subject?.id
      return subject === undefined ? task(() => gone) : model.endOne(subject, id, until)
    },
  })),
  mutant('endOne leaves no tombstone', 'endOne: ends a session of the subject', (model) => ({
    endOne: (subject, id, until) =>
      after(model.endOne(subject, id, until), (answer) => {
        if (answer._tag === 'Done') model.rows.delete(id)
        return answer
      }),
  })),
  mutant('endAll leaves no tombstones', 'endAll: ends every session', (model) => ({
    endAll: (subject) =>
      task(() => sessionsLike(model, (one) => one === subject).filter((id) => model.rows.delete(id)).length),
  })),
  mutant('endAll goes by prefix', 'directory: subjects match exactly', (model) => ({
    endAll: (subject, until) =>
      task(() => {
        for (const id of sessionsLike(model, (one) => one.startsWith(subject))) model.rows.set(id, copyOf(ended(until)))
        return 1
      }),
  })),
  mutant('endAll excepts nothing', 'endAll: spares the excepted session', (model) => ({
    endAll: (subject, until) => model.endAll(subject, until),
  })),
  mutant('endAll looks first and ends later', 'endAll: beside a change of the subject', (model) => ({
    endAll: (subject, until) =>
      task(async () => {
        const ids = sessionsLike(model, (one) => one === subject)
        await meanwhile()
        for (const id of ids) model.rows.set(id, copyOf(ended(until)))
        return ids.length
      }),
  })),
  mutant('the epoch is the time', 'epoch: 0 at first', ({ epochs }) => ({
    raiseEpoch: (subject, now) => task(() => (epochs.set(subject, now), now)),
  })),
  mutant('the epoch is a counter', 'epoch: 0 at first', ({ epochs }) => ({
    raiseEpoch: (subject) => task(() => epochs.set(subject, (epochs.get(subject) ?? 0) + 1).get(subject)!),
  })),
  mutant('the epoch is read first and raised later', 'epoch: 20 raises at once', ({ epochs }) => ({
    raiseEpoch: (subject, now) =>
      task(async () => {
        const epoch = Math.max((epochs.get(subject) ?? 0) + 1, now)
        await meanwhile()
        epochs.set(subject, epoch)
        return epoch
      }),
  })),
  mutant('"end all" does not raise the epoch', 'epoch: sign-ins beside "end all"', () => ({
    raiseEpoch: (_, now) => task(() => now),
  })),
]
