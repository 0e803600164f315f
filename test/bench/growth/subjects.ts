/**
 * One round against the number of subjects, and of sessions of one subject: listing a subject's sessions and ending them
 * all, in a memory store.
 */
import { withSession } from 'coatcheck/fetch'
import * as Session from 'coatcheck/Session'
import { sessionManager } from 'coatcheck'
import { memoryStore } from 'coatcheck/stores/memory'
import { median } from '../statistics.ts'
import { type Data, terms } from './apps.ts'
import { same } from './measure.ts'

export interface SubjectsJob {
  readonly _tag: 'subjects'
  /** Numbers of subjects, three sessions each. */
  readonly subjects: readonly number[]
  /** Numbers of sessions of one subject. */
  readonly sessions: readonly number[]
}

/** µs per call. */
interface Directing {
  readonly at: number
  readonly list: number
  readonly endAll: number
}

export interface SubjectsRound {
  readonly subjects: readonly Directing[]
  readonly sessions: readonly Directing[]
}

const begun = async () => {
  const sessions = sessionManager({ ...terms, store: memoryStore({ maxSessions: 100_000_000 }) })
  let who = ''
  const handle = withSession(sessions, (_request: Request, session): Response => {
    session.update(Session.signIn<Data>(who))
    return new Response('nothing')
  })
  const request = (): Request => new Request('http://localhost/')
  return {
    subject: sessions.subject,
    signIn: async (subject: string): Promise<void> => {
      who = subject
      same('signing in', (await handle(request())).headers.getSetCookie().length, 1)
    },
  }
}

/** µs of wall time: some calls are over within one. */
const timed = async <A>(work: () => Promise<A>): Promise<readonly [A, number]> => {
  const start = performance.now()
  const value = await work()
  return [value, (performance.now() - start) * 1_000]
}

/** So many subjects are listed and ended one after another; the figure is the median of them. */
const ENDED = 200

const measured = async (at: number, names: readonly string[], each: number): Promise<Directing> => {
  const { subject, signIn } = await begun()
  for (let session = 0; session < each; session++) for (const name of names) await signIn(name)
  const lists: number[] = []
  const ends: number[] = []
  const chosen = names.filter((_, index) => index % Math.ceil(names.length / ENDED) === 0)
  for (const name of chosen) {
    const own = subject(name)
    const [listed, list] = await timed(own.list)
    same(`sessions of ${name}`, listed._tag === 'Right' ? listed.right.length : listed._tag, each)
    lists.push(list)
  }
  for (const name of chosen) {
    const own = subject(name)
    const [ended, end] = await timed(() => own.endAll())
    same(`ended sessions of ${name}`, ended._tag === 'Right' ? ended.right : ended._tag, each)
    ends.push(end)
    const left = await own.count()
    same(`sessions of ${name} after that`, left._tag === 'Right' ? left.right : left._tag, 0)
  }
  return { at, list: median(lists), endAll: median(ends) }
}

const PER_SUBJECT = 3

const namesOf = (many: number): readonly string[] => Array.from({ length: many }, (_, index) => `user-${index}`)

export const subjectsRound = async (job: SubjectsJob): Promise<SubjectsRound> => {
  await measured(0, namesOf(2_000), PER_SUBJECT)
  const subjects: Directing[] = []
  for (const at of job.subjects) subjects.push(await measured(at, namesOf(at), PER_SUBJECT))
  const sessions: Directing[] = []
  // As many calls for many sessions as for few, as far as time allows.
  for (const at of job.sessions)
    sessions.push(await measured(at, namesOf(Math.max(3, Math.min(50, Math.floor(20_000 / at)))), at))
  return { subjects, sessions }
}
