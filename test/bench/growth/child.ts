/**
 * A round in a process of its own, whose heap and compiled code nothing else has touched.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Spent, spentOn } from './heap.ts'
import { type Library, type SessionsJob, type SessionsRound, sessionsRound } from './sessions.ts'
import { type SizeJob, type SizeRound, sizeRound } from './size.ts'
import { type SubjectsJob, type SubjectsRound, subjectsRound } from './subjects.ts'

export interface HeapJob {
  readonly _tag: 'heap'
  readonly library: Library
  readonly count: number
}

export type Job = SessionsJob | HeapJob | SizeJob | SubjectsJob

interface Outcomes {
  readonly sessions: SessionsRound
  readonly heap: Spent
  readonly size: SizeRound
  readonly subjects: SubjectsRound
}

/** Runs the job in a new process and gives what it found. */
export const inChild = async <J extends Job>(job: J): Promise<Outcomes[J['_tag']]> => {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(job)], {
    execArgv: ['--expose-gc', '--max-old-space-size=8192', '--import', './.config/strip-types.js'],
  })
  const exit = once(child, 'exit')
  const gone = exit.then(() => {
    throw new Error('a process of the growth benchmark ended early; its own message stands above')
  })
  gone.catch(() => undefined)
  try {
    const [outcome] = (await Promise.race([once(child, 'message'), gone])) as [Outcomes[J['_tag']]]
    return outcome
  } finally {
    child.kill()
    await exit
  }
}

const perform = (job: Job): Promise<Outcomes[Job['_tag']]> => {
  switch (job._tag) {
    case 'sessions':
      return sessionsRound(job)
    case 'heap':
      return spentOn(job.library, job.count)
    case 'size':
      return sizeRound(job)
    case 'subjects':
      return subjectsRound(job)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.send!(await perform(JSON.parse(process.argv[2]!) as Job))
