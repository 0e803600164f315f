// Compiled, not run: the type of the data is inferred from every kind of schema.
import { type } from 'arktype'
import type { Either } from '#fp-ts/Either'
import * as t from 'io-ts'
import * as v from 'valibot'
import * as z from 'zod'
import {
  type Codec,
  codecOf,
  type DataOf,
  type DataSchema,
  type DecodeFailure,
  schemaOf,
} from '../../src/core/Codec.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Assert<T extends true> = T
/** One level of an intersection written out, so that it can be compared. */
type Flat<T> = { [K in keyof T]: T[K] }

const ioTs = t.type({ views: t.number, user: t.union([t.string, t.null]) })
const intersection = t.intersection([t.type({ views: t.number }), t.partial({ theme: t.string })])
const readonly = t.readonly(t.type({ tags: t.readonlyArray(t.string) }))
const exact = t.strict({ views: t.number })
const zod = z.object({ views: z.number(), theme: z.string().optional() })
const zodDefault = z.object({ views: z.number().default(0) })
const valibot = v.object({ views: v.number(), tags: v.array(v.string()) })
const ark = type({ views: 'number', 'theme?': 'string' })

interface Cart {
  readonly at: Date
}
declare const own: Codec<Cart>
const branded = new t.Type<Date, string>(
  'Moment',
  (u): u is Date => u instanceof Date,
  t.failure,
  (d) => d.toISOString(),
)
const outputDiffers = t.type({ at: branded })

export type Inferred = [
  Assert<Equal<DataOf<typeof ioTs>, { views: number; user: string | null }>>,
  Assert<Equal<Flat<DataOf<typeof intersection>>, { views: number; theme?: string }>>,
  Assert<Equal<DataOf<typeof readonly>, Readonly<{ tags: readonly string[] }>>>,
  Assert<Equal<DataOf<typeof exact>, { views: number }>>,
  Assert<Equal<DataOf<typeof zod>, { views: number; theme?: string | undefined }>>,
  Assert<Equal<DataOf<typeof zodDefault>, { views: number }>>,
  Assert<Equal<DataOf<typeof valibot>, { views: number; tags: string[] }>>,
  Assert<Equal<DataOf<typeof ark>, { views: number; theme?: string }>>,
  Assert<Equal<DataOf<typeof own>, Cart>>,
  Assert<Equal<DataOf<typeof outputDiffers>, { at: Date }>>,
]

/** The shape of `sessionManager`'s options. */
declare const make: <A>(options: { readonly data: DataSchema<A>; readonly initial: NoInfer<A> }) => Codec<A>

const made = [
  make({ data: ioTs, initial: { views: 0, user: null } }),
  make({ data: intersection, initial: { views: 0 } }),
  make({ data: readonly, initial: { tags: [] } }),
  make({ data: zod, initial: { views: 0 } }),
  make({ data: zodDefault, initial: { views: 0 } }),
  make({ data: valibot, initial: { views: 0, tags: [] } }),
  make({ data: ark, initial: { views: 0 } }),
  make({ data: own, initial: { at: new Date(0) } }),
  make({ data: outputDiffers, initial: { at: new Date(0) } }),
] as const

export type Made = [
  Assert<Equal<(typeof made)[0], Codec<{ views: number; user: string | null }>>>,
  Assert<Equal<(typeof made)[3], Codec<{ views: number; theme?: string | undefined }>>>,
  Assert<Equal<(typeof made)[4], Codec<{ views: number }>>>,
  Assert<Equal<(typeof made)[5], Codec<{ views: number; tags: string[] }>>>,
  Assert<Equal<(typeof made)[6], Codec<{ views: number; theme?: string }>>>,
  Assert<Equal<(typeof made)[7], Codec<Cart>>>,
  Assert<Equal<(typeof made)[8], Codec<{ at: Date }>>>,
]

// The initial data is checked against the codec, and does not take part in the inference.
// @ts-expect-error views is a number
make({ data: ioTs, initial: { views: '0', user: null } })
// @ts-expect-error views is missing
make({ data: zod, initial: {} })
// @ts-expect-error not a key of the data
make({ data: valibot, initial: { views: 0, tags: [], extra: 1 } })
// @ts-expect-error not a schema
make({ data: { views: 'number' }, initial: { views: 0 } })
// @ts-expect-error views is a number
schemaOf({ data: ark, initial: { views: null } })

export const decoded: Either<DecodeFailure, { views: number; user: string | null }> = codecOf(ioTs).decode(null)
