/**
 * ```ts
 * withSubjects: (runtime, subjects, use) => Promise<A>
 * ```
 * Each subject in a process of its own, all at once: an idle one costs nothing, and a warm one stays warm. workerd runs by
 * itself: miniflare would put a Worker of its own before each. Deno and Bun find the packages as their users have them;
 * for workerd they are bundled.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundled, type Consumer, consumer } from '../../runtimes/consumer.ts'
import { install } from '../../runtimes/install.ts'
import { freePort, keep } from '../../servers/keep.ts'
import { type EdgeSubject, keyOf, kind, type Runtime } from './subjects.ts'

export interface Served {
  readonly subject: EdgeSubject
  readonly port: number
  /** Of its server process. */
  readonly pid: number
}

const here = fileURLToPath(new URL('.', import.meta.url))

const endings: Readonly<Record<Runtime, (port: number, extra: string) => string>> = {
  workerd: (_, extra) => `${extra}\nexport default { fetch }`,
  deno: (port) => `Deno.serve({ port: ${port}, hostname: '127.0.0.1', onListen: () => undefined }, fetch)`,
  bun: (port) => `Bun.serve({ port: ${port}, hostname: '127.0.0.1', fetch })`,
}

/** The first request mounts: in workerd nothing random may happen before. */
const programOf = ({ module, mount, workerdOnly }: EdgeSubject, runtime: Runtime, port: number): string =>
  [
    `import { ${mount} as mount } from './${module}'`,
    'let handler, mounting',
    `const first = async (request) => (handler = (await (mounting ??= mount('${kind}'))).fetch)(request)`,
    'const fetch = (request) => handler === undefined ? first(request) : handler(request)',
    endings[runtime](port, workerdOnly ? "export { SessionObject } from 'coatcheck/stores/durable-object'" : ''),
  ].join('\n')

/** Compiles a subject into the consumer's folder, its packages left as imports. */
const compiled = async (own: Consumer, subject: EdgeSubject, runtime: Runtime, port: number): Promise<string> => {
  const { outputFiles } = await build({
    stdin: { contents: programOf(subject, runtime, port), resolveDir: here, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    packages: 'external',
    logLevel: 'silent',
  })
  return own.write(`${runtime}-${port}.mjs`, outputFiles[0]!.text)
}

const capnp = ({ workerdOnly }: EdgeSubject, directory: string, port: number): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "main", worker = .worker), (name = "disk", disk = (path = "${directory}/objects", writable = true)) ],
  sockets = [ (name = "http", address = "127.0.0.1:${port}", http = (), service = "main") ],
);
const worker :Workerd.Worker = (
  modules = [ (name = "worker.js", esModule = embed "worker.js") ],
  compatibilityDate = "2026-04-01",
  compatibilityFlags = ["nodejs_compat"],${
    workerdOnly
      ? `
  durableObjectNamespaces = [ (className = "SessionObject", uniqueKey = "sessions", enableSql = true) ],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [ (name = "SESSIONS", durableObjectNamespace = "SessionObject") ],`
      : ''
  }
);
`

/** The program that miniflare brings along. */
const workerdProgram = (): string => {
  const miniflare = createRequire(createRequire(import.meta.url).resolve('miniflare'))
  return (miniflare('workerd') as { readonly default: string }).default
}

const commandOf = (
  runtime: Runtime,
  packages: string,
  program: string,
): ((directory: string) => ReadonlyArray<string>) => {
  switch (runtime) {
    case 'workerd':
      return (directory) => [workerdProgram(), 'serve', join(directory, 'config.capnp')]
    case 'deno': {
      const flags = ['--quiet', '--no-remote', '--no-check', '--allow-net=127.0.0.1', '--allow-env', '--allow-read']
      return () => [join(packages, 'deno/deno'), 'run', ...flags, program]
    }
    case 'bun':
      return () => [join(packages, 'bun/bin/bun'), 'run', program]
  }
}

const withSubject = async <A>(
  own: Consumer,
  runtime: Runtime,
  subject: EdgeSubject,
  use: (served: Served) => Promise<A>,
): Promise<A> => {
  const port = await freePort()
  const program = await compiled(own, subject, runtime, port)
  const { pid, stop } = await keep({
    name: 'coatcheck-edge',
    command: commandOf(runtime, await install(), program),
    prepare: async (directory) => {
      if (runtime !== 'workerd') return
      mkdirSync(join(directory, 'objects'))
      writeFileSync(join(directory, 'worker.js'), await bundled(program, ['workerd', 'worker', 'browser']))
      writeFileSync(join(directory, 'config.capnp'), capnp(subject, directory, port))
    },
    // As servers run: Hono's and others' development checks are off.
    env: { ...process.env, NODE_ENV: 'production', DENO_NO_UPDATE_CHECK: '1' },
    ready: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/`)
      if (!answer.ok) throw new Error(`${runtime}, ${keyOf(subject)}: ${answer.status} ${await answer.text()}`)
      await answer.text()
    },
    last: 'KILL',
  })
  try {
    return await use({ subject, port, pid: pid() })
  } finally {
    await stop()
  }
}

export const withSubjects = async <A>(
  runtime: Runtime,
  subjects: ReadonlyArray<EdgeSubject>,
  use: (served: ReadonlyArray<Served>) => Promise<A>,
): Promise<A> => {
  const own = consumer()
  const next = (waiting: ReadonlyArray<EdgeSubject>, running: ReadonlyArray<Served>): Promise<A> => {
    const [subject, ...others] = waiting
    return subject === undefined
      ? use(running)
      : withSubject(own, runtime, subject, (served) => next(others, [...running, served]))
  }
  try {
    return await next(
      subjects.filter(({ workerdOnly }) => !workerdOnly || runtime === 'workerd'),
      [],
    )
  } finally {
    own.remove()
  }
}

/** Nanoseconds that each thread of a process has run, by thread: collectors and compilers are threads, too. Linux only. */
export const ranByThread = (pid: number): ReadonlyMap<string, number> =>
  new Map(
    readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      try {
        return [[thread, Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])]]
      } catch {
        // It ended between listing and reading.
        return []
      }
    }),
  )

const versionIn = (manifest: string): string =>
  (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version

export const runtimeVersions = async (wanted: ReadonlyArray<Runtime>): Promise<Readonly<Record<string, string>>> => {
  const packages = await install()
  return Object.fromEntries(
    wanted.map((runtime) => [
      runtime,
      versionIn(runtime === 'workerd' ? 'node_modules/workerd/package.json' : join(packages, runtime, 'package.json')),
    ]),
  )
}
