/**
 * ```ts
 * fromErrors: (errors: ReadonlyArray<IoTsError>) => DecodeFailure
 * ```
 * The place and the expectation of a failed io-ts decoding, without the value: neither `value` nor `message` is read.
 *
 * @since 0.1.0
 */
import type { DecodeFailure } from '../Codec.ts'

/** As much of an io-ts codec as its errors are explained by. */
interface IoTsType {
  readonly name: string
  readonly _tag?: string
  readonly type?: IoTsType
}

/** As much of an io-ts `ValidationError` as is used. */
export interface IoTsError {
  readonly context: ReadonlyArray<{
    readonly key: string
    readonly type: { readonly name: string }
    readonly actual?: unknown
  }>
}

const MAX_NAME = 200

const expected = (name: string): string => `expected ${name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name}`

const WRAPPERS = ['RefinementType', 'ReadonlyType', 'ExactType', 'RecursiveType']

const isUnion = ({ _tag = '', type }: IoTsType): boolean =>
  _tag === 'UnionType' || (type !== undefined && WRAPPERS.includes(_tag) && isUnion(type))

/** Whether an error of another member of the same union is among them: then it is the union that nothing fits. */
const hasRival = (errors: ReadonlyArray<IoTsError>, { context }: IoTsError, at: number): boolean =>
  errors.some(
    (other) =>
      other.context[at] !== undefined &&
      other.context[at].key !== context[at]?.key &&
      other.context.slice(0, at).every(({ key }, index) => key === context[index]?.key),
  )

/**
 * The first error, told at the outermost union of which no member fits. io-ts puts the members of unions and
 * intersections into the context like keys; those are the entries with the same value as the one above them.
 */
export const fromErrors = (errors: ReadonlyArray<IoTsError>): DecodeFailure => {
  const [first] = errors
  if (first === undefined) return { path: [], reason: 'the codec refused it' }
  const path: Array<string | number> = []
  let innermost = first.context[0]
  for (const [at, entry] of first.context.entries()) {
    const parent = first.context[at - 1]
    if (parent === undefined) continue
    if (!Object.is(entry.actual, parent.actual)) path.push(Array.isArray(parent.actual) ? Number(entry.key) : entry.key)
    else if (isUnion(parent.type) && hasRival(errors, first, at)) break
    innermost = entry
  }
  return { path, reason: expected(innermost?.type.name ?? 'something else') }
}
