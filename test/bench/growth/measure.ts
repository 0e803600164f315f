/**
 * What the parts of the growth benchmark measure with: processor time and allocated bytes of single operations, by slices
 * that alternate with slices of a bare operation.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../statistics.ts'

/** Does the operation for the `index`th time, and throws where the outcome is wrong. */
export type Operation = (index: number) => Promise<void>

/** Collects garbage, all of it or the young alone; the process was started with --expose-gc. */
export const collect = (type: 'major' | 'minor' = 'major'): void => {
  ;(globalThis.gc as unknown as (options: { readonly type: 'major' | 'minor' }) => void)({ type })
}

/** Bytes in use, with what typed arrays hold outside of the heap. */
export const bytesInUse = async (): Promise<number> => {
  for (let time = 0; time < 5; time++) {
    // What a turn of the event loop still holds can not be collected within it, and what lies outside of the heap is
    // given back by another thread.
    await sleep(50)
    collect()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const microseconds = (): number => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** µs of processor time per operation. */
export const slice = async (operation: Operation, times: number): Promise<number> => {
  await new Promise(setImmediate)
  const before = microseconds()
  for (let index = 0; index < times; index++) await operation(index)
  return (microseconds() - before) / times
}

type Named<A extends string> = Readonly<Record<A, Operation>>

/** µs above `bare`, of each operation: the median over the cycles. */
export const costs = async <A extends string>(
  bare: Operation,
  operations: Named<A>,
  { cycles, times }: { readonly cycles: number; readonly times: number },
): Promise<Readonly<Record<A, number>>> => {
  const names = Object.keys(operations) as A[]
  const added = new Map<A, number[]>(names.map((name) => [name, []]))
  for (let cycle = 0; cycle < cycles; cycle++) {
    const base = await slice(bare, times)
    const order = cycle % 2 === 0 ? names : [...names].reverse()
    for (const name of order) added.get(name)!.push((await slice(operations[name], times)) - base)
  }
  return Object.fromEntries(names.map((name) => [name, median(added.get(name)!)])) as Readonly<Record<A, number>>
}

/**
 * Operations between two looks at the heap: few enough to fit into the young generation, many enough that what the look
 * itself allocates does not show.
 */
const SAMPLE = 200

const allocatedBy = async (operation: Operation, times: number): Promise<number> => {
  const samples: number[] = []
  for (let sample = 0; sample < 9; sample++) {
    collect('minor')
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < times; index++) await operation(index)
    samples.push((process.memoryUsage().heapUsed - before) / times)
  }
  return median(samples)
}

/** Bytes allocated by each operation above `bare`. */
export const allocations = async <A extends string>(
  bare: Operation,
  operations: Named<A>,
  times = SAMPLE,
): Promise<Readonly<Record<A, number>>> => {
  const base = await allocatedBy(bare, times)
  const found: [string, number][] = []
  for (const [name, operation] of Object.entries<Operation>(operations))
    found.push([name, (await allocatedBy(operation, times)) - base])
  return Object.fromEntries(found) as Readonly<Record<A, number>>
}

/** Throws unless the two are the same. */
export const same = (where: string, seen: unknown, right: unknown): void => {
  if (seen !== right) throw new Error(`${where} gave '${String(seen)}' where '${String(right)}' is right`)
}

/** A value of which that part of all is at most as large. */
export const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN
