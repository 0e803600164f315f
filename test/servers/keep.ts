import { spawn } from 'node:child_process'
import { chownSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Debian, Fedora and Alpine know this user as `nobody`. PostgreSQL refuses to run as root. */
const NOBODY = 65_534

/**
 * Reads one word a line: `start` runs the command and prints its process id, `kill SIGNAL` prints when it is dead. When
 * the input ends, because its owner ended or died in whatever way, the server is stopped and its directory removed.
 */
const KEEPER = `
directory=$1; log=$2; last=$3; shift 3
pid=
while read -r word signal; do
  case $word in
    start) "$@" >>"$log" 2>&1 </dev/null & pid=$!; echo "$pid" ;;
    kill) kill -"$signal" "$pid"; wait "$pid"; pid=; echo dead ;;
  esac
done
if [ -n "$pid" ]; then
  kill -"$last" "$pid" 2>/dev/null
  tries=50
  while [ $tries -gt 0 ] && kill -0 "$pid" 2>/dev/null; do sleep 0.1; tries=$((tries - 1)); done
  kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$directory"
`

/** A server process with a directory, neither of which outlives the process that started it. */
export interface Kept {
  /** The directory for its data. */
  readonly directory: string
  /** The process id of the present incarnation. */
  readonly pid: () => number
  /** Runs the command (again). Resolves when `ready` does. */
  readonly start: () => Promise<void>
  /** Ends the process, by default as a power failure would. Resolves when it is dead. */
  readonly kill: (signal?: 'KILL' | 'TERM' | 'INT' | 'QUIT') => Promise<void>
  /** Stops the process and removes the directory. */
  readonly stop: () => Promise<void>
}

export interface Keeping {
  /** Begins the name of the directory. */
  readonly name: string
  /** The command, when its directory is known. */
  readonly command: (directory: string) => ReadonlyArray<string>
  /** Resolves when the server answers; called again until it does. */
  readonly ready: () => Promise<unknown>
  /** The signal that stops the server at once and cleanly enough to free its port. Default TERM. */
  readonly last?: 'TERM' | 'QUIT' | 'KILL'
  /** Run as `nobody` when this process is root. */
  readonly unprivileged?: boolean
  /** Prepares the directory before the first start. */
  readonly prepare?: (directory: string) => Promise<void> | void
  readonly env?: NodeJS.ProcessEnv
}

/** Who shall run a process that may not run as root. */
export const asNobody = (): { readonly uid?: number; readonly gid?: number } =>
  process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

const READY_WITHIN = 30_000

/** For those who poll what another process does. */
export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Starts a server under a keeper. */
export const keep = async (keeping: Keeping): Promise<Kept> => {
  const { name, command, ready, last = 'TERM', unprivileged = false, prepare, env = process.env } = keeping
  const directory = mkdtempSync(join(tmpdir(), `${name}-`))
  const user = unprivileged ? asNobody() : {}
  if (user.uid !== undefined) chownSync(directory, NOBODY, NOBODY)
  const log = join(directory, 'log')

  // In a session of its own, so that an interrupt typed at a terminal ends the tests first and the keeper after them.
  const keeper = spawn('sh', ['-c', KEEPER, 'keeper', directory, log, last, ...command(directory)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    env,
    ...user,
  })
  const ended = new Promise<void>((resolve) => keeper.once('exit', () => resolve()))
  const lines = createInterface(keeper.stdout)[Symbol.asyncIterator]()
  let pid = 0

  const said = (): string => {
    try {
      return readFileSync(log, 'utf8').slice(-2_000)
    } catch {
      return ''
    }
  }

  const ask = async (line: string): Promise<string> => {
    keeper.stdin.write(`${line}\n`)
    const answer = await lines.next()
    if (answer.done === true) throw new Error(`the keeper of ${name} ended: ${said()}`)
    return answer.value
  }

  const stop = async (): Promise<void> => {
    keeper.stdin.end()
    await ended
  }

  const start = async (): Promise<void> => {
    pid = Number(await ask('start'))
    const until = Date.now() + READY_WITHIN
    for (;;)
      try {
        await ready()
        return
      } catch (cause) {
        if (Date.now() > until) throw new Error(`${name} was not ready in time. Its log:\n${said()}`, { cause })
        await pause(20)
      }
  }

  try {
    await prepare?.(directory)
    await start()
  } catch (cause) {
    await stop()
    throw cause
  }
  return {
    directory,
    pid: () => pid,
    start,
    kill: async (signal = 'KILL') => {
      await ask(`kill ${signal}`)
    },
    stop,
  }
}

/** A port of the loopback interface that is free now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { readonly port: number }
      probe.close(() => resolve(port))
    })
  })
