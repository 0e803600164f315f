/** The command line of `npm run soak`. Pure. */
import { parseArgs } from 'node:util'
import type { Disturbance } from './run.ts'
import type { StoreName } from './wire.ts'

export interface SoakOptions {
  readonly stores: ReadonlyArray<StoreName>
  /** Of mixed traffic on each store, ms. */
  readonly ms: number
  readonly sessions: number
  readonly processes: number
  readonly clients: number
  readonly seed: number
  readonly samples: number
  readonly disturbances: ReadonlyArray<readonly [at: number, what: Disturbance]>
  readonly json: string | undefined
}

export const usage = `npm run soak -- [--quick] [--only postgres|redis] [--minutes N] [--sessions N] [--clients N] [--seed N] [--json FILE]
  --quick     one minute in all, 1,000 sessions
  --only      on this store alone
  --minutes   of mixed traffic in all, 0.1 to 600; default 8
  --sessions  how many visitors, 10 to 100,000; default 10,000
  --clients   how many of them are active at once, 1 to 256; default 16
  --seed      draws other visitors' ways
  --json      writes the outcome to this file`

const STORES: ReadonlyArray<StoreName> = ['postgres', 'redis']

/** What is broken in a run: the database stopped and started, a process of the site killed, the database killed twice. */
const DISTURBANCES: SoakOptions['disturbances'] = [
  [0.2, 'restart'],
  [0.4, 'process'],
  [0.55, 'kill'],
  [0.75, 'kill'],
]

const number = (name: string, text: string | undefined, least: number, most: number, usual: number): number => {
  if (text === undefined) return usual
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new Error(`--${name}: a number from ${least} to ${most}, not '${text}'`)
  return value
}

const whole = (name: string, ...rest: [string | undefined, number, number, number]): number => {
  const value = number(name, ...rest)
  if (!Number.isInteger(value)) throw new Error(`--${name}: a whole number, not ${value}`)
  return value
}

const isStore = (name: string): name is StoreName => STORES.includes(name as StoreName)

/** Throws with a message for the user where an option says nothing sensible. */
export const readOptions = (args: ReadonlyArray<string>): SoakOptions => {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      ...{ only: text, minutes: text, sessions: text, clients: text, seed: text, json: text },
    },
  })
  const { quick, only } = values
  if (only !== undefined && !isStore(only)) throw new Error(`--only: there is ${STORES.join(', ')}, not '${only}'`)
  const stores = only === undefined ? STORES : [only]
  return {
    stores,
    ms: (number('minutes', values.minutes, 0.1, 600, quick ? 1 : 8) * 60_000) / stores.length,
    sessions: whole('sessions', values.sessions, 10, 100_000, quick ? 1_000 : 10_000),
    processes: 4,
    clients: whole('clients', values.clients, 1, 256, 16),
    seed: whole('seed', values.seed, 0, 0xffff_ffff, 1),
    samples: 24,
    disturbances: DISTURBANCES,
    json: values.json,
  }
}
