/**
 * ```ts
 * statements: (tables, notify) => Statements
 * ```
 * The SQL of the verbs: one statement each, atomic at READ COMMITTED.
 *
 * Why they are right. A statement sees the rows as they were when it began (its snapshot), but an UPDATE that had to wait
 * for another writer looks at its WHERE again, on the row as that writer left it. So:
 * 1. **Whether a write happens is decided in the WHERE of one UPDATE of one row, by its primary key.** Everything that
 *    makes it permissible stands there, and nowhere else.
 * 2. **Why it did not happen is read from the snapshot**, by a SELECT that is run only then. Each such answer was true at
 *    that moment: no live record, the revision is held, another's lease, another revision (a revision never returns).
 * 3. If the snapshot says that the write should have happened, another writer came between: `A`, and the caller runs the
 *    statement again, with a new snapshot. No answer is taken from a row that has changed since.
 *
 * A refusal therefore takes no row lock and writes nothing. Verbs that touch several rows lock them in the order of
 * their ids (`endAll`), or pass over those that are locked (`sweep`): none waits in a circle. `updates` writes several
 * sessions, each under the conditions of rule 1, and is given them in that order, too; should a plan take another one and
 * meet a circle, PostgreSQL refuses one of the statements as a whole, and its updates are sent alone.
 *
 * Answers are one text: a letter, and what belongs to it.
 *
 * @since 0.1.0
 */
import { SWEEP_SLACK } from '../../effects/Store.ts'
import type { Statement } from './client.ts'
import { statement } from './client.ts'
import { LISTED, LIVE } from './row.ts'
import type { Tables } from './schema.ts'

/** The channel on which released sessions are told, for all stores of a database: ids are random. */
export const CHANNEL = 'coatcheck_leases'

/** How long an epoch is kept: an hour, and another one for clocks that differ. ms. */
const EPOCH_KEPT = 7_200_000

/** See the module's head. */
export type Statements = Readonly<
  Record<
    | 'load'
    | 'loads'
    | 'create'
    | 'update'
    | 'updates'
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
    | 'readEpoch',
    Statement
  >
>

/** What `storedOf` reads. */
const STORED = `case when revision is null then expires_at::text else ${LIVE} end`

const UNTIL = '(extract(epoch from lease_until) * 1000)::bigint'
const LEASED = 'lease_until > clock_timestamp()'
/** The sweeper's clock, unless it runs ahead of the database's: one wrong clock must not remove what lives for all others. */
const SWEPT_BY = 'least($1::double precision, (extract(epoch from now()) * 1000)::double precision)'
/** Full milliseconds, so that the answer is the very time that is stored. */
const leaseFor = (ms: string): string =>
  `date_trunc('milliseconds', clock_timestamp()) + ${ms}::double precision * interval '1 millisecond'`

/** What a lease, or the lack of one, allows; `fence` is null for a writer without one. */
const allowed = (fence: string): string =>
  `case when ${fence}::bigint is null then coalesce(lease_until <= clock_timestamp(), true) else fence = ${fence} and coalesce(${LEASED}, false) end`

/** Whether a write with this revision was done before. */
const holds = (revision: string): string => `(revision = ${revision} or ${revision} = any(trail))`

/** What an update sets; `of` names the parameters: the id, what `columns` makes of the record, the expected revision. */
const written = (of: (parameter: number) => string): string => {
  const prolonged = `case when touched_at > ${of(8)} then greatest(expires_at, ${of(9)}) else ${of(9)} end`
  return `revision = ${of(2)}, trail = ${of(3)}::text[], epoch = ${of(4)}, subject = ${of(5)}, authenticated_at = ${of(6)},
    created_at = ${of(7)}, touched_at = greatest(touched_at, ${of(8)}), expires_at = ${prolonged},
    due = least(due, ${prolonged} + ${SWEEP_SLACK}), meta = ${of(10)}, data = ${of(11)}`
}

const WRITTEN_TYPES = 'text text text bigint bytea float8 float8 float8 float8 json json text'.split(' ')

/** Why a write was refused, from the snapshot. `held`: what makes it one that was done before. */
const refusal = (expected: string, fence: string, held?: string): string => `case
    when revision is null then 'G'
    ${held === undefined ? '' : `when ${held} then 'U'`}
    when ${fence}::bigint is null and ${LEASED} then 'L' || ${UNTIL}
    when not ${allowed(fence)} or revision <> ${expected} then 'C' || ${LIVE}
    else 'A'
  end`

/** Makes a live row a tombstone. It keeps `fence` and `lease_until`: to know who waits. */
const entomb = (
  until: string,
): string => `revision = null, trail = null, epoch = null, subject = null, authenticated_at = null,
    created_at = null, touched_at = null, meta = null, data = null, expires_at = ${until}, due = ${until}`

/** When a row may go. */
const removal = `(expires_at + case when revision is null then 0 else ${SWEEP_SLACK} end)`

/** `notify`: tell other processes when a lease ends before its time. */
export const statements = ({ sessions, epochs }: Tables, notify: boolean): Statements => {
  // A void function's value is the empty text.
  const told = notify ? ` || case when ${LEASED} then pg_notify('${CHANNEL}', id)::text else '' end` : ''

  const held = holds('$2')

  const texts: Readonly<Record<keyof Statements, string>> = {
    load: `select ${STORED} as a from ${sessions} where id = $1`,
    loads: `select id, ${STORED} as a from ${sessions} where id = any($1::text[])`,

    // The row that is in the way is looked at as it is now, not as it was: DO UPDATE locks it, and changes nothing.
    create: `insert into ${sessions} as t
    (id, revision, trail, epoch, subject, authenticated_at, created_at, touched_at, expires_at, meta, data, due)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9::double precision, $10, $11, $9::double precision + ${SWEEP_SLACK})
  on conflict (id) do update set fence = t.fence where t.revision = excluded.revision
  returning 'C' as a`,

    update: `with written as (
  update ${sessions} set ${written((n) => `$${n}`)}
  where id = $1 and revision = $12 and not ${held} and ${allowed('$13')}
  returning 1
), present as (
  select ${refusal('$12', '$13', held)} as a from ${sessions} where id = $1 and not exists (select from written)
)
select coalesce((select 'U' from written), (select a from present), 'G') as a`,

    updates: `update ${sessions} set ${written((n) => `w.p${n}`)}
  from (select * from unnest(${WRITTEN_TYPES.map((type, i) => `$${i + 1}::${type}[]`).join(', ')})
    as w(${WRITTEN_TYPES.map((_, i) => `p${i + 1}`).join(', ')}) order by p1) w
  where id = w.p1 and revision = w.p12 and not ${holds('w.p2')} and coalesce(lease_until <= clock_timestamp(), true)
  returning id as a`,

    touch: `update ${sessions} set touched_at = greatest(touched_at, $3), expires_at = greatest(expires_at, $4)
  where id = $1 and revision is not null and epoch = $2 and expires_at >= $3
  returning 'T' as a`,

    end: `with written as (
  update ${sessions} set ${entomb('$3')}
  where id = $1 and revision = $2 and ${allowed('$4')}
  returning 'D'${told} as a
), present as (
  select ${refusal('$2', '$4')} as a from ${sessions} where id = $1 and not exists (select from written)
)
select coalesce((select a from written), (select a from present), 'G') as a`,

    sweep: `with overdue as materialized (
  select ctid from ${sessions} where due < ${SWEPT_BY} order by due limit $2::integer for update skip locked
), removed as (
  delete from ${sessions} where ctid = any(array(select ctid from overdue)) and ${removal} < ${SWEPT_BY} returning 1
), alive as (
  update ${sessions} set due = ${removal} where ctid = any(array(select ctid from overdue)) and ${removal} >= ${SWEPT_BY}
), forgotten as (
  delete from ${epochs} where ctid = any(array(
    select ctid from ${epochs} where epoch < ${SWEPT_BY} - ${EPOCH_KEPT} limit $2::integer for update skip locked
  ))
)
select (select count(*) from removed) || ' ' || (select count(*) from overdue) as a`,

    acquire: `with taken as (
  update ${sessions} set fence = fence + 1, lease_until = ${leaseFor('$2')}
  where id = $1 and revision is not null and coalesce(lease_until <= clock_timestamp(), true)
  returning 'T' || fence || ' ' || ${UNTIL} as a
), present as (
  select case
    when revision is null then 'G'
    when ${LEASED} then 'B' || ${UNTIL} || ' ' || (extract(epoch from lease_until - clock_timestamp()) * 1000)::bigint
    else 'A'
  end as a
  from ${sessions} where id = $1 and not exists (select from taken)
)
select coalesce((select a from taken), (select a from present), 'G') as a`,

    renew: `update ${sessions} set lease_until = ${leaseFor('$3')}
  where id = $1 and fence = $2 and revision is not null and ${LEASED}
  returning ${UNTIL}::text as a`,

    release: `update ${sessions} set lease_until = null
  where id = $1 and fence = $2 and revision is not null and ${LEASED}
  returning 'R'${notify ? ` || pg_notify('${CHANNEL}', id)::text` : ''} as a`,

    list: `select coalesce(json_agg(${LISTED} order by created_at, id), '[]')::text as a
  from ${sessions} where subject = $1`,

    count: `select count(*)::text as a from ${sessions} where subject = $1`,

    endOne: `update ${sessions} set ${entomb('$3')} where id = $2 and subject = $1 returning 'D'${told} as a`,

    endAll: `with mine as materialized (
  select id from ${sessions} where subject = $1 and ($3::text is null or id <> $3) order by id for no key update
), ended as (
  update ${sessions} set ${entomb('$2')} where id = any(array(select id from mine)) and subject = $1
  returning ''${told} as a
)
select count(a)::text as a from ended`,

    raiseEpoch: `insert into ${epochs} as e values ($1, greatest(1, $2::double precision))
  on conflict (subject) do update set epoch = greatest(e.epoch + 1, $2::double precision)
  returning epoch::text as a`,

    readEpoch: `select epoch::text as a from ${epochs} where subject = $1`,
  }

  return Object.fromEntries(
    Object.entries(texts).map(([verb, text]) => [verb, statement(verb, text)]),
  ) as unknown as Statements
}
