/**
 * One round of one library against the number of sessions in a memory store, in a process of its own.
 */
import { memoryStore } from 'coatcheck/stores/memory'
import { cookieOf, type Drive, drive } from '../drive.ts'
import { median } from '../statistics.ts'
import { type App, paths } from '../Subject.ts'
import { bare, expressSession, manager, ours, userOf } from './apps.ts'
import { counting } from './counting.ts'
import { allocations, bytesInUse, costs, type Operation, same, slice } from './measure.ts'

export type Library = 'coatcheck' | 'express-session'

export interface SessionsJob {
  readonly _tag: 'sessions'
  readonly library: Library
  /** Rising, two at least. */
  readonly sizes: readonly number[]
  readonly cycles: number
  /** Operations per slice. */
  readonly times: number
}

/** By scenario: read, write, new. */
type Figures = Readonly<Record<string, number>>

export interface SessionsRound {
  readonly sizes: readonly {
    readonly at: number
    /** µs of processor time above the bare handler. */
    readonly cost: Figures
    readonly allocated: Figures
    /** Store calls per request; ours alone. */
    readonly calls: Figures
  }[]
  /** Bytes per session at the last size. */
  readonly heap: number
  /** µs per new session over the whole filling, collections and growing tables included. */
  readonly filling: number
}

/** Sessions whose cookies are kept, spread over all. */
const SAMPLE = 1_000

interface Known {
  readonly number: number
  readonly cookie: string
  views: number
}

/** `counted` serves the same sessions, and its store calls are counted: what counts does not answer at once, as the store does. */
const appOf = (library: Library): { readonly app: App; readonly counted: App; readonly calls: () => number } => {
  if (library === 'express-session') {
    const app = expressSession()
    return { app, counted: app, calls: () => 0 }
  }
  const store = memoryStore({ maxSessions: 100_000_000 })
  const { store: counter, calls } = counting(store)
  return { app: ours(manager(store)), counted: ours(manager(counter)), calls }
}

/** In one piece, as it comes from a socket: a text that is a part of another is copied by whoever searches it first. */
const cookieIn = (setCookie: readonly string[]): string => Buffer.from(cookieOf(setCookie)!).toString('latin1')

/** A sample that does not follow the order of creation: neighbours there are neighbours in memory. */
const scattered = (index: number, length: number): number => (index * 389) % length

const operationsOn = (send: Drive, known: readonly Known[]): Readonly<Record<'read' | 'write', Operation>> => ({
  read: async (index) => {
    const one = known[scattered(index, known.length)]!
    same('read', (await send(paths.read, one.cookie, 1)).body, userOf(one.number))
  },
  write: async (index) => {
    const one = known[scattered(index, known.length)]!
    one.views++
    same('write', (await send(paths.write, one.cookie, 1)).body, String(one.views))
  },
})

/**
 * The first requests of a process are slow whatever they do: other applications of the same code take them. Two, because
 * V8 compiles functions that were made once more narrowly than those that were made again; and those whose calls are
 * counted, too: a code that meets them for the first time between two sizes is compiled anew, for both.
 */
const warmUp = async (library: Library, bareSend: Drive, times: number): Promise<void> => {
  for (const { app, counted } of [appOf(library), appOf(library)]) {
    if (counted !== app) await warmUpOf(drive(counted), bareSend, times / 10)
    await warmUpOf(drive(app), bareSend, times)
  }
}

const warmUpOf = async (send: Drive, bareSend: Drive, times: number): Promise<void> => {
  const known: Known[] = []
  for (let number = 0; number < 100; number++)
    known.push({ number, cookie: cookieIn((await send(paths.create, undefined, 1)).setCookie), views: 0 })
  const { read, write } = operationsOn(send, known)
  for (let index = 0; index < times; index++) {
    await bareSend('/', known[0]!.cookie, 1)
    await read(index)
    await write(index)
    await send(paths.create, undefined, 1)
  }
}

export const sessionsRound = async ({ library, sizes, cycles, times }: SessionsJob): Promise<SessionsRound> => {
  const bareSend = drive(bare)
  await warmUp(library, bareSend, cycles * 1_000)
  const { app, counted, calls } = appOf(library)
  const send = drive(app)
  const known: Known[] = []
  let number = 0
  let spent = 0

  /** Up to `size` sessions; the median cost of the last ones, by slices. */
  const fill = async (size: number): Promise<number> => {
    const step = Math.max(5, Math.floor((size - number) / SAMPLE))
    const recent: number[] = []
    while (number < size) {
      const many = Math.min(step * 50, size - number)
      const blocks = Math.ceil(many / step)
      const seen: (readonly string[])[] = []
      // In blocks as well: what reading an answer takes is in both.
      const alone = await slice(async () => void (await bareSend('/', undefined, step)), blocks)
      const cost = await slice(async (index) => {
        seen.push((await send(paths.create, undefined, Math.min(step, many - index * step))).setCookie)
      }, blocks)
      for (const [index, setCookie] of seen.entries())
        known.push({ number: number + Math.min((index + 1) * step, many) - 1, cookie: cookieIn(setCookie), views: 0 })
      number += many
      spent += cost * blocks
      recent.push(((cost - alone) * blocks) / many)
    }
    return median(recent.slice(-Math.ceil(recent.length / 2)))
  }

  const found: SessionsRound['sizes'][number][] = []
  // The first sessions are not counted: until they were made, the heap holds what is left of the warming up.
  const first = { bytes: 0, number: 0 }
  for (const at of sizes) {
    const created = await fill(at)
    const sampled = known.filter((_, index) => index % Math.ceil(known.length / SAMPLE) === 0)
    const operations = operationsOn(send, sampled)
    const bareRequest: Operation = async (index) => {
      await bareSend('/', sampled[scattered(index, sampled.length)]!.cookie, 1)
    }
    const cost = await costs(bareRequest, operations, { cycles, times })
    const allocated = await allocations(bareRequest, operations)
    const countedOperations = operationsOn(drive(counted), sampled)
    const callsOf = async (operation: Operation): Promise<number> => {
      const earlier = calls()
      for (let index = 0; index < 100; index++) await operation(index)
      return (calls() - earlier) / 100
    }
    found.push({
      at,
      cost: { ...cost, new: created },
      allocated,
      calls: { read: await callsOf(countedOperations.read), write: await callsOf(countedOperations.write) },
    })
    if (first.number === 0) Object.assign(first, { bytes: await bytesInUse(), number })
  }
  const heap = ((await bytesInUse()) - first.bytes) / (number - first.number)
  same('the sessions of the sample', new Set(known.map(({ cookie }) => cookie)).size, known.length)
  return { sizes: found, heap, filling: spent / number }
}
