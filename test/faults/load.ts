import type { Site } from './site.ts'

/** What clients saw who counted in one session, over HTTP, while something went wrong. */
export interface Load {
  /** Increments that were acknowledged: a 200. */
  readonly acknowledged: () => number
  /** Increments of which nobody told whether they were stored. */
  readonly unknown: () => number
  /** Resolves when that many more increments were acknowledged than now. */
  readonly more: (increments: number) => Promise<void>
  /** Sends nothing more, and resolves when all is answered. */
  readonly stop: () => Promise<void>
}

/** The most requests that one load sends: a load that is never stopped ends by itself. */
const MOST = 20_000

/** Several clients, each sending one request after another until told to stop. */
export const counting = (site: Site, cookie: string, clients = 8): Load => {
  let acknowledged = 0
  let unknown = 0
  let sent = 0
  let stopped = false
  const watchers: Array<{ readonly at: number; readonly resolve: () => void }> = []
  const client = async (): Promise<void> => {
    while (!stopped && sent < MOST) {
      sent += 1
      const { status } = await site.get('/count', cookie)
      if (status === 200) acknowledged += 1
      else unknown += 1
      for (const { at, resolve } of watchers) if (acknowledged >= at) resolve()
    }
  }
  const running = Promise.all(Array.from({ length: clients }, client))
  return {
    acknowledged: () => acknowledged,
    unknown: () => unknown,
    more: (increments) =>
      new Promise((resolve, reject) => {
        watchers.push({ at: acknowledged + increments, resolve })
        void running.then(() => reject(new Error(`the load ended with ${acknowledged} increments`)), reject)
      }),
    stop: async () => {
      stopped = true
      await running
    },
  }
}
