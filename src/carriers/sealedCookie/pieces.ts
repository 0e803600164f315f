/**
 * ```ts
 * cut:  (names, value) => ReadonlyArray<string> | undefined      // a value for each of the first names
 * join: (names, header) => ReadonlyArray<Joined>
 * ```
 * A value that is longer than a cookie, in up to four cookies: `<index>.<count>.<set>.<piece>`. The set is the beginning of
 * the value's nonce, which no other value shares: pieces that two responses set are never put together. (They would not
 * open anyway. But a name may come twice, from two paths, and then the set tells which pieces belong together.)
 *
 * Laws:
 * 1. Of the values that `cut` gives, brought back under their names in any order, `join` gives the value.
 * 2. Every value that `cut` gives fits into its cookie (`PAIR_LIMIT`), and has no more pieces than it needs.
 *
 * @since 0.1.0
 */
import { PAIR_LIMIT, valuesOf } from '../../core/Cookie.ts'
import type { Frame } from './jwe.ts'
import { frameOf, nonceOf } from './jwe.ts'

/** The most cookies that one value may take. */
export const MOST_PIECES = 4

const SET = 8
/** `0.2.abcdefgh.` */
const HEAD = 2 + 2 + SET + 1
const PIECE = /^([0-3])\.([2-4])\.([\w-]{8})\.([\w.-]+)$/

interface Piece {
  readonly index: number
  readonly count: number
  readonly set: string
  readonly text: string
}

const pieceOf = (value: string): Piece | undefined => {
  const [, index, count, set, text] = PIECE.exec(value) ?? []
  return set === undefined || text === undefined ? undefined : { index: Number(index), count: Number(count), set, text }
}

/** The names of the cookies that a value may take, the first being the cookie's own. */
export const namesOf = (name: string, most: number): ReadonlyArray<string> =>
  Array.from({ length: most }, (_, index) => (index === 0 ? name : `${name}.${index}`))

/** How many bytes of a value fit into these cookies. */
export const roomIn = (names: ReadonlyArray<string>): number =>
  names.length === 1
    ? PAIR_LIMIT - (names[0] as string).length
    : names.reduce((room, name) => room + PAIR_LIMIT - name.length - HEAD, 0)

/** The values of the first few cookies, the value as it is where one is enough; undefined where all are not. */
export const cut = (names: ReadonlyArray<string>, value: string): ReadonlyArray<string> | undefined => {
  if (value.length <= roomIn(names.slice(0, 1))) return [value]
  let count = 2
  while (count <= names.length && value.length > roomIn(names.slice(0, count))) count++
  if (count > names.length) return undefined
  const set = nonceOf(value).slice(0, SET)
  let from = 0
  return names.slice(0, count).map((name, index) => {
    const to = from + PAIR_LIMIT - name.length - HEAD
    const text = value.slice(from, to)
    from = to
    return `${index}.${count}.${set}.${text}`
  })
}

/** A value that the request brought, taken apart; `incomplete` where pieces of it are missing. */
export type Joined = Frame | 'incomplete' | 'malformed'

/** The first piece, and those of its set that the request brought under the other names. */
const rest = (names: ReadonlyArray<string>, header: string, first: Piece): Joined => {
  let value = first.text
  for (let index = 1; index < first.count; index++) {
    const name = names[index]
    if (name === undefined) return 'incomplete'
    const [found] = valuesOf(name, header, (given) => {
      const piece = pieceOf(given)
      return piece?.index === index && piece.count === first.count && piece.set === first.set
    })
    const piece = found === undefined ? undefined : pieceOf(found)
    if (piece?.set !== first.set || piece.index !== index || piece.count !== first.count) return 'incomplete'
    value += piece.text
  }
  return frameOf(value) ?? 'malformed'
}

/** The values that the request brought under the first name, whole or in pieces. */
export const join = (names: ReadonlyArray<string>, header: string): ReadonlyArray<Joined> => {
  const joined: Array<Joined> = []
  const accept = (value: string): boolean => {
    const frame = frameOf(value)
    if (frame !== undefined) {
      joined.push(frame)
      return true
    }
    const piece = pieceOf(value)
    if (piece?.index !== 0) return false
    joined.push(rest(names, header, piece))
    return true
  }
  const values = valuesOf(names[0] as string, header, accept)
  return joined.length === 0 && values.length > 0 ? ['malformed'] : joined
}
