/**
 * ```ts
 * interface Ring { join: (list: Place, at: Place) => void; leave: (at: Place) => void; after: (at: Place) => Place }
 * ```
 * Circular lists of places that know their neighbours: a place leaves, or moves to the end, in constant time. A place is a
 * number, and its neighbours stand in one array: eight bytes, where two objects with their links would take a hundred. A
 * list is a place itself, its head, which nothing else is.
 *
 * Laws: a place is in one list of a ring at most; alone, it is its own neighbour, as every place is in the beginning.
 *
 * @since 0.1.0
 */

/** A place in a list, or the head of one. */
export type Place = number

/** See the module's head. */
export interface Ring {
  /** Moves a place to the end of a list. */
  readonly join: (list: Place, at: Place) => void
  /** Takes a place out of its list, if it is in one. */
  readonly leave: (at: Place) => void
  /** The next place of the list, in the order of joining; the head after the last one, and the first one after the head. */
  readonly after: (at: Place) => Place
}

/** What numbers places: each number is taken by one holder at a time, and those that were given back come first. */
export interface Numbers {
  readonly take: () => Place
  readonly give: (at: Place) => void
}

/** Nothing taken. */
export const numbers = (): Numbers => {
  const free: Array<Place> = []
  let next = 0
  return { take: () => free.pop() ?? next++, give: (at) => void free.push(at) }
}

const BEGIN = 1_024

/** All places alone. */
export const ring = (): Ring => {
  // Of each place the difference to its neighbours, before and after: an array of zeros is a ring of places alone.
  let links = new Int32Array(2 * BEGIN)

  const before = (at: Place): Place => at + (links[2 * at] as number)
  const after = (at: Place): Place => at + (links[2 * at + 1] as number)

  const link = (one: Place, next: Place): void => {
    links[2 * one + 1] = next - one
    links[2 * next] = one - next
  }

  /** Doubles, so that a place costs its share of copying once or twice. */
  const reach = (at: Place): void => {
    if (2 * at < links.length) return
    const more = new Int32Array(Math.max(2 * links.length, 2 * at + 2))
    more.set(links)
    links = more
  }

  const leave = (at: Place): void => {
    if (2 * at >= links.length) return
    link(before(at), after(at))
    link(at, at)
  }

  return {
    leave,
    join: (list, at) => {
      reach(Math.max(list, at))
      leave(at)
      link(before(list), at)
      link(at, list)
    },
    after: (at) => (2 * at < links.length ? after(at) : at),
  }
}
