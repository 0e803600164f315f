/**
 * ```ts
 * interface Codec<A>  { encode: (a: A) => unknown; decode: (u: unknown) => Either<DecodeFailure, A> }
 * interface Schema<A> { codec: Codec<A>; version: number; migrate: Migrations; initial: Json }
 * ```
 * How the application's data becomes JSON, and how JSON of any of its versions becomes data again.
 *
 * Laws of a codec, which the application owes:
 * 1. `decode(encode(a))` is Right and equals `a` (up to `undefined` properties and -0).
 * 2. Both are pure: the same answer for the same value, every time.
 *
 * Laws of this module:
 * 3. Nothing here throws, whatever a codec or a migration does; no failure holds a value of the data.
 * 4. What `encodeData` answers Right, `decodeData` decodes, to the same data.
 * 5. Data of a newer version is `Newer`, and is not handed to any codec.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isLeft, left, right } from './tagged.ts'
import { codecOf, isDataSchema, nameOfThrown } from './codec/codecOf.ts'
import type { IoTsError } from './codec/ioTsErrors.ts'
import type { StandardSchema } from './codec/StandardSchema.ts'
import { type Json, type NotJson, pathOf, toJson } from './Json.ts'
import type { Flash } from './Stored.ts'

export { codecOf } from './codec/codecOf.ts'
export type { StandardSchema } from './codec/StandardSchema.ts'
export type { Json, NotJson } from './Json.ts'

/** Why and where a value does not decode. Never the value itself: session data can be sensitive. */
export interface DecodeFailure {
  /** The keys that lead from the whole value to the place. */
  readonly path: ReadonlyArray<string | number>
  /** A clause that says what was expected there, as in "expected number". */
  readonly reason: string
}

/** What the core needs of a codec. Write one by hand where no library fits. */
export interface Codec<A> {
  /** The value as JSON. What JSON can not hold is refused before anything is stored. */
  readonly encode: (a: A) => unknown
  /** The value of stored JSON, which is frozen all the way down. */
  readonly decode: (u: unknown) => Either<DecodeFailure, A>
}

/** A `Codec`, or as much of an io-ts `Type<A, O>` as is used: they differ in how they tell a failure. */
export interface AnyCodec<A> {
  readonly encode: (a: A) => unknown
  readonly decode: (u: unknown) => Either<DecodeFailure | ReadonlyArray<IoTsError>, A>
}

/**
 * Anything that types data: an io-ts codec, a synchronous Standard Schema (zod, valibot, arktype, …), or a `Codec`.
 * A Standard Schema has no encoder: the value is stored as it is, after it has passed the validation.
 */
export type DataSchema<A> = AnyCodec<A> | StandardSchema<A>

/** The type of the data that a schema describes. */
export type DataOf<S> = S extends DataSchema<infer A> ? A : never

/** `migrate[n]` turns the JSON of version n into that of version n + 1. What it returns is checked to be JSON. */
export type Migrations = Readonly<Record<number, (old: Json) => unknown>>

/** How one application's data is stored: built by `schemaOf`. */
export interface Schema<A> {
  readonly codec: Codec<A>
  /** The version that is written. */
  readonly version: number
  readonly migrate: Migrations
  /** The encoded initial data: what lends missing top-level keys to data that does not decode. */
  readonly initial: Json
}

/** Why stored data can not be read: it is of a later version of the application, or it does not decode. */
export interface DataFailure {
  readonly _tag: 'Newer' | 'Undecodable'
  /** As in `data.cart[2].addedAt`; `schema` when the version is the reason. */
  readonly path: string
  /** A clause, as in "expected number". */
  readonly reason: string
}

/** A value as it will be stored, and as it will be read back. */
export interface Encoded<A> {
  readonly json: Json
  readonly data: A
}

const undecodable = (path: string, reason: string): DataFailure => ({ _tag: 'Undecodable', path, reason })

/** Decodes JSON; `root` is what the path of a failure begins with. */
export const decodeWith = <A>(codec: Codec<A>, root: string, json: Json): Either<DataFailure, A> => {
  const decoded = codec.decode(json)
  return isLeft(decoded) ? left(undecodable(pathOf(root, decoded.left.path), decoded.left.reason)) : decoded
}

/**
 * Encodes a value, makes exact JSON of it and decodes that again: what could not be read back is refused now, before
 * anything is stored. `previous` is the stored JSON that the value was derived from; its parts are not walked again.
 */
export const encodeWith = <A>(
  codec: Codec<A>,
  root: string,
  value: A,
  previous?: Json,
): Either<NotJson | DataFailure, Encoded<A>> => {
  try {
    const json = toJson(root, codec.encode(value), previous)
    if (isLeft(json)) return json
    const data = decodeWith(codec, root, json.right)
    return isLeft(data) ? data : right({ json: json.right, data: data.right })
  } catch (thrown) {
    return left(undecodable(root, `the codec threw ${nameOfThrown(thrown)}`))
  }
}

/** Brings JSON of an older version up to the present one, a version at a time. */
const migrated = <A>(schema: Schema<A>, from: number, data: Json): Either<DataFailure, Json> => {
  let json = data
  for (let version = from; version < schema.version; version += 1) {
    const step = schema.migrate[version]
    if (step === undefined) return left(undecodable('schema', `there is no migration from version ${String(version)}`))
    try {
      const next = toJson('data', step(json), json)
      if (isLeft(next)) return left(undecodable(next.left.path, `migrate[${String(version)}]: ${next.left.reason}`))
      json = next.right
    } catch (thrown) {
      return left(undecodable('schema', `the migration from version ${String(version)} threw ${nameOfThrown(thrown)}`))
    }
  }
  return right(json)
}

const isRecord = (json: Json): json is { readonly [key: string]: Json } =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

/** The data with the top-level keys that it lacks, or undefined if it lacks none. */
const completed = (data: Json, initial: Json): Json | undefined =>
  isRecord(data) && isRecord(initial) && Object.keys(initial).some((key) => !Object.hasOwn(data, key))
    ? Object.freeze({ ...initial, ...data })
    : undefined

/**
 * Decodes stored data: refuses a newer version, migrates an older one, decodes. If that fails, and only then, missing
 * top-level keys are taken from the initial data and decoding is tried once more: a deploy that adds a key locks nobody
 * out, and a removed optional key stays removed.
 */
export const decodeData = <A>(
  schema: Schema<A>,
  stored: { readonly schema: number; readonly data: Json },
): Either<DataFailure, A> => {
  if (stored.schema !== schema.version) {
    const from = stored.schema
    if (from > schema.version) {
      const reason = `version ${String(from)} is newer than ${String(schema.version)}, the application's`
      return left({ _tag: 'Newer', path: 'schema', reason })
    }
    if (!Number.isSafeInteger(from)) return left(undecodable('schema', 'the version is not an integer'))
  }
  const json = stored.schema === schema.version ? right(stored.data) : migrated(schema, stored.schema, stored.data)
  if (isLeft(json)) return json
  const decoded = decodeWith(schema.codec, 'data', json.right)
  if (!isLeft(decoded)) return decoded
  const whole = completed(json.right, schema.initial)
  return whole === undefined ? decoded : decodeWith(schema.codec, 'data', whole)
}

/** `encodeWith` the schema's codec: what is written is of the schema's version. */
export const encodeData = <A>(schema: Schema<A>, data: A, previous?: Json): Either<NotJson | DataFailure, Encoded<A>> =>
  encodeWith(schema.codec, 'data', data, previous)

/** What an application says of its data; a part of the options of `sessionManager`. */
export interface SchemaOptions<A> {
  /** An io-ts codec, a synchronous Standard Schema, or a `Codec`. */
  readonly data: DataSchema<A>
  /** What a fresh session holds, and what signOut, clear and another subject start from. */
  readonly initial: NoInfer<A>
  /** The version of the data that is written: a whole number from 1. Default 1. */
  readonly version?: number | undefined
  /** `migrate[n]` brings version n to n + 1. Default: none. */
  readonly migrate?: Migrations | undefined
}

/** An option that a rule forbids. */
export interface BadSchema {
  readonly option: 'data' | 'initial' | 'version' | 'migrate'
  readonly value: unknown
  readonly rule: string
}

/** Checks the options once, and encodes the initial data; `initial` of the answer is that, decoded again. */
export const schemaOf = <A>(
  options: SchemaOptions<A>,
): Either<BadSchema, { readonly schema: Schema<A>; readonly initial: A }> => {
  const { version = 1, migrate = {} } = options
  const bad = (option: BadSchema['option'], rule: string): Either<BadSchema, never> =>
    left({ option, value: option === 'version' ? version : options[option], rule })
  if (!isDataSchema(options.data)) return bad('data', 'it must be an io-ts codec, a Standard Schema, or a Codec')
  if (!Number.isSafeInteger(version) || version < 1) return bad('version', 'it must be a whole number from 1')
  const beyond = Object.keys(migrate).find((from) => Number(from) >= version)
  if (beyond !== undefined) return bad('migrate', `it has a step from ${beyond}, and version is ${String(version)}`)
  const codec = codecOf(options.data)
  const initial = encodeWith(codec, 'initial', options.initial)
  if (isLeft(initial)) return bad('initial', `${initial.left.path}: ${initial.left.reason}`)
  return right({ schema: { codec, version, migrate, initial: initial.right.json }, initial: initial.right.data })
}

/** The codec of flash messages by default: a record of texts. */
export const flashStrings: Codec<Flash> = codecOf({
  encode: (flash: Flash) => flash,
  decode: (u): Either<DecodeFailure, Flash> => {
    if (typeof u !== 'object' || u === null || Array.isArray(u)) return left({ path: [], reason: 'expected a record' })
    const flash = u as Flash
    const bad = Object.keys(flash).find((key) => typeof flash[key] !== 'string')
    return bad === undefined ? right(flash) : left({ path: [bad], reason: 'expected a text' })
  },
})
