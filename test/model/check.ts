/** Draws programs, runs them, judges them; a counterexample is shrunk and told as a timeline. */
import * as fc from 'fast-check'
import type { Reason } from './reasons.ts'
import { settle } from './browsers.ts'
import type { Stand } from './execute.ts'
import { execute } from './execute.ts'
import { timeline } from './history.ts'
import { judge } from './model.ts'
import type { Program } from './program.ts'
import { program } from './program.ts'

/** What was explored. */
export interface Explored {
  programs: number
  calls: number
  effects: number
  errors: number
  faults: number
  readonly reasons: Map<Reason | 'none', number>
}

export const explored = (): Explored => ({
  programs: 0,
  calls: 0,
  effects: 0,
  errors: 0,
  faults: 0,
  reasons: new Map(),
})

/** The seed: `COATCHECK_SEED`, or one that a day has. Printed with every counterexample. */
const seed = Number(process.env['COATCHECK_SEED'] ?? 20_260_101)
/** How many times as many programs: `COATCHECK_NIGHTLY=20`. */
export const nightly = Number(process.env['COATCHECK_NIGHTLY'] ?? 1)

const once = async (given: Program, stand: Stand, leasesByClock: boolean, count: Explored): Promise<void> => {
  const aftermath = await execute(given, stand)
  const { history } = aftermath
  try {
    judge(given, history, leasesByClock)
    for (const reason of await settle(aftermath, leasesByClock))
      count.reasons.set(reason, (count.reasons.get(reason) ?? 0) + 1)
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${timeline(history)}\n`, {
      cause: error,
    })
  }
  count.programs++
  for (const one of history) {
    if (one._tag === 'Call') count.calls++
    if (one._tag === 'Call' && one.fault !== 'none') count.faults++
    if (one._tag === 'Effect') count.effects++
    if (one._tag === 'Stepped' && one.error !== undefined) count.errors++
  }
}

/** On a busy machine fewer programs are run rather than that the suite waits. ms. */
const LONGEST = 25_000

/** One line for the log. */
export const summary = ({ programs, calls, effects, faults, errors, reasons }: Explored): string =>
  `${String(programs)} programs, ${String(calls)} store calls, ${String(effects)} effects, ${String(faults)} faults, ${String(errors)} errors told; browsers that kept their session for certain: ${String(reasons.get('none') ?? 0)}; why the others need not: ${[
    ...reasons,
  ]
    .filter(([why]) => why !== 'none')
    .map(([why, times]) => `${why} ${String(times)}`)
    .join(', ')}`

/** Checks `runs` programs, each on a stand of its own. */
export const check = async (
  runs: number,
  stand: () => Promise<Stand> | Stand,
  leasesByClock: boolean,
  count: Explored,
): Promise<void> => {
  await fc.assert(
    fc.asyncProperty(program, async (given) => once(given, await stand(), leasesByClock, count)),
    { numRuns: runs * nightly, seed, endOnFailure: false, interruptAfterTimeLimit: LONGEST * nightly },
  )
}
