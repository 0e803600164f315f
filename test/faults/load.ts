import type { Site } from './site.ts'
import { nothingCounted, tallied, type Tally } from './tally.ts'

/** What clients saw who counted in one session, over HTTP, while something went wrong. */
export interface Load {
  /** What became of the increments: a 200 acknowledges one; of any other answer nobody told whether it was stored. */
  readonly tally: () => Tally
  /** Resolves when that many more increments were acknowledged than now. */
  readonly more: (increments: number) => Promise<void>
  /** Sends nothing more, and resolves when all is answered. */
  readonly stop: () => Promise<void>
}

/** The most requests that one load sends: a load that is never stopped ends by itself. */
const MOST = 20_000

/** Several clients, each sending one request after another until told to stop. */
export const counting = (site: Site, cookie: string, clients = 8): Load => {
  let tally = nothingCounted
  let sent = 0
  let stopped = false
  const watchers: Array<{ readonly at: number; readonly resolve: () => void }> = []
  const client = async (): Promise<void> => {
    while (!stopped && sent < MOST) {
      sent += 1
      const { status } = await site.get('/count', cookie)
      tally = tallied(tally, status === 200 ? 'acknowledged' : 'unknown')
      for (const { at, resolve } of watchers) if (tally.acknowledged >= at) resolve()
    }
  }
  const running = Promise.all(Array.from({ length: clients }, client))
  return {
    tally: () => tally,
    more: (increments) =>
      new Promise((resolve, reject) => {
        watchers.push({ at: tally.acknowledged + increments, resolve })
        void running.then(() => reject(new Error(`the load ended with ${tally.acknowledged} increments`)), reject)
      }),
    stop: async () => {
      stopped = true
      await running
    },
  }
}
