/**
 * What the application does with its session, by the name of the route; the same under every framework.
 *
 * Each visitor's data is a counter, whose it is, and what was written when somebody signed in. A sign-out keeps the first two
 * on purpose, so that a session's increments can be added up from its first request to its last.
 */
import { flow } from '#fp-ts/function'
import type { Endomorphism } from '#fp-ts/Endomorphism'
import type { LockMode, Leasing, OpenOptions, SessionRef } from 'coatcheck'
import { isSessionException } from 'coatcheck'
import * as Session from 'coatcheck/Session'
import * as t from 'io-ts'
import { BRIEF, type Seen } from './wire.ts'

export const Data = t.type({ owner: t.string, views: t.number, name: t.string })
export type Data = t.TypeOf<typeof Data>

export const initial: Data = { owner: '', views: 0, name: '' }

export type Ref = SessionRef<Data, 'cas' & Leasing>

/** What a request asks for. */
export interface Asked {
  readonly visitor: string
  /** Whom to sign in. */
  readonly as: string
  /** How long to keep what it locked, ms. */
  readonly hold: number
  /** A sign-in that lasts for a moment. */
  readonly brief: boolean
}

export interface Route {
  /** How it mounts its session. */
  readonly mount?: Pick<OpenOptions<LockMode>, 'passive' | 'lock'>
  readonly act: (session: Ref, asked: Asked) => Promise<Seen>
  /** The answer is sent in parts. */
  readonly streams?: true
}

type Change = Endomorphism<Session.Session<Data>>

const seen = (session: Session.Session<Data>, ended?: Seen['ended']): Seen => ({
  id: session.id,
  fresh: Session.isFresh(session),
  ...session.data,
  subject: Session.subjectId(session) ?? null,
  ...(ended === undefined ? {} : { ended }),
})

const counted = (owner: string): Change =>
  flow(
    Session.set<Data, 'owner'>('owner', owner),
    Session.modify<Data, 'views'>('views', (views) => views + 1),
  )

const leave: Change = (session) => {
  const left = Session.signOut(session)
  return left === session
    ? session
    : Session.update<Data>({ owner: session.data.owner, views: session.data.views })(left)
}

/** A change, and what the session was that it was applied to. */
const after =
  (change: Change) =>
  (session: Session.Session<Data>): [Seen, Session.Session<Data>] => [seen(session), change(session)]

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

// What only somebody may write who has the session to himself: get, wait, set.
const alone = async (session: Ref, { visitor, hold }: Asked): Promise<Seen> => {
  const { views } = (await session.read()).data
  await pause(hold)
  session.update(Session.update<Data>({ owner: visitor, views: views + 1 }))
  return seen(await session.read())
}

/** What a broken handler throws. */
const broken = new Error('broken on purpose')

export const routes: Readonly<Record<string, Route>> = {
  read: { act: async (session) => seen(await session.read()) },
  poll: { mount: { passive: true }, act: async (session) => seen(await session.read()) },
  update: {
    act: async (session, { visitor }) => {
      session.update(counted(visitor))
      return seen(await session.read())
    },
  },
  transact: { act: async (session, { visitor }) => seen(await session.transact(counted(visitor))) },
  stream: {
    streams: true,
    act: async (session, { visitor }) => {
      session.update(counted(visitor))
      return seen(await session.commit())
    },
  },
  early: { mount: { lock: 'early' }, act: alone },
  explicit: {
    mount: { lock: 'explicit' },
    act: async (session, asked) => {
      await session.lock()
      const answer = await alone(session, asked)
      await session.release()
      return answer
    },
  },
  regenerate: {
    act: async (session, { visitor }) => {
      session.update(flow(counted(visitor), Session.regenerate))
      return seen(await session.read())
    },
  },
  'sign-in': {
    act: async (session, { visitor, as, brief }) => {
      const epoch = await session.subjectEpoch(as)
      const signed = flow(
        Session.signIn<Data>(as, brief ? { epoch, idleTimeout: BRIEF } : { epoch }),
        Session.update<Data>({ owner: visitor, name: as }),
      )
      const before = await session.transact(after(signed))
      const now = await session.read()
      return seen(now, before.fresh || before.id === now.id ? undefined : { id: before.id, views: before.views })
    },
  },
  'sign-out': { act: async (session) => seen(await session.transact(leave)) },
  destroy: {
    act: async (session) => {
      const before = await session.transact(after(Session.destroy))
      return before.fresh ? before : { ...before, ended: { id: before.id, views: before.views } }
    },
  },
  broken: {
    act: async (session, { visitor }) => {
      session.update(counted(visitor))
      throw broken
    },
  },
}

/** Whether the changes of a request that failed so may be stored all the same. */
export const outcomeOf = (error: unknown): 'none' | 'unknown' => {
  if (error === broken) return 'none'
  if (!isSessionException(error)) return 'unknown'
  const { sessionError } = error
  return 'outcome' in sessionError ? sessionError.outcome : 'none'
}

/** The status of what was thrown. */
export const failed = (error: unknown): number => (isSessionException(error) ? error.status : 500)

/** What is sent besides the headers, and how slowly. */
const PARTS: ReadonlyArray<string> = ['one ', 'two ', 'three\n']

export async function* parts(): AsyncGenerator<string> {
  for (const part of PARTS) {
    yield part
    await pause(2)
  }
}
