/**
 * A subject in a process of its own: what the parent asks for, and what comes back.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { allocate, type Allocated, allocationFlags } from './allocate.ts'
import { measure, type Round, type Sizes } from './inProcess.ts'
import { type Ports, serve, type Server, type Usage } from './overHttp.ts'
import { pin } from './pin.ts'
import { keyOf, type Subject } from './Subject.ts'

/** The argument after which a subject's key and a job follow: this process is a child. */
export const childFlag = '--child'

type Job =
  { readonly _tag: 'measure'; readonly sizes: Sizes } | { readonly _tag: 'allocate' } | { readonly _tag: 'serve' }

/** The child's side. A served subject answers every message with its usage until the parent ends the process. */
export const runChild = async (subject: Subject, job: Job): Promise<void> => {
  const reply = (message: Round | Allocated | Ports | Usage): void => void process.send?.(message)
  switch (job._tag) {
    case 'measure':
      return reply(await measure(subject, job.sizes))
    case 'allocate':
      return reply(await allocate(subject))
    case 'serve': {
      const { ports, usage } = await serve(subject)
      process.on('message', () => reply(usage()))
      return reply(ports)
    }
  }
}

/** Starts a child for the job, and ends it when `use` is through. `ask` awaits its next answer, the first unasked. */
const inChild = async <A>(
  subject: Subject,
  job: Job,
  use: (ask: (question?: string) => Promise<unknown>) => Promise<A>,
): Promise<A> => {
  const child = fork(process.argv[1]!, [childFlag, keyOf(subject), JSON.stringify(job)], {
    // Stack traces of this process may be mapped to the sources; in the measured one that is only cost.
    execArgv: [
      ...process.execArgv.filter((flag) => flag !== '--enable-source-maps'),
      ...(job._tag === 'allocate' ? allocationFlags : []),
    ],
  })
  if (job._tag === 'serve') pin(child.pid!, 'server')
  const exit = once(child, 'exit')
  const gone = exit.then(() => {
    throw new Error(`${keyOf(subject)}: the benchmark process ended early; its own message stands above`)
  })
  // It exits in the end, when nobody asks any more.
  gone.catch(() => undefined)
  try {
    return await use(async (question) => {
      const answer = once(child, 'message')
      if (question !== undefined) child.send(question)
      const [message] = (await Promise.race([answer, gone])) as unknown[]
      return message
    })
  } finally {
    child.kill()
    await exit
  }
}

export const measureInChild = (subject: Subject, sizes: Sizes): Promise<Round> =>
  inChild(subject, { _tag: 'measure', sizes }, async (ask) => (await ask()) as Round)

export const allocateInChild = (subject: Subject): Promise<Allocated> =>
  inChild(subject, { _tag: 'allocate' }, async (ask) => (await ask()) as Allocated)

const withServer = <A>(subject: Subject, use: (server: Server) => Promise<A>): Promise<A> =>
  inChild(subject, { _tag: 'serve' }, async (ask) =>
    use({ ports: (await ask()) as Ports, usage: async () => (await ask('usage')) as Usage }),
  )

/** All servers at once, each in its process: an idle one costs nothing, and a warm one stays warm from round to round. */
export const withServers = <A>(
  subjects: readonly Subject[],
  use: (servers: ReadonlyMap<Subject, Server>) => Promise<A>,
  running: ReadonlyMap<Subject, Server> = new Map(),
): Promise<A> => {
  const [subject, ...others] = subjects
  return subject === undefined
    ? use(running)
    : withServer(subject, (server) => withServers(others, use, new Map([...running, [subject, server]])))
}

export const readJob = (text: string): Job => JSON.parse(text) as Job
