/**
 * ```ts
 * perform: (request, work, action) => Step<A> | Promise<Step<A>>
 * ```
 * One attempt at what a plan says: encodes, mints, calls one store verb, and makes the request stand on what was stored.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isLeft, none, some } from '../core/tagged.ts'
import { clearCookie, setCookie } from '../core/Cookie.ts'
import type { Millis } from '../core/Millis.ts'
import type { Create, End, Replace, Update } from '../core/Plan.ts'
import { maxAgeOf } from '../core/Policy.ts'
import { createdRecord, updatedRecord } from '../core/Record.ts'
import type { Change } from '../core/Replay.ts'
import type { Session } from '../core/Session.ts'
import { subjectId } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import type { Live, Stored, SubjectEpoch } from '../core/Stored.ts'
import { ended } from '../core/Stored.ts'
import type { Secret, SessionId } from '../core/Token.ts'
import { textOf } from '../core/Token.ts'
import type { Soon } from '../effects/atOnce.ts'
import { nowOf } from '../effects/atOnce.ts'
import type { Conflict, Created, Exists, Gone, Leased, Store, StoreError, Updated } from '../effects/Store.ts'
import { write, writeNow } from './calls.ts'
import type { Encoded } from './encoded.ts'
import { encoded } from './encoded.ts'
import type { Engine } from './Engine.ts'
import type { Attempt, Base, Request } from './request.ts'
import { freshBase } from './request.ts'

/** What became of one attempt. */
export type Step<A> =
  | { readonly _tag: 'Stored'; readonly latest: Stored }
  | { readonly _tag: 'Conflict'; readonly present: Live | undefined; readonly attempt: Attempt<A> | undefined }
  | { readonly _tag: 'Leased'; readonly until: Millis }
  | { readonly _tag: 'Gone' }
  | { readonly _tag: 'Failed'; readonly error: SessionError }

/** What one attempt is made of. */
export interface Work<A> {
  readonly base: Base<A>
  readonly result: Session<A>
  readonly changes: ReadonlyArray<Change<A>>
  readonly now: Millis
  /** How many attempts came before. */
  readonly attempts: number
  /** The subject's epoch from before the sign-in, where one is to be verified. */
  readonly baseline: SubjectEpoch | undefined
}

const nothing = (): void => undefined

const failed = <A>(error: SessionError): Step<A> => ({ _tag: 'Failed', error })

const cookieText = <A>(
  engine: Engine<A>,
  id: SessionId,
  secret: Secret | undefined,
  live: Live,
  now: Millis,
): string | undefined => {
  if (engine.carriage !== undefined || secret === undefined) return engine.carriage?.line()
  const text = setCookie(
    engine.cookie,
    textOf(id, secret),
    maxAgeOf(engine.policy, engine.cookie.persistent, now)(live),
    now,
  )
  // The name's length was checked with a token's at construction.
  return text._tag === 'Right' ? text.right : ''
}

const stand = <A>(
  req: Request<A>,
  base: Base<A>,
  live: Live,
  result: Session<A>,
  data: A,
  secret: Update['secret'],
): void => {
  req.base = {
    id: base.id,
    record: live,
    // A secret that was only now minted was not presented by this request.
    via: secret === 'renew' ? 'renewed' : base.via,
    session: {
      ...result,
      id: base.id,
      data,
      createdAt: live.createdAt,
      touchedAt: live.touchedAt,
      intent: 'none',
      revision: some(live.revision),
      proof: none,
    },
    faithful: true,
    unreadable: undefined,
  }
  req.grant = { epoch: live.epoch, subject: live.subject?.id }
  req.status = 'live'
  req.destroyed = false
}

const tellSubject = <A>(
  req: Request<A>,
  base: Base<A>,
  result: Session<A>,
  work: Work<A>,
  replaced?: SessionId,
): void => {
  const { emit } = req.engine
  const before = subjectId(work.base.session)
  const after = subjectId(result)
  if (after !== undefined && result.subject !== work.base.session.subject) {
    emit?.({ _tag: 'signed-in', id: base.id, subject: after, ...(replaced === undefined ? {} : { replaced }) })
    if (work.baseline !== undefined)
      req.unverified = { id: base.id, subject: after, baseline: work.baseline, cookieBefore: req.cookie }
  } else if (before !== undefined && after === undefined) emit?.({ _tag: 'signed-out', id: base.id, subject: before })
}

/** What a plan may ask to be written. */
export type Write = Create | Update | Replace | End

type Stepped<A> = Soon<Step<A>>

const told = <A>(
  req: Request<A>,
  live: Live,
  attempt: Attempt<A>,
  answer: Either<SessionError, Updated | Conflict | Leased | Gone>,
): Step<A> => {
  if (isLeft(answer)) return failed(answer.left)
  switch (answer.right._tag) {
    case 'Updated':
      // Every other attempt expected a revision that is now replaced.
      req.unsettled = []
      attempt.apply()
      return { _tag: 'Stored', latest: live }
    case 'Conflict':
      return { _tag: 'Conflict', present: answer.right.present, attempt }
    case 'Leased':
      return answer.right
    case 'Gone':
      return answer.right
  }
}

const update = <A>(req: Request<A>, work: Work<A>, action: Update, record: Live): Stepped<A> => {
  const { engine } = req
  const content = encoded(engine, work.base, work.result)
  if (isLeft(content)) return failed(content.left)
  const secret = action.secret === 'keep' ? undefined : engine.random.secret()
  const digest = secret === undefined ? undefined : engine.digest(secret)
  return typeof digest === 'object'
    ? digest.then((late) => updated(req, work, action, record, content.right, secret, late))
    : updated(req, work, action, record, content.right, secret, digest)
}

const updated = <A>(
  req: Request<A>,
  work: Work<A>,
  action: Update,
  record: Live,
  content: Encoded<A>,
  secret: Secret | undefined,
  digest: string | undefined,
): Stepped<A> => {
  const { engine } = req
  const { base, result, now } = work
  const live = updatedRecord(engine.policy, now)(
    record,
    result,
    action,
    base.via,
    !req.passive,
    { revision: engine.random.tag(), digest },
    content.content,
  )
  const attempt: Attempt<A> = {
    revision: live.revision,
    expected: record.revision,
    carried: work.changes,
    apply: () => {
      tellSubject(req, base, result, work)
      stand(req, base, live, result, content.data, action.secret)
      req.cookie = cookieText(engine, base.id, secret, live, now) ?? req.cookie
      if (action.secret === 'rotate') engine.emit?.({ _tag: 'rotated', id: base.id })
      if (action.secret === 'renew') engine.emit?.({ _tag: 'renewed', id: base.id })
      engine.emit?.({ _tag: 'committed', id: base.id, attempts: work.attempts + 1 })
    },
  }
  const uncertain = (): void => {
    req.unsettled = [...req.unsettled, attempt]
  }
  const atOnce = engine.carriage === undefined ? nowOf(engine.store.update) : engine.carriage.now?.update
  const fence = req.lock?.fence
  if (atOnce !== undefined) {
    const set = (): Either<StoreError, Updated | Conflict | Leased | Gone> =>
      atOnce(base.id, record.revision, live, fence)
    return told(req, live, attempt, writeNow(engine, 'update', set, uncertain, action.essential))
  }
  const task = (): ReturnType<ReturnType<Store['update']>> =>
    engine.store.update(base.id, record.revision, live, fence)()
  return write(engine, 'update', task, uncertain, action.essential).then((answer) => told(req, live, attempt, answer))
}

const create = <A>(req: Request<A>, work: Work<A>, base: Base<A>, replaced?: SessionId): Stepped<A> => {
  const content = encoded(req.engine, base, work.result)
  if (isLeft(content)) return failed(content.left)
  const secret = req.engine.random.secret()
  const digest = req.engine.digest(secret)
  return typeof digest === 'string'
    ? created(req, work, base, content.right, secret, digest, replaced)
    : digest.then((late) => created(req, work, base, content.right, secret, late, replaced))
}

const created = <A>(
  req: Request<A>,
  work: Work<A>,
  base: Base<A>,
  content: Encoded<A>,
  secret: Secret,
  digest: string,
  replaced: SessionId | undefined,
): Stepped<A> => {
  const { engine } = req
  const { result, now } = work
  const live = createdRecord(engine.policy, now)(result, engine.random.tag(), digest, content.content)
  const apply = (answer: Either<SessionError, Created | Exists>): Step<A> => {
    if (isLeft(answer)) return failed(answer.left)
    if (answer.right._tag === 'Exists') {
      req.base = freshBase(engine)
      return { _tag: 'Conflict', present: undefined, attempt: undefined }
    }
    tellSubject(req, base, result, work, replaced)
    stand(req, base, live, result, content.data, 'rotate')
    req.cookie = cookieText(engine, base.id, secret, live, now)
    engine.emit?.({ _tag: 'created', id: base.id })
    return { _tag: 'Stored', latest: live }
  }
  const atOnce = engine.carriage === undefined ? nowOf(engine.store.create) : engine.carriage.now?.create
  return atOnce === undefined
    ? write(engine, 'create', () => engine.store.create(base.id, live)(), nothing).then(apply)
    : apply(writeNow(engine, 'create', () => atOnce(base.id, live), nothing))
}

const end = async <A>(req: Request<A>, work: Work<A>, record: Live, by: 'destroy' | 'replace'): Promise<Step<A>> => {
  const { engine } = req
  const { id } = work.base
  const until = work.now + engine.limits.tombstoneFor
  const answer = await write(engine, 'end', engine.store.end(id, record.revision, until, req.lock?.fence), () => {
    req.ending = true
  })
  if (isLeft(answer)) return failed(answer.left)
  const own = req.ending
  req.ending = false
  // Gone after a lost answer, be it an earlier commit's: this request's own end.
  if (answer.right._tag !== 'Done' && !(answer.right._tag === 'Gone' && own))
    return answer.right._tag === 'Conflict'
      ? { _tag: 'Conflict', present: answer.right.present, attempt: undefined }
      : answer.right
  req.base = freshBase(engine)
  req.status = 'ended'
  // Its own doing: it may sign in anew.
  req.grant = undefined
  req.destroyed = by === 'destroy'
  req.cookie = req.canSetCookie ? clearCookie(engine.cookie) : undefined
  engine.emit?.({ _tag: 'ended', id, by })
  engine.endings.tell(id)
  return { _tag: 'Stored', latest: ended(until) }
}

// The old record is ended first: should the second step fail, nobody is signed in twice.
const replace = async <A>(req: Request<A>, work: Work<A>, record: Live): Promise<Step<A>> => {
  const content = encoded(req.engine, { ...work.base, faithful: false }, work.result)
  if (isLeft(content)) return failed(content.left)
  const step = await end(req, work, record, 'replace')
  if (step._tag !== 'Stored' || req.base === undefined) return step
  const created = await create(req, work, req.base, work.base.id)
  return created._tag === 'Stored' ? step : created
}

/** Makes one attempt; at once where the store and the digest answer at once. */
export const perform = <A>(req: Request<A>, work: Work<A>, action: Write): Stepped<A> => {
  const { record } = work.base
  if (record === undefined) return create(req, work, work.base)
  switch (action._tag) {
    case 'Create':
      return create(req, work, work.base)
    case 'Update':
      return update(req, work, action, record)
    case 'Replace':
      return replace(req, work, record)
    case 'End':
      return end(req, work, record, 'destroy')
  }
}
