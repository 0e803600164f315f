import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { durableObjectStore, type SessionNamespace } from '../../src/stores/durable-object.ts'
import { newId, record, successor } from '../../src/testing/contract/bench.ts'
import { storeContract } from '../../src/testing/storeContract.ts'
import { capabilities } from './durable-object/worker.ts'
import { world, type World } from './durable-object/world.ts'

let made: World
beforeAll(async () => {
  made = await world()
})
afterAll(() => made.close())

const outside = () => durableObjectStore({ namespace: made.namespace })

describe('the store contract, from a program beside the objects', () => {
  for (const { name, run } of storeContract('durable object', outside, capabilities)) it(name, run)
})

describe('the store contract, inside a Worker', () => {
  for (const { name } of storeContract('inside a Worker', outside, capabilities))
    it(name, async () => {
      const answer = await fetch(new URL('/contract', made.url), { method: 'POST', body: name })
      expect(await answer.text()).toBe('kept')
    })
})

describe('the binding', () => {
  it('is taken as the platform hands it out', async () => {
    const store = durableObjectStore({ namespace: await made.binding('SESSIONS') })
    const id = newId()
    const live = record(Date.now())
    expect(await store.create(id, live)()).toMatchObject({ right: { _tag: 'Created' } })
    expect(await store.load(id)()).toMatchObject({ right: { value: live } })
  })

  it.each([undefined, null, {}, 'SESSIONS'])('that is %o is an error at construction that names it', (namespace) => {
    expect(() => durableObjectStore({ namespace: namespace as SessionNamespace })).toThrow(
      /"namespace".*must be a Durable Object binding.*durable_objects in wrangler\.jsonc/,
    )
  })

  it('to another class is an error that says where to look', async () => {
    const store = durableObjectStore({ namespace: await made.binding('FOREIGN') })
    expect(await store.load(newId())()).toMatchObject({
      left: { operation: 'load', cause: { message: expect.stringContaining('class_name') } },
    })
  })

  it('to a class that was declared without SQLite is an error that says so', async () => {
    const store = durableObjectStore({ namespace: await made.binding('LEGACY') })
    const answer = await store.create(newId(), record(Date.now()))()
    expect(answer).toMatchObject({
      left: { operation: 'create', cause: { message: expect.stringContaining('new_sqlite_classes') } },
    })
  })

  it('to an object that breaks off leaves it open whether a write was done', async () => {
    const store = durableObjectStore({ namespace: await made.binding('BROKEN') })
    const live = record(Date.now())
    const answers = [
      await store.create(newId(), live)(),
      await store.update(newId(), live.revision, successor(live))(),
      await store.touch(newId(), 0, 0, 0)(),
      await store.end(newId(), live.revision, 0)(),
    ]
    for (const answer of answers) {
      expect(answer).toMatchObject({ left: { _tag: 'StoreError', cause: { message: 'broken off' } } })
      expect(answer).not.toHaveProperty('left.unchanged')
    }
  })
})
