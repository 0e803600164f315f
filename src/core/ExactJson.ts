/**
 * ```ts
 * toJson: (root: string, value: unknown, previous?: Json) => Either<NotJson, Json>
 * ```
 * The exact JSON of a value, or the place at which it is none.
 *
 * Laws:
 * 1. Whenever `toJson(root, v)` is Right, it equals `JSON.parse(JSON.stringify(v))`.
 * 2. `toJson` never throws, and what it answers Right is frozen at every depth.
 * 3. `toJson` of its own result is that result, the same reference.
 * 4. A value that is refused is left as it was: nothing in it has been frozen.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { left, right } from './tagged.ts'
import type { Json } from './Json.ts'

/** Why a value is not JSON: where, and what stands there. Never the value itself: session data can be sensitive. */
export interface NotJson {
  readonly _tag: 'NotJson'
  /** As one writes it in code: `data.cart[2].addedAt`. */
  readonly path: string
  /** A clause, as in "NaN can not be kept as JSON". */
  readonly reason: string
}

/** How deep arrays and objects may be nested. */
export const MAX_DEPTH = 100

/** How many values one value may hold, counting a shared one as often as JSON would write it out. */
export const MAX_VALUES = 1_000_000

const TOO_DEEP = `nesting deeper than ${String(MAX_DEPTH)} levels`
const TOO_MANY = `more than ${String(MAX_VALUES)} values`

const hasOwn = (value: object, key: string): boolean => Object.prototype.hasOwnProperty.call(value, key)

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** A longer key is cut in a path: an error is for logs, and a key can be as long as an attacker likes. */
const MAX_KEY = 100

const segment = (key: string | number): string => {
  if (typeof key === 'number') return `[${String(key)}]`
  const short = key.length > MAX_KEY ? `${key.slice(0, MAX_KEY)}…` : key
  return IDENTIFIER.test(short) ? `.${short}` : `[${JSON.stringify(short)}]`
}

/** The path of a place below `root`, as one writes it in code. */
export const pathOf = (root: string, keys: ReadonlyArray<string | number>): string => root + keys.map(segment).join('')

/** What one call of `toJson` carries along. */
interface Walk {
  values: number
  readonly containers: Array<object>
  reason: string
  /** The way to the place that was refused: filled while the walk unwinds, innermost first. */
  readonly way: Array<Step>
}

interface Step {
  readonly key: string | number
  readonly parent: object
}

type Fields = Readonly<Record<string, unknown>>

/** The answer of a walk that met something else than JSON; the reason is in `Walk`. */
const REFUSED = Symbol('refused')
type Refused = typeof REFUSED

const refuse = (walk: Walk, reason: string): Refused => {
  walk.reason = reason
  return REFUSED
}

const refuseAt = (walk: Walk, parent: object, key: string | number): Refused => {
  walk.way.push({ key, parent })
  return REFUSED
}

/** A host may hand over objects of another realm, whose prototypes are not ours. */
const isForeignObjectPrototype = (proto: object): boolean =>
  Object.getPrototypeOf(proto) === null && hasOwn(proto, 'isPrototypeOf')

const isArrayPrototype = (proto: object | null): boolean =>
  proto === Array.prototype ||
  (Array.isArray(proto) && isForeignObjectPrototype(Object.getPrototypeOf(proto) as object))

const nameOf = (proto: object | null): string => {
  const constructor: unknown = proto === null ? undefined : (proto as Fields)['constructor']
  const name: unknown = typeof constructor === 'function' ? constructor.name : undefined // a static `name` may be anything
  return typeof name === 'string' && !['', 'Object', 'Array'].includes(name)
    ? `an instance of ${name.slice(0, MAX_KEY)}`
    : 'an object with a prototype of its own'
}

/** ES2024, and in every runtime we support; the declared library is ES2022. */
const isWellFormed = (text: string): boolean => (text as unknown as { isWellFormed: () => boolean }).isWellFormed()

/** The entries of `value` before `key`, which are JSON as they stand. */
const entriesBefore = (value: Fields, key: string): Record<string, Json> => {
  const copy: Record<string, Json> = {}
  for (const earlier in value) {
    if (earlier === key) break
    if (hasOwn(value, earlier)) copy[earlier] = value[earlier] as Json
  }
  return copy
}

const walkArray = (
  walk: Walk,
  value: ReadonlyArray<unknown>,
  previous: unknown,
  depth: number,
): ReadonlyArray<Json> | Refused => {
  const proto = Object.getPrototypeOf(value) as object | null
  if (!isArrayPrototype(proto)) return refuse(walk, nameOf(proto))
  const before = Array.isArray(previous) ? (previous as ReadonlyArray<unknown>) : undefined
  let copy: Array<Json> | undefined = proto === Array.prototype ? undefined : []
  for (let index = 0; index < value.length; index += 1) {
    const child = value[index]
    const json = walkValue(walk, child, before?.[index], depth)
    if (json === REFUSED) return refuseAt(walk, value, index)
    if (copy === undefined && !Object.is(json, child)) copy = value.slice(0, index) as Array<Json>
    if (copy !== undefined) copy.push(json)
  }
  // No element is missing, so a longer list of keys means that there are others.
  const keys = Object.keys(value)
  if (keys.length !== value.length) {
    walk.reason = 'a property of an array'
    return refuseAt(walk, value, keys[value.length] ?? '')
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return refuse(walk, 'a symbol key')
  const json = copy ?? (value as ReadonlyArray<Json>)
  walk.containers.push(json)
  return json
}

const walkObject = (walk: Walk, value: Fields, previous: unknown, depth: number): Json | Refused => {
  const proto = Object.getPrototypeOf(value) as object | null
  const plain = proto === Object.prototype
  if (!plain && proto !== null && !isForeignObjectPrototype(proto)) return refuse(walk, nameOf(proto))
  const before = typeof previous === 'object' && previous !== null ? (previous as Fields) : undefined
  let copy: Record<string, Json> | undefined = plain ? undefined : {}
  let count = 0
  for (const key in value) {
    const property = Object.getOwnPropertyDescriptor(value, key)
    if (property === undefined) continue // inherited: somebody extended Object.prototype
    count += 1
    if (key === '__proto__') walk.reason = 'a key named __proto__'
    else if (!isWellFormed(key)) walk.reason = 'a key with a lone surrogate'
    else if (property.get !== undefined || property.set !== undefined) walk.reason = 'an accessor'
    else {
      const child: unknown = property.value
      const json = child === undefined ? undefined : walkValue(walk, child, before?.[key], depth)
      if (json === REFUSED) return refuseAt(walk, value, key)
      if (copy === undefined && (json === undefined || !Object.is(json, child))) copy = entriesBefore(value, key)
      if (copy !== undefined && json !== undefined) copy[key] = json
      continue
    }
    return refuseAt(walk, value, key)
  }
  // Together, as `Reflect.ownKeys`, they take twice as long.
  if (Object.getOwnPropertyNames(value).length !== count) return refuse(walk, 'a property that is not enumerable')
  if (Object.getOwnPropertySymbols(value).length > 0) return refuse(walk, 'a symbol key')
  const json = copy ?? (value as Record<string, Json>)
  walk.containers.push(json)
  return json
}

const walkValue = (walk: Walk, value: unknown, previous: unknown, depth: number): Json | Refused => {
  walk.values += 1
  if (walk.values > MAX_VALUES) return refuse(walk, TOO_MANY)
  switch (typeof value) {
    case 'string':
      return isWellFormed(value) ? value : refuse(walk, 'a text with a lone surrogate')
    case 'number':
      if (Number.isFinite(value)) return value === 0 ? 0 : value
      return refuse(walk, String(value))
    case 'boolean':
      return value
    case 'object':
      if (value === null) return null
      if (value === previous) return value as Json
      if (depth === MAX_DEPTH) return refuse(walk, TOO_DEEP)
      return Array.isArray(value)
        ? walkArray(walk, value, previous, depth + 1)
        : walkObject(walk, value as Fields, previous, depth + 1)
    case 'undefined':
      return refuse(walk, 'undefined')
    case 'bigint':
      return refuse(walk, 'a BigInt')
    case 'function':
      return refuse(walk, 'a function')
    case 'symbol':
      return refuse(walk, 'a symbol')
  }
}

const notJson = (path: string, what: string): NotJson => ({
  _tag: 'NotJson',
  path,
  reason: `${what} can not be kept as JSON`,
})

/** Where the failed walk stood: the place itself, the place where a cycle closes, or `root` when there is just too much. */
const failure = (root: string, walk: Walk): NotJson => {
  const way = walk.way.reverse()
  const keys = way.map(({ key }) => key)
  const parents = way.map(({ parent }) => parent)
  const closes = walk.reason === TOO_DEEP ? parents.findIndex((parent, at) => parents.indexOf(parent) < at) : -1
  const path = pathOf(root, closes > 0 ? keys.slice(0, closes) : walk.reason === TOO_MANY ? [] : keys)
  const what = closes > 0 ? 'a cycle' : walk.reason
  return notJson(path, what)
}

/**
 * The exact JSON of a value: what `JSON.parse(JSON.stringify(value))` would give, frozen all the way down. Freezes the
 * given arrays and objects themselves and copies only what it must change: `undefined` properties are left out, -0
 * becomes 0, objects without a prototype or of another realm become ordinary ones.
 *
 * Refuses, with the path, everything else that JSON would alter or lose: instances of classes (Date, Map, …), functions
 * (a `toJSON` too), symbols, BigInt, NaN, infinities, cycles, `undefined` or holes in arrays, further properties of
 * arrays, symbol keys, accessors, properties of objects that are not enumerable, lone surrogates, an own `__proto__`, nesting
 * deeper than `MAX_DEPTH`, more than `MAX_VALUES` values. (Of an array, accessors and properties that are not
 * enumerable are not looked for.)
 *
 * @param root what the path begins with: `data` or `flash`
 * @param previous JSON that went through here or came from a store; parts that `value` shares with it, at the same
 * place and by reference, are not looked at again
 */
export const toJson = (root: string, value: unknown, previous?: Json): Either<NotJson, Json> => {
  const walk: Walk = { values: 0, containers: [], reason: '', way: [] }
  try {
    const json = walkValue(walk, value, previous, 0)
    if (json === REFUSED) return left(failure(root, walk))
    for (const container of walk.containers) Object.freeze(container)
    return right(json)
  } catch {
    // A Proxy, or a getter on a prototype. What it threw may hold data.
    return left(notJson(root, 'a value that throws when it is read'))
  }
}
