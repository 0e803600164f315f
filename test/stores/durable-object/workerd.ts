/** workerd itself, without miniflare: a server that can be killed, over a folder that stays. */
import { mkdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { freePort, keep, type Kept } from '../../servers/keep.ts'
import { COMPATIBILITY_DATE, testWorker } from './world.ts'

/** The program that miniflare brings along. */
const program = (): string => {
  const miniflare = createRequire(createRequire(import.meta.url).resolve('miniflare'))
  return (miniflare('workerd') as { readonly default: string }).default
}

const config = (directory: string, port: number): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "disk", disk = (path = "${directory}/objects", writable = true)),
  ],
  sockets = [ (name = "http", address = "127.0.0.1:${String(port)}", http = (), service = "main") ],
);
const worker :Workerd.Worker = (
  modules = [ (name = "worker.js", esModule = embed "worker.js") ],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  durableObjectNamespaces = [ (className = "SessionObject", uniqueKey = "sessions", enableSql = true) ],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [ (name = "SESSIONS", durableObjectNamespace = "SessionObject") ],
);
`

/** The test Worker in a workerd of its own. */
export interface Workerd extends Pick<Kept, 'start' | 'kill' | 'stop'> {
  readonly url: URL
}

export const workerd = async (): Promise<Workerd> => {
  const port = await freePort()
  const url = new URL(`http://127.0.0.1:${String(port)}`)
  const { start, kill, stop } = await keep({
    name: 'coatcheck-workerd',
    command: (directory) => [program(), 'serve', join(directory, 'config.capnp')],
    prepare: async (directory) => {
      await mkdir(join(directory, 'objects'))
      await writeFile(join(directory, 'worker.js'), await testWorker())
      await writeFile(join(directory, 'config.capnp'), config(directory, port))
    },
    ready: () => fetch(url),
    last: 'KILL',
  })
  return { url, start, kill, stop }
}
