/** Programs of a consumer, served by each runtime on a port of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Miniflare } from 'miniflare'
import { bundled, consumer } from './consumer.ts'
import { runtimes } from './runtimes.ts'

export interface Serving {
  readonly url: string
  readonly close: () => Promise<unknown>
}

/** Serves a program. */
type Serve = (program: URL) => Promise<Serving>

/** Compatibility dates of workerd: later ones need a newer one than is installed; before the other a request may not wake another. */
const NEWEST = '2026-04-01'
const OLDEST = '2024-10-14'

/** How each runtime runs a module: the program and the arguments before the path. */
export const commands = {
  node20: async () => [process.execPath, []],
  node22: async () => [(await runtimes()).node22, []],
  node24: async () => [(await runtimes()).node24, []],
  deno: async () => [
    (await runtimes()).deno,
    ['run', '--quiet', '--no-remote', '--no-check', '--allow-net=127.0.0.1', '--allow-env', '--allow-read'],
  ],
  bun: async () => [(await runtimes()).bun, ['run']],
} satisfies Record<string, () => Promise<readonly [string, ReadonlyArray<string>]>>

export type Command = keyof typeof commands

/** The environment of such a process. */
export const environment = (): NodeJS.ProcessEnv => {
  const { NODE_OPTIONS: _, NODE_ENV: __, ...env } = process.env
  return { ...env, DENO_NO_UPDATE_CHECK: '1' }
}

/** Runs a command until the input ends, because its owner ended or died in whatever way. */
const KEEPER = '"$@" </dev/null & pid=$!; exec >&- 2>&-; read -r _; kill -KILL "$pid"; wait "$pid"'

/** Starts a module that prints its URL, and hands back what ends it. `more`: variables of its environment. */
export const spawned = async (
  runtime: Command,
  path: string,
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Serving> => {
  const [command, args] = await commands[runtime]()
  const env = { ...environment(), ...more }
  const child = spawn('sh', ['-c', KEEPER, 'sh', command, ...args, path], { cwd, env, stdio: 'pipe' })
  const gone = once(child, 'exit')
  let complaints = ''
  child.stderr.on('data', (text: Buffer) => (complaints = `${complaints}${text.toString()}`.slice(-4_000)))
  const close = async (): Promise<void> => {
    child.stdin.end()
    await gone
  }
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.done !== true && /^http:/.test(first.value)) return { url: first.value, close }
  await close()
  throw new Error(`${runtime} did not serve: ${first.value} ${complaints}`)
}

const inProcess =
  (runtime: Command): Serve =>
  async (program) => {
    const own = consumer()
    try {
      const { url, close } = await spawned(runtime, await own.program(program), own.folder)
      return { url, close: () => close().finally(own.remove) }
    } catch (error) {
      own.remove()
      throw error
    }
  }

const bundleOf = async (source: URL, conditions: ReadonlyArray<string>, format: 'esm' | 'iife'): Promise<string> => {
  const own = consumer()
  try {
    return await bundled(await own.program(source), conditions, format)
  } finally {
    own.remove()
  }
}

const workerd =
  (compatibilityDate: string, compatibilityFlags: Array<string> = []): Serve =>
  async (program) => {
    const script = await bundleOf(program, ['workerd', 'worker', 'browser'], 'esm')
    const worker = new Miniflare({
      modules: true,
      script,
      compatibilityDate,
      compatibilityFlags,
      cf: false,
      host: '127.0.0.1',
      port: 0,
    })
    return { url: (await worker.ready).href.replace(/\/$/, ''), close: () => worker.dispose() }
  }

/** What is used of the package `edge-runtime`. */
interface EdgeRuntimePackage {
  readonly EdgeRuntime: new (options: { readonly initialCode: string }) => object
  readonly runServer: (options: {
    readonly runtime: object
    readonly host: string
    readonly port: number
  }) => Promise<{ readonly url: string; readonly close: () => Promise<void> }>
}

const edgeRuntime: Serve = async (program) => {
  const initialCode = await bundleOf(program, ['edge-light', 'worker', 'browser'], 'iife')
  const from = `${(await runtimes()).edgeRuntime}/dist/index.js`
  const { EdgeRuntime, runServer } = (await import(from)) as EdgeRuntimePackage
  const server = await runServer({ runtime: new EdgeRuntime({ initialCode }), host: '127.0.0.1', port: 0 })
  return { url: server.url.replace(/\/$/, ''), close: server.close }
}

/** Every runtime that the tests know, by name. */
export const serves = {
  node20: inProcess('node20'),
  node22: inProcess('node22'),
  node24: inProcess('node24'),
  deno: inProcess('deno'),
  bun: inProcess('bun'),
  workerd: workerd(NEWEST),
  'workerd-2024': workerd(OLDEST),
  'workerd-nodejs': workerd(NEWEST, ['nodejs_compat']),
  'edge-runtime': edgeRuntime,
} satisfies Record<string, Serve>

export type Runtime = keyof typeof serves
