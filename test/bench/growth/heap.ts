/**
 * What the bytes of a session are spent on: two heap snapshots, and what the second has more than the first, by kind.
 */
import { getHeapSnapshot } from 'node:v8'
import { memoryStore } from 'coatcheck/stores/memory'
import { drive } from '../drive.ts'
import { paths } from '../Subject.ts'
import { expressSession, manager, ours } from './apps.ts'
import { collect, same } from './measure.ts'
import type { Library } from './sessions.ts'

/** Bytes per session by kind: `objects`, `strings`, `numbers`, `tables`. */
export type Spent = Readonly<Record<string, number>>

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly (readonly string[])[] }
  }
  readonly nodes: readonly number[]
}

const kinds: Readonly<Record<string, string>> = {
  string: 'strings',
  'concatenated string': 'strings',
  'sliced string': 'strings',
  number: 'numbers',
  object: 'objects',
  closure: 'objects',
  array: 'arrays and tables',
  native: 'arrays and tables',
}

const byKind = async (): Promise<Map<string, number>> => {
  collect()
  let text = ''
  for await (const part of getHeapSnapshot()) text += String(part)
  const { snapshot, nodes } = JSON.parse(text) as Snapshot
  const { node_fields: fields, node_types: types } = snapshot.meta
  const size = fields.indexOf('self_size')
  const found = new Map<string, number>()
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = kinds[types[0]![nodes[at]!]!] ?? 'other'
    found.set(kind, (found.get(kind) ?? 0) + nodes[at + size]!)
  }
  return found
}

/** Of `count` new sessions. */
export const spentOn = async (library: Library, count: number): Promise<Spent> => {
  const app = library === 'coatcheck' ? ours(manager(memoryStore({ maxSessions: 100_000_000 }))) : expressSession()
  const send = drive(app)
  await send(paths.create, undefined, 2_000)
  const before = await byKind()
  const { setCookie } = await send(paths.create, undefined, count)
  same('cookies of a new session', setCookie.length, 1)
  const after = await byKind()
  return Object.fromEntries(
    [...after]
      .map(([kind, bytes]) => [kind, (bytes - (before.get(kind) ?? 0)) / count] as const)
      .filter(([, bytes]) => bytes >= 1)
      .sort(([, a], [, b]) => b - a),
  )
}
