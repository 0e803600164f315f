/**
 * npm run bench:stores -- [--only postgres,redis,file] [--quick]
 *
 * The durable stores beside their peers, on the same real servers: microseconds of the server process's processor per
 * request over HTTP, 16 in flight, above the same framework without sessions. Every answer is checked. Processor time, not
 * throughput: it does not depend on how far away the database is, and little on what else the machine does.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startPostgres } from '../../servers/postgres.ts'
import { startRedis } from '../../servers/redis.ts'
import { cookieOf } from '../drive.ts'
import { median } from '../statistics.ts'
import { paths, visit } from '../Subject.ts'
import { type Group, type StoreSubject, storeSubjects } from './subjects.ts'

const IN_FLIGHT = 16
const scenarios = ['read', 'write', 'new'] as const
type Scenario = (typeof scenarios)[number]

const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } })
const groups = (values.only?.split(',') ?? ['postgres', 'redis', 'file']) as ReadonlyArray<Group>
const [rounds, requests] = values.quick ? [3, 800] : [7, 3_000]

interface Answer {
  readonly body: string
  readonly cookie: string | undefined
}

/** One server process, and how to talk to it. */
interface Served {
  readonly subject: StoreSubject
  readonly send: (path: string, cookie?: string) => Promise<Answer>
  readonly cookies: Array<string>
  readonly counters: Array<number>
  readonly stop: () => void
}

const serve = async (subject: StoreSubject, where: string): Promise<Served> => {
  const child = spawn(
    process.execPath,
    [
      ...['--import', './.config/strip-types.js', fileURLToPath(new URL('child.ts', import.meta.url))],
      ...[String(storeSubjects.indexOf(subject)), where],
    ],
    { cwd: fileURLToPath(new URL('../../..', import.meta.url)), stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const line = await createInterface(child.stdout)[Symbol.asyncIterator]().next()
  if (line.done === true) throw new Error(`${subject.name} did not start`)
  const port = Number(line.value)
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
  return {
    subject,
    send: (path, cookie) =>
      new Promise((resolve, reject) => {
        const headers = cookie === undefined ? {} : { cookie }
        get({ host: '127.0.0.1', port, path, agent, headers }, (res) => {
          let body = ''
          res.setEncoding('utf8').on('data', (part: string) => (body += part))
          res.on('end', () => {
            if (res.statusCode === 200) resolve({ body, cookie: cookieOf(res.headers['set-cookie'] ?? []) })
            else reject(new Error(`${subject.name}: ${path} answered ${res.statusCode}: ${body}`))
          })
        }).on('error', reject)
      }),
    cookies: [],
    counters: [],
    stop: () => {
      agent.destroy()
      child.stdin.end()
    },
  }
}

const same = (name: string, seen: string, wanted: string): void => {
  if (seen !== wanted) throw new Error(`${name} answered '${seen}' where '${wanted}' is right`)
}

const one = async ({ subject, send, cookies, counters }: Served, what: Scenario, worker: number): Promise<void> => {
  if (subject.role === 'bare') return void (await send('/'))
  if (subject.role === 'raw') return same(subject.name, (await send(paths.read)).body, visit.user)
  if (what === 'read') return same(subject.name, (await send(paths.read, cookies[worker])).body, visit.user)
  if (what === 'write') {
    counters[worker]! += 1
    return same(subject.name, (await send(paths.write, cookies[worker])).body, String(counters[worker]))
  }
  if ((await send(paths.create)).cookie === undefined)
    throw new Error(`${subject.name}: a new session without a cookie`)
}

/** µs of the server process per request. */
const cost = async (served: Served, what: Scenario, times: number): Promise<number> => {
  const cpu = async (): Promise<number> => Number((await served.send('/cpu')).body)
  const before = await cpu()
  let left = times
  const worker = async (index: number): Promise<void> => {
    while (left-- > 0) await one(served, what, index)
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => worker(index)))
  return ((await cpu()) - before) / times
}

const begin = async (served: Served): Promise<void> => {
  if (served.subject.role !== 'ours' && served.subject.role !== 'peer') return
  for (let worker = 0; worker < IN_FLIGHT; worker += 1) {
    const { cookie } = await served.send(paths.create)
    served.cookies.push(cookie!)
    served.counters.push(0)
  }
}

const figure = (numbers: ReadonlyArray<number>): string =>
  `${median([...numbers]).toFixed(0)} (${Math.min(...numbers).toFixed(0)}–${Math.max(...numbers).toFixed(0)})`

const measure = async (group: Group, where: string): Promise<void> => {
  const subjects = storeSubjects.filter((subject) => subject.group === group)
  const served: Array<Served> = []
  try {
    for (const subject of subjects) served.push(await serve(subject, where))
    for (const each of served) await begin(each)
    console.log(`\n${group}: µs of the server process per request above the bare framework; median (min–max)`)
    for (const what of scenarios) {
      for (const each of served) await cost(each, what, requests)
      const rows = served.map(() => new Array<number>())
      for (let round = 0; round < rounds; round += 1)
        for (const [index, each] of served.entries()) rows[index]!.push(await cost(each, what, requests))
      const beside = (index: number, wanted: StoreSubject['role']): number =>
        subjects.findIndex(({ role, framework }) => role === wanted && framework === subjects[index]!.framework)
      const added = rows.map((row, index) => row.map((value, round) => value - rows[beside(index, 'bare')]![round]!))
      for (const [index, { name, role }] of subjects.entries()) {
        const mine = median([...added[beside(index, 'ours')]!])
        if (role === 'raw' && what !== 'read') continue
        const shown = role === 'bare' ? figure(rows[index]!) : figure(added[index]!)
        const ratio =
          role === 'peer' || role === 'raw' ? `ours is ${(mine / median([...added[index]!])).toFixed(2)} ×` : ''
        console.log(`  ${what.padEnd(6)} ${name.padEnd(34)} ${shown.padStart(18)}  ${ratio}`)
      }
    }
  } finally {
    for (const each of served) each.stop()
  }
}

for (const group of groups) {
  if (group === 'postgres') {
    const server = await startPostgres()
    await measure(group, server.url).finally(server.stop)
  } else if (group === 'redis') {
    const server = await startRedis()
    await measure(group, server.url).finally(server.stop)
  } else if (group === 'file') {
    const directory = mkdtempSync(join(tmpdir(), 'coatcheck-bench-'))
    await measure(group, directory).finally(() => {
      rmSync(directory, { recursive: true, force: true })
    })
  } else throw new Error(`--only: there is postgres, redis, file, not ${String(group)}`)
}
