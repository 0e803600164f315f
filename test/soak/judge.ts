/**
 * ```ts
 * fateOf:     (answer) => 'acknowledged' | 'refused' | 'unknown'
 * complaints: (sent, answer) => ReadonlyArray<string>
 * ```
 * What one answer must not say. Pure.
 */
import type { Fate } from '../faults/tally.ts'
import type { Seen } from './wire.ts'

export type RouteName =
  | 'untouched'
  | 'read'
  | 'poll'
  | 'update'
  | 'transact'
  | 'stream'
  | 'early'
  | 'explicit'
  | 'regenerate'
  | 'sign-in'
  | 'sign-out'
  | 'destroy'
  | 'broken'

const COUNTING: ReadonlyArray<RouteName> = ['update', 'transact', 'stream', 'early', 'explicit', 'regenerate', 'broken']
const ROTATING: ReadonlyArray<RouteName> = ['regenerate', 'sign-in', 'sign-out', 'destroy']

/** Whether a request to it asks for an increment. */
export const counts = (route: RouteName): boolean => COUNTING.includes(route)
/** Whether it replaces the secret, or ends the session. */
export const rotates = (route: RouteName): boolean => ROTATING.includes(route)

/** What was known when a request was sent. */
export interface Sent {
  readonly route: RouteName
  readonly visitor: string
  /** The session that its cookie names. */
  readonly id: string | undefined
  /** That session was ended, and the answer said so, before. */
  readonly dead: boolean
  /** How many increments of that session were acknowledged. */
  readonly floor: number
  /** Nothing is under way that could take the session away: the cookie must be good. */
  readonly steady: boolean
}

export interface Answered {
  readonly _tag: 'Answered'
  readonly status: number
  readonly outcome: string | undefined
  readonly seen: Seen | undefined
  /** The session that a Set-Cookie names; empty when it clears the cookie. */
  readonly cookieOf: string | undefined
}

/** No answer came: the connection was refused, it broke or the client left, or nothing came for too long. */
export interface Unanswered {
  readonly _tag: 'Unanswered'
  readonly why: 'refused' | 'broken' | 'hung'
}

export type Answer = Answered | Unanswered

/** What the client knows of the changes that the request asked for. */
export const fateOf = (answer: Answer): Fate => {
  if (answer._tag === 'Unanswered') return answer.why === 'refused' ? 'refused' : 'unknown'
  if (answer.status === 200) return 'acknowledged'
  return answer.status === 409 || answer.outcome === 'none' ? 'refused' : 'unknown'
}

const ofStatus = ({ route, id, dead, steady }: Sent, { status }: Answered): ReadonlyArray<string> => {
  if (route === 'untouched') return status === 200 ? [] : [`a route that does not use its session answered ${status}`]
  if (route === 'broken') return status === 200 ? ['a handler that throws was answered 200'] : []
  if (![200, 409, 503].includes(status)) return [`it was answered ${status}`]
  return steady && !dead && id !== undefined && status === 409 ? ['a session that nobody ended refused a request'] : []
}

const ofSession = (sent: Sent, seen: Seen, cookieOf: string | undefined): ReadonlyArray<string> => {
  const { route, visitor, id, dead, floor, steady } = sent
  const { owner, subject, name, fresh, views } = seen
  return [
    ...(owner === '' || owner === visitor ? [] : [`${visitor} sees the data of ${owner}`]),
    ...(subject === null || subject.split('/')[0] === visitor ? [] : [`${visitor} is signed in as ${subject}`]),
    ...(name === (subject ?? '') ? [] : [`${subject ?? 'nobody'} sees what ${name} left`]),
    ...(dead && (counts(route) || !fresh || seen.id === id) ? ['a session that was ended answers'] : []),
    ...(seen.id === id && views < floor ? [`it shows ${views} where ${floor} had been acknowledged before`] : []),
    ...(steady && !dead && id !== undefined && seen.id !== id ? ['a visitor lost the session that nobody ended'] : []),
    ...(cookieOf === undefined || cookieOf === '' || cookieOf === seen.id ? [] : ['the cookie is of another session']),
  ]
}

/** What is wrong with this answer to this request: sentences, none when all is well. */
export const complaints = (sent: Sent, answer: Answer): ReadonlyArray<string> => {
  if (answer._tag === 'Unanswered') return answer.why === 'hung' ? ['it was not answered in time'] : []
  const { status, seen, cookieOf } = answer
  const wrong = [
    ...ofStatus(sent, answer),
    ...(sent.dead && cookieOf !== undefined ? ['a cookie of an ended session was answered with a cookie'] : []),
  ]
  if (status !== 200 || sent.route === 'untouched' || sent.route === 'broken') return wrong
  return [...wrong, ...(seen === undefined ? ['an answer without its session'] : ofSession(sent, seen, cookieOf))]
}
