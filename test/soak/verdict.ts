/**
 * ```ts
 * verdict: (findings) => ReadonlyArray<string>
 * ```
 * What a run proves to be wrong: a sentence each, none when all is well. Pure.
 */
import type { Account, Found } from './ledger.ts'
import { audit } from './ledger.ts'
import type { Vitals } from './wire.ts'

/** How one incarnation of a process did: before there was load, at even steps of the run, and when all load was gone. */
export interface Health {
  readonly name: string
  readonly start: Vitals
  readonly during: ReadonlyArray<Vitals>
  /** Undefined: it was killed on purpose. */
  readonly end: Vitals | undefined
}

export interface Findings {
  readonly accounts: ReadonlyMap<string, Account>
  /** What the store holds in the end under the id of every account. */
  readonly found: ReadonlyMap<string, Found>
  /** What was wrong with single answers, and with what was seen in the end. */
  readonly complaints: ReadonlyArray<string>
  readonly processes: ReadonlyArray<Health>
  /** Clients that were connected to the database before the load and after it. */
  readonly connections: { readonly start: number; readonly end: number }
  /** Records that had died before the run began, and are there still; undefined where the store needs no sweeper. */
  readonly unswept: number | undefined
}

/** Heap that the last third of a run may have above the first, bytes. */
export const HEAP_BOUND = 4 * 1024 * 1024

/** Samples that tell something: three thirds of two at least, after the warm-up. */
const ENOUGH = 6

const median = (numbers: ReadonlyArray<number>): number => {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

/** Median heap of the first and of the last third, the first fourth of the samples, in which code is compiled, left out. Undefined: too few samples. */
export const thirds = (
  samples: ReadonlyArray<Vitals>,
): { readonly first: number; readonly last: number } | undefined => {
  const warm = samples.slice(Math.ceil(samples.length / 4)).map(({ heap }) => heap)
  if (warm.length < ENOUGH) return undefined
  const third = Math.floor(warm.length / 3)
  return { first: median(warm.slice(0, third)), last: median(warm.slice(-third)) }
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`

const leaks = ({ name, start, during, end }: Health): ReadonlyArray<string> => {
  const heap = thirds(during)
  const grown = heap === undefined ? 0 : heap.last - heap.first
  return [
    ...(grown > HEAP_BOUND
      ? [
          `process ${name} leaks memory: its heap grew by ${megabytes(grown)} from the first to the last third of the run`,
        ]
      : []),
    ...(end?.descriptors !== undefined && start.descriptors !== undefined && end.descriptors > start.descriptors
      ? [`process ${name} leaks file descriptors: ${start.descriptors} before the load, ${end.descriptors} after it`]
      : []),
    ...(end !== undefined && end.connections > start.connections
      ? [`process ${name} leaks connections: ${start.connections} before the load, ${end.connections} after it`]
      : []),
  ]
}

/** See the module's head. */
export const verdict = (findings: Findings): ReadonlyArray<string> => {
  const { accounts, found, complaints, processes, connections, unswept } = findings
  const sessions = [...accounts].flatMap(([id, account]) => {
    const wrong = audit(account, found.get(id) ?? { _tag: 'Absent' })
    const { acknowledged, refused, unknown } = account.tally
    const told = `${acknowledged} acknowledged, ${refused} refused, ${unknown} unknown`
    return wrong === undefined ? [] : [`session ${id} of ${account.owner} (${told}): ${wrong}`]
  })
  return [
    ...complaints,
    ...sessions,
    ...processes.flatMap(leaks),
    ...(connections.end > connections.start
      ? [`the database has ${connections.end} clients after the load, and had ${connections.start} before it`]
      : []),
    ...(unswept === undefined || unswept === 0 ? [] : [`${unswept} dead records were not swept`]),
  ]
}

/** Sums over all sessions. */
export interface Sums {
  readonly sessions: number
  readonly live: number
  readonly ended: number
  /** Whose end nobody told, and that are gone. */
  readonly perhaps: number
  /** Expired, and swept. */
  readonly expired: number
  readonly acknowledged: number
  readonly refused: number
  readonly unknown: number
  /** Whose logout crossed another rotation: bounded above alone, and not part of what follows. */
  readonly crossed: number
  /** Increments that the counters show: of the living now, of the ended when they ended. */
  readonly counted: number
  /** The same increments as clients know them: of sessions whose last count is known. */
  readonly known: { readonly acknowledged: number; readonly unknown: number }
}

export const sums = ({ accounts, found }: Pick<Findings, 'accounts' | 'found'>): Sums => {
  let total: Sums = {
    ...{ sessions: accounts.size, live: 0, ended: 0, perhaps: 0, expired: 0 },
    ...{ acknowledged: 0, refused: 0, unknown: 0, crossed: 0, counted: 0, known: { acknowledged: 0, unknown: 0 } },
  }
  for (const [id, { tally, end, crossed }] of accounts) {
    const there = found.get(id) ?? { _tag: 'Absent' }
    const last = end._tag === 'Ended' ? end.views : there._tag === 'Live' ? there.views : undefined
    const views = crossed ? undefined : last
    const { known } = total
    total = {
      ...total,
      live: total.live + Number(there._tag === 'Live'),
      ended: total.ended + Number(end._tag === 'Ended'),
      perhaps: total.perhaps + Number(end._tag === 'Perhaps' && there._tag !== 'Live'),
      expired: total.expired + Number(end._tag === 'Open' && there._tag !== 'Live'),
      acknowledged: total.acknowledged + tally.acknowledged,
      refused: total.refused + tally.refused,
      unknown: total.unknown + tally.unknown,
      crossed: total.crossed + Number(crossed),
      counted: total.counted + (views ?? 0),
      known:
        views === undefined
          ? known
          : { acknowledged: known.acknowledged + tally.acknowledged, unknown: known.unknown + tally.unknown },
    }
  }
  return total
}
