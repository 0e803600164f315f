import { right } from '#fp-ts/Either'
import { fromNullable } from '#fp-ts/Option'
import type { TaskEither } from '#fp-ts/TaskEither'
import { deepFreeze } from '../../src/core/Json.ts'
import { ended, holdsRevision, type Live, type Stored } from '../../src/core/Stored.ts'
import type { SessionId } from '../../src/core/Token.ts'
import type { Directory, Store, Sweeping } from '../../src/effects/Store.ts'
import {
  conflict,
  created,
  done,
  exists,
  gone,
  type StoreError,
  SWEEP_SLACK,
  touched,
  updated,
} from '../../src/effects/Store.ts'

/** The contract said as plainly as possible: one map of JSON, and a scan wherever something is looked for. */
export interface ModelStore extends Store<'cas'>, Sweeping, Directory {
  readonly rows: Map<SessionId, Stored>
  readonly epochs: Map<string, number>
}

export const copyOf = <A>(value: A): A => deepFreeze(JSON.parse(JSON.stringify(value)) as A)

export const task =
  <A>(work: () => A | Promise<A>): TaskEither<StoreError, A> =>
  async () =>
    right(await work())

export const dueOf = (stored: Stored): number =>
  stored._tag === 'Live' ? stored.expiresAt + SWEEP_SLACK : stored.until

export const modelStore = (): ModelStore => {
  const rows = new Map<SessionId, Stored>()
  const epochs = new Map<string, number>()
  const liveUnder = (id: SessionId): Live | undefined => {
    const row = rows.get(id)
    return row?._tag === 'Live' ? row : undefined
  }
  const idsOf = (subject: string): Array<SessionId> =>
    [...rows.keys()].filter((id) => liveUnder(id)?.subject?.id === subject)
  const endAll = (ids: ReadonlyArray<SessionId>, until: number): number => {
    for (const id of ids) rows.set(id, copyOf(ended(until)))
    return ids.length
  }
  const sessionsOf = (subject: string) =>
    idsOf(subject)
      .map((id) => ({ id, ...(rows.get(id) as Live) }))
      .sort((a, b) => a.createdAt - b.createdAt)

  return {
    rows,
    epochs,
    guarantee: 'cas',
    load: (id) => task(() => fromNullable(rows.get(id))),
    create: (id, live) =>
      task(() => {
        const row = rows.get(id)
        if (row !== undefined) return row._tag === 'Live' && row.revision === live.revision ? created : exists
        rows.set(id, copyOf({ ...live, fence: 0 }))
        return created
      }),
    update: (id, expected, live, fence) =>
      task(() => {
        const row = liveUnder(id)
        if (row === undefined) return gone
        if (holdsRevision(live.revision)(row)) return updated
        if (fence !== undefined || row.revision !== expected) return conflict(row)
        const touchedAt = Math.max(row.touchedAt, live.touchedAt)
        const expiresAt = row.touchedAt > live.touchedAt ? Math.max(row.expiresAt, live.expiresAt) : live.expiresAt
        rows.set(id, copyOf({ ...live, fence: row.fence, touchedAt, expiresAt }))
        return updated
      }),
    touch: (id, epoch, touchedAt, expiresAt) =>
      task(() => {
        const row = liveUnder(id)
        if (row?.epoch !== epoch || touchedAt > row.expiresAt) return gone
        const times = {
          touchedAt: Math.max(row.touchedAt, touchedAt),
          expiresAt: Math.max(row.expiresAt, expiresAt),
        }
        rows.set(id, copyOf({ ...row, ...times }))
        return touched
      }),
    end: (id, expected, until, fence) =>
      task(() => {
        const row = liveUnder(id)
        if (row === undefined) return gone
        if (fence !== undefined || row.revision !== expected) return conflict(row)
        endAll([id], until)
        return done
      }),
    sweep: (now, limit) =>
      task(() => {
        const due = [...rows].filter(([, row]) => dueOf(row) < now).slice(0, limit)
        for (const [id] of due) rows.delete(id)
        return { removed: due.length, more: due.length === limit }
      }),
    list: (subject) =>
      task(() =>
        sessionsOf(subject).map(({ id, createdAt, touchedAt, expiresAt, subject: holder }) => ({
          id,
          createdAt,
          touchedAt,
          expiresAt,
          authenticatedAt: holder!.authenticatedAt,
        })),
      ),
    count: (subject) => task(() => idsOf(subject).length),
    endOne: (subject, id, until) =>
      task(() =>
        endAll(
          idsOf(subject).filter((other) => other === id),
          until,
        ) === 1
          ? done
          : gone,
      ),
    endAll: (subject, until, except) =>
      task(() =>
        endAll(
          idsOf(subject).filter((id) => id !== except),
          until,
        ),
      ),
    raiseEpoch: (subject, now) =>
      task(() => {
        const epoch = Math.max((epochs.get(subject) ?? 0) + 1, now)
        epochs.set(subject, epoch)
        return epoch
      }),
    readEpoch: (subject) => task(() => epochs.get(subject) ?? 0),
  }
}
