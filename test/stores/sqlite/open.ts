/** Opens a database with what the present runtime brings: node:sqlite or bun:sqlite. Node 20, which runs vitest, has neither. */
import type { SqliteDatabase } from '../../../src/stores/sqlite.ts'

export type Opened = SqliteDatabase & { close: () => void }

// The types of Node 20 do not have these modules.
const [module, name] = 'Bun' in globalThis ? ['bun:sqlite', 'Database'] : ['node:sqlite', 'DatabaseSync']

/** A new connection to a file. */
export const open = async (path: string): Promise<Opened> => {
  const { [name]: Database } = (await import(module)) as Record<string, new (path: string) => Opened>
  return new Database!(path)
}
