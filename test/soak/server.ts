// One process of the site: node --expose-gc server.ts ORDERS. It ends when whoever started it ends.
import { readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { sessionManager } from 'coatcheck'
import { Data, initial } from './actions.ts'
import { appOf, serverOf } from './apps.ts'
import { openStore, sweeping } from './backends.ts'
import { type Orders, POLICY, type Told, type Vitals } from './wire.ts'

const { place, index } = JSON.parse(process.argv[2]!) as Orders

// An interrupt typed at the terminal reaches the whole group; who started this process decides.
process.on('SIGINT', () => undefined)
process.once('disconnect', () => process.exit(0))

const say = (told: Told): void => void process.send?.(told)

const events: Record<string, number> = {}
const note = (name: string, times = 1): void => {
  events[name] = (events[name] ?? 0) + times
}

const { store, connections } = await openStore(place, index)
const sessions = sessionManager({ ...POLICY, data: Data, initial, store, observer: ({ _tag }) => note(_tag) })
sweeping(store, (removed) => note('swept', removed))

const descriptors = (): number | undefined => {
  try {
    // One of them is the listing's own.
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return undefined
  }
}

const vitals = (): Vitals => {
  // Twice: what the first finds finalizable the second frees.
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed: heap, rss } = process.memoryUsage()
  return { heap, rss, descriptors: descriptors(), connections: connections() }
}

const server = serverOf(index, sessions)
process.on('message', () => say({ _tag: 'vitals', vitals: vitals(), events }))
server.listen(0, '127.0.0.1', () =>
  say({ _tag: 'listening', port: (server.address() as AddressInfo).port, app: appOf(index) }),
)
