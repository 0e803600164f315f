/**
 * ```ts
 * withSubjects: (subjects, where, use) => Promise<A>
 * ```
 * Each subject in a process of its own, all at once: an idle one costs nothing, and a warm one stays warm.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Question } from './child.ts'
import { type StoreSubject, storeSubjects } from './subjects.ts'

export interface Served {
  readonly subject: StoreSubject
  readonly port: number
  /** µs of processor time that its process has used. */
  readonly usage: () => Promise<number>
  /** Begins a profile; the result ends it, and writes it to the file. */
  readonly profile: (file: string) => Promise<() => Promise<void>>
}

const withSubject = async <A>(
  subject: StoreSubject,
  where: string,
  use: (served: Served) => Promise<A>,
): Promise<A> => {
  const child = fork(
    fileURLToPath(new URL('child.ts', import.meta.url)),
    [String(storeSubjects.indexOf(subject)), where],
    {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      execArgv: ['--import', './.config/strip-types.js'],
      // As servers run: Express and others do more work in development.
      env: { ...process.env, NODE_ENV: 'production' },
    },
  )
  const exit = once(child, 'exit')
  const gone = exit.then(() => {
    throw new Error(`${subject.name}: the server process ended early; its own message stands above`)
  })
  // It exits in the end, when nobody asks any more.
  gone.catch(() => undefined)
  const ask = async (question?: Question): Promise<number> => {
    const answer = once(child, 'message')
    if (question !== undefined) child.send(question)
    return ((await Promise.race([answer, gone])) as ReadonlyArray<number>)[0]!
  }
  try {
    return await use({
      subject,
      port: await ask(),
      usage: () => ask({ _tag: 'usage' }),
      profile: async (file) => {
        await ask({ _tag: 'profile' })
        return async () => void (await ask({ _tag: 'profiled', file }))
      },
    })
  } finally {
    child.kill()
    await exit
  }
}

export const withSubjects = <A>(
  subjects: ReadonlyArray<StoreSubject>,
  where: string,
  use: (served: ReadonlyArray<Served>) => Promise<A>,
  running: ReadonlyArray<Served> = [],
): Promise<A> => {
  const [subject, ...others] = subjects
  return subject === undefined
    ? use(running)
    : withSubject(subject, where, (served) => withSubjects(others, where, use, [...running, served]))
}

const parentOf = (pid: string): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2])
}

/** Nanoseconds that a process has run. One that ended between listing and reading counts as none. */
const ran = (pid: string): number => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0])

const or = <A>(work: () => A, otherwise: A): A => {
  try {
    return work()
  } catch {
    return otherwise
  }
}

/** Nanoseconds that a database server's processes have run, by process; undefined where the system does not tell (Linux does). */
export type Ran = ReadonlyMap<string, number>

/** Of a process and its children. */
export const ranSoFar = (pid: number | undefined): Ran | undefined => {
  if (pid === undefined) return undefined
  return or(() => {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    const own = pids.filter((name) => Number(name) === pid || or(() => parentOf(name) === pid, false))
    return new Map(own.map((name) => [name, or(() => ran(name), 0)]))
  }, undefined)
}

/** µs between two of them; what ended meanwhile (a worker that cleans up) is left out. */
export const ranBetween = (before: Ran | undefined, after: Ran | undefined): number | undefined =>
  before === undefined || after === undefined
    ? undefined
    : [...after].reduce((sum, [pid, ns]) => sum + ns - (before.get(pid) ?? 0), 0) / 1_000
