/**
 * ```ts
 * places: (root: string) => Places
 * ```
 * Where everything is. No name is built from text of the application or of a request: an id becomes hexadecimal after
 * its exact shape was checked (case-insensitive file systems keep two of them apart), a subject becomes its SHA-256.
 *
 * ```text
 * version, removal           what this directory is; the file whose second name says "removed"
 * records/4f/4f…             a session, by its id
 * tmp/<draft>                a record on its way
 * tmp/<id>.<version>[.<draft>]   a claim: which draft replaces that version (see versions.ts)
 * due/<bucket>/<id>          looked at by a sweep from that time on
 * subjects/a0/<hash>/<id>.<entry>   the sessions of a subject
 * epochs/<hash>/<epoch>      the epochs of a subject; the highest counts
 * corrupt/<id>               what a sweep found and could not read
 * ```
 *
 * @since 0.1.0
 */
import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'
import type { Millis } from '../../core/Millis.ts'
import { idFrom, isSessionId, type SessionId } from '../../core/Token.ts'

/** An id as a file name: 32 hexadecimal digits. */
export type Hex = string

/** See the module's head. */
export interface Places {
  readonly root: string
  readonly version: string
  readonly removal: string
  readonly tmp: string
  readonly due: string
  readonly epochs: string
  readonly corrupt: string
  /** The directories that must be there, parents first. */
  readonly all: ReadonlyArray<string>
  readonly shards: ReadonlyArray<string>
  readonly shardOf: (hex: Hex) => string
  readonly record: (hex: Hex) => string
  readonly draft: (tag: string) => string
  /** `claim` is its name in `tmp`. */
  readonly claim: (claim: string) => string
  readonly bucket: (bucket: number) => string
  readonly subject: (subject: string) => string
  /** The directory that holds the subject's. */
  readonly subjectShard: (subject: string) => string
  readonly entry: (subject: string, hex: Hex, entry: string) => string
  readonly epochsOf: (subject: string) => string
  readonly quarantine: (hex: Hex) => string
}

/** How long one bucket of due sessions is, ms. */
const BUCKET = 300_000

/** The bucket in which a time is. */
export const bucketOf = (due: Millis): number => Math.floor(due / BUCKET)

/** The file name of an id; undefined when the text is not one. */
export const hexOf = (id: SessionId): Hex | undefined =>
  isSessionId(id) ? Buffer.from(id, 'base64url').toString('hex') : undefined

/** The id that a file name spells; undefined when it spells none. */
export const idOf = (name: string): SessionId | undefined =>
  /^[0-9a-f]{32}$/.test(name) ? idFrom(Buffer.from(name, 'hex').toString('base64url')) : undefined

/** A name that nobody else takes, in 24 hexadecimal digits. */
export const newTag = (): string => randomBytes(12).toString('hex')

// UTF-16, since UTF-8 would make one of all lone surrogates.
const hashOf = (subject: string): string => createHash('sha256').update(subject, 'utf16le').digest('hex')

const SHARDS = Array.from({ length: 256 }, (_, shard) => shard.toString(16).padStart(2, '0'))

/** The places under an absolute path. */
export const places = (root: string): Places => {
  const tmp = `${root}/tmp`
  const subject = (of: string): string => {
    const hash = hashOf(of)
    return `${root}/subjects/${hash.slice(0, 2)}/${hash}`
  }
  const shards = SHARDS.map((shard) => `${root}/records/${shard}`)
  return {
    root,
    version: `${root}/version`,
    removal: `${root}/removal`,
    tmp,
    due: `${root}/due`,
    epochs: `${root}/epochs`,
    corrupt: `${root}/corrupt`,
    shards,
    all: [
      ...['records', 'tmp', 'due', 'subjects', 'epochs', 'corrupt'].map((name) => `${root}/${name}`),
      ...shards,
      ...SHARDS.map((shard) => `${root}/subjects/${shard}`),
    ],
    shardOf: (hex) => `${root}/records/${hex.slice(0, 2)}`,
    record: (hex) => `${root}/records/${hex.slice(0, 2)}/${hex}`,
    draft: (tag) => `${tmp}/${tag}`,
    claim: (claim) => `${tmp}/${claim}`,
    bucket: (bucket) => `${root}/due/${bucket}`,
    subject,
    subjectShard: (of) => `${root}/subjects/${hashOf(of).slice(0, 2)}`,
    entry: (of, hex, entry) => `${subject(of)}/${hex}.${entry}`,
    epochsOf: (of) => `${root}/epochs/${hashOf(of)}`,
    quarantine: (hex) => `${root}/corrupt/${hex}`,
  }
}
