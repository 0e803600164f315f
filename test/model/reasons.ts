/**
 * Why a browser has lost its session, told exactly: from what became of the record whose cookie it holds, and from the
 * order in which the responses arrived. A loss that none of these explains is the engine's.
 */
import type { Live } from '../../src/core/Stored.ts'
import { digestOf, idOf } from './execute.ts'
import type { Aftermath, Happening } from './history.ts'
import type { Step } from './program.ts'

/** `supersededFor` by default: how long a request may be on its way (design §4). ms. */
const LONGEST_REQUEST = 60_000

type Effect = Extract<Happening, { _tag: 'Effect' }>
type Arrived = Extract<Happening, { _tag: 'Arrived' }>

/** Why a browser has lost its session. `arrival order` is the limit that design §1 states. */
export type Reason =
  | 'asked'
  | 'revoked'
  | 'expired'
  | 'arrival order'
  | 'lost response'
  | 'lost answer'
  | 'two cookies'
  | 'longer than the longest request'

const ASKING: ReadonlyArray<Step> = ['sign out', 'destroy', 'sign in ada', 'sign in bob', 'prove ada']
const ROTATING: ReadonlyArray<Step> = ['regenerate', ...ASKING]

/** What a history tells of one browser. */
interface Told {
  readonly aftermath: Aftermath
  readonly browser: number
  readonly now: number
}

const doesOf = ({ aftermath: { program } }: Told, actor: number, steps: ReadonlyArray<Step>): boolean =>
  program.requests[actor]?.steps.some((step) => steps.includes(step)) === true

const isOwn = ({ aftermath: { program }, browser }: Told, actor: number): boolean =>
  program.requests[actor]?.browser === browser

const placeOf = ({ aftermath: { history } }: Told, tag: 'Sent' | 'Arrived' | 'Replied', actor: number): number =>
  history.findIndex((one) => one._tag === tag && one.actor === actor)

/** Whether two requests were on their way at once: neither was sent when the other's response had arrived. */
const crossed = (told: Told, a: number, b: number): boolean =>
  placeOf(told, 'Sent', a) < placeOf(told, 'Arrived', b) && placeOf(told, 'Sent', b) < placeOf(told, 'Arrived', a)

const arrivals = ({ aftermath: { history }, browser }: Told): ReadonlyArray<Arrived> =>
  history.filter(
    (one): one is Arrived => one._tag === 'Arrived' && one.browser === browser && one.cookie !== undefined && !one.lost,
  )

const effectsOn = ({ aftermath: { history } }: Told, id: string): ReadonlyArray<Effect> =>
  history.filter((one): one is Effect => one._tag === 'Effect' && one.id === id)

const holds = (live: Live, cookie: string): boolean =>
  [live.credential.digest, live.credential.renewed?.digest].includes(digestOf(cookie))

const faulty = ({ aftermath: { history } }: Told, actor: number): boolean =>
  history.some((one) => one._tag === 'Call' && one.actor === actor && one.fault !== 'none')

/** How a request whose work has cost the browser its cookie has answered: that tells why the browser does not know. */
const unheard = (told: Told, actor: number): Reason | undefined => {
  const { history } = told.aftermath
  const reply = history.find((one) => one._tag === 'Arrived' && one.actor === actor) as Arrived | undefined
  if (reply === undefined) return undefined
  if (reply.lost) return 'lost response'
  const last = arrivals(told).at(-1)?.actor
  // Its cookie arrived, and then another one's.
  const overtaken = typeof last === 'number' && last !== actor && crossed(told, actor, last)
  if (reply.cookie !== undefined && overtaken) return 'arrival order'
  // It does not know itself what it has stored.
  return faulty(told, actor) ? 'lost answer' : undefined
}

/** Of the change that made a cookie worthless: whose it was, and why the browser does not hold another one instead. */
const blame = (told: Told, { actor, verb, after, before }: Effect): Reason | undefined => {
  // A sign-in that could not be verified is ended by the request itself.
  const unverified = verb === 'endOne' && typeof actor === 'number' && isOwn(told, actor) && faulty(told, actor)
  if (verb === 'endAll' || verb === 'endOne') return unverified ? 'lost answer' : 'revoked'
  if (verb === 'sweep') return 'expired'
  if (typeof actor !== 'number' || !isOwn(told, actor)) return undefined
  const ended = after?._tag !== 'Live'
  const left = before?._tag === 'Live' && before.subject !== undefined && !ended && after.subject === undefined
  if ((ended || left) && doesOf(told, actor, ASKING)) return 'asked'
  return doesOf(told, actor, ROTATING) ? unheard(told, actor) : undefined
}

/** How long a request took, by the clock. ms. */
const lasted = (told: Told, actor: number): number => {
  const { history } = told.aftermath
  const clockAt = (place: number): number =>
    history
      .slice(0, place + 1)
      .reduce((now, one) => (one._tag === 'Replied' || one._tag === 'Clock' ? one.now : now), NaN)
  return clockAt(placeOf(told, 'Replied', actor)) - clockAt(placeOf(told, 'Sent', actor))
}

const overlong = (told: Told): boolean =>
  told.aftermath.program.renewing &&
  told.aftermath.program.requests.some(
    ({ browser }, actor) => browser === told.browser && lasted(told, actor) > LONGEST_REQUEST,
  )

const reasonOfCookie = (told: Told, cookie: string): Reason | undefined => {
  const effects = effectsOn(told, idOf(cookie))
  const last = effects.at(-1)?.after
  if (last?._tag === 'Live' && told.now >= last.expiresAt) return 'expired'
  const minted = effects.findIndex(({ after }) => after?._tag === 'Live' && holds(after, cookie))
  const later = effects.slice(minted + 1)
  const first = later.findIndex(({ after }) => after?._tag !== 'Live' || !holds(after, cookie))
  if (first !== -1) {
    const { before, after } = later[first] as Effect
    // A renewal that replaces an unpresented one: its predecessor is still good, this one was late.
    const renewal = before?._tag === 'Live' && after?._tag === 'Live' && before.epoch === after.epoch
    if (renewal) return overlong(told) ? 'longer than the longest request' : undefined
    // What became of the session afterwards is a reason, too.
    for (const effect of later.slice(first)) {
      const reason = blame(told, effect)
      if (reason !== undefined) return reason
    }
    return undefined
  }
  if (last?._tag !== 'Live') return undefined
  return last.credential.digest !== digestOf(cookie) && overlong(told) ? 'longer than the longest request' : undefined
}

/** The last to arrive has cleared the cookie. */
const reasonOfNothing = async (told: Told): Promise<Reason | undefined> => {
  const all = arrivals(told)
  const clearing = all.at(-1)
  if (clearing === undefined || typeof clearing.actor !== 'number') return undefined
  const { actor } = clearing
  for (const one of all) {
    if (one.cookie === '' || one.cookie === undefined || one.actor === 'begin') continue
    // It cleared the cookie of one that lives: only where they were on their way at once.
    if ((await told.aftermath.statusOf(one.cookie)) === 'live' && idOf(one.cookie) !== '')
      return crossed(told, one.actor, actor) ? 'arrival order' : undefined
  }
  const ends = told.aftermath.history.some(
    (one) => one._tag === 'Effect' && one.actor === actor && one.after?._tag === 'Ended',
  )
  const sent = told.aftermath.history.some((one) => one._tag === 'Call' && one.actor === actor && one.verb === 'end')
  return (ends || sent) && doesOf(told, actor, ASKING) ? 'asked' : undefined
}

/** Why a browser has lost its session; undefined = nothing says why. */
export const reasonOf = async (aftermath: Aftermath, browser: number): Promise<Reason | undefined> => {
  const { history, jars, program } = aftermath
  const times = history.flatMap((one) => (one._tag === 'Replied' || one._tag === 'Clock' ? [one.now] : []))
  const told: Told = { aftermath, browser, now: Math.max(...times) }
  const jar = jars[browser]
  const reason = jar === undefined ? await reasonOfNothing(told) : reasonOfCookie(told, jar)
  return reason ?? (program.doubled ? 'two cookies' : undefined)
}
