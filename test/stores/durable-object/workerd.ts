/** workerd itself, without miniflare: a server that can be killed, over a folder that stays. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { COMPATIBILITY_DATE, testWorker } from './world.ts'

export interface Workerd {
  /** Starts it, and answers where. */
  readonly start: () => Promise<URL>
  /** kill -9; resolves when the process is no more. */
  readonly kill: () => Promise<void>
  /** Ends it and removes its folder. */
  readonly close: () => Promise<void>
}

const program = (): string => {
  const { resolve } = createRequire(import.meta.url)
  const own = createRequire(resolve('miniflare')).resolve('workerd')
  return createRequire(own)('workerd').default as string
}

const config = (folder: string): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = .worker), (name = "disk", disk = (path = "${folder}/objects", writable = true)) ],
  sockets = [ (name = "http", address = "127.0.0.1:0", http = (), service = "main") ],
);
const worker :Workerd.Worker = (
  modules = [ (name = "worker.js", esModule = embed "worker.js") ],
  compatibilityDate = "${COMPATIBILITY_DATE}",
  durableObjectNamespaces = [ (className = "SessionObject", uniqueKey = "sessions", enableSql = true) ],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [ (name = "SESSIONS", durableObjectNamespace = "SessionObject") ],
);
`

/** The port that workerd tells on the control descriptor. */
const portOf = async (child: ChildProcess): Promise<number> => {
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const told = JSON.parse(line) as { readonly event: string; readonly port?: number }
    if (told.event === 'listen' && told.port !== undefined) return told.port
  }
  throw new Error('workerd ended before it listened')
}

export const workerd = async (): Promise<Workerd> => {
  const folder = await mkdtemp(join(tmpdir(), 'coatcheck-workerd-'))
  await mkdir(join(folder, 'objects'))
  await writeFile(join(folder, 'worker.js'), await testWorker())
  await writeFile(join(folder, 'config.capnp'), config(folder))
  let child: ChildProcess | undefined

  const kill = async (): Promise<void> => {
    if (child?.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  return {
    start: async () => {
      child = spawn(program(), ['serve', join(folder, 'config.capnp'), '--control-fd=3'], {
        stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      })
      return new URL(`http://127.0.0.1:${String(await portOf(child))}`)
    },
    kill,
    close: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
