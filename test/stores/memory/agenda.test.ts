import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agenda } from '../../../src/stores/memory/agenda.ts'
import { numbers, type Place } from '../../../src/stores/memory/ring.ts'

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
        const places = numbers()
        const { set, off, next, each } = agenda(0, places)
        const on = new Map<Place, Item>()
        const placeOf = (name: number): Place | undefined => [...on].find(([, item]) => item.name === name)?.[0]
        const itemAt = (at: Place | undefined): Item | undefined => (at === undefined ? undefined : on.get(at))
        const items = (): ReadonlyArray<Item> => [...on.values()]
        const remove = (at: Place): void => {
          off(at)
          on.delete(at)
          places.give(at)
        }
        let latest = 0
        for (const one of acts) {
          if (one.do === 'set') {
            const at = placeOf(one.name) ?? places.take()
            on.set(at, { name: one.name, due: one.due, inTime: minuteOf(one.due) >= latest })
            set(at, one.due)
          } else if (one.do === 'off') {
            const at = placeOf(one.name)
            if (at !== undefined) remove(at)
          } else if (one.do === 'next') {
            latest = Math.max(latest, minuteOf(one.now))
            const found = itemAt(next(one.now))
            const over = items().filter(({ due }) => minuteOf(due) < minuteOf(one.now))
            if (found === undefined) expect(over.filter(({ inTime }) => inTime)).toEqual([])
            else {
              expect(over).toContain(found)
              expect(itemAt(next(one.now))).toBe(found)
            }
          } else {
            const visited = new Set<Item>()
            each(one.now, (at) => visited.add(on.get(at)!).size > 0)
            for (const item of items()) if (item.due < one.now) expect(visited.has(item)).toBe(true)
          }
        }
        const over = 1e9
        for (let at = next(over); at !== undefined; at = next(over)) remove(at)
        expect(on.size).toBe(0)
      }),
    )
  })

  it('each stops when a visit says so, and lets a visit take its place off', () => {
    const places = numbers()
    const { set, off, each } = agenda(0, places)
    const all = [1, 2, 3].map(() => places.take())
    for (const at of all) set(at, at)
    const seen: Array<Place> = []
    each(10, (at) => {
      off(at)
      return seen.push(at) < 2
    })
    each(10, (at) => seen.push(at) > 0)
    expect(seen).toEqual(all)
  })

  it('gives the places of minutes that are over back', () => {
    const places = numbers()
    const { set, off, next } = agenda(0, places)
    const at = places.take()
    for (let minute = 1; minute < 100; minute += 1) {
      set(at, minute * MINUTE)
      expect(next((minute + 1) * MINUTE)).toBe(at)
      off(at)
      expect(next((minute + 1) * MINUTE)).toBeUndefined()
    }
    expect(places.take()).toBeLessThan(5)
  })
})
