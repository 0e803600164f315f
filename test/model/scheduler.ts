/**
 * Requests that run until each waits at a gate or is done; then one is let go, by the program's choices. What waits in a
 * queue of the engine, or through a short pause, is noticed by nothing moving any more.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Actor } from './history.ts'
import type { Choice, Fault } from './program.ts'

export interface Gates {
  /** Who is acting. */
  readonly actor: () => Actor
  /** Waits to be let go; answers how the call fails. */
  readonly pass: () => Promise<Fault>
  /** Counts what is under way outside of this process: nothing is at rest before it is back. */
  readonly away: <A>(work: () => Promise<A>) => Promise<A>
  /** Starts something that acts for the present actor and that nobody waits for. */
  readonly apart: (work: () => Promise<void>) => void
  /** Runs actors to their ends. */
  readonly run: (actors: ReadonlyArray<() => Promise<void>>) => Promise<void>
}

interface Waiting {
  readonly actor: Actor
  readonly order: number
  readonly go: (fault: Fault) => void
}

const TICKS_AT_REST = 3
/** A program whose store calls never end is a livelock of the engine's. */
const MOST_CALLS = 2_000

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const gates = (choices: ReadonlyArray<Choice>): Gates => {
  const acting = new AsyncLocalStorage<Actor>()
  const waiting: Array<Waiting> = []
  let order = 0
  let moves = 0
  let abroad = 0
  let unfinished = 0
  const failures: Array<unknown> = []

  const begun = (actor: Actor, work: () => Promise<void>): void => {
    unfinished++
    acting
      .run(actor, work)
      .catch((error: unknown) => failures.push(error))
      .finally(() => {
        unfinished--
        moves++
      })
  }

  const rest = async (): Promise<void> => {
    for (let quiet = 0, seen = moves; quiet < TICKS_AT_REST;) {
      await tick()
      quiet = abroad === 0 && moves === seen ? quiet + 1 : 0
      seen = moves
    }
  }

  return {
    actor: () => acting.getStore() ?? 'begin',
    pass: () =>
      acting.getStore() === undefined
        ? Promise.resolve('none')
        : new Promise((go) => {
            waiting.push({ actor: acting.getStore() ?? 'begin', order: order++, go })
            moves++
          }),
    away: async (work) => {
      abroad++
      try {
        return await work()
      } finally {
        abroad--
        moves++
      }
    },
    apart: (work) => begun(acting.getStore() ?? 'begin', work),
    run: async (actors) => {
      actors.forEach((actor, number) => begun(number, actor))
      for (let step = 0; ; step++) {
        await rest()
        if (failures.length > 0) throw failures[0]
        if (waiting.length === 0) break
        if (step > MOST_CALLS) throw new Error(`more than ${String(MOST_CALLS)} store calls`)
        // By who acts, not by who came first: a shrunk choice means the same.
        waiting.sort((a, b) => (a.actor === b.actor ? a.order - b.order : Number(a.actor) - Number(b.actor)))
        const { pick, fault } = choices[step] ?? { pick: 0, fault: 'none' }
        const [next] = waiting.splice(pick % waiting.length, 1) as [Waiting]
        moves++
        next.go(fault)
      }
      if (unfinished > 0) throw new Error(`${String(unfinished)} of the requests never ended`)
    },
  }
}
