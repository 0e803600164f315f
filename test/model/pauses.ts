/** Makes the engine's pauses between attempts end at once: their order is the schedule's. Longer timers stay as they are. */
import { vi } from 'vitest'

const LONGEST_PAUSE = 200

export const shortPauses = (): void => {
  const wait = setTimeout
  vi.stubGlobal('setTimeout', (f: () => void, ms = 0, ...rest: ReadonlyArray<unknown>) =>
    ms < LONGEST_PAUSE ? setImmediate(f) : wait(f, ms, ...rest),
  )
}
