/** What browsers are promised: what they may hold when all is over, and the named reasons for holding nothing. */
import { idOf } from './execute.ts'
import type { Aftermath, Happening } from './history.ts'
import type { Step } from './program.ts'

const HOUR = 3_600_000
/** `supersededFor` by default: how long a request may be on its way (design §4). ms. */
const LONGEST_REQUEST = 60_000

type Arrived = Extract<Happening, { _tag: 'Arrived' }>

/** Why a browser may have lost its session. */
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

const placeOf = (history: ReadonlyArray<Happening>, tag: 'Sent' | 'Arrived', actor: number): number =>
  history.findIndex((one) => one._tag === tag && one.actor === actor)

/** The reasons that a history gives. `arrival order` is the limit that design §1 states. */
const reasons = ({ program, history }: Aftermath, browser: number): ReadonlySet<Reason> => {
  const found = new Set<Reason>()
  const own = program.requests
    .map((asked, actor) => ({ asked, actor }))
    .filter(({ asked }) => asked.browser === browser)
  if (own.some(({ asked }) => asked.steps.some((step) => ASKING.includes(step)))) found.add('asked')
  if (program.requests.some(({ steps }) => steps.includes('revoke ada'))) found.add('revoked')
  const times = history.flatMap((one) => (one._tag === 'Replied' || one._tag === 'Clock' ? [one.now] : []))
  if (Math.max(...times) - Math.min(...times) >= HOUR) found.add('expired')
  if (program.doubled) found.add('two cookies')
  // A request that comes with a renewed secret after that time is taken for one whose newer secret was lost.
  const clockAt = (place: number): number =>
    history
      .slice(0, place + 1)
      .reduce((now, one) => (one._tag === 'Replied' || one._tag === 'Clock' ? one.now : now), NaN)
  const replied = (actor: number): number =>
    history.findIndex((one) => one._tag === 'Replied' && (one.actor as number) === actor)
  const overlong = (actor: number): boolean =>
    clockAt(replied(actor)) - clockAt(placeOf(history, 'Sent', actor)) > LONGEST_REQUEST
  if (program.renewing && own.some(({ actor }) => overlong(actor))) found.add('longer than the longest request')

  const arrived = history.filter((one): one is Arrived => one._tag === 'Arrived' && one.browser === browser)
  const rotates = (actor: number): boolean =>
    program.requests[actor]?.steps.some((step) => step === 'regenerate' || ASKING.includes(step)) === true
  const setting = arrived.filter(({ cookie }) => cookie !== undefined).map(({ actor }) => actor as number)
  for (const a of setting)
    for (const b of setting) {
      if (a >= b) continue
      const crossed =
        placeOf(history, 'Sent', a) < placeOf(history, 'Arrived', b) &&
        placeOf(history, 'Sent', b) < placeOf(history, 'Arrived', a)
      // Renewals alone never log out, whatever the order.
      if (crossed && (rotates(a) || rotates(b))) found.add('arrival order')
    }
  const rotated = (actor: number): boolean =>
    history.some(
      (one) =>
        one._tag === 'Effect' &&
        one.actor === actor &&
        one.before?._tag === 'Live' &&
        one.after?._tag === 'Live' &&
        one.after.epoch > one.before.epoch,
    )
  for (const { actor, cookie, lost } of arrived) {
    if (lost && rotated(actor as number)) found.add('lost response')
    if (cookie === undefined && rotated(actor as number)) found.add('lost answer')
  }
  return found
}

/** Checks what the browsers hold, and that at most one secret opens a session once every grace is over. */
export const settle = async (aftermath: Aftermath, leasesByClock: boolean): Promise<ReadonlyArray<Reason | 'none'>> => {
  const { program, history, jars, statusOf, present, pass } = aftermath
  const told: Array<Reason | 'none'> = []
  for (const browser of [0, 1]) {
    if (program.begins === 'nothing') continue
    const why = reasons(aftermath, browser)
    told.push(...(why.size === 0 ? (['none'] as const) : why))
    const jar = jars[browser]
    const status = jar === undefined ? 'none' : await statusOf(jar)
    if (why.size === 0 && status !== 'live')
      throw new Error(`browser ${String(browser)} lost its session (${status}), and nothing in the history says why`)
  }
  const handed = history.flatMap((one) =>
    one._tag === 'Replied' && one.cookie !== undefined && one.cookie !== '' ? [one.cookie] : [],
  )
  const opening = new Map<string, Array<string>>()
  for (const cookie of new Set(handed))
    if ((await statusOf(cookie)) === 'live') opening.set(idOf(cookie), [...(opening.get(idOf(cookie)) ?? []), cookie])
  for (const cookies of opening.values())
    if (cookies.length > (program.renewing ? 2 : 1))
      throw new Error(`${String(cookies.length)} secrets open one session`)
  // A lease that a lost answer left behind keeps the confirmation waiting: until it is over, by the clock of the store.
  const left = history.some(
    (one) => one._tag === 'Call' && one.fault !== 'none' && ['acquire', 'release'].includes(one.verb),
  )
  if (left && !leasesByClock) return told
  pass(11_000)
  // The newer of two is presented, and then the grace passes.
  for (const cookies of opening.values()) await present(cookies.at(-1) as string)
  pass(61_000)
  for (const cookies of opening.values()) {
    const open = await Promise.all(cookies.map(statusOf))
    if (open.filter((status) => status === 'live').length > 1)
      throw new Error('two secrets open one session after the grace')
  }
  return told
}
