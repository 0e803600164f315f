import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../../../src/core/Token.ts'
import { idFrom } from '../../../src/core/Token.ts'
import { ids } from '../../../src/stores/memory/ids.ts'

/** A table beside the `Map` that it must answer as. */
const pair = () => {
  const stands: Array<SessionId> = []
  const table = ids((at) => stands[at] as SessionId)
  const model = new Map<SessionId, number>()
  return {
    add: (id: SessionId): void => {
      if (model.has(id)) return
      stands.push(id)
      table.add(id, stands.length - 1)
      model.set(id, stands.length - 1)
    },
    drop: (id: SessionId): void => {
      table.drop(id)
      model.delete(id)
    },
    agrees: (asked: Iterable<SessionId>): void => {
      for (const id of asked) if (table.find(id) !== model.get(id)) expect(table.find(id)).toBe(model.get(id))
    },
  }
}

const nth = (index: number): SessionId => idFrom(`session-${index}`)

describe('ids', () => {
  it('answers as a Map does, whatever comes and goes', () => {
    const step = fc.record({ adds: fc.boolean(), id: fc.nat({ max: 40 }).map(nth) })
    fc.assert(
      fc.property(fc.array(step, { size: 'large', maxLength: 300 }), (steps) => {
        const both = pair()
        for (const { adds, id } of steps) {
          if (adds) both.add(id)
          else both.drop(id)
          both.agrees([id])
        }
        both.agrees(Array.from({ length: 42 }, (_, index) => nth(index)))
      }),
    )
  })

  it('answers as a Map does while it fills, grows and empties in another order', () => {
    const both = pair()
    const many = 20_000
    const all = Array.from({ length: many }, (_, index) => nth(index))
    for (const id of all) both.add(id)
    both.agrees(all)
    for (let index = 0; index < many; index += 1) if (index % 3 !== 0) both.drop(nth((index * 7_919) % many))
    both.agrees(all)
    for (const id of all) both.add(id)
    both.agrees(all)
    for (const id of all) both.drop(id)
    both.agrees(all)
  })

  it('tells ids of one hash apart', () => {
    // With 2^32 hashes about ten pairs of 300,000 ids have one in common.
    const random = (index: number): SessionId =>
      idFrom(createHash('sha256').update(String(index)).digest('base64url').slice(0, 22))
    const all = Array.from({ length: 300_000 }, (_, index) => random(index))
    const both = pair()
    for (const id of all) both.add(id)
    both.agrees(all)
  })

  it('stays usable when everything that came has gone again, many times its size', () => {
    const both = pair()
    for (let index = 0; index < 50_000; index += 1) {
      both.add(nth(index))
      both.drop(nth(index - 100))
    }
    both.agrees(Array.from({ length: 200 }, (_, index) => nth(49_900 + index)))
  })
})
