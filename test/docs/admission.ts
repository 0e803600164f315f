/** The cases of docs/admission.md: every combination of its columns, each at both edges of the times that it names. */
import { sha256 } from '#digest'
import type { Either } from '#fp-ts/Either'
import { none, some } from '#fp-ts/Option'
import type { Option } from '#fp-ts/Option'
import * as t from 'io-ts'
import type { Admission, Readmission } from '../../src/core/Admission.ts'
import { admit, readmit } from '../../src/core/Admission.ts'
import type { Event } from '../../src/core/Event.ts'
import * as Session from '../../src/core/Session.ts'
import type { SessionError } from '../../src/core/SessionError.ts'
import type { Live, Stored } from '../../src/core/Stored.ts'
import { ended, FORMAT } from '../../src/core/Stored.ts'
import type { Secret } from '../../src/core/Token.ts'
import { format, idFrom, secretFrom, token } from '../../src/core/Token.ts'
import { SWEEP_SLACK } from '../../src/effects/Store.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import type { SessionEffect } from '../../src/engine/SessionRef.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { DAY, HOUR, ID, MINUTE, NOW, policyOf } from '../core/arbitraries.ts'
import type { Row } from './markdown.ts'
import { product } from './markdown.ts'

const OPTIONS = { renewAfter: 3 * MINUTE, renewGrace: 2 * MINUTE }
const p = policyOf(OPTIONS)

const secret = (letter: string): Secret => secretFrom(letter.repeat(43))
const SECRETS = { current: secret('A'), predecessor: secret('I'), other: secret('Q') }
const digestOf = (of: Secret): string => sha256(of) as string

const record: Live = {
  _tag: 'Live',
  format: FORMAT,
  revision: 'r1',
  trail: [],
  epoch: 3,
  fence: 0,
  credential: { digest: digestOf(SECRETS.current), mintedAt: NOW - MINUTE },
  subject: { id: 'ada', authenticatedAt: NOW - DAY },
  createdAt: NOW - HOUR,
  touchedAt: NOW,
  expiresAt: NOW + HOUR,
  schema: 1,
  data: { views: 7 },
  flash: {},
}

// --- The first load ---------------------------------------------------------------------------------------------------

/** How long ago, ms, at the edges of what a word means. */
const ROTATED = { never: [undefined], lately: [0, p.supersededFor - 1], 'long ago': [p.supersededFor, DAY] } as const
const CONFIRMED = {
  'no renewal': [undefined],
  unused: [undefined],
  'in grace': [0, p.renewGrace - 1],
  'after grace': [p.renewGrace, HOUR],
} as const
const UNTOUCHED = {
  ahead: [0, HOUR - 1],
  idle: [HOUR, 2 * HOUR],
  absolute: [0, HOUR - 1],
  both: [HOUR, 2 * HOUR],
} as const
const AGE = { ahead: [DAY - 1], idle: [2 * HOUR, DAY - 1], absolute: [DAY], both: [DAY, 9 * DAY] } as const

type Rotated = keyof typeof ROTATED
type Successor = keyof typeof CONFIRMED
type Passed = keyof typeof AGE

const ago = (ms: number | undefined, name: string): Readonly<Record<string, number>> =>
  ms === undefined ? {} : { [name]: NOW - ms }

const recordsOf = (rotation: Rotated, successor: Successor, deadlines: Passed): ReadonlyArray<Live> =>
  product({
    rotated: ROTATED[rotation],
    confirmed: CONFIRMED[successor],
    untouched: UNTOUCHED[deadlines],
    age: AGE[deadlines],
  }).map(({ rotated, confirmed, untouched, age }) => ({
    ...record,
    createdAt: NOW - age,
    touchedAt: NOW - untouched,
    credential: {
      ...record.credential,
      ...ago(rotated, 'rotatedAt'),
      ...(successor === 'no renewal'
        ? {}
        : { renewed: { digest: digestOf(SECRETS.predecessor), ...ago(confirmed, 'confirmedAt') } }),
    },
  }))

const storedUnder = (under: string, of: ReadonlyArray<Live>): ReadonlyArray<Option<Stored>> =>
  under === 'nothing' ? [none] : under === 'tombstone' ? [some(ended(NOW + HOUR))] : of.map(some)

/** One combination of the columns, the records that it means, and the secret that is presented. */
export interface LoadCase {
  readonly row: Row
  readonly stored: ReadonlyArray<Option<Stored>>
  readonly secret: Secret
}

export const loadColumns = {
  'Under the id': ['nothing', 'tombstone', 'record'],
  Secret: ['current', 'predecessor', 'other'],
  'Last rotation': ['never', 'lately', 'long ago'],
  Successor: ['no renewal', 'unused', 'in grace', 'after grace'],
  Deadlines: ['ahead', 'idle', 'absolute', 'both'],
} as const

export const loadCases: ReadonlyArray<LoadCase> = product(loadColumns)
  // Without a renewal there is no predecessor.
  .filter((row) => !(row.Secret === 'predecessor' && row.Successor === 'no renewal'))
  .map((row) => ({
    row,
    stored: storedUnder(row['Under the id'], recordsOf(row['Last rotation'], row.Successor, row.Deadlines)),
    secret: SECRETS[row.Secret],
  }))

/** A verdict as the page writes it. */
const shown = (verdict: Admission): string => {
  switch (verdict._tag) {
    case 'Admitted':
      return `Admitted (${verdict.via})`
    case 'Expired':
      return `Expired (${verdict.deadline})`
    case 'Superseded':
    case 'Reused':
    case 'UnknownSecret':
    case 'Ended':
    case 'Unknown':
      return verdict._tag
  }
}

export const verdictsOf = ({ stored, secret: presented }: LoadCase): ReadonlyArray<string> =>
  stored.map((one) => shown(admit(p, NOW)(one, digestOf(presented))))

// --- What a verdict means: the real engine over the real memory store -------------------------------------------------

const Data = t.readonly(t.type({ views: t.number }))
type Data = t.TypeOf<typeof Data>

const world = () => {
  const time = { now: NOW }
  const clock = (): number => time.now
  const store = memoryStore({ clock })
  const events: Array<Event> = []
  const sessions = sessionManager({
    data: Data,
    initial: { views: 0 },
    store,
    clock,
    observer: (event) => events.push(event),
    ...OPTIONS,
  })
  return { time, store, events, sessions }
}
type World = ReturnType<typeof world>

const put = async ({ store }: World, id: typeof ID, stored: Option<Stored>): Promise<void> => {
  if (stored._tag === 'None') return
  const { value } = stored
  await store.create(id, value._tag === 'Live' ? value : record)()
  if (value._tag === 'Ended') await store.end(id, record.revision, value.until)()
}

/** What a request brings. */
interface Brought {
  readonly stored: ReadonlyArray<Option<Stored>>
  readonly cookies: ReadonlyArray<string>
}

const OTHER_ID = idFrom('BBBBBBBBBBBBBBBBBBBBBA')
const cookieOf = (id: typeof ID, of: Secret): string => `__Host-id=${format(token(id, of))}`

/** The requests behind the first column of the second table; verdicts are those of the first one. */
const broughtBy = (cookie: string): Brought => {
  if (cookie === 'none') return { stored: [], cookies: [] }
  if (cookie === 'not a token') return { stored: [], cookies: ['__Host-id=garbage'] }
  if (cookie === 'two Admitted')
    return {
      stored: [some(record), some(record)],
      cookies: [cookieOf(ID, SECRETS.current), cookieOf(OTHER_ID, SECRETS.current)],
    }
  const one = loadCases.find((each) => verdictsOf(each)[0] === cookie)
  if (one === undefined) throw new Error(`no request has the verdict ${cookie}`)
  return { stored: [one.stored[0] ?? none], cookies: [cookieOf(ID, one.secret)] }
}

type Handle = SessionEffect<Data>

const requested = async ({ stored, cookies }: Brought): Promise<{ readonly w: World; readonly visit: Handle }> => {
  const w = world()
  for (const [i, one] of stored.entries()) await put(w, [ID, OTHER_ID][i]!, one)
  return { w, visit: w.sessions.open(cookies.length === 0 ? none : some(cookies.join('; '))) }
}

const right = <A>(answer: Either<{ readonly _tag: string }, A>): A => {
  if (answer._tag === 'Right') return answer.right
  throw new Error(answer.left._tag)
}

/** Which write stands there; a touch is none. */
const versionOf = (stored: Option<Stored>): string =>
  stored._tag === 'None' ? 'nothing' : stored.value._tag === 'Ended' ? 'tombstone' : stored.value.revision

/** What a change did, in the words of the page. */
const outcome = async (
  brought: Brought,
  change: (visit: Handle) => Promise<Either<SessionError, unknown>>,
): Promise<string> => {
  const { w, visit } = await requested(brought)
  const before = right(await w.store.load(ID)())
  const answer = await change(visit)
  const committed = await visit.commit()
  const after = right(await w.store.load(ID)())
  const setCookie = committed._tag === 'Right' && committed.right.setCookie._tag === 'Some'
  const created = w.events.some(({ _tag }) => _tag === 'created')
  const untouched = versionOf(before) === versionOf(after)
  if (answer._tag === 'Left')
    return untouched && !setCookie && !created ? `refused: ${answer.left._tag}` : 'refused, and something happened'
  const left = after._tag === 'Some' && after.value._tag === 'Ended'
  if (created && setCookie)
    return untouched ? 'a new session' : left ? 'replaced' : 'a new session beside a changed one'
  if (created) return 'a new session without a cookie'
  if (untouched) return setCookie ? 'a cookie for nothing' : 'nothing'
  if (left) return setCookie ? 'ended' : 'ended, and the cookie stays'
  const rotated = after._tag === 'Some' && after.value._tag === 'Live' && after.value.epoch > record.epoch
  return rotated === setCookie ? (rotated ? 'rotated' : 'stored') : 'a rotation without cookie, or a cookie without one'
}

const eventText = (event: Event | undefined): string =>
  event === undefined ? '' : event._tag === 'rejected' ? `rejected: ${event.reason}` : event._tag

/** What the engine makes of a request, as a row of the second table. */
export const behaviour = async (cookie: string): Promise<Row> => {
  const brought = broughtBy(cookie)
  const { w, visit } = await requested(brought)
  const read = right(await visit.read())
  const status = right(await visit.status())
  const by = (f: (s: Session.Session<Data>) => Session.Session<Data>) =>
    outcome(brought, (handle) => handle.transact(f)())
  return {
    Cookie: cookie,
    'status()': status,
    'A read gives': read.data.views === 7 && Session.subjectId(read) === 'ada' ? 'the session' : 'anonymous',
    'An update is': await by(Session.set('views', 9)),
    'signIn is': await by(Session.signIn('ada')),
    "Another's signIn is": await by(Session.signIn('bob')),
    'signOut is': await by(Session.signOut),
    'destroy is': await outcome(brought, (handle) => handle.destroy()),
    Event: eventText(w.events[0]),
  }
}

// --- A later load -----------------------------------------------------------------------------------------------------

export const reloadColumns = {
  'Under the id': ['nothing', 'tombstone', 'record'],
  Epoch: ['same', 'raised'],
  Deadline: ['ahead', 'just passed', 'long passed'],
  Subject: ['same', 'another'],
} as const

/** How long after the deadline, ms. */
const AFTER = { ahead: -1, 'just passed': p.supersededFor - 1, 'long passed': p.supersededFor } as const

export interface ReloadCase {
  readonly row: { readonly [K in keyof typeof reloadColumns]: (typeof reloadColumns)[K][number] }
  readonly now: number
  /** What the request was admitted to, and what it meets later. */
  readonly admittedTo: Live
  readonly stored: Option<Stored>
}

const { subject: _ada, ...anonymous } = record

/** For somebody who is signed in and for nobody. */
const reloadCasesOf = (admittedTo: Live): ReadonlyArray<ReloadCase> =>
  product(reloadColumns).map((row) => {
    const changed: Live = {
      ...admittedTo,
      revision: 'r2',
      trail: [admittedTo.revision],
      epoch: admittedTo.epoch + (row.Epoch === 'raised' ? 1 : 0),
      ...(row.Subject === 'another' ? { subject: { id: 'bob', authenticatedAt: NOW } } : {}),
    }
    const stored = storedUnder(row['Under the id'], [changed])[0]!
    return { row, now: NOW + HOUR + AFTER[row.Deadline], admittedTo, stored }
  })

export const reloadCases: ReadonlyArray<ReloadCase> = [record, anonymous].flatMap(reloadCasesOf)

export const readmission = ({ now, stored, admittedTo: { epoch, subject } }: ReloadCase): Readmission['_tag'] =>
  readmit(p, now)(stored, { epoch, subject: subject?.id })._tag

/** Lets a request be admitted, changes the record behind its back, and then lets it write. */
export const late = async (
  { now, stored, admittedTo }: ReloadCase,
  change: (visit: Handle) => Promise<Either<SessionError, unknown>>,
): Promise<string> => {
  const { w, visit } = await requested({ stored: [some(admittedTo)], cookies: [cookieOf(ID, SECRETS.current)] })
  right(await visit.read())
  w.time.now = now
  if (stored._tag === 'None') {
    right(await w.store.end(ID, record.revision, NOW)())
    right(await w.store.sweep(NOW + SWEEP_SLACK + 1, 10)())
  } else if (stored.value._tag === 'Ended') right(await w.store.end(ID, record.revision, NOW + DAY)())
  else right(await w.store.update(ID, record.revision, stored.value)())
  const before = right(await w.store.load(ID)())
  const answer = await change(visit)
  const after = right(await w.store.load(ID)())
  const untouched = versionOf(before) === versionOf(after)
  if (answer._tag === 'Left') return untouched ? `refused: ${answer.left._tag}` : 'refused, and something happened'
  if (w.events.some(({ _tag }) => _tag === 'created')) return 'a new session'
  return untouched ? 'nothing' : 'applied'
}
