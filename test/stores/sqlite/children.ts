/** Programs of this folder in runtimes that have SQLite: Node 22 and Bun. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { runtimes } from '../../runtimes/runtimes.ts'

/** A program that runs. */
export interface Child {
  readonly process: ChildProcess
  /** The next line that it prints; rejects when it ended instead, with what it had complained about. */
  readonly line: () => Promise<string>
  /** Writes a line to it. */
  readonly say: (line: string) => void
}

/** Where files are, and programs that end with the tests. */
export interface Ground {
  readonly file: (name: string) => string
  readonly start: (program: URL, ...args: ReadonlyArray<string>) => Promise<Child>
  /** Starts a program and gives its first line. */
  readonly ask: (program: URL, ...args: ReadonlyArray<string>) => Promise<string>
  /** Ends what still runs and removes the files. */
  readonly clear: () => void
}

/** A directory of its own, and a runtime. */
export const ground = (runtime: 'node22' | 'bun'): Ground => {
  const directory = mkdtempSync(join(tmpdir(), 'coatcheck-sqlite-'))
  const running: Array<ChildProcess> = []
  const start: Ground['start'] = async (program, ...args) => {
    const path = fileURLToPath(program)
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = spawn((await runtimes())[runtime], ['--conditions=coatcheck-source', path, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
    })
    running.push(child)
    let complaints = ''
    child.stderr.on('data', (text: Buffer) => (complaints += text.toString()))
    // Who was killed does not listen.
    child.stdin.on('error', () => undefined)
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    return {
      process: child,
      line: async () => {
        const next = await lines.next()
        if (next.done === true) throw new Error(`${path} ended: ${complaints}`)
        return next.value
      },
      say: (line) => child.stdin.write(`${line}\n`),
    }
  }
  return {
    file: (name) => join(directory, name),
    start,
    ask: async (program, ...args) => (await start(program, ...args)).line(),
    clear: () => {
      for (const child of running) child.kill('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
