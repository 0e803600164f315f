/**
 * ```ts
 * encoded: (engine, base, result) => Either<SessionError, Encoded<A>>
 * ```
 * A changed session as the record holds it: through the codecs, and within its size.
 *
 * @since 0.1.0
 */
import type { Either } from '#fp-ts/Either'
import { isLeft, left, right } from '../core/tagged.ts'
import { encodeData, encodeWith } from '../core/Codec.ts'
import { bytesOver, jsonBytes } from '../core/Json.ts'
import type { Content } from '../core/Record.ts'
import type { Session } from '../core/Session.ts'
import type { SessionError } from '../core/SessionError.ts'
import { invalidData, payloadTooLarge } from '../core/SessionError.ts'
import type { Flash } from '../core/Stored.ts'
import type { Engine } from './Engine.ts'
import type { Base } from './request.ts'

/** What is stored of a session, and what it will be when it is read back. */
export interface Encoded<A> {
  readonly content: Content
  /** The data as it will be read back. */
  readonly data: A
}

const encodedData = <A>(engine: Engine<A>, base: Base<A>, result: Session<A>): Either<SessionError, Encoded<A>> => {
  const { record } = base
  if (record !== undefined && base.faithful && result.data === base.session.data)
    return right({ content: { schema: record.schema, data: record.data, flash: record.flash }, data: result.data })
  const data = encodeData(engine.schema, result.data, base.faithful ? record?.data : undefined)
  if (isLeft(data)) return left(invalidData('write', data.left.path, data.left.reason))
  return right({
    content: { schema: engine.schema.version, data: data.right.json, flash: NO_FLASH },
    data: data.right.data,
  })
}

const NO_FLASH: Flash = Object.freeze({})

const encodedFlash = <A>(engine: Engine<A>, base: Base<A>, result: Session<A>): Either<SessionError, Flash> => {
  if (base.record !== undefined && base.faithful && result.flash === base.session.flash) return right(base.record.flash)
  const flash = encodeWith(engine.flash, 'flash', result.flash)
  return isLeft(flash)
    ? left(invalidData('write', flash.left.path, flash.left.reason))
    : right(flash.right.json as Flash)
}

/** Encodes what changed; what did not is taken from the record as it is. Left `InvalidData` or `PayloadTooLarge`: nothing is stored. */
export const encoded = <A>(engine: Engine<A>, base: Base<A>, result: Session<A>): Either<SessionError, Encoded<A>> => {
  const data = encodedData(engine, base, result)
  if (isLeft(data)) return data
  const flash = encodedFlash(engine, base, result)
  if (isLeft(flash)) return flash
  const content = { ...data.right.content, flash: flash.right }
  if (content.data !== base.record?.data || content.flash !== base.record.flash) {
    const { maxBytes } = engine.limits
    const flashBytes = jsonBytes(content.flash)
    const over = bytesOver(maxBytes - flashBytes, content.data)
    if (over !== undefined) return left(payloadTooLarge(over + flashBytes, maxBytes))
  }
  return right({ content, data: data.right.data })
}
