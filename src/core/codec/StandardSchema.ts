/**
 * ```ts
 * interface StandardSchema<A> { '~standard': { version: 1; vendor: string; validate: (u: unknown) => Result<A> | Promise<Result<A>> } }
 * ```
 * The interface that zod, valibot, arktype and others share (https://standardschema.dev, version 1), and a codec made of it.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { left, right } from '../tagged.ts'
import type { DecodeFailure } from '../Codec.ts'

/** What a validator answers: a value, or issues. */
export type StandardResult<A> =
  { readonly value: A; readonly issues?: undefined } | { readonly issues: ReadonlyArray<StandardIssue> }

/** One objection of a validator. Its `message` is not read: some libraries put the value into it. */
export interface StandardIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

/** A validator of the Standard Schema specification, version 1, with output `A`. */
export interface StandardSchema<A> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<A> | Promise<StandardResult<A>>
    readonly types?: { readonly input: unknown; readonly output: A } | undefined
  }
}

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof segment === 'object' ? segment.key : segment
  return typeof key === 'symbol' ? String(key) : key
}

/** What the libraries add beyond the specification to say what they wanted: `expected`, or the kind of check. */
const reasonOf = (issue: StandardIssue, vendor: string): string => {
  const { expected, code, type } = issue as {
    readonly expected?: unknown
    readonly code?: unknown
    readonly type?: unknown
  }
  if (typeof expected === 'string') return `expected ${expected}`
  const kind = typeof code === 'string' ? code : typeof type === 'string' ? type : undefined
  return kind === undefined ? `refused by the ${vendor} schema` : `refused by the ${vendor} schema (${kind})`
}

/** Whether a validator's output says the same as the frozen JSON that went in; then the JSON can stand for it. */
export const sameJson = (json: unknown, output: unknown): boolean => {
  if (Object.is(json, output)) return true
  if (typeof json !== 'object' || typeof output !== 'object' || json === null || output === null) return false
  if (Object.getPrototypeOf(json) !== Object.getPrototypeOf(output)) return false
  const keys = Object.keys(output)
  return (
    keys.length === Object.keys(json).length &&
    keys.every(
      (key) =>
        Object.hasOwn(json, key) &&
        sameJson((json as Record<string, unknown>)[key], (output as Record<string, unknown>)[key]),
    )
  )
}

/** The decoder that a Standard Schema is. An output that equals the input is the input: frozen, and the same reference. */
export const standardDecode =
  <A>(schema: StandardSchema<A>) =>
  (u: unknown): Either<DecodeFailure, A> => {
    const standard = schema['~standard']
    const result = standard.validate(u)
    if ('then' in result) {
      result.then(undefined, () => undefined) // its failure is ours already
      return left({
        path: [],
        reason: `the ${standard.vendor} schema is asynchronous; a session's must be synchronous`,
      })
    }
    if (result.issues === undefined) return right(sameJson(u, result.value) ? (u as A) : result.value)
    const [issue] = result.issues
    return issue === undefined
      ? left({ path: [], reason: `refused by the ${standard.vendor} schema` })
      : left({ path: Array.from(issue.path ?? [], keyOf), reason: reasonOf(issue, standard.vendor) })
  }
