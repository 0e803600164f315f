/** What browsers are promised: what they may hold when all is over, and the named reasons for holding nothing. */
import { idOf } from './execute.ts'
import type { Aftermath } from './history.ts'
import type { Reason } from './reasons.ts'
import { reasonOf } from './reasons.ts'

/** Checks what the browsers hold, and that at most one secret opens a session once every grace is over. */
export const settle = async (aftermath: Aftermath, leasesByClock: boolean): Promise<ReadonlyArray<Reason | 'none'>> => {
  const { program, history, jars, statusOf, present, pass } = aftermath
  const told: Array<Reason | 'none'> = []
  for (const browser of [0, 1]) {
    if (program.begins === 'nothing') continue
    const jar = jars[browser]
    const status = jar === undefined ? 'none' : await statusOf(jar)
    const why = status === 'live' ? 'none' : await reasonOf(aftermath, browser)
    if (why === undefined)
      throw new Error(`browser ${String(browser)} lost its session (${status}), and nothing in the history says why`)
    told.push(why)
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
