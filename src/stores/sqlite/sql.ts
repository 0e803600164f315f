/**
 * ```ts
 * statements: (tables) => Statements
 * ```
 * The SQL of the verbs. SQLite runs one writing statement at a time, each atomic and in its own transaction unless it
 * stands in a batch.
 *
 * Why they are right:
 * 1. **Whether a write happens is decided in the WHERE of one statement on one row.** Everything that makes it permissible
 *    stands there, and the row that it answers (RETURNING) says that it happened.
 * 2. **Why it did not happen is asked after that**, by a SELECT that answers only what is true when it looks: no live
 *    record, the revision is held, another's lease, another revision. In D1's batch, which is one transaction, both see
 *    one state; elsewhere the refused write has changed nothing, so that the verb's only step is the look.
 * 3. If that look says that the write should have happened, another process has written in between: `A`, and the caller
 *    begins again.
 *
 * `update` is written twice: without the columns that have an index where those stay as they are, and with them.
 *
 * @since 0.1.0
 */
import { SWEEP_SLACK } from '../../effects/Store.ts'
import { query, type Query } from './driver.ts'
import type { Tables } from './schema.ts'

/** How long an epoch is kept: an hour, and another one for clocks that differ. ms. */
const EPOCH_KEPT = 7_200_000

/** Queries of a verb: run until one answers. */
type Queries = ReadonlyArray<Query>

/** See the module's head. */
export type Statements = Readonly<
  Record<
    | 'load'
    | 'create'
    | 'update'
    | 'touch'
    | 'end'
    | 'sweep'
    | 'acquire'
    | 'renew'
    | 'release'
    | 'list'
    | 'count'
    | 'endOne'
    | 'endAll'
    | 'raiseEpoch'
    | 'readEpoch'
    | 'version',
    Queries
  >
>

/** What a lease, or the lack of one, allows; `:fence` is null for a writer without one. */
const ALLOWED = `case when :fence is null then coalesce(lease_until <= :now, 1)
    else fence = :fence and coalesce(lease_until > :now, 0) end`

const HELD = '(revision = :revision or exists (select 1 from json_each(trail) where value = :revision))'

/** The columns that `storedOf` reads. */
const RECORD = 'revision, trail, epoch, fence, created_at, touched_at, expires_at'

/** When a row may go. */
const REMOVAL = `(expires_at + case when revision is null then 0 else ${SWEEP_SLACK} end)`

/** Activity that the writer had not seen keeps the record's time. */
const PROLONGED = 'case when touched_at > :touchedAt then max(expires_at, :expiresAt) else :expiresAt end'

/** Makes a live row a tombstone. It keeps `fence`. */
const ENTOMB = `revision = null, trail = null, epoch = null, lease_until = null, subject = null, authenticated_at = null,
    created_at = null, touched_at = null, meta = null, data = null, expires_at = :until, due = :until`

/** See the module's head. */
export const statements = ({ sessions, epochs, versions }: Tables): Statements => {
  /** Why a write was refused. What is large is answered only where it is asked for. */
  const refusal = (held: string): string => `select
    a, lease_until, ${RECORD}, case a when 'C' then meta end as meta, case a when 'C' then data end as data
  from (select *, case
      when revision is null then 'G'
      ${held}
      when :fence is null and lease_until > :now then 'L'
      when revision <> :expected or not (${ALLOWED}) then 'C'
      else 'A'
    end as a from ${sessions} where id = :id)`

  const update = (set: string, where: string): string => `update ${sessions} set
    revision = :revision, trail = :trail, epoch = :epoch, authenticated_at = :authenticatedAt, created_at = :createdAt,
    touched_at = max(touched_at, :touchedAt), expires_at = ${PROLONGED}, meta = :meta, data = :data${set}
  where id = :id and revision = :expected and not ${HELD} and ${ALLOWED}${where}
  returning 'U' as a`

  const overdue = `(select rowid from ${sessions} where due < :now order by due limit :limit)`

  const texts: Readonly<Record<keyof Statements, ReadonlyArray<string>>> = {
    load: [`select ${RECORD}, meta, data from ${sessions} where id = :id`],

    create: [
      `insert into ${sessions}
    (id, revision, trail, epoch, subject, authenticated_at, created_at, touched_at, expires_at, due, meta, data)
  values (:id, :revision, :trail, :epoch, :subject, :authenticatedAt, :createdAt, :touchedAt, :expiresAt,
    :expiresAt + ${SWEEP_SLACK}, :meta, :data)
  on conflict (id) do update set fence = fence where revision = excluded.revision
  returning 'C' as a`,
    ],

    update: [
      update('', ` and subject is :subject and due <= :expiresAt + ${SWEEP_SLACK}`),
      update(`, subject = :subject, due = min(due, ${PROLONGED} + ${SWEEP_SLACK})`, ''),
      refusal(`when ${HELD} then 'U'`),
    ],

    touch: [
      `update ${sessions} set touched_at = max(touched_at, :touchedAt), expires_at = max(expires_at, :expiresAt)
  where id = :id and revision is not null and epoch = :epoch and expires_at >= :touchedAt
  returning 'T' as a`,
    ],

    end: [
      `update ${sessions} set ${ENTOMB} where id = :id and revision = :expected and ${ALLOWED} returning 'D' as a`,
      refusal(''),
    ],

    sweep: [
      `update ${sessions} set due = ${REMOVAL} where rowid in ${overdue} and ${REMOVAL} >= :now returning 1 as a`,
      `delete from ${sessions} where rowid in ${overdue} and ${REMOVAL} < :now returning 1 as a`,
      `delete from ${epochs} where subject in
    (select subject from ${epochs} where epoch < :now - ${EPOCH_KEPT} order by epoch limit :limit) returning 1 as a`,
    ],

    acquire: [
      `update ${sessions} set fence = fence + 1, lease_until = :until
  where id = :id and revision is not null and coalesce(lease_until <= :now, 1)
  returning 'T' as a, fence, lease_until`,
      `select case when revision is null then 'G' when lease_until > :now then 'B' else 'A' end as a, lease_until
  from ${sessions} where id = :id`,
    ],
    renew: [
      `update ${sessions} set lease_until = :until
  where id = :id and fence = :fence and revision is not null and lease_until > :now
  returning 'T' as a`,
    ],
    release: [
      `update ${sessions} set lease_until = null
  where id = :id and fence = :fence and revision is not null and lease_until > :now
  returning 'R' as a`,
    ],

    list: [
      `select id, created_at, touched_at, expires_at, authenticated_at from ${sessions}
  where subject = :subject order by created_at, id`,
    ],
    count: [`select count(*) as a from ${sessions} where subject = :subject`],
    endOne: [`update ${sessions} set ${ENTOMB} where id = :id and subject = :subject returning 'D' as a`],
    endAll: [
      `update ${sessions} set ${ENTOMB} where subject = :subject and (:except is null or id <> :except) returning id`,
    ],
    raiseEpoch: [
      `insert into ${epochs} (subject, epoch) values (:subject, max(1, :now))
  on conflict (subject) do update set epoch = max(epoch + 1, :now)
  returning epoch as a`,
    ],
    readEpoch: [`select epoch as a from ${epochs} where subject = :subject`],

    version: [`select max(version) as a from ${versions}`],
  }

  return Object.fromEntries(
    Object.entries(texts).map(([verb, each]) => [verb, each.map(query)]),
  ) as unknown as Statements
}
