import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agenda } from '../../../src/stores/memory/agenda.ts'
import { leave, place, type Place } from '../../../src/stores/memory/ring.ts'

const MINUTE = 60_000
const minuteOf = (time: number): number => Math.floor(time / MINUTE)

interface Item {
  readonly name: number
  due: number
  /** Whether it was put on the agenda before its minute was over: what comes late is found a little later. */
  inTime: boolean
}

const time = fc.integer({ min: -5 * MINUTE, max: 60 * MINUTE })
const act = fc.oneof(
  fc.record({ do: fc.constant('set' as const), name: fc.nat({ max: 8 }), due: time }),
  fc.record({ do: fc.constant('off' as const), name: fc.nat({ max: 8 }) }),
  fc.record({ do: fc.constant('next' as const), now: time }),
  fc.record({ do: fc.constant('each' as const), now: time }),
)

describe('agenda', () => {
  it('next gives what is a minute over, and nothing only if there is none; each visits all that is due', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 80 }), (acts) => {
        const { set, next, each } = agenda<Item>(0)
        const places = new Map<number, Place<Item>>()
        const items = (): ReadonlyArray<Item> => [...places.values()].map(({ item }) => item!)
        let latest = 0
        for (const one of acts) {
          if (one.do === 'set') {
            const at = places.get(one.name) ?? place<Item>({ name: one.name, due: one.due, inTime: true })
            Object.assign(at.item!, { due: one.due, inTime: minuteOf(one.due) >= latest })
            places.set(one.name, at)
            set(at, one.due)
          } else if (one.do === 'off') {
            const at = places.get(one.name)
            if (at !== undefined) leave(at)
            places.delete(one.name)
          } else if (one.do === 'next') {
            latest = Math.max(latest, minuteOf(one.now))
            const found = next(one.now)
            const over = items().filter(({ due }) => minuteOf(due) < minuteOf(one.now))
            if (found === undefined) expect(over.filter(({ inTime }) => inTime)).toEqual([])
            else {
              expect(over).toContain(found)
              expect(next(one.now)).toBe(found)
            }
          } else {
            const visited = new Set<Item>()
            each(one.now, (item) => visited.add(item).size > 0)
            for (const item of items()) if (item.due < one.now) expect(visited.has(item)).toBe(true)
          }
        }
        const over = 1e9
        for (let item = next(over); item !== undefined; item = next(over)) {
          leave(places.get(item.name)!)
          places.delete(item.name)
        }
        expect(places.size).toBe(0)
      }),
    )
  })

  it('each stops when a visit says so, and lets a visit take its item off', () => {
    const { set, each } = agenda<Item>(0)
    const places = [1, 2, 3].map((name) => place<Item>({ name, due: name, inTime: true }))
    for (const at of places) set(at, at.item!.due)
    const seen: Array<number> = []
    each(10, ({ name }) => {
      leave(places[name - 1]!)
      return seen.push(name) < 2
    })
    each(10, ({ name }) => seen.push(name) > 0)
    expect(seen).toEqual([1, 2, 3])
  })
})
