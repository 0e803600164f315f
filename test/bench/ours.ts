/**
 * Our own subjects. The package is loaded when one is mounted, and by its child process alone.
 */
import type { Group, Subject } from './Subject.ts'

const apps = () => import('./oursApps.ts')

type Adapter = 'node' | 'express' | 'koa' | 'hono' | 'fetch'

const inMemory = (adapter: Adapter, group: Group, packages: readonly string[]): Subject => ({
  ...{ library: 'coatcheck', store: 'memory', adapter, group, packages: [...packages, 'fp-ts', 'io-ts'] },
  ...{ cookieCarries: 'reference', rotates: true, thinned: 1 },
  mount: async (kind) => {
    const { [adapter]: mount, fresh } = await apps()
    return mount(kind, fresh())
  },
  mountCounted: async () => {
    const { [adapter]: mount, freshCounted } = await apps()
    const { sessions, calls } = freshCounted()
    return { app: await mount('session', sessions), calls }
  },
})

const sealed = (adapter: Adapter, group: Group, packages: readonly string[]): Subject => ({
  ...{ library: 'coatcheck', store: 'sealed', adapter, group, packages: [...packages, 'fp-ts', 'io-ts'] },
  ...{ cookieCarries: 'data', rotates: false, thinned: 1 },
  mount: async (kind) => {
    const { [adapter]: mount, freshSealed } = await apps()
    return mount(kind, freshSealed())
  },
})

export const ours: readonly Subject[] = [
  inMemory('node', 'node', []),
  inMemory('express', 'node', ['express']),
  inMemory('koa', 'koa', ['koa']),
  inMemory('hono', 'hono', ['hono']),
  inMemory('fetch', 'fetch', []),
  sealed('node', 'node', []),
  sealed('koa', 'koa', ['koa']),
  sealed('hono', 'hono', ['hono']),
  sealed('fetch', 'fetch', []),
]
