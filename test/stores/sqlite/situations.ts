/** Puts a store into situations that the contract does not know, and prints what it did. Arguments: two files. */
import type { Either } from '#fp-ts/Either'
import type { StoreError } from '../../../src/effects/Store.ts'
import type { Query } from '../../../src/stores/sqlite/driver.ts'
import { tablesOf } from '../../../src/stores/sqlite/schema.ts'
import { statements } from '../../../src/stores/sqlite/sql.ts'
import { sqliteSchema, sqliteStore } from '../../../src/stores/sqlite.ts'
import { HOUR, newId, record, recordOf, successor } from '../../../src/testing/contract/bench.ts'
import { open } from './open.ts'

const [path, other] = process.argv.slice(2)
const database = await open(path!)
const store = sqliteStore({ database, busyTimeout: 50 })
const report: Record<string, unknown> = {}

const told = (answer: Either<StoreError, unknown>): unknown => {
  if (answer._tag === 'Right') return answer.right ?? null
  const { operation, cause, unchanged = false } = answer.left
  const { message, code } = cause as Error & { readonly code?: string }
  return { operation, message, code, unchanged }
}

const rows = (text: string, ...values: Array<string | number>): Array<unknown> =>
  database
    .prepare(text)
    .all(...values)
    .map((row) => ({ ...(row as object) }))

const now = Date.now()
const id = newId()
const live = recordOf(now, 'ann', { data: { card: '4111' } })

// Before the tables are there.
report['load without tables'] = told(await store.load(id)())
report['health without tables'] = told(await store.health())
report['migrate'] = [told(await store.migrate()), told(await store.migrate()), told(await store.health())]
database.exec(sqliteSchema())
report['the schema by hand, again'] = rows('select version from sessions_versions')

// What is in the file.
await store.create(id, live)()
report['row'] = rows('select subject, data, datetime(created_at / 1000, ?) as at from sessions', 'unixepoch')
await store.end(id, live.revision, 9e12)()
report['tombstone'] = Object.fromEntries(
  Object.entries(rows('select * from sessions')[0] as object).filter(([key, value]) => value !== null && key !== 'id'),
)

// Numbers and subjects.
const times = [0, -1, 0.1, 1e3 / 7, now + 0.123, 2 ** 53, 8.64e15, 1e300]
report['times'] = await Promise.all(
  times.map(async (time) => {
    const timed = newId()
    await store.create(timed, record(0, { createdAt: time, touchedAt: time, expiresAt: time }))()
    const found = await store.load(timed)()
    return found._tag === 'Right' && found.right._tag === 'Some' && found.right.value._tag === 'Live'
      ? [found.right.value.createdAt, found.right.value.touchedAt, found.right.value.expiresAt].every((t) => t === time)
      : found
  }),
)
const subjects = ['\ud800', '\udfff', '\ufffd', '"\\ud800"', '"', '"a"', 'a\u0000', 'a']
for (const subject of subjects) await store.create(newId(), recordOf(0, subject))()
report['counts'] = await Promise.all(subjects.map(async (subject) => told(await store.count(subject)())))

// A row that somebody else has written.
for (const [column, value] of [
  ['meta', 'no JSON'],
  ['meta', 'null'],
  ['meta', '{"format":1,"schema":0,"credential":{},"flash":{}}'],
  ['data', null],
  ['created_at', null],
  ['trail', '{}'],
] as const) {
  const damaged = newId()
  await store.create(damaged, live)()
  database.prepare(`update sessions set ${column} = ? where id = ? returning 1`).all(value, damaged)
  report[`damaged ${column} ${value}`] = [
    (told(await store.load(damaged)()) as Error).message.replace(damaged, 'ID'),
    told(await store.update(damaged, 'another', successor(live))()),
  ]
}

// Another connection is writing.
const writer = await open(path!)
const busy = newId()
writer.exec('begin immediate')
report['busy'] = told(await store.create(busy, live)())
report['busy, reading'] = told(await store.count('nobody')())
const patient = sqliteStore({ database, busyTimeout: 60_000 })
const pending = patient.create(busy, live)()
report['busy, waiting'] = await Promise.race([
  pending.then(() => 'answered'),
  store
    .count('nobody')()
    .then(() => 'waits'),
])
writer.exec('commit')
report['busy, no longer'] = told(await pending)
report['busy, leases'] = await (async () => {
  writer.exec('begin immediate')
  const refused = told(await store.acquire(busy, { wait: 0, lease: 1_000 })())
  writer.exec('rollback')
  return [refused, (told(await store.acquire(busy, { wait: 0, lease: 1_000 })()) as { readonly _tag: string })._tag]
})()

// A newer layout.
database.exec('insert into sessions_versions values (2)')
report['newer'] = [told(await store.health()), told(await store.migrate())]
database.exec('delete from sessions_versions where version = 2')

// Which indexes are used.
const plan = (query: Query): ReadonlyArray<string> =>
  (rows(`explain query plan ${query.text}`, ...query.names.map(() => 0)) as Array<{ readonly detail: string }>).map(
    ({ detail }) => detail,
  )
report['plans'] = Object.fromEntries(
  Object.entries(statements(tablesOf({}))).map(([verb, queries]) => [verb, queries.flatMap(plan)]),
)

// Read only; inside of the application's transaction; closed.
database.exec('pragma query_only = 1')
report['read-only'] = [told(await store.touch(busy, 0, now, now + HOUR)()), told(await store.migrate())]
database.exec('pragma query_only = 0')
const fresh = await open(other!)
fresh.exec('begin')
const inside = sqliteStore({ database: fresh, busyTimeout: 50 })
report['in a transaction'] = told(await inside.migrate())
fresh.exec('create table mine (a); commit')
report['after it'] = [told(await inside.migrate()), told(await inside.sweep(now, 10)())]
database.close()
report['closed'] = told(await store.load(id)())

// A full file.
fresh.exec('pragma max_page_count = 30')
let full: unknown
for (let n = 0; n < 50; n += 1) full = told(await inside.create(newId(), record(now, { data: 'x'.repeat(10_000) }))())
report['full'] = full

console.log(JSON.stringify(report))
process.exit()
