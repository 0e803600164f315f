/**
 * ```ts
 * interface Kept { version: string; leasedUntil: Millis; entry: string; stored: Stored }
 * encode: (kept: Kept) => string        decode: (text: string) => Decoded
 * ```
 * A record as a file: a line for the store (format, version, lease, subject's entry) and a line of JSON.
 *
 * Laws: `decode(encode(kept))` is Kept of what JSON makes of `kept`, frozen all the way down; no proper prefix of an
 * encoded text decodes to Kept.
 *
 * @since 0.1.0
 */
import { deepFreeze } from '../../core/Json.ts'
import type { Millis } from '../../core/Millis.ts'
import type { Stored } from '../../core/Stored.ts'

/** What one file holds. */
export interface Kept {
  readonly _tag: 'Kept'
  /** Names this content of the file, and no other ever: each replacement has its own. */
  readonly version: string
  /** The end of the lease whose fence the record carries; 0 when it was given back, or never taken. */
  readonly leasedUntil: Millis
  /** Which entry in the subject's directory is this record's; empty for an anonymous one. */
  readonly entry: string
  readonly stored: Stored
}

/** The text is no record. */
export interface Corrupt {
  readonly _tag: 'Corrupt'
  readonly reason: string
}

/** The file was written by a later version of this store. */
export interface Newer {
  readonly _tag: 'Newer'
}

export type Decoded = Kept | Corrupt | Newer

const FORMAT = 1
const HEAD = `coatcheck ${FORMAT} `
/** As many bytes as the first line can take. */
export const HEAD_BYTES = 128

/** The content of the file `removal`, and so of each claim to remove a record. */
export const REMOVAL = `${HEAD}removal\n`

/** The text of a file. */
export const encode = ({ version, leasedUntil, entry, stored }: Omit<Kept, '_tag'>): string =>
  `${HEAD}${version} ${leasedUntil} ${entry === '' ? '-' : entry}\n${JSON.stringify(stored)}\n`

const LINE = /^coatcheck 1 ([0-9a-f]{24}) (\d+) (-|[0-9a-f]{24})\n/

/** The version that a text, or the start of one, gives itself: 'removal' for a removal; undefined when it can not be read. */
export const versionIn = (text: string): string | undefined =>
  text.startsWith(REMOVAL) ? 'removal' : LINE.exec(text)?.[1]

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const NUMBERS = ['format', 'epoch', 'fence', 'createdAt', 'touchedAt', 'expiresAt', 'schema'] as const

const isStored = (value: unknown): value is Stored => {
  if (!isRecord(value)) return false
  if (value['_tag'] === 'Ended') return typeof value['until'] === 'number'
  const { _tag, revision, trail, credential, subject, flash } = value
  return (
    _tag === 'Live' &&
    NUMBERS.every((name) => typeof value[name] === 'number') &&
    typeof revision === 'string' &&
    Array.isArray(trail) &&
    isRecord(credential) &&
    typeof credential['digest'] === 'string' &&
    (subject === undefined || (isRecord(subject) && typeof subject['id'] === 'string')) &&
    isRecord(flash) &&
    'data' in value
  )
}

const corrupt = (reason: string): Corrupt => ({ _tag: 'Corrupt', reason })

/** Reads the text of a file. The reason never quotes it. */
export const decode = (text: string): Decoded => {
  const line = LINE.exec(text)
  if (line === null) {
    const format = /^coatcheck (\d{1,9}) /.exec(text)?.[1]
    if (format !== undefined && Number(format) > FORMAT) return { _tag: 'Newer' }
    return corrupt(text === '' ? 'it is empty' : 'its first line is not that of a record')
  }
  if (!text.endsWith('\n') || text.length === line[0].length) return corrupt('its end is missing')
  let stored: unknown
  try {
    stored = JSON.parse(text.slice(line[0].length))
  } catch {
    // The parser's message quotes what it read.
    return corrupt('its second line is not JSON')
  }
  if (!isStored(stored)) return corrupt('its JSON is not a record')
  return {
    _tag: 'Kept',
    version: line[1] as string,
    leasedUntil: Number(line[2]),
    entry: line[3] === '-' ? '' : (line[3] as string),
    stored: deepFreeze(stored),
  }
}
