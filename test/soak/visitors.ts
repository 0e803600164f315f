/**
 * Visitors with a browser's cookies each, who send several requests at once to all processes, now and then leave before the
 * answer, and remember what they were told.
 */
import { type CookieJar, cookieJar } from 'coatcheck/testing'
import type { Fate } from '../faults/tally.ts'
import { type Client, idIn } from './client.ts'
import { type Answer, complaints, counts, fateOf, rotates, type RouteName, type Sent } from './judge.ts'
import type { Ledger } from './ledger.ts'
import type { Draw } from './random.ts'
import { POLICY, VISITOR } from './wire.ts'

/** A cookie of a session of which nothing is left. */
export interface Dead {
  readonly visitor: string
  readonly cookie: string
  readonly id: string
}

export interface Visitor {
  readonly key: string
  jar: CookieJar
  /**
   * Whether its cookie must be good. `crossed`: responses that set it crossed, and the last to arrive won. `lost`: nobody knows
   * what became of a rotation.
   */
  health: 'sound' | 'crossed' | 'lost'
  busy: boolean
}

/** What all visitors share. */
export interface World {
  readonly ports: ReadonlyArray<number>
  readonly client: Client
  readonly ledger: Ledger
  readonly draw: Draw
  /** Cookies of ended sessions, the latest. */
  readonly dead: Array<Dead>
  /** Sessions that were signed in for a moment, the latest, and when they were last used. */
  readonly brief: Array<Dead & { readonly at: number }>
  readonly noted: (route: RouteName, fate: Fate, answer: Answer, ms: number) => void
  readonly complain: (sentence: string) => void
}

/** How many dead cookies, and how many short sessions, are remembered. */
const REMEMBERED = 1_000

const remember = <A>(list: Array<A>, item: A): void => {
  list.push(item)
  if (list.length > REMEMBERED) list.shift()
}

export const visitor = (key: string): Visitor => ({
  key,
  jar: cookieJar({ url: 'http://127.0.0.1/' }),
  health: 'sound',
  busy: false,
})

/** One thing to do, and how. */
export interface Wish {
  readonly route: RouteName
  readonly as?: string
  readonly brief?: boolean
  /** ms */
  readonly leaves?: number | undefined
  /** With the cookie of an ended session in place of one's own. */
  readonly dead?: Dead
  readonly steady?: boolean
  /** Default: any. */
  readonly port?: number
  /** How long to keep a lock, ms. */
  readonly hold?: number
}

/** What one request came to. */
export interface Experience {
  readonly route: RouteName
  readonly fate: Fate
  readonly answer: Answer
  readonly id: string | undefined
  readonly setsCookie: boolean
  readonly ms: number
}

const pathOf = ({ route, as, brief, hold }: Wish): string => {
  const query = new URLSearchParams()
  if (as !== undefined) query.set('as', as)
  if (brief === true) query.set('brief', '')
  if (hold !== undefined) query.set('hold', String(hold))
  return `/${route}?${query.toString()}`
}

const book = ({ ledger, dead }: World, who: string, cookie: string | undefined, sent: Sent, answer: Answer): void => {
  const { route, id } = sent
  const fate = fateOf(answer)
  const seen = answer._tag === 'Answered' && answer.status === 200 ? answer.seen : undefined
  const counted = seen?.id ?? id
  if (counts(route) && counted !== undefined) ledger.counted(counted, who, fate)
  const mayEnd = route === 'destroy' || route === 'sign-in'
  const isFailed = fate === 'unknown' || (answer._tag === 'Answered' && answer.status === 503)
  if (mayEnd && isFailed && id !== undefined) ledger.perhapsEnded(id, who)
  if (seen?.ended === undefined) return
  // Beside a sign-in a logout may have had nothing left to end.
  if (ledger.accounts.get(seen.ended.id)?.crossed === true) return ledger.perhapsEnded(seen.ended.id, who)
  ledger.ended(seen.ended.id, who, seen.ended.views)
  if (cookie !== undefined && seen.ended.id === id) remember(dead, { visitor: who, cookie, id })
}

/** Sends one request, and judges and books its answer. */
export const request = async (world: World, who: Visitor, wish: Wish): Promise<Experience> => {
  const { client, draw, ledger, ports, noted, complain } = world
  const { route, dead, leaves, steady = false, port = draw.of(ports) } = wish
  const cookie = dead?.cookie ?? who.jar.header()
  const id = idIn(cookie)
  const sent: Sent = {
    route,
    visitor: who.key,
    id,
    dead: dead !== undefined,
    floor: id === undefined ? 0 : ledger.floor(id),
    steady,
  }
  const headers = { [VISITOR]: who.key, ...(cookie === undefined ? {} : { cookie }) }
  const isLogout = route === 'sign-out' || route === 'destroy'
  const rotated = id !== undefined && rotates(route) ? ledger.rotating(id, who.key, isLogout) : undefined
  const begun = performance.now()
  let experience: Experience | undefined
  await client.ask({ port, path: pathOf(wish), headers, leaves }, (answer, setCookies) => {
    if (dead === undefined) who.jar.accept(setCookies)
    const fate = fateOf(answer)
    const ms = performance.now() - begun
    book(world, who.key, cookie, sent, answer)
    noted(route, fate, answer, ms)
    // Since it was sent its session may have met what puts the counter back.
    const floor = id === undefined ? 0 : Math.min(sent.floor, ledger.floor(id))
    rotated?.(fate === 'unknown')
    for (const sentence of complaints({ ...sent, floor }, answer))
      complain(`${who.key}, /${route}, session ${id ?? 'none'}: ${sentence}`)
    experience = { route, fate, answer, id, setsCookie: setCookies.length > 0, ms }
  })
  return experience!
}

const isBad = ({ route, answer, id }: Experience): boolean =>
  answer._tag === 'Answered' &&
  route !== 'broken' &&
  (answer.status === 409 || (answer.seen !== undefined && id !== undefined && answer.seen.id !== id))

const isLost = ({ route, fate, answer }: Experience): boolean =>
  rotates(route) && (fate === 'unknown' || (answer._tag === 'Answered' && answer.status === 503))

const proves = ({ route, answer, id }: Experience): boolean =>
  !rotates(route) && answer._tag === 'Answered' && answer.status === 200 && answer.seen?.id === id

/** What a visitor knows of its cookie after requests that were on their way at once. */
export const healthAfter = (
  before: Visitor['health'],
  round: ReadonlyArray<Experience>,
  hasCookie: boolean,
): Visitor['health'] => {
  if (round.some(isLost) || round.some(({ ms }) => ms > POLICY.supersededFor)) return 'lost'
  if (!hasCookie) return 'sound'
  if (before === 'lost') return 'lost'
  if (round.filter(({ setsCookie }) => setsCookie).length > 1) return 'crossed'
  return before === 'crossed' && round.length === 1 && proves(round[0]!) ? 'sound' : before
}

const WEIGHTS: Readonly<Record<RouteName, number>> = {
  untouched: 5,
  read: 22,
  poll: 8,
  update: 18,
  transact: 18,
  stream: 5,
  early: 4,
  explicit: 3,
  regenerate: 4,
  'sign-in': 6,
  'sign-out': 3,
  destroy: 3,
  broken: 1,
}

const LOTS: ReadonlyArray<RouteName> = Object.entries(WEIGHTS).flatMap(([route, weight]) =>
  new Array<RouteName>(weight).fill(route as RouteName),
)

const wishFor = ({ draw }: World, who: Visitor): Wish => {
  const route = draw.of(LOTS)
  return {
    route,
    ...(route === 'sign-in' ? { as: `${who.key}/${draw.chance(0.7) ? 'a' : 'b'}` } : {}),
    ...(draw.chance(0.03) ? { leaves: draw.below(12) } : {}),
  }
}

/** Several requests of one visitor at once. Answers what they came to. */
export const round = async (world: World, who: Visitor): Promise<ReadonlyArray<Experience>> => {
  const { draw } = world
  const wishes = Array.from({ length: draw.of([1, 1, 2, 3, 4]) }, () => wishFor(world, who))
  const steady = who.health === 'sound' && !wishes.some(({ route }) => rotates(route))
  const experiences = await Promise.all(wishes.map((wish) => request(world, who, { ...wish, steady })))
  who.health = healthAfter(who.health, experiences, who.jar.header() !== undefined)
  // Who finds the session gone asks for a new one, sooner or later.
  if (experiences.some(isBad) && draw.chance(0.5)) Object.assign(who, visitor(who.key), { busy: who.busy })
  return experiences
}

/** Somebody comes back with a cookie whose session was ended. */
export const haunt = async (world: World, dead: Dead, route: 'read' | 'transact'): Promise<void> => {
  await request(world, visitor(dead.visitor), { route, dead })
}

/** Somebody signs in for a moment, counts, and does not come back. */
export const passBy = async (world: World, key: string): Promise<void> => {
  const who = visitor(key)
  const { answer } = await request(world, who, { route: 'sign-in', as: `${key}/a`, brief: true })
  if (answer._tag === 'Unanswered' || answer.status !== 200 || answer.seen === undefined) return
  const { id } = answer.seen
  world.ledger.brief(id, key)
  await request(world, who, { route: 'transact' })
  const cookie = who.jar.header()
  if (cookie !== undefined && idIn(cookie) === id) remember(world.brief, { visitor: key, cookie, id, at: Date.now() })
}
