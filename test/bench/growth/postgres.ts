/**
 * Against the number of rows in PostgreSQL: what a request costs this process and the server, how long it takes, how fast
 * expired rows are swept, and how long reads take meanwhile. The rows are made by the server, and each of them is a real
 * session: its credential follows from its number, so that any one can be read through the session manager.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isRight } from 'fp-ts/lib/Either.js'
import { postgresStore } from 'coatcheck/stores/postgres'
import { sessionManager } from 'coatcheck'
import pg from 'pg'
import { type Drive, drive } from '../drive.ts'
import { median } from '../statistics.ts'
import { paths } from '../Subject.ts'
import { bare, ours, terms, userOf } from './apps.ts'
import { type Sample, samplesAt } from './gather.ts'
import { costs, type Operation, quantile, same } from './measure.ts'

const about = { library: 'coatcheck', store: 'postgres' } as const

const b64 = (bytes: string): string => `rtrim(translate(encode(${bytes}, 'base64'), '+/', '-_'), '=')`
const sha256 = (text: string): string => b64(`sha256(convert_to(${text}, 'UTF8'))`)
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

const PER_SUBJECT = 3

/** `$1`: a first and `$2` a last number, `$3`: now, `$4`: when they expire. Format, schema and epoch as in a real row. */
const FILL = `insert into sessions
  (id, revision, trail, epoch, subject, authenticated_at, created_at, touched_at, expires_at, due, meta, data)
select ${b64(`decode(md5('id' || n), 'hex')`)}, left(md5('revision' || n), 16), '{}', real.epoch,
  convert_to('user-' || n / ${PER_SUBJECT}, 'UTF8'), $3::double precision, $3, $3, $4::double precision, $4,
  json_build_object('format', real.meta -> 'format', 'schema', real.meta -> 'schema', 'credential',
    json_build_object('digest', ${sha256(sha256(`'secret' || n`))}, 'mintedAt', $3), 'subject',
    json_build_object('id', 'user-' || n / ${PER_SUBJECT}, 'authenticatedAt', $3), 'flash', '{}'::json),
  json_build_object('user', 'u-' || n, 'theme', 'dark', 'views', 0)
from generate_series($1::integer, $2::integer) n, (select epoch, meta from sessions limit 1) real`

const cookieValue = (number: number): string => {
  const id = createHash('md5').update(`id${number}`).digest('base64url')
  return `${id}.${digest(`secret${number}`)}`
}

/** Numbers all over the table, no neighbours after each other. */
const scattered = (index: number, rows: number): number => 1 + ((index * 7_919 + 104_729) % rows)

/** µs of processor time that a process of the system has used so far; NaN where the system does not tell. */
const usedBy = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000
  } catch {
    return Number.NaN
  }
}

export interface PostgresSizes {
  readonly rows: readonly number[]
  readonly expired: number
  readonly cycles: number
  readonly times: number
}

const connected = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

export const postgresRound = async (
  url: string,
  sizes: PostgresSizes,
  progress: (text: string) => void,
): Promise<readonly Sample[]> => {
  const client = await connected(url)
  const other = await connected(url)
  const samples: Sample[] = []
  try {
    const store = postgresStore({ pool: client })
    if (!isRight(await store.migrate())) throw new Error('the tables could not be made')
    const sessions = sessionManager({ ...terms, store })
    const send: Drive = drive(ours(sessions))
    const bareSend = drive(bare)
    await send(paths.create, undefined, 1)
    const pid = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid
    const cookie = (number: number): string => `${sessions.cookieName}=${cookieValue(number)}`
    const written = new Map<number, number>()
    let rows = 0
    let turn = 0

    const operations: Readonly<Record<'read' | 'write' | 'new' | 'list', Operation>> = {
      read: async () => {
        const number = scattered(turn++, rows)
        same('read', (await send(paths.read, cookie(number), 1)).body, userOf(number))
      },
      write: async () => {
        const number = scattered(turn++, rows)
        written.set(number, (written.get(number) ?? 0) + 1)
        same('write', (await send(paths.write, cookie(number), 1)).body, String(written.get(number)))
      },
      new: async () => same('new', (await send(paths.create, undefined, 1)).setCookie.length, 1),
      list: async () => {
        const found = await sessions
          .subject(`user-${Math.floor(scattered(turn++, rows - PER_SUBJECT) / PER_SUBJECT) + 1}`)
          .list()
        const listed = isRight(found) ? found.right.length : found.left._tag
        // The last subject has as many sessions as there were rows left for it.
        same('sessions of a subject', listed === 1 || listed === 2 ? PER_SUBJECT : listed, PER_SUBJECT)
      },
    }
    const bareRequest: Operation = async () => {
      await bareSend('/', cookie(scattered(turn++, rows)), 1)
    }

    /** ms per operation. */
    const waits = async (operation: Operation, times: number): Promise<readonly number[]> => {
      const found: number[] = []
      for (let index = 0; index < times; index++) {
        const start = performance.now()
        await operation(index)
        found.push(performance.now() - start)
      }
      return found
    }

    for (const at of sizes.rows) {
      progress(`postgres: ${at} rows`)
      const now = Date.now()
      await other.query(FILL, [rows + 1, at, now, now + 3_600_000])
      await other.query('vacuum analyze sessions')
      rows = at
      if (at === sizes.rows[0]) for (const operation of Object.values(operations)) await waits(operation, 1_000)
      const cost = await costs(bareRequest, operations, sizes)
      samples.push(...samplesAt({ ...about, metric: 'call_cpu_us', unit: 'µs', against: 'rows', at }, cost))
      for (const [scenario, operation] of Object.entries(operations)) {
        const one = { ...about, scenario, against: 'rows', at }
        const slices: number[] = []
        const all: number[] = []
        for (let cycle = 0; cycle < sizes.cycles; cycle++) {
          const before = usedBy(pid)
          all.push(...(await waits(operation, sizes.times)))
          slices.push((usedBy(pid) - before) / sizes.times)
        }
        const server = median(slices)
        if (!Number.isNaN(server)) samples.push({ ...one, metric: 'store_cpu_us', unit: 'µs', value: server })
        samples.push({ ...one, metric: 'p50_ms', unit: 'ms', value: median(all) })
        samples.push({ ...one, metric: 'p99_ms', unit: 'ms', value: quantile(all, 0.99) })
      }
    }

    progress(`postgres: sweeping ${sizes.expired} of ${rows + sizes.expired} rows`)
    const quiet = await waits(operations.read, sizes.times * sizes.cycles)
    const past = Date.now() - 86_400_000
    await other.query(FILL, [rows + 1, rows + sizes.expired, past, past + 3_600_000])
    await other.query('vacuum analyze sessions')
    const sweeping = postgresStore({ pool: other })
    const during: number[] = []
    let sweeps = true
    const reading = (async () => {
      while (sweeps) during.push(...(await waits(operations.read, 20)))
    })()
    const start = performance.now()
    let removed = 0
    for (;;) {
      const swept = await sweeping.sweep(Date.now(), 1_000)()
      if (!isRight(swept)) throw new Error('the sweep failed', { cause: swept.left.cause })
      removed += swept.right.removed
      if (!swept.right.more) break
    }
    const seconds = (performance.now() - start) / 1_000
    sweeps = false
    await reading
    same('rows swept', removed, sizes.expired)
    const sweep = { ...about, unit: 'ms' } as const
    samples.push(
      { ...about, scenario: 'sweep, others reading', metric: 'rows_per_s', unit: 'rows/s', value: removed / seconds },
      { ...sweep, scenario: 'read, no sweep', metric: 'p99_ms', value: quantile(quiet, 0.99) },
      { ...sweep, scenario: 'read, during a sweep', metric: 'p99_ms', value: quantile(during, 0.99) },
    )
    return samples
  } finally {
    await client.end()
    await other.end()
  }
}
