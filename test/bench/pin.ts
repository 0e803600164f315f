/**
 * A core of its own for the servers, where the platform has `taskset`: the last one that this process may use. The client
 * keeps to the others.
 */
import { execFileSync } from 'node:child_process'

/** `0-2,5` → 0, 1, 2, 5. */
export const coresIn = (list: string): readonly number[] =>
  list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })

const taskset = (...args: readonly string[]): string =>
  execFileSync('taskset', ['-a', '-c', '-p', ...args], { encoding: 'utf8' })

const available = (): readonly number[] => {
  if (process.platform !== 'linux') return []
  try {
    // "pid 7's current affinity list: 0,1", a line for each thread.
    return coresIn(taskset(String(process.pid)).split('\n')[0]!.split(': ')[1]!)
  } catch {
    return []
  }
}

const cores = available()

/** Does nothing where the platform can not. */
export const pin = (pid: number, as: 'server' | 'client'): void => {
  if (cores.length < 2) return
  taskset((as === 'server' ? cores.slice(-1) : cores.slice(0, -1)).join(','), String(pid))
}
