/**
 * Our own subjects. The package is loaded when one is mounted, and by its child process alone.
 */
import type { Subject } from './Subject.ts'

const apps = () => import('./oursApps.ts')

const subject = (
  adapter: 'node' | 'express' | 'koa' | 'hono',
  group: Subject['group'],
  packages: readonly string[],
): Subject => ({
  library: 'coatcheck',
  store: 'memory',
  adapter,
  group,
  cookieCarries: 'reference',
  packages: [...packages, 'fp-ts', 'io-ts'],
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

export const ours: readonly Subject[] = [
  subject('node', 'node', []),
  subject('express', 'node', ['express']),
  subject('koa', 'koa', ['koa']),
  subject('hono', 'hono', ['hono']),
]
