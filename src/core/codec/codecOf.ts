/**
 * ```ts
 * codecOf: <A>(schema: DataSchema<A>) => Codec<A>
 * ```
 * The codec of whatever the application typed its data with, known by its shape: no validation library is imported.
 *
 * Laws, for `codec = codecOf(schema)`:
 * 1. `codec.decode` never throws.
 * 2. Arrays and plain objects of what it decodes are frozen.
 * 3. `codec.encode` is the schema's own, or the identity: it may throw (`encodeWith` catches).
 *
 * @since 0.1.0
 */
import { isLeft, left, right } from '../tagged.ts'
import type { Codec, DataSchema, DecodeFailure } from '../Codec.ts'
import { deepFreeze } from '../Json.ts'
import { fromErrors, type IoTsError } from './ioTsErrors.ts'
import { type StandardSchema, standardDecode } from './StandardSchema.ts'

type Decode<A> = Codec<A>['decode']

/** What was thrown, without its message: that may hold data. */
export const nameOfThrown = (thrown: unknown): string => (thrown instanceof Error ? thrown.name : 'something')

/** Remembering costs as much as decoding about this many values (0.9 µs against 0.1 µs for each). */
const WORTH_REMEMBERING = 16

/** How many values a JSON value holds, itself included; `limit` where there are as many or more. */
const countUpTo = (limit: number, json: unknown): number => {
  if (limit <= 1 || typeof json !== 'object' || json === null) return 1
  if (Array.isArray(json) && json.length >= limit) return limit
  let count = 1
  for (const key in json) {
    count += countUpTo(limit - count, (json as Record<string, unknown>)[key])
    if (count >= limit) break
  }
  return count
}

const isWorthRemembering = (json: unknown): json is object =>
  countUpTo(WORTH_REMEMBERING, json) === WORTH_REMEMBERING && Object.isFrozen(json)

/**
 * Makes `decode` total, freezes what it makes, and passes over JSON that it has decoded before. That is sound for frozen
 * JSON that decodes to itself; a memory store hands out the same reference each time.
 */
const totalAndRemembered = <A>(decode: Decode<A>): Decode<A> => {
  const known = new WeakSet()
  return (u) => {
    if (typeof u === 'object' && u !== null && known.has(u)) return right(u as A)
    try {
      const decoded = decode(u)
      if (isLeft(decoded)) return decoded
      if (decoded.right !== u) deepFreeze(decoded.right)
      else if (isWorthRemembering(u)) known.add(u)
      return decoded
    } catch (thrown) {
      return left({ path: [], reason: `the codec threw ${nameOfThrown(thrown)}` })
    }
  }
}

const isErrors = (refusal: DecodeFailure | ReadonlyArray<IoTsError>): refusal is ReadonlyArray<IoTsError> =>
  Array.isArray(refusal)

const isStandard = <A>(schema: DataSchema<A>): schema is StandardSchema<A> => '~standard' in schema

/** Whether an unknown value can be handed to `codecOf`. */
export const isDataSchema = (u: unknown): boolean => {
  if ((typeof u !== 'object' && typeof u !== 'function') || u === null) return false
  const { encode, decode } = u as { readonly encode?: unknown; readonly decode?: unknown }
  return '~standard' in u || (typeof encode === 'function' && typeof decode === 'function')
}

const failureOf = (refusal: DecodeFailure | ReadonlyArray<IoTsError>): DecodeFailure => {
  if (isErrors(refusal)) return fromErrors(refusal)
  return Array.isArray(refusal.path) ? refusal : { path: [], reason: 'refused by the codec' }
}

/** The codec of an io-ts type, a synchronous Standard Schema, or a codec written by hand. */
export const codecOf = <A>(schema: DataSchema<A>): Codec<A> =>
  isStandard(schema)
    ? { encode: (a) => a, decode: totalAndRemembered(standardDecode(schema)) }
    : {
        encode: (a) => schema.encode(a),
        decode: totalAndRemembered((u) => {
          const decoded = schema.decode(u)
          return isLeft(decoded) ? left(failureOf(decoded.left)) : decoded
        }),
      }
