/** Mutants of the five verbs. */
import { none, some } from '#fp-ts/Option'
import { ended, type Stored } from '../../../src/core/Stored.ts'
import { conflict, created, done, exists, gone, touched, updated } from '../../../src/effects/Store.ts'
import { copyOf, task } from '../modelStore.ts'
import { after, liveIn, meanwhile, type Mutant, mutant, type Plain } from './mutant.ts'

export const records: ReadonlyArray<Mutant<Plain>> = [
  mutant('create replaces', 'create: a record under a taken id is Exists', (model) => ({
    create: (id, live) =>
      task(() => {
        model.rows.set(id, copyOf(live))
        return created
      }),
  })),
  mutant('create looks first and writes later', 'create: 50 at once under one id', ({ rows }) => ({
    create: (id, live) =>
      task(async () => {
        if (rows.has(id)) return exists
        await meanwhile()
        rows.set(id, copyOf(live))
        return created
      }),
  })),
  mutant('create writes over a tombstone', 'end: afterwards every verb is refused', (model) => ({
    create: (id, live) => {
      if (model.rows.get(id)?._tag === 'Ended') model.rows.delete(id)
      return model.create(id, live)
    },
  })),
  mutant('create does not know its own retry', 'repeat: the same create again', (model) => ({
    create: (id, live) => (model.rows.has(id) ? task(() => exists) : model.create(id, live)),
  })),
  mutant('create is done before the effect is run', 'create: nothing happens until', (model) => ({
    create: (id, live) => {
      const answer = model.create(id, live)()
      return () => answer
    },
  })),
  mutant('create keeps the fence of the written record', 'create: the fence in the written record', (model) => ({
    create: (id, live) =>
      after(model.create(id, live), (answer) => {
        model.rows.set(id, copyOf(live))
        return answer
      }),
  })),
  mutant('load hides what is expired', 'load: an expired record that was not swept', ({ rows }) => ({
    load: (id) =>
      task(() => {
        const row = rows.get(id)
        return row === undefined || (row._tag === 'Live' && row.expiresAt < Date.UTC(2026, 0, 1)) ? none : some(row)
      }),
  })),
  mutant('load gives what can be changed', 'load: what it gives is frozen', ({ rows }) => ({
    load: (id) => task(() => (rows.has(id) ? some(JSON.parse(JSON.stringify(rows.get(id))) as Stored) : none)),
  })),
  mutant('create keeps the caller’s objects', 'create: a record is kept apart', (model) => ({
    create: (id, live) =>
      task(() => {
        if (!model.rows.has(id)) model.rows.set(id, live)
        return created
      }),
  })),
]

export const updates: ReadonlyArray<Mutant<Plain>> = [
  mutant('update upserts', 'update: a missing record is Gone', (model) => ({
    update: (id, expected, live) =>
      after(model.update(id, expected, live), (answer) => {
        if (answer._tag !== 'Gone' || model.rows.has(id)) return answer
        model.rows.set(id, copyOf(live))
        return updated
      }),
  })),
  mutant('update brings back what was ended', 'update: an ended record is Gone', (model) => ({
    update: (id, expected, live) =>
      after(model.update(id, expected, live), (answer) => {
        if (answer._tag !== 'Gone') return answer
        model.rows.set(id, copyOf(live))
        return updated
      }),
  })),
  ...['update: 50 at once from one revision', 'update: 50 increments at once', 'end: beside updates'].map((noticedBy) =>
    mutant('update compares first and sets later', noticedBy, (model) => ({
      update: (id, expected, live) =>
        task(async () => {
          const row = liveIn(model, id)
          if (row === undefined) return gone
          if (row.revision !== expected) return conflict(row)
          await meanwhile()
          model.rows.set(id, copyOf(live))
          return updated
        }),
    })),
  ),
  mutant('update does not compare', 'update: another revision is Conflict', (model) => ({
    update: (id, _, live) => task(() => (model.rows.set(id, copyOf(live)), updated)),
  })),
  mutant('a Conflict carries the refused record', 'update: another revision is Conflict', (model) => ({
    update: (id, expected, live) =>
      after(model.update(id, expected, live), (answer) => (answer._tag === 'Conflict' ? conflict(live) : answer)),
  })),
  mutant('update lowers touchedAt', 'update: the later touchedAt stays', (model) => ({
    update: (id, expected, live) =>
      after(model.update(id, expected, live), (answer) => {
        if (answer._tag === 'Updated') model.rows.set(id, copyOf(live))
        return answer
      }),
  })),
  mutant('update refuses what is expired', 'update: an expired record that was not swept', (model) => ({
    update: (id, expected, live) =>
      (liveIn(model, id)?.expiresAt ?? 0) < Date.UTC(2026, 0, 1) ? task(() => gone) : model.update(id, expected, live),
  })),
  mutant('update merges', 'update: members that the new record lacks', (model) => ({
    update: (id, expected, live) => model.update(id, expected, { ...liveIn(model, id), ...live }),
  })),
  mutant('update never shortens a lifetime', 'update: an earlier expiresAt', (model) => ({
    update: (id, expected, live) => {
      const expiresAt = Math.max(live.expiresAt, liveIn(model, id)?.expiresAt ?? 0)
      return model.update(id, expected, { ...live, expiresAt })
    },
  })),
  mutant('update takes the fence of the written record', 'update: the fence in the written record', (model) => ({
    update: (id, expected, live) =>
      after(model.update(id, expected, live), (answer) => {
        const row = liveIn(model, id)
        if (row !== undefined) model.rows.set(id, copyOf({ ...row, fence: live.fence }))
        return answer
      }),
  })),

  mutant('update counts revisions and does not know its retry', 'repeat: the same update again', (model) => ({
    update: (id, expected, live) => {
      const row = liveIn(model, id)
      return row !== undefined && row.revision !== expected
        ? task(() => conflict(row))
        : model.update(id, expected, live)
    },
  })),
  mutant('update looks for its retry in the revision alone', 'repeat: an update is recognised after each', (model) => ({
    update: (id, expected, live) => {
      const row = liveIn(model, id)
      return row?.trail.includes(live.revision) === true && row.revision !== expected
        ? task(() => conflict(row))
        : model.update(id, expected, live)
    },
  })),
  mutant('the trail is cut short', 'repeat: an update is recognised after each', (model) => ({
    update: (id, expected, live) => model.update(id, expected, { ...live, trail: live.trail.slice(0, 4) }),
  })),
  mutant('the trail grows for ever', 'repeat: an update that the trail no longer remembers', (model) => ({
    update: (id, expected, live) => {
      const row = liveIn(model, id)
      const trail = row === undefined ? live.trail : [row.revision, ...row.trail]
      return model.update(id, expected, { ...live, trail })
    },
  })),
  mutant('a repeated update is applied again', 'repeat: the same update again', (model) => ({
    update: (id, expected, live) =>
      after(model.update(id, expected, live), (answer) => {
        const row = liveIn(model, id)
        if (row?.revision === live.revision) model.rows.set(id, copyOf(live))
        return answer
      }),
  })),
]

export const touches: ReadonlyArray<Mutant<Plain>> = [
  mutant('touch upserts', 'touch: a missing record is Gone', ({ rows, ...model }) => ({
    touch: (id, epoch, touchedAt, expiresAt) => {
      if (!rows.has(id)) rows.set(id, ended(expiresAt))
      return model.touch(id, epoch, touchedAt, expiresAt)
    },
  })),
  mutant('touch writes back what it read', 'update: increments beside touches', (model) => ({
    touch: (id, _, touchedAt, expiresAt) =>
      task(async () => {
        const row = liveIn(model, id)
        if (row === undefined) return gone
        await meanwhile()
        model.rows.set(id, copyOf({ ...row, touchedAt, expiresAt }))
        return touched
      }),
  })),
  mutant('touch changes the revision', 'touch: an update that began before it', (model) => ({
    touch: (id, epoch, touchedAt, expiresAt) =>
      after(model.touch(id, epoch, touchedAt, expiresAt), (answer) => {
        const row = liveIn(model, id)
        if (row !== undefined) model.rows.set(id, copyOf({ ...row, revision: `${row.revision}+` }))
        return answer
      }),
  })),
  mutant('touch revives what is expired', 'touch: an expired session is Gone', (model) => ({
    touch: (id, epoch, touchedAt, expiresAt) =>
      task(() => {
        const row = liveIn(model, id)
        if (row?.epoch !== epoch) return gone
        model.rows.set(id, copyOf({ ...row, touchedAt, expiresAt }))
        return touched
      }),
  })),
  mutant('touch looks at its own clock', 'touch: activity until the stored expiresAt', (model) => ({
    touch: (id, epoch, touchedAt, expiresAt) =>
      (liveIn(model, id)?.expiresAt ?? 0) < Date.UTC(2026, 0, 1)
        ? task(() => gone)
        : model.touch(id, epoch, touchedAt, expiresAt),
  })),
  mutant('touch does not ask for the epoch', 'touch: another epoch is Gone', (model) => ({
    touch: (id, _, touchedAt, expiresAt) => model.touch(id, liveIn(model, id)?.epoch ?? 0, touchedAt, expiresAt),
  })),
  ...['touch: never lowers a time', 'touch: of 20 at once'].map((noticedBy) =>
    mutant('touch sets instead of raising', noticedBy, (model) => ({
      touch: (id, _, touchedAt, expiresAt) =>
        task(() => {
          const row = liveIn(model, id)
          if (row === undefined) return gone
          model.rows.set(id, copyOf({ ...row, touchedAt, expiresAt }))
          return touched
        }),
    })),
  ),
]

export const ends: ReadonlyArray<Mutant<Plain>> = [
  mutant('end leaves no tombstone', 'end: leaves a tombstone', (model) => ({
    end: (id, expected, until) =>
      after(model.end(id, expected, until), (answer) => {
        if (answer._tag === 'Done') model.rows.delete(id)
        return answer
      }),
  })),
  mutant('end keeps the data', 'end: leaves a tombstone', (model) => ({
    end: (id, expected, until) => {
      const before = model.rows.get(id)
      return after(model.end(id, expected, until), (answer) => {
        if (answer._tag === 'Done') model.rows.set(id, copyOf({ ...before, ...ended(until) }))
        return answer
      })
    },
  })),
  mutant('end does not compare', 'end: another revision is Conflict', (model) => ({
    end: (id, _, until) => model.end(id, liveIn(model, id)?.revision ?? '', until),
  })),
  mutant('end leaves a tombstone of nothing', 'end: a missing record is Gone', (model) => ({
    end: (id, expected, until) =>
      after(model.end(id, expected, until), (answer) => {
        if (!model.rows.has(id)) model.rows.set(id, copyOf(ended(until)))
        return answer
      }),
  })),
  mutant('a second end prolongs the first', 'end: a second one is Gone', (model) => ({
    end: (id, expected, until) =>
      after(model.end(id, expected, until), (answer) => {
        if (answer._tag === 'Gone' && model.rows.has(id)) model.rows.set(id, copyOf(ended(until)))
        return answer
      }),
  })),
  mutant('a second end is Done', 'end: a second one is Gone', (model) => ({
    end: (id, expected, until) =>
      after(model.end(id, expected, until), (answer) => (answer._tag === 'Gone' && model.rows.has(id) ? done : answer)),
  })),
  mutant('end looks first and deletes later', 'end: of 20 at once one is Done', (model) => ({
    end: (id, expected, until) =>
      task(async () => {
        const row = liveIn(model, id)
        if (row === undefined) return gone
        if (row.revision !== expected) return conflict(row)
        await meanwhile()
        model.rows.set(id, copyOf(ended(until)))
        return done
      }),
  })),
  mutant('touch beside end brings back', 'end: beside touches it stays ended', (model) => ({
    touch: (id, _, touchedAt, expiresAt) =>
      task(async () => {
        const row = liveIn(model, id)
        if (row === undefined) return gone
        await meanwhile()
        model.rows.set(id, copyOf({ ...row, touchedAt, expiresAt }))
        return touched
      }),
  })),
]
