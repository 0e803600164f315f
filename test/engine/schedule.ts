/**
 * Every order in which the store calls of some requests can take effect, one after another and without randomness: the
 * requests run until each waits at a store call or is done; then one call is let go; a run is repeated with another
 * choice until there is none left.
 */

/** Where a call waits until it is its turn. */
export interface Gate {
  readonly pass: (actor: number) => Promise<void>
}

/** One run of all actors; `settled` is awaited after the last of them. */
export interface Run {
  readonly actors: ReadonlyArray<() => Promise<void>>
  readonly settled: () => Promise<void>
}

interface Waiting {
  readonly actor: number
  readonly go: () => void
}

/** One run that follows `choices` as far as they go and takes the first call after them. Answers how many there were at each step. */
const once = async (make: (gate: Gate) => Promise<Run>, choices: Array<number>): Promise<ReadonlyArray<number>> => {
  const widths: Array<number> = []
  const waiting: Array<Waiting> = []
  let running = 0
  let wake = (): void => undefined
  const rest = (): void => {
    running -= 1
    if (running === 0) wake()
  }
  const run = await make({
    pass: (actor) =>
      new Promise((go) => {
        waiting.push({ actor, go })
        rest()
      }),
  })
  running = run.actors.length
  const failures: Array<unknown> = []
  for (const actor of run.actors)
    void actor()
      .catch((error: unknown) => failures.push(error))
      .then(rest)
  for (;;) {
    if (running > 0)
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    if (waiting.length === 0) break
    waiting.sort((a, b) => a.actor - b.actor)
    const step = widths.length
    const choice = choices[step] ?? 0
    choices[step] = choice
    widths.push(waiting.length)
    const [next] = waiting.splice(choice, 1) as [Waiting]
    running += 1
    next.go()
  }
  if (failures.length > 0) throw failures[0]
  await run.settled()
  return widths
}

/** Runs all schedules; answers how many. An invariant that is broken names the schedule that broke it. */
export const everySchedule = async (make: (gate: Gate) => Promise<Run>): Promise<number> => {
  const choices: Array<number> = []
  for (let count = 1; ; count += 1) {
    let widths: ReadonlyArray<number>
    try {
      widths = await once(make, choices)
    } catch (error) {
      throw new Error(`schedule ${choices.join('')}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
    choices.length = widths.length
    while (choices.length > 0 && choices.at(-1) === (widths[choices.length - 1] as number) - 1) choices.pop()
    if (choices.length === 0) return count
    choices[choices.length - 1] = (choices.at(-1) as number) + 1
  }
}
