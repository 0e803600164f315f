import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import * as Session from '../../src/core/Session.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { Data } from './world.ts'

const opened = (cookie?: string) =>
  sessionManager({ data: Data, initial: { views: 0 }, store: memoryStore() }).openRequest({}, () => cookie)

describe('a handle (promise face)', () => {
  it('tells nothing of its request when it is printed, copied or written as JSON', async () => {
    const cookie = `__Host-session=${'s3cret'.repeat(12)}`
    const { ref } = opened(cookie)
    ref.update(Session.set<Data, 'views'>('views', 7))
    await ref.status()
    const printed = inspect(ref, { showHidden: true, depth: 10, getters: false })
    expect(printed).not.toMatch(/s3cret|engine|cookie|pending/)
    expect(JSON.stringify(ref)).toBe('{}')
    expect(Reflect.ownKeys({ ...ref })).toEqual([])
    expect(Reflect.ownKeys(ref)).toEqual([])
  })

  it('has members that keep working when they are taken off it', async () => {
    const { ref } = opened()
    const { read, update, transact, status, commit, destroy } = ref
    update(Session.set<Data, 'views'>('views', 1))
    expect((await read()).data.views).toBe(1)
    expect((await transact(Session.modify<Data, 'views'>('views', (views) => views + 1))).data.views).toBe(2)
    expect(await status()).toBe('live')
    expect((await commit()).data.views).toBe(2)
    await destroy()
    expect(await status()).toBe('ended')
  })
})
