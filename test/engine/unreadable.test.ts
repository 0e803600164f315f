import { left, right } from '#fp-ts/Either'
import { some } from '#fp-ts/Option'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/core/Event.ts'
import { unreadable } from '../../src/effects/Store.ts'
import { sessionManager } from '../../src/engine/SessionManager.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { count, Data } from './world.ts'

const garbled = (why: 'damaged' | 'newer', onUndecodable: 'fail' | 'discard') => {
  const store = memoryStore()
  const events: Array<Event> = []
  let broken = false
  const sessions = sessionManager({
    data: Data,
    initial: { views: 0 },
    store: {
      ...store,
      load: (id) =>
        broken ? () => Promise.resolve(left(unreadable('load', new Error('row 7 is garbled'), why))) : store.load(id),
    },
    onUndecodable,
    observer: (event) => events.push(event),
  })
  return {
    sessions,
    events,
    garble: () => {
      broken = true
    },
  }
}

const begun = async ({ sessions, garble }: ReturnType<typeof garbled>): Promise<string> => {
  const handle = sessions.open(some('a=b'))
  handle.update(count)()
  const committed = await handle.commit()
  garble()
  if (committed._tag === 'Left' || committed.right.setCookie._tag === 'None') throw new Error('nothing was begun')
  return committed.right.setCookie.value.split(';')[0]!
}

describe('a record that the store can not read', () => {
  it.each([
    ['damaged', 'record'],
    ['newer', 'format'],
  ] as const)('is InvalidData when it is %s, and told once', async (why, path) => {
    const it = garbled(why, 'fail')
    const cookie = await begun(it)
    const reason = 'row 7 is garbled'
    expect(await it.sessions.open(some(cookie)).read()).toEqual(left({ _tag: 'InvalidData', on: 'read', path, reason }))
    expect(it.events.filter(({ _tag }) => _tag === 'store-failed')).toHaveLength(1)
  })

  it('is as good as none where damaged ones are discarded, and a write begins anew', async () => {
    const it = garbled('damaged', 'discard')
    const cookie = await begun(it)
    const handle = it.sessions.open(some(cookie))
    expect(await handle.status()).toEqual(right('unknown'))
    handle.update(count)()
    const committed = await handle.commit()
    expect(committed).toMatchObject({ right: { session: { data: { views: 1 } }, setCookie: { _tag: 'Some' } } })
    expect(committed).not.toMatchObject({ right: { session: { id: cookie.split('=')[1]!.split('.')[0] } } })
  })

  it('is never discarded when a newer version wrote it', async () => {
    const it = garbled('newer', 'discard')
    const cookie = await begun(it)
    expect(await it.sessions.open(some(cookie)).read()).toMatchObject({ left: { _tag: 'InvalidData', path: 'format' } })
  })
})
