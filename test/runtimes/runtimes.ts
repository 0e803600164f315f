/**
 * The runtimes that tests run beside the present Node, from npm, by the lock file in packages/: for Linux on x64. They are not among the
 * project's own dependencies: there they would stand in for `node` in every npm script.
 */
import { join } from 'node:path'
import { inject } from 'vitest'

/** The paths of the programs. */
export interface Runtimes {
  readonly node22: string
  readonly node24: string
  readonly deno: string
  readonly bun: string
  /** A package to import, and not a program. */
  readonly edgeRuntime: string
}

/** Installs them when the first test of a run asks: allow for a minute or two, once. */
export const runtimes = async (): Promise<Runtimes> => {
  const answer = await fetch(`${inject('servers')}/runtimes`)
  if (!answer.ok) throw new Error(await answer.text())
  const [folder] = (await answer.json()) as readonly [string]
  return {
    node22: join(folder, 'node22/bin/node'),
    node24: join(folder, 'node24/bin/node'),
    deno: join(folder, 'deno/deno'),
    bun: join(folder, 'bun/bin/bun'),
    edgeRuntime: join(folder, 'edge-runtime'),
  }
}
