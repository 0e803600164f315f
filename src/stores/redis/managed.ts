/**
 * ```ts
 * managed: (port, prefix) => Managed
 * ```
 * What a program asks of Redis when it starts, and what its health check asks later.
 *
 * @since 0.1.0
 */
import { right } from '../../core/tagged.ts'
import { attempt } from '../../effects/attempt.ts'
import type { Managed } from '../../effects/Store.ts'
import type { Millis } from '../../core/Millis.ts'
import type { Port } from './client.ts'
import type { Fault } from './faults.ts'
import { MEMORY, PROBE } from './scripts.ts'

/** A client that can not connect may keep a command for ever; who asks for health wants to know. */
const PATIENCE: Millis = 5_000

const SILENT =
  `Redis did not answer within ${String(PATIENCE / 1000)} s. Is it running, and is the client's address right? ` +
  "Listen to the client's `error` events: they say why it can not connect."

const bounded = <A>(work: Promise<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(SILENT))
    }, PATIENCE)
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer)
    })
  })

/** A field of an INFO reply. */
const field = (info: string, name: string): string | undefined =>
  info
    .split('\r\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1)

const evicting = (policy: string): string =>
  `The server's maxmemory-policy is ${policy}: when its memory is full it removes sessions, and the marks that keep ` +
  'ended sessions ended. Set it to noeviction, or use a server of its own for sessions.'

/** See the module's head. `key` is one that nothing else uses. */
export const managed = (port: Port, fault: Fault, key: string): Managed => ({
  // There is no schema to bring up to date; what can be wrong is the server's configuration.
  migrate: attempt(
    async () => {
      const info = String(await bounded(port.run(MEMORY, key)))
      const policy = field(info, 'maxmemory_policy')
      if (field(info, 'maxmemory') === '0' || policy === undefined || policy === 'noeviction') return
      throw new Error(evicting(policy))
    },
    (cause) => fault('migrate', cause),
  ),
  health: attempt(
    async () => {
      await bounded(port.run(PROBE, key))
    },
    (cause) => fault('health', cause),
  ),
  // The client is the program's own.
  close: () => Promise.resolve(right(undefined)),
})
