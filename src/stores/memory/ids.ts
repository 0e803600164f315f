/**
 * ```ts
 * interface Ids { find: (id) => Place | undefined; add: (id, at) => void; drop: (id) => void }
 * ```
 * Which id stands at which place: a hash table in one array of numbers, 16 bytes per id, where a `Map` takes 28 and looks at
 * three places of the memory for an answer. When it grows, what it copies is numbers: a `Map` reads each id again.
 *
 * Laws: it answers as a `Map` would; no operation takes longer for many ids than for few, but for the one in which it
 * grows. The ids of sessions are random, and those who ask for others find no chain longer than those are: the hash is
 * seeded anew in each process.
 *
 * @since 0.1.0
 */
import type { SessionId } from '../../core/Token.ts'
import type { Place } from './ring.ts'

/** See the module's head. */
export interface Ids {
  readonly find: (id: SessionId) => Place | undefined
  /** `id` must not be there yet, and must be what stands at the place from now on. */
  readonly add: (id: SessionId, at: Place) => void
  /** Forgets an id, if it is there. */
  readonly drop: (id: SessionId) => void
}

const SEED = /* @__PURE__ */ Math.random() * 2 ** 32

/** 32 bits, the first ones of which depend on all of the text: FNV-1a, and a step of MurmurHash3. */
const hashOf = (text: string): number => {
  let hash = SEED
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
}

/** log2 of the number of cells in the beginning. */
const BEGIN = 10

// A cell is two numbers: the hash, and the place plus one, or 0 where nothing is.
const [HASH, PLACE, WIDTH] = [0, 1, 2] as const

/** No ids. `idAt` answers which id stands at a place. */
export const ids = (idAt: (at: Place) => SessionId): Ids => {
  let bits = BEGIN
  let cells = new Int32Array(WIDTH << bits)
  let used = 0

  // The first bits of the hash: when the table doubles the cells keep their order, and are copied from front to back.
  const home = (hash: number): number => hash >>> (32 - bits)
  const next = (cell: number): number => (cell + 1) & ((1 << bits) - 1)
  const hashAt = (cell: number): number => cells[WIDTH * cell + HASH] as number
  const placeAt = (cell: number): Place => (cells[WIDTH * cell + PLACE] as number) - 1

  const write = (cell: number, hash: number, at: Place): void => {
    cells[WIDTH * cell + HASH] = hash
    cells[WIDTH * cell + PLACE] = at + 1
  }

  const insert = (hash: number, at: Place): void => {
    let cell = home(hash)
    while (placeAt(cell) !== -1) cell = next(cell)
    write(cell, hash, at)
  }

  const grow = (): void => {
    const old = cells
    bits += 1
    cells = new Int32Array(WIDTH << bits)
    for (let from = 0; from < old.length; from += WIDTH) {
      const place = old[from + PLACE] as number
      if (place !== 0) insert(old[from + HASH] as number, place - 1)
    }
  }

  /** The cell of an id, -1 where it has none. */
  const cellOf = (id: SessionId): number => {
    const hash = hashOf(id)
    let cell = home(hash)
    for (let at = placeAt(cell); at !== -1; at = placeAt(cell)) {
      if (hashAt(cell) === hash && idAt(at) === id) return cell
      cell = next(cell)
    }
    return -1
  }

  /** Empties a cell, and moves up what had to pass it on the way from its home. */
  const close = (cell: number): void => {
    let hole = cell
    const mask = (1 << bits) - 1
    for (let later = next(hole); placeAt(later) !== -1; later = next(later)) {
      const way = (later - home(hashAt(later))) & mask
      if (way < ((later - hole) & mask)) continue
      write(hole, hashAt(later), placeAt(later))
      hole = later
    }
    write(hole, 0, -1)
  }

  return {
    find: (id) => {
      const cell = cellOf(id)
      return cell === -1 ? undefined : placeAt(cell)
    },
    add: (id, at) => {
      // At most two thirds full: an id that is not there is told after two cells in the mean.
      if (3 * used >= 2 << bits) grow()
      insert(hashOf(id), at)
      used += 1
    },
    drop: (id) => {
      const cell = cellOf(id)
      if (cell === -1) return
      close(cell)
      used -= 1
    },
  }
}
