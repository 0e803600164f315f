/**
 * ```ts
 * durableObjectStore: ({ namespace }) => Store<'cas'> & Directory & Locking
 * ```
 * The Worker's half: a verb is one call of the session's object. Only who signs in, or asks for the sessions of a subject,
 * calls the subject's object, too.
 *
 * @since 0.1.0
 */
import type { TaskEither } from '#fp-ts/TaskEither'
import { fromNullable } from '../../core/tagged.ts'
import { deepFreeze } from '../../core/Json.ts'
import type { Millis } from '../../core/Millis.ts'
import { misconfigured, toError } from '../../core/SessionError.ts'
import type { Live } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import { attempt } from '../../effects/attempt.ts'
import type { Directory, Listed, Locking, Store, StoreError, StoreOperation } from '../../effects/Store.ts'
import { storeError } from '../../effects/Store.ts'
import type { Calls, Mark, Reply } from './wire.ts'
import { EVER, PROTOCOL } from './wire.ts'

/** Compare-and-set, the sessions of a subject, leases. It needs no sweeper. */
export type DurableObjectStore = Store<'cas'> & Directory & Locking

/** What the store uses of a stub (`DurableObjectStub`). */
export interface SessionStub {
  fetch(
    url: string,
    init: { readonly method: string; readonly body: string },
  ): Promise<{ readonly text: () => Promise<string> }>
}

/** What the store uses of a Durable Object binding (`DurableObjectNamespace`), or of its `jurisdiction`. */
export interface SessionNamespace {
  idFromName(name: string): unknown
  get(id: unknown): SessionStub
}

/** The options of `durableObjectStore`. */
export interface DurableObjectStoreOptions {
  /**
   * The binding to the class `SessionObject`: `env.SESSIONS` for one that is called SESSIONS under `durable_objects` in
   * wrangler.jsonc. Two managers with different data need two.
   */
  readonly namespace: SessionNamespace
}

/** How many sessions are ended at once: less than the 50 calls that a request may make on the smallest plan. */
const AT_ONCE = 40

/** A quote begins it, so that no session has the same name, and half a surrogate pair has one of its own. */
const subjectName = (subject: string): string => JSON.stringify(subject)

const repliedIn = (text: string): ReadonlyArray<unknown> => {
  try {
    const [protocol, ...reply] = JSON.parse(text) as ReadonlyArray<unknown>
    if (protocol === PROTOCOL) return reply
  } catch {
    // The parser's message would quote the text.
  }
  throw new Error(
    'The object did not answer as a SessionObject does: look at class_name under durable_objects in wrangler.jsonc.',
  )
}

/** A store over a binding. Does nothing yet. Throws `Misconfigured` when the binding is none. */
export const durableObjectStore = ({ namespace }: DurableObjectStoreOptions): DurableObjectStore => {
  if (typeof (namespace as Partial<SessionNamespace> | undefined)?.idFromName !== 'function')
    throw toError(
      misconfigured(
        'namespace',
        namespace,
        'it must be a Durable Object binding: look whether durable_objects in wrangler.jsonc has one of this name',
      ),
    )

  const ask = async <K extends keyof Calls>(
    name: string,
    call: K,
    ...args: Parameters<Calls[K]>
  ): Promise<Reply<ReturnType<Calls[K]>>> => {
    const stub = namespace.get(namespace.idFromName(name))
    const response = await stub.fetch(`https://coatcheck/${call}`, { method: 'POST', body: JSON.stringify(args) })
    return deepFreeze(repliedIn(await response.text())) as Reply<ReturnType<Calls[K]>>
  }

  /** The answer of an object that asks for nothing in return. */
  const asked = async <K extends keyof Calls>(
    name: string,
    call: K,
    ...args: Parameters<Calls[K]>
  ): Promise<ReturnType<Calls[K]>> => (await ask(name, call, ...args))[0] as ReturnType<Calls[K]>

  const enter = async (subject: string, id: SessionId, expiresAt: Millis): Promise<Mark> => [
    subject,
    await asked(subjectName(subject), 'enter', id, expiresAt),
  ]

  // Waited for, since the platform drops what is under way when the request has its response. That it fails does no harm:
  // it leaves an entry too many, which goes when its horizon has passed.
  const forget = async (subject: string, horizon: Millis, ids: ReadonlyArray<SessionId>): Promise<void> => {
    if (ids.length > 0) await asked(subjectName(subject), 'forget', horizon, ids).catch(() => undefined)
  }

  /** The answer of a session's object, after the index of a subject has the entry that it asks for. */
  const changed = async <A>(id: SessionId, call: (entry?: Mark) => Promise<Reply<A>>, entry?: Mark): Promise<A> => {
    for (;;) {
      const [answer, mark] = await call(entry)
      if (answer === null && mark !== undefined) entry = await enter(mark[0], id, mark[1])
      else {
        if (mark !== undefined) await forget(mark[0], mark[1], [id])
        return answer as A
      }
    }
  }

  /** A record that signs somebody in needs an entry for sure; the session's object would ask for it. */
  const entered = async (id: SessionId, { subject, touchedAt, expiresAt }: Live): Promise<Mark | undefined> =>
    subject === undefined || subject.authenticatedAt < touchedAt ? undefined : enter(subject.id, id, expiresAt)

  const members = (subject: string): Promise<ReadonlyArray<SessionId>> => asked(subjectName(subject), 'members')

  const list = async (subject: string): Promise<ReadonlyArray<Listed>> => {
    const found: Array<Listed> = []
    const ended: Array<SessionId> = []
    await Promise.all(
      (await members(subject)).map(async (id) => {
        const answer = await asked(id, 'listed', subject)
        if (answer === null) return
        if ('_tag' in answer) ended.push(id)
        else found.push({ id, ...answer })
      }),
    )
    await forget(subject, EVER, ended)
    return found.sort((a, b) => a.createdAt - b.createdAt)
  }

  const endAll = async (subject: string, until: Millis, except: SessionId | undefined): Promise<number> => {
    const ids = (await members(subject)).filter((id) => id !== except)
    let count = 0
    // Step by step: when the platform lets a request make no more calls, another one begins where this one stopped.
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE)
      const replies = await Promise.all(some.map((id) => ask(id, 'endOne', subject, until)))
      const ended = some.filter((_, index) => replies[index]?.[1] !== undefined)
      await forget(subject, EVER, ended)
      count += replies.filter(([answer]) => answer?._tag === 'Done').length
    }
    return count
  }

  const task = <A>(operation: StoreOperation, work: () => Promise<A>): TaskEither<StoreError, A> =>
    attempt(work, (cause) => storeError(operation, cause))

  return {
    guarantee: 'cas',

    load: (id) => task('load', async () => fromNullable(await asked(id, 'load'))),

    create: (id, live) =>
      task('create', async () => changed(id, (entry) => ask(id, 'create', entry, live), await entered(id, live))),

    update: (id, expected, live, fence) =>
      task('update', async () =>
        changed(id, (entry) => ask(id, 'update', entry, expected, live, fence), await entered(id, live)),
      ),

    touch: (id, epoch, touchedAt, expiresAt) =>
      task('touch', () => changed(id, (entry) => ask(id, 'touch', entry, epoch, touchedAt, expiresAt))),

    end: (id, expected, until, fence) => task('end', () => changed(id, () => ask(id, 'end', expected, until, fence))),

    acquire: (id, { wait, lease }) => task('acquire', () => asked(id, 'acquire', wait, lease)),
    renew: (id, fence, lease) => task('renew', () => asked(id, 'renew', fence, lease)),
    release: (id, fence) => task('release', () => asked(id, 'release', fence)),

    list: (subject) => task('list', () => list(subject)),
    count: (subject) => task('count', async () => (await list(subject)).length),
    endOne: (subject, id, until) => task('endOne', () => changed(id, () => ask(id, 'endOne', subject, until))),
    endAll: (subject, until, except) => task('endAll', () => endAll(subject, until, except)),
    raiseEpoch: (subject, now) => task('raiseEpoch', () => asked(subjectName(subject), 'raise', now)),
    readEpoch: (subject) => task('readEpoch', () => asked(subjectName(subject), 'read')),
  }
}
