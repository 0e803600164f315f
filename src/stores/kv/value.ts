/**
 * ```ts
 * liveText:  (live: Live) => string        liveOf:  (text: unknown) => Live | undefined
 * endedText: (until: Millis) => string     endedOf: (text: unknown) => Ended | undefined
 * ```
 * Records and tombstones as texts. They begin with letters, so that no driver takes them for JSON: unstorage parses what
 * looks like it, and leaves out keys called `__proto__`.
 *
 * @since 0.1.0
 */
import { deepFreeze } from '../../core/Json.ts'
import type { Millis } from '../../core/Millis.ts'
import { ended, type Ended, type Live } from '../../core/Stored.ts'

const LIVE = 'live1:'
const ENDED = 'ended1:'

/** A record's text. There are no leases, so its fence is always the same. */
export const liveText = (live: Live): string => LIVE + JSON.stringify({ ...live, fence: 0 })

/** A tombstone's text. */
export const endedText = (until: Millis): string => ENDED + JSON.stringify(until)

const parsed = (mark: string, text: unknown): unknown => {
  if (typeof text !== 'string' || !text.startsWith(mark)) return undefined
  try {
    return JSON.parse(text.slice(mark.length))
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)

const isLive = (value: unknown): value is Live => {
  if (!isObject(value)) return false
  const { revision, trail, credential, subject, lifetime, flash, data, ...rest } = value as Partial<Live>
  return (
    typeof revision === 'string' &&
    Array.isArray(trail) &&
    isObject(credential) &&
    typeof credential?.digest === 'string' &&
    typeof credential.mintedAt === 'number' &&
    (credential.renewed === undefined ||
      typeof (credential.renewed as { digest?: unknown } | null)?.digest === 'string') &&
    (subject === undefined || typeof (subject as { id?: unknown } | null)?.id === 'string') &&
    (lifetime === undefined || isObject(lifetime)) &&
    isObject(flash) &&
    data !== undefined &&
    [rest.format, rest.schema, rest.epoch, rest.createdAt, rest.touchedAt, rest.expiresAt].every(Number.isFinite)
  )
}

/** The record, frozen; undefined for a text that this library has not written. */
export const liveOf = (text: unknown): Live | undefined => {
  const value = parsed(LIVE, text)
  return isLive(value) ? deepFreeze(value) : undefined
}

/** The tombstone; undefined for a text that this library has not written. */
export const endedOf = (text: unknown): Ended | undefined => {
  const until = parsed(ENDED, text)
  return typeof until === 'number' ? Object.freeze(ended(until)) : undefined
}
