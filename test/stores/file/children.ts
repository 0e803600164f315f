/** Starts processes that run child.ts, in one file that starts fast, and ends them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Order } from './child.ts'

export interface Child {
  /** What it said so far. */
  readonly said: ReadonlyArray<ReadonlyArray<unknown>>
  /** Resolves when it said that, or rejects when it ended before. */
  readonly until: (word: string) => Promise<ReadonlyArray<unknown>>
  readonly go: () => void
  readonly kill: () => void
  /** Resolves when it has ended and everything that it said was read. */
  readonly ended: Promise<void>
}

export const children = async () => {
  const folder = mkdtempSync(`${tmpdir()}/coatcheck-child-`)
  // For a user who may not open what root makes.
  chmodSync(folder, 0o755)
  const program = `${folder}/child.mjs`
  const running = new Set<ChildProcess>()
  await build({
    entryPoints: [fileURLToPath(new URL('child.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['coatcheck-source', 'module'],
    logLevel: 'error',
  })
  chmodSync(program, 0o644)

  const start = (order: Order, uid?: number): Child => {
    const { NODE_OPTIONS: _, ...env } = process.env
    const child = spawn(process.execPath, [program, JSON.stringify(order)], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    })
    running.add(child)
    const said: Array<ReadonlyArray<unknown>> = []
    const waiting = new Map<string, (words: ReadonlyArray<unknown>) => void>()
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      const words = JSON.parse(line) as ReadonlyArray<unknown>
      said.push(words)
      waiting.get(String(words[0]))?.(words)
    })
    const ended = new Promise<void>((resolve) => {
      child.once('close', () => {
        running.delete(child)
        resolve()
      })
    })
    return {
      said,
      until: (word) =>
        Promise.race([
          new Promise<ReadonlyArray<unknown>>((resolve) => {
            const words = said.find(([first]) => first === word)
            if (words !== undefined) resolve(words)
            else waiting.set(word, resolve)
          }),
          ended.then(() => Promise.reject(new Error(`the process ended before it said '${word}'`))),
        ]),
      go: () => child.stdin.write('go\n'),
      kill: () => child.kill('SIGKILL'),
      ended,
    }
  }

  return {
    start,
    close: (): void => {
      for (const child of running) child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
