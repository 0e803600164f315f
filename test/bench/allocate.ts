/**
 * Bytes of the JavaScript heap that a request allocates, in a process of its own with a young generation so large that
 * nothing is collected meanwhile. What lies outside of the heap (buffers of the cipher, sockets) is not counted.
 */
import { baseOf, type Name, names, type Scenario, scenarios, slicesOf } from './scenarios.ts'
import { median } from './statistics.ts'
import type { Subject } from './Subject.ts'

/** What such a process is started with. */
export const allocationFlags = ['--expose-gc', '--max-semi-space-size=192', '--min-semi-space-size=192']

export interface Allocated {
  /** Per bare request, without a cookie. */
  readonly bare: number
  /** Added per request. */
  readonly added: Readonly<Record<Scenario, number>>
}

const slice = 300
/** Of each scenario before the first that counts: until its code is compiled, which allocates too. */
const warmUp = 6_000
const repeats = 3

export const allocate = async (subject: Subject): Promise<Allocated> => {
  const slices = await slicesOf(subject)
  const run = async (which: Name): Promise<number> => {
    const size = slices.size(which, slice)
    const { send, check } = await slices.prepare(which, size)
    globalThis.gc!()
    const before = process.memoryUsage().heapUsed
    await send()
    const bytes = (process.memoryUsage().heapUsed - before) / size
    await check()
    return bytes
  }
  for (let done = 0; done < warmUp; done += slice) {
    for (const which of names) {
      const { send, check } = await slices.prepare(which, slices.size(which, slice))
      await send()
      await check()
    }
  }
  const bytes = new Map<Name, number[]>(names.map((which) => [which, []]))
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const which of names) bytes.get(which)!.push(await run(which))
  }
  await slices.check()
  const of = (which: Name): number => median(bytes.get(which)!)
  const entries = scenarios.map((which) => [which, of(which) - of(baseOf[which])] as const)
  return { bare: of('bare'), added: Object.fromEntries(entries) as Record<Scenario, number> }
}
