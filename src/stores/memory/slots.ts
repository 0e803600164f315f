/**
 * ```ts
 * interface Slots { put; bury; clear; stored: (at) => Stored; id; dueAt; subjectAt }
 * ```
 * Records taken apart: a session that nobody asks for is a row in two arrays, half of what its objects would take. What
 * most sessions have alike (format, schema, epoch, an empty flash, nobody signed in) stands there once for all of them.
 *
 * Law: `stored(at)` is deeply equal to what was put there last, and frozen; its data and flash are the very same values.
 *
 * @since 0.1.0
 */
import type { Millis } from '../../core/Millis.ts'
import type { Credential, Flash, Lifetime, Live, Renewed, Stored, Subject } from '../../core/Stored.ts'
import { ended } from '../../core/Stored.ts'
import type { SessionId } from '../../core/Token.ts'
import type { Draft } from './kept.ts'
import type { Place } from './ring.ts'

/** See the module's head. */
export interface Slots {
  /** Writes a record whose members are frozen. */
  readonly put: (at: Place, id: SessionId, live: Live) => void
  /** Leaves a tombstone in the record's place. */
  readonly bury: (at: Place, until: Millis) => void
  /** Forgets what stands there. */
  readonly clear: (at: Place) => void
  readonly stored: (at: Place) => Stored
  readonly id: (at: Place) => SessionId
  /** When the record expires or the tombstone goes. */
  readonly endAt: (at: Place) => Millis
  readonly isLive: (at: Place) => boolean
  readonly subjectAt: (at: Place) => string | undefined
}

/** What changes seldom, or never. */
interface Rest {
  readonly format: number
  readonly schema: number
  readonly epoch: number
  readonly fence: number
  readonly flash: Flash
  readonly subject: Subject | undefined
  readonly lifetime: Lifetime | undefined
  readonly rotatedAt: Millis | undefined
  readonly renewed: Renewed | undefined
}

const says = (rest: Rest, { format, schema, epoch, fence, flash, subject, lifetime, credential }: Live): boolean =>
  rest.epoch === epoch &&
  rest.fence === fence &&
  rest.flash === flash &&
  rest.subject === subject &&
  rest.rotatedAt === credential.rotatedAt &&
  rest.renewed === credential.renewed &&
  rest.lifetime === lifetime &&
  rest.schema === schema &&
  rest.format === format

const restOf = ({ format, schema, epoch, fence, flash, subject, lifetime, credential }: Live): Rest => ({
  format,
  schema,
  epoch,
  fence,
  flash,
  subject,
  lifetime,
  rotatedAt: credential.rotatedAt,
  renewed: credential.renewed,
})

// The columns of both arrays. A tombstone has an id and its end alone.
const [ID, REVISION, DIGEST, DATA, TRAIL, REST, WIDTH] = [0, 1, 2, 3, 4, 5, 6] as const
const [CREATED, TOUCHED, END, MINTED, TIMES] = [0, 1, 2, 3, 4] as const

const BEGIN = 1_024

/** Nothing anywhere. */
export const slots = (): Slots => {
  const values: Array<unknown> = []
  let times = new Float64Array(TIMES * BEGIN)
  /** Of the record that was written last: its neighbours in time are mostly alike. */
  let latest: Rest | undefined

  const reach = (at: Place): void => {
    // One by one: an array that is written beyond its end turns into a slow one.
    while (values.length < WIDTH * (at + 1)) values.push(undefined)
    if (TIMES * at < times.length) return
    const more = new Float64Array(Math.max(2 * times.length, TIMES * (at + 1)))
    more.set(times)
    times = more
  }

  const restAt = (at: Place): Rest | undefined => values[WIDTH * at + REST] as Rest | undefined
  const endAt = (at: Place): Millis => times[TIMES * at + END] as Millis

  /** The present one where it says the same, so that a write makes none. */
  const shared = (at: Place, live: Live): Rest => {
    const present = restAt(at)
    if (present !== undefined && says(present, live)) return present
    return (latest = latest !== undefined && says(latest, live) ? latest : restOf(live))
  }

  const wipe = (from: number, to: number): void => {
    for (let index = from; index < to; index += 1) values[index] = undefined
  }

  const credentialAt = (at: Place, { rotatedAt, renewed }: Rest): Credential => {
    const digest = values[WIDTH * at + DIGEST] as string
    const mintedAt = times[TIMES * at + MINTED] as Millis
    const credential: Draft<Credential> = { digest, mintedAt }
    if (rotatedAt !== undefined) credential.rotatedAt = rotatedAt
    if (renewed !== undefined) credential.renewed = renewed
    return Object.freeze(credential)
  }

  return {
    put: (at, id, live) => {
      reach(at)
      const value = WIDTH * at
      values[value + REST] = shared(at, live)
      values[value + ID] = id
      values[value + REVISION] = live.revision
      values[value + DIGEST] = live.credential.digest
      values[value + DATA] = live.data
      values[value + TRAIL] = live.trail
      const time = TIMES * at
      times[time + CREATED] = live.createdAt
      times[time + TOUCHED] = live.touchedAt
      times[time + END] = live.expiresAt
      times[time + MINTED] = live.credential.mintedAt
    },
    bury: (at, until) => {
      wipe(WIDTH * at + REVISION, WIDTH * (at + 1))
      times[TIMES * at + END] = until
    },
    clear: (at) => {
      wipe(WIDTH * at, WIDTH * (at + 1))
    },
    stored: (at) => {
      const rest = restAt(at)
      if (rest === undefined) return Object.freeze(ended(endAt(at)))
      const value = WIDTH * at
      const time = TIMES * at
      const live: Draft<Live> = {
        _tag: 'Live',
        format: rest.format,
        revision: values[value + REVISION] as string,
        trail: values[value + TRAIL] as Live['trail'],
        epoch: rest.epoch,
        fence: rest.fence,
        credential: credentialAt(at, rest),
        createdAt: times[time + CREATED] as Millis,
        touchedAt: times[time + TOUCHED] as Millis,
        expiresAt: times[time + END] as Millis,
        schema: rest.schema,
        data: values[value + DATA] as Live['data'],
        flash: rest.flash,
      }
      if (rest.subject !== undefined) live.subject = rest.subject
      if (rest.lifetime !== undefined) live.lifetime = rest.lifetime
      return Object.freeze(live)
    },
    id: (at) => values[WIDTH * at + ID] as SessionId,
    endAt,
    isLive: (at) => restAt(at) !== undefined,
    subjectAt: (at) => restAt(at)?.subject?.id,
  }
}
