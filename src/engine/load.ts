/**
 * ```ts
 * load: (request) => Promise<Either<SessionError, Base<A>>>
 * ```
 * A request's first use of its session: cookie → token → record → admission → session. Once; later uses are free.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import type { Option } from '#fp-ts/Option'
import { isLeft, left, right, some } from '../core/tagged.ts'
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
import type { SessionId } from '../core/Token.ts'
import { idOf, isToken, secretOf } from '../core/Token.ts'
import type { Carriage } from '../effects/Carrier.ts'
import { nowOf } from '../effects/atOnce.ts'
import { DAMAGED, leasePause, read, readNow, write } from './calls.ts'
import type { Engine } from './Engine.ts'
import type { Base, Request } from './request.ts'
import { cookieHeader, freshBase } from './request.ts'

/** How many well-formed cookies of one name are looked at; more are a header that was tampered with. */
const MAX_TOKENS = 2

const NO_FLASH: Flash = Object.freeze({})

const standing = <A>(
  engine: Engine<A>,
  id: SessionId,
  record: Live,
  via: Base<A>['via'],
  data: A,
  flash: Flash,
  faithful: boolean,
  unreadable: SessionError | undefined,
): Base<A> => ({
  id,
  record,
  via,
  session: sessionOf(id, record, data, flash, engine.initial),
  faithful,
  unreadable,
})

/** A record with the initial data in place of its own: enough to end it or sign it out, which never decodes (design §3). */
export const standIn = <A>(engine: Engine<A>, id: SessionId, record: Live): Base<A> =>
  standing(engine, id, record, 'renewed', engine.initial, NO_FLASH, false, undefined)

const unreadable = <A>(engine: Engine<A>, id: SessionId, record: Live, path: string, reason: string): Base<A> =>
  standing(engine, id, record, 'renewed', engine.initial, NO_FLASH, false, invalidData('read', path, reason))

/** Decodes a record into a session; what can not be decoded stands in with the initial data (`Base.unreadable`). */
export const baseOf = <A>(engine: Engine<A>, id: SessionId, record: Live, via: 'current' | 'renewed'): Base<A> => {
  const { initial } = engine
  const strict = engine.limits.onUndecodable === 'fail'
  if (record.format > FORMAT)
    return unreadable(engine, id, record, 'format', `format ${record.format} is newer than this version of coatcheck`)
  const data = decodeData(engine.schema, record)
  if (isLeft(data))
    return data.left._tag === 'Newer' || strict
      ? unreadable(engine, id, record, data.left.path, data.left.reason)
      : standing(engine, id, record, via, initial, NO_FLASH, false, undefined)
  const flash = engine.flash.decode(record.flash)
  if (!isLeft(flash)) return standing(engine, id, record, via, data.right, flash.right, true, undefined)
  return strict
    ? unreadable(engine, id, record, 'flash', 'it does not decode under the flash codec')
    : standing(engine, id, record, via, data.right, NO_FLASH, false, undefined)
}

interface Presented {
  /** The cookie's value: a token, or an id where a carrier's seal is the proof. */
  readonly value: string
  readonly admission: Admission
}

const judged = <A>(engine: Engine<A>, value: string, stored: Option<Stored>): Admission | Promise<Admission> => {
  // Hash only what has something to be compared with.
  const live = stored._tag === 'Some' && stored.value._tag === 'Live'
  const digest = live ? engine.digest(secretOf(value)) : ''
  return typeof digest === 'string'
    ? admit(engine.policy, engine.clock())(stored, digest)
    : digest.then((text) => admit(engine.policy, engine.clock())(stored, text))
}

const UNKNOWN: Admission = { _tag: 'Unknown' }

type Told = Either<SessionError, Presented>

/** What the store's answer says of a cookie's value. */
const presented = <A>(
  engine: Engine<A>,
  value: string,
  stored: Either<SessionError, Option<Stored>>,
): Told | Promise<Told> => {
  if (isLeft(stored)) {
    const { left: error } = stored
    const damaged = error._tag === 'InvalidData' && error.path === DAMAGED
    return damaged && engine.limits.onUndecodable === 'discard' ? right({ value, admission: UNKNOWN }) : stored
  }
  const admission = judged(engine, value, stored.right)
  return admission instanceof Promise
    ? admission.then((judgement) => right({ value, admission: judgement }))
    : right({ value, admission })
}

const fromStore = <A>(engine: Engine<A>, value: string): Told | Promise<Told> => {
  const id = idOf(value)
  const now = nowOf(engine.store.load)
  return now === undefined
    ? read(engine, 'load', () => engine.store.load(id)()).then((stored) => presented(engine, value, stored))
    : presented(
        engine,
        value,
        readNow(engine, 'load', () => now(id)),
      )
}

// What is near may be behind, so it may admit; any other verdict is the store's.
const fromNear = <A>(engine: Engine<A>, value: string, near: Live): Told | Promise<Told> => {
  const judge = (admission: Admission): Told | Promise<Told> =>
    admission._tag === 'Admitted' ? right({ value, admission }) : fromStore(engine, value)
  const admission = judged(engine, value, some(near))
  return admission instanceof Promise ? admission.then(judge) : judge(admission)
}

const inquire = <A>(engine: Engine<A>, value: string): Told | Promise<Told> => {
  const near = engine.store.peek?.(idOf(value))
  return near === undefined ? fromStore(engine, value) : fromNear(engine, value, near)
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

const reused = async <A>(req: Request<A>, value: string, record: Live): Promise<Base<A>> => {
  const { engine } = req
  const id = idOf(value)
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
    const again = await fromStore(engine, value)
    if (isLeft(again)) break
    admission = again.right.admission
  }
  return anonymous(req, 'unknown')
}

const decided = <A>(req: Request<A>, { value, admission }: Presented): Base<A> | Promise<Base<A>> => {
  const id = idOf(value)
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
      return reused(req, value, admission.record)
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

interface Brought {
  readonly values: ReadonlyArray<string>
  /** Why there is none, though there was a cookie. */
  readonly rejected: Rejection | undefined
}

const NOTHING: Brought = { values: [], rejected: undefined }
const AMBIGUOUS: Brought = { values: [], rejected: 'ambiguous' }
const MALFORMED: Brought = { values: [], rejected: 'malformed' }

const inHeader = (name: string, header: string): Brought => {
  let tokens = 0
  const values = valuesOf(name, header, (value) => isToken(value) && ++tokens > 0)
  if (values.length === 0) return NOTHING
  if (tokens === 0) return MALFORMED
  return tokens > MAX_TOKENS ? AMBIGUOUS : { values, rejected: undefined }
}

const carried = <A>(req: Request<A>, { anew }: Carriage, header: string): Brought | Promise<Brought> => {
  const carriage = anew()
  req.engine = { ...req.engine, store: carriage, carriage }
  return carriage.open(header)
}

type Loaded<A> = Either<SessionError, Base<A>>

const stand = <A>(req: Request<A>, base: Base<A>): Loaded<A> => right((req.base = base))

const settled = <A>(req: Request<A>, told: Told): Loaded<A> | Promise<Loaded<A>> => {
  if (isLeft(told)) return degraded(req, told.left)
  const base = decided(req, told.right)
  return base instanceof Promise ? base.then((late) => stand(req, late)) : stand(req, base)
}

const several = async <A>(req: Request<A>, values: ReadonlyArray<string>): Promise<Loaded<A>> => {
  let best: Presented | undefined
  for (const value of values) {
    const told = await inquire(req.engine, value)
    if (isLeft(told)) return degraded(req, told.left)
    const { admission } = told.right
    if (best !== undefined && admission._tag === 'Admitted' && best.admission._tag === 'Admitted')
      return stand(req, anonymous(req, 'malformed', 'ambiguous'))
    if (best === undefined || WEIGHT[admission._tag] > WEIGHT[best.admission._tag]) best = told.right
  }
  return settled(req, right(best as Presented))
}

const begin = <A>(req: Request<A>, { values, rejected }: Brought): Loaded<A> | Promise<Loaded<A>> => {
  const [first] = values
  if (first === undefined) return stand(req, anonymous(req, rejected === undefined ? 'none' : 'malformed', rejected))
  if (values.length > 1) return several(req, values)
  const told = inquire(req.engine, first)
  return told instanceof Promise ? told.then((late) => settled(req, late)) : settled(req, told)
}

/** Loads at the first call and answers the present base afterwards. At once where it can be known at once. */
export const load = <A>(req: Request<A>): Loaded<A> | Promise<Loaded<A>> => {
  if (req.base !== undefined) return right(req.base)
  if (req.loading !== undefined) return req.loading
  const { engine } = req
  const header = cookieHeader(req) ?? ''
  const brought =
    engine.carriage === undefined ? inHeader(engine.cookie.name, header) : carried(req, engine.carriage, header)
  const loaded = brought instanceof Promise ? brought.then((late) => begin(req, late)) : begin(req, brought)
  if (loaded instanceof Promise) req.loading = loaded
  return loaded
}
