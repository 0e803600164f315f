/**
 * What a handler does, in words that travel in a query: `steps=read;hold:a;count`. A step may say something; a `?` before
 * it turns its error into what it says.
 */
import { isSessionException, type SessionRef } from 'coatcheck'
import type { Leasing } from 'coatcheck'
import * as Session from 'coatcheck/Session'
import { HTTPException } from 'hono/http-exception'
import { type Data, pass, type World } from './world.ts'

export type Ref = SessionRef<Data, 'cas' & Leasing>

/** What a handler answers with, besides what its steps say. */
export interface Answer {
  status: number
  readonly headers: Array<readonly [string, string]>
  redirect: string | undefined
}

export interface Scene {
  readonly world: World
  readonly session: Ref
  readonly beside: () => Ref
  readonly answer: Answer
}

type Step = (scene: Scene, argument: string) => unknown

const count = Session.modify('views', (n: number) => n + 1)

const seen = (key: string) =>
  Session.modify('seen', (all: Readonly<Record<string, number>> = {}) => ({ ...all, [key]: 1 }))

const bug = (): never => {
  throw new Error('a bug')
}

const cycle = (): object => {
  const self: { me?: object } = {}
  self.me = self
  return self
}

const values: Readonly<Record<string, () => unknown>> = {
  'a Date': () => ({ at: new Date(0) }),
  'a Map': () => new Map([['a', 1]]),
  NaN: () => ({ n: [1, Number.NaN] }),
  'a cycle': cycle,
  'a BigInt': () => ({ big: 1n }),
  'a function': () => () => 1,
  'undefined in an array': () => [1, undefined],
  'a __proto__ key': () => JSON.parse('{"a":{"__proto__":{"admin":true}}}') as unknown,
  'a lone surrogate': () => 'a\ud800b',
  'a class instance': () => ({ url: new URL('https://example.com') }),
  'five megabytes': () => 'x'.repeat(5_000_000),
  plain: () => ({ a: undefined, b: -0, c: null }),
}

const junk = (name: string) =>
  Session.set<{ readonly junk?: unknown }, 'junk'>('junk', values[name]!()) as unknown as typeof count

const show = async (session: Ref): Promise<unknown> => {
  const read = await session.read()
  const { id, data, flash } = read
  return { id, subject: Session.subjectId(read) ?? null, status: await session.status(), data, flash }
}

const orNothing = (option: { readonly _tag: string; readonly value?: unknown }): unknown => option.value ?? null

const steps: Readonly<Record<string, Step>> = {
  show: ({ session }) => show(session),
  read: async ({ session }) => {
    await session.read()
  },
  count: ({ session }) => session.update(count),
  'count-if-unchanged': async ({ session }) => {
    const { data } = await session.read()
    session.update(Session.set('views', data.views + 100), { ifUnchanged: true })
  },
  transact: async ({ session }) => (await session.transact(count)).data.views,
  forget: ({ session }) => {
    void session.transact(count)
  },
  note: ({ session }, text) => session.update(Session.set('note', text)),
  seen: ({ session }, key) => session.update(seen(key)),
  win: ({ session }) => session.update(Session.set('coupon', 'SAVE10')),
  redeem: async ({ session }) => orNothing(await session.transact(Session.pop('coupon'))),
  signIn: ({ session }, who) => session.update(Session.signIn(who)),
  'signIn-level': ({ session }, who) => session.update(Session.signIn({ id: who, level: 2 })),
  'signIn-now': async ({ session }, who) => {
    await session.transact(Session.signIn(who))
  },
  'signIn-checked': async ({ session, world }, who) => {
    const epoch = await session.subjectEpoch(who)
    await pass(world.gate('credentials'))
    session.update(Session.signIn(who, { epoch }))
  },
  remember: ({ session }, who) => session.update(Session.signIn(who, { persistent: true })),
  signOut: ({ session }) => session.update(Session.signOut),
  'signOut-now': async ({ session }) => {
    await session.transact(Session.signOut)
  },
  regenerate: ({ session }) => session.update(Session.regenerate),
  'regenerate-now': async ({ session }) => {
    await session.transact(Session.regenerate)
  },
  destroy: async ({ session }) => {
    await session.destroy()
  },
  'destroy-later': ({ session }) => session.update(Session.destroy),
  commit: async ({ session }) => {
    await session.commit()
  },
  flash: ({ session }, text) => session.update(Session.flash('notice', text)),
  takeFlash: async ({ session }) => orNothing(await session.transact(Session.takeFlash('notice'))),
  junk: ({ session }, name) => session.update(junk(name)),
  'junk-now': ({ session }, name) => session.transact(junk(name)),
  bug: ({ session }) => session.update(bug),
  everywhere: async ({ session, world }) => {
    const subject = Session.subjectId(await session.read())
    return world.sessions.subject(subject!).endAll()
  },
  'beside-show': ({ beside }) => show(beside()),
  'beside-count': ({ beside }) => beside().update(count),
  'beside-signIn': ({ beside }, who) => beside().update(Session.signIn(who)),
  'beside-destroy': async ({ beside }) => {
    await beside().destroy()
  },
  hold: ({ world }, name) => pass(world.gate(name)),
  throw: bug,
  'throw-status': (_, status) => {
    throw new HTTPException(Number(status) as 404)
  },
  status: ({ answer }, status) => {
    answer.status = Number(status)
  },
  header: ({ answer }, line) => {
    const [name, ...value] = line.split('=')
    answer.headers.push([name!, value.join('=')])
  },
  redirect: ({ answer }, url) => {
    answer.redirect = url
  },
  say: (_, text) => text,
}

/** Does one step, and answers what it says: undefined for nothing. */
export const perform = async (scene: Scene, text: string): Promise<unknown> => {
  const caught = text.startsWith('?')
  const [name, ...rest] = text.slice(caught ? 1 : 0).split(':')
  const step = steps[name!]
  if (step === undefined) throw new Error(`there is no step called ${text}`)
  try {
    const said = await step(scene, rest.join(':'))
    return caught ? 'stored' : said
  } catch (error) {
    if (!caught) throw error
    if (!isSessionException(error)) return String(error)
    const { _tag, path, limit } = error.sessionError as { readonly _tag: string; path?: string; limit?: number }
    return [_tag, path ?? limit].filter((part) => part !== undefined).join(' ')
  }
}
