/**
 * ```ts
 * load: (request) => Promise<Either<SessionError, Base<A>>>
 * ```
 * A request's first use of its session: cookie → token → record → admission → session. Once; later uses are free.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isLeft, left, right } from '#fp-ts/Either'
import type { Option } from '#fp-ts/Option'
import { some } from '#fp-ts/Option'
import type { Admission } from '../core/Admission.ts'
import { admit } from '../core/Admission.ts'
import { decodeData } from '../core/Codec.ts'
import { valuesOf } from '../core/Cookie.ts'
import type { Rejection } from '../core/Event.ts'
import { sessionOf } from '../core/Record.ts'
import type { SessionError } from '../core/SessionError.ts'
import { invalidData } from '../core/SessionError.ts'
import type { Status } from '../core/Status.ts'
import type { Flash, Live, Stored } from '../core/Stored.ts'
import { FORMAT } from '../core/Stored.ts'
import type { SessionId, Token } from '../core/Token.ts'
import { parse } from '../core/Token.ts'
import { DAMAGED, leasePause, read, write } from './calls.ts'
import type { Engine } from './Engine.ts'
import type { Base, Request } from './request.ts'
import { freshBase } from './request.ts'

/** How many well-formed cookies of one name are looked at; more are a header that was tampered with. */
const MAX_TOKENS = 2

const NO_FLASH: Flash = Object.freeze({})

/** A record with the initial data in place of its own: enough to end it or sign it out, which never decodes (design §3). */
export const standIn = <A>(engine: Engine<A>, id: SessionId, record: Live): Base<A> => ({
  id,
  record,
  via: 'renewed',
  session: sessionOf(id, record, engine.initial, NO_FLASH, engine.initial),
  faithful: false,
  unreadable: undefined,
})

/** Decodes a record into a session; what can not be decoded stands in with the initial data (`Base.unreadable`). */
export const baseOf = <A>(engine: Engine<A>, id: SessionId, record: Live, via: 'current' | 'renewed'): Base<A> => {
  const unreadable = (reason: SessionError): Base<A> => ({ ...standIn(engine, id, record), unreadable: reason })
  if (record.format > FORMAT)
    return unreadable(invalidData('read', 'format', `format ${record.format} is newer than this version of coatcheck`))
  const data = decodeData(engine.schema, record)
  const readable = (data: A, flash: Flash, faithful: boolean): Base<A> => ({
    id,
    record,
    via,
    session: sessionOf(id, record, data, flash, engine.initial),
    faithful,
    unreadable: undefined,
  })
  if (isLeft(data)) {
    const reason = invalidData('read', data.left.path, data.left.reason)
    if (data.left._tag === 'Newer' || engine.limits.onUndecodable === 'fail') return unreadable(reason)
    return readable(engine.initial, NO_FLASH, false)
  }
  const flash = engine.flash.decode(record.flash)
  if (isLeft(flash)) {
    if (engine.limits.onUndecodable === 'fail')
      return unreadable(invalidData('read', 'flash', 'it does not decode under the flash codec'))
    return readable(data.right, NO_FLASH, false)
  }
  return readable(data.right, flash.right, true)
}

interface Presented {
  readonly token: Token
  readonly admission: Admission
}

const judged = <A>(engine: Engine<A>, token: Token, stored: Option<Stored>): Admission | Promise<Admission> => {
  const judge = (digest: string): Admission => admit(engine.policy, engine.clock())(stored, digest)
  // Hash only what has something to be compared with.
  const live = stored._tag === 'Some' && stored.value._tag === 'Live'
  const digest = live ? engine.digest(token.secret) : ''
  return typeof digest === 'string' ? judge(digest) : digest.then(judge)
}

const UNKNOWN: Admission = { _tag: 'Unknown' }

const present = async <A>(engine: Engine<A>, token: Token): Promise<Either<SessionError, Presented>> => {
  const near = engine.store.peek?.(token.id)
  if (near !== undefined) {
    const admission = await judged(engine, token, some(near))
    // It may be behind, so it may admit; any other verdict is the store's.
    if (admission._tag === 'Admitted') return right({ token, admission })
  }
  const stored = await read(engine, 'load', engine.store.load(token.id))
  if (isLeft(stored)) {
    const { left: error } = stored
    const damaged = error._tag === 'InvalidData' && error.path === DAMAGED
    return damaged && engine.limits.onUndecodable === 'discard' ? right({ token, admission: UNKNOWN }) : stored
  }
  const admission = judged(engine, token, stored.right)
  return right({ token, admission: admission instanceof Promise ? await admission : admission })
}

// Of several cookies: a live one decides; otherwise the one that says most about what may be written.
const WEIGHT: Readonly<Record<Admission['_tag'], number>> = {
  Admitted: 6,
  Superseded: 5,
  Ended: 4,
  Reused: 3,
  Expired: 2,
  UnknownSecret: 1,
  Unknown: 0,
}

const anonymous = <A>(req: Request<A>, status: Status, rejection?: Rejection, id?: SessionId): Base<A> => {
  req.status = status
  if (rejection !== undefined)
    req.engine.emit?.({ _tag: 'rejected', reason: rejection, ...(id === undefined ? {} : { id }) })
  return freshBase(req.engine)
}

const MAX_ENDINGS = 20

const reused = async <A>(req: Request<A>, token: Token, record: Live): Promise<Base<A>> => {
  const { engine } = req
  const { id } = token
  engine.emit?.({ _tag: 'token-reused', id })
  let admission: Admission = { _tag: 'Reused', record }
  let waited = 0
  // A request of the victim, or of the thief, may write at the same time.
  for (let most = MAX_ENDINGS; engine.policy.onReuse === 'end' && admission._tag === 'Reused' && most > 0; most--) {
    const until = engine.clock() + engine.limits.tombstoneFor
    const ending = engine.store.end(id, admission.record.revision, until)
    const answer = await write(engine, 'end', ending, () => undefined, false)
    if (answer._tag === 'Right' && answer.right._tag === 'Done') {
      engine.emit?.({ _tag: 'ended', id, by: 'reuse' })
      engine.endings.tell(id)
    }
    if (answer._tag === 'Left') break
    if (answer.right._tag === 'Leased' && waited < engine.limits.lockTimeout) {
      waited += await leasePause(engine, answer.right.until)
      most++
    } else if (answer.right._tag !== 'Conflict') break
    const again = await present(engine, token)
    if (isLeft(again)) break
    admission = again.right.admission
  }
  return anonymous(req, 'unknown')
}

const decided = <A>(req: Request<A>, { token, admission }: Presented): Base<A> | Promise<Base<A>> => {
  const { id } = token
  switch (admission._tag) {
    case 'Admitted': {
      const { record, via } = admission
      req.status = 'live'
      req.grant = { epoch: record.epoch, subject: record.subject?.id }
      req.engine.emit?.({ _tag: 'loaded', id })
      return baseOf(req.engine, id, record, via)
    }
    case 'Expired':
      req.engine.emit?.({ _tag: 'expired', id, deadline: admission.deadline })
      return anonymous(req, 'expired')
    case 'Superseded':
      return anonymous(req, 'superseded', 'superseded', id)
    case 'Ended':
      return anonymous(req, 'ended', 'ended', id)
    case 'Reused':
      return reused(req, token, admission.record)
    case 'UnknownSecret':
      return anonymous(req, 'unknown', 'unknown-secret', id)
    case 'Unknown':
      return anonymous(req, 'unknown', 'unknown', id)
  }
}

const degraded = <A>(req: Request<A>, error: SessionError): Either<SessionError, Base<A>> => {
  if (req.engine.limits.onStoreFailure === 'fail') {
    // Not sticky: the handler may try again.
    req.loading = undefined
    return left(error)
  }
  req.degraded = error
  return right((req.base = anonymous(req, 'degraded')))
}

// Checks a value's shape and keeps the token: each value is read once.
const spells =
  (tokens: Array<Token>) =>
  (value: string): boolean => {
    const token = parse(value)
    if (token._tag === 'Some') tokens.push(token.value)
    return token._tag === 'Some'
  }

interface Brought {
  readonly tokens: ReadonlyArray<Token>
  /** Why there is none, though there was a cookie. */
  readonly rejected: Rejection | undefined
}

const NOTHING: Brought = { tokens: [], rejected: undefined }

const inHeader = (name: string, header: string): Brought => {
  const tokens: Array<Token> = []
  if (valuesOf(name, header, spells(tokens)).length === 0) return NOTHING
  if (tokens.length > MAX_TOKENS) return { tokens: [], rejected: 'ambiguous' }
  return { tokens, rejected: tokens.length === 0 ? 'malformed' : undefined }
}

const start = async <A>(req: Request<A>): Promise<Either<SessionError, Base<A>>> => {
  const { carriage, cookie } = req.engine
  const header = req.cookieHeader() ?? ''
  const { tokens, rejected } = carriage === undefined ? inHeader(cookie.name, header) : await carriage.open(header)
  let best: Presented | undefined
  for (const token of tokens) {
    const presented = await present(req.engine, token)
    if (isLeft(presented)) return degraded(req, presented.left)
    const { admission } = presented.right
    if (best !== undefined && admission._tag === 'Admitted' && best.admission._tag === 'Admitted')
      return right((req.base = anonymous(req, 'malformed', 'ambiguous')))
    if (best === undefined || WEIGHT[admission._tag] > WEIGHT[best.admission._tag]) best = presented.right
  }
  const base =
    best === undefined ? anonymous(req, rejected === undefined ? 'none' : 'malformed', rejected) : decided(req, best)
  return right((req.base = base instanceof Promise ? await base : base))
}

/** Loads at the first call and answers the present base afterwards. */
export const load = <A>(req: Request<A>): Promise<Either<SessionError, Base<A>>> => {
  if (req.base !== undefined) return Promise.resolve(right(req.base))
  return (req.loading ??= start(req))
}
