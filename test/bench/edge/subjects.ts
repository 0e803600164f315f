/**
 * What is compared on the runtimes of the edge: a module of `apps` or `peers` each, bundled or started by itself.
 */
import type { Kind } from '../Subject.ts'

export const runtimes = ['workerd', 'deno', 'bun'] as const
export type Runtime = (typeof runtimes)[number]

/** Where a session is kept: what a user chooses between. */
export type Kept = 'memory' | 'cookie' | 'durable object'

export interface EdgeSubject {
  readonly library: string
  /** 'none' where there is no session. */
  readonly store: Kept | 'none'
  readonly adapter: 'hono' | 'fetch'
  /** The module, from this folder, and what it exports: `(kind) => Promise<App>`. */
  readonly module: string
  readonly mount: string
  /** For workerd alone. */
  readonly workerdOnly: boolean
  /** How many times fewer requests than of others are sent, so that a run ends. */
  readonly thinned: number
  readonly packages: ReadonlyArray<string>
}

export const kind: Kind = 'session'

type Named = Pick<EdgeSubject, 'library' | 'store' | 'adapter'>

export const keyOf = ({ library, store, adapter }: Named): string => `${library}, ${store}, ${adapter}`

const subject = (
  named: Named,
  module: string,
  mount: string,
  packages: ReadonlyArray<string>,
  thinned = 1,
): EdgeSubject => ({
  ...{ ...named, module, mount, packages, thinned },
  workerdOnly: named.store === 'durable object',
})

const on =
  (adapter: EdgeSubject['adapter'], module: string, ...packages: ReadonlyArray<string>) =>
  (library: string, store: EdgeSubject['store'], mount: string, thinned = 1): EdgeSubject =>
    subject({ library, store, adapter }, module, mount, packages, thinned)

const ours = on('hono', 'apps/ours.ts', 'hono')
const oursOnFetch = on('fetch', 'apps/ours.ts')
const peer = (library: string) => on('hono', '../peers/hono.ts', 'hono', library)

export const none = 'no session'

export const edgeSubjects: ReadonlyArray<EdgeSubject> = [
  on('hono', 'apps/bare.ts', 'hono')(none, 'none', 'hono'),
  on('fetch', 'apps/bare.ts')(none, 'none', 'fetch'),
  ours('coatcheck', 'memory', 'memoryOnHono'),
  oursOnFetch('coatcheck', 'memory', 'memoryOnFetch'),
  // Each new session is a database file of its own.
  on('hono', 'apps/durableObject.ts', 'hono')('coatcheck', 'durable object', 'durableObjectOnHono', 8),
  ours('coatcheck', 'cookie', 'sealedOnHono'),
  oursOnFetch('coatcheck', 'cookie', 'sealedOnFetch'),
  peer('hono-sessions')('hono-sessions', 'memory', 'honoSessionsInMemory'),
  peer('hono-sessions')('hono-sessions', 'cookie', 'honoSessionsInCookie', 2),
  peer('@hono/session')('@hono/session', 'memory', 'honoSessionInStorage', 2),
  peer('@hono/session')('@hono/session', 'cookie', 'honoSessionInCookie', 2),
  on('hono', 'apps/ironSession.ts', 'hono', 'iron-session')('iron-session', 'cookie', 'ironSessionOnHono', 2),
]
