/** The processes of the site, each a fork of server.ts that ends with this one. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Orders, Told, Vitals } from './wire.ts'

/** One incarnation of one process. */
export interface Incarnation {
  readonly name: string
  readonly port: number
  readonly vitals: () => Promise<Vitals>
  /** What its managers told since it began, by the kind of event; of the last time somebody asked for vitals. */
  readonly events: () => Readonly<Record<string, number>>
  /** Whether it runs. */
  readonly alive: () => boolean
  /** kill -9. Resolves when it is dead. */
  readonly kill: () => Promise<void>
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Starts a process of the site, and resolves when it listens. */
export const startProcess = async (orders: Orders): Promise<Incarnation> => {
  const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)), [JSON.stringify(orders)], {
    cwd: ROOT,
    execArgv: ['--expose-gc', '--import', './.config/strip-types.js'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let running = true
  const exit = once(child, 'exit').then(() => {
    running = false
  })
  const heard = async (): Promise<Told> => {
    const told = (await Promise.race([once(child, 'message'), exit])) as ReadonlyArray<Told> | undefined
    if (told === undefined) throw new Error(`process ${orders.index} of the site ended; its own message stands above`)
    return told[0]!
  }
  const first = await heard()
  if (first._tag !== 'listening') throw new Error(`process ${orders.index} of the site did not say where it listens`)
  let events: Readonly<Record<string, number>> = {}
  let asking: Promise<unknown> = Promise.resolve()
  const vitals = async (): Promise<Vitals> => {
    child.send('vitals')
    const told = await heard()
    if (told._tag !== 'vitals') throw new Error(`process ${orders.index} of the site said something else`)
    events = told.events
    return told.vitals
  }
  return {
    name: `${orders.index + 1} (${first.app})`,
    port: first.port,
    // One question at a time: answers carry no number.
    vitals: () => {
      const answer = asking.then(vitals)
      asking = answer.catch(() => undefined)
      return answer
    },
    events: () => events,
    alive: () => running,
    kill: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}
