/** A client whose calls are seen, and can be held or refused. */
import type { NodeRedisClient, ScriptInput } from '../../../src/stores/redis.ts'
import * as scripts from '../../../src/stores/redis/scripts.ts'
import type { Script } from '../../../src/stores/redis/scripts.ts'

export type CallName = Exclude<keyof typeof scripts, 'FOREIGN'> | 'GET'

/** Runs instead of a call; `proceed` makes the call. */
export type Instead = (proceed: () => Promise<unknown>) => Promise<unknown>

export interface Spy {
  readonly client: NodeRedisClient
  /** What was called, in order, since it was last emptied. */
  readonly calls: Array<CallName>
  /** What happens in place of the next call of that name. */
  readonly next: (name: CallName, instead: Instead) => void
}

const known = new Map(
  await Promise.all(
    Object.entries(scripts)
      .filter((entry): entry is [CallName, Script] => typeof entry[1] === 'object')
      .map(async ([name, script]) => [await script.sha(), { name, text: script.text }] as const),
  ),
)

export const spy = (inner: NodeRedisClient): Spy => {
  const calls: Array<CallName> = []
  const planned: Array<{ readonly name: CallName; readonly instead: Instead }> = []
  const call = (name: CallName, proceed: () => Promise<unknown>): Promise<unknown> => {
    calls.push(name)
    const found = planned.findIndex((plan) => plan.name === name)
    return found < 0 ? proceed() : planned.splice(found, 1)[0]!.instead(proceed)
  }
  return {
    calls,
    client: {
      get: (key) => call('GET', () => inner.get(key)) as Promise<string | null>,
      // By its text: whether the server knows a script is not what is watched here.
      evalSha: (sha: string, input: ScriptInput) => {
        const { name, text } = known.get(sha)!
        return call(name, () => inner.eval(text, input))
      },
      eval: (text: string, input: ScriptInput) => inner.eval(text, input),
    },
    next: (name, instead) => {
      planned.push({ name, instead })
    },
  }
}

/** Holds the next call of that name: `reached` when it was made, and `go` lets it through. */
export const held = (
  { next }: Spy,
  name: CallName,
): { readonly reached: Promise<void>; readonly go: () => Promise<unknown> } => {
  let arrive: () => void
  let open: () => void
  const reached = new Promise<void>((resolve) => (arrive = resolve))
  const opened = new Promise<void>((resolve) => (open = resolve))
  let outcome: Promise<unknown> | undefined
  next(name, (proceed) => {
    outcome = opened.then(proceed)
    arrive()
    return outcome
  })
  return {
    reached,
    go: () => {
      open()
      return outcome ?? Promise.resolve()
    },
  }
}
