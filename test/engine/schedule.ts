/**
 * Every order in which the store calls of some requests can take effect, one after another and without randomness: the
 * requests run until each waits at a store call, waits for another one in a queue, or is done; then one call is let go; a
 * run is repeated with another choice until there is none left.
 */

/** Where a call waits until it is its turn. */
export interface Gate {
  /** `may`: whether it can take effect now; one that waits inside of the store can not before what it waits for is there. */
  readonly pass: (actor: number, may?: () => boolean) => Promise<void>
}

/** One run of all actors; `settled` is awaited after the last of them. What passes the gate before they begin is set-up. */
export interface Run {
  readonly actors: ReadonlyArray<() => Promise<void>>
  readonly settled: () => Promise<void>
}

interface Waiting {
  readonly actor: number
  readonly may: () => boolean
  readonly go: () => void
}

/** Who waits for another one is noticed by nothing moving for so many turns of the event loop. */
const TURNS_AT_REST = 3
/** A run of more steps than this has no end. */
const MOST_STEPS = 200

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** One run that follows `choices` as far as they go and takes the first call after them. Answers how many there were at each step. */
const once = async (make: (gate: Gate) => Promise<Run>, choices: Array<number>): Promise<ReadonlyArray<number>> => {
  const widths: Array<number> = []
  const waiting: Array<Waiting> = []
  let begun = false
  let running = 0
  let unfinished = 0
  let moves = 0
  const move = (by: 1 | -1): void => {
    running += by
    moves++
  }
  const run = await make({
    pass: (actor, may = () => true) =>
      begun
        ? new Promise((go) => {
            waiting.push({ actor, may, go })
            move(-1)
          })
        : Promise.resolve(),
  })
  const failures: Array<unknown> = []
  begun = true
  running = run.actors.length
  unfinished = running
  for (const actor of run.actors)
    void actor()
      .catch((error: unknown) => failures.push(error))
      .then(() => {
        unfinished--
        move(-1)
      })
  for (;;) {
    for (let quiet = 0, seen = moves; running > 0 && quiet < TURNS_AT_REST; seen = moves) {
      await turn()
      quiet = moves === seen ? quiet + 1 : 0
    }
    const ready = waiting.filter(({ may }) => may()).sort((a, b) => a.actor - b.actor)
    if (ready.length === 0) break
    const step = widths.length
    if (step === MOST_STEPS) throw new Error(`more than ${String(MOST_STEPS)} store calls`)
    const choice = choices[step] ?? 0
    choices[step] = choice
    widths.push(ready.length)
    const next = ready[choice]
    if (next === undefined) throw new Error('the same choices have led elsewhere')
    waiting.splice(waiting.indexOf(next), 1)
    move(1)
    next.go()
  }
  if (failures.length > 0) throw failures[0]
  if (unfinished > 0) throw new Error(`${String(unfinished)} of the requests wait for each other`)
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
