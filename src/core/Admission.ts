/**
 * ```ts
 * admit:   (policy, now) => (stored: Option<Stored>, digest) => Admission      // the first load: does the secret prove the session?
 * readmit: (policy, now) => (stored: Option<Stored>, grant)  => Readmission    // every later one: is it still the session that was proved?
 * ```
 * Who may use a record (design §4). A request proves its secret once; later loads look at the epoch alone, because a
 * renewal must not punish a running request, and a rotation must.
 *
 * Laws (properties in test/core/Admission.test.ts, the whole table in docs/admission.md is checked against this code):
 * 1. `Admitted` only with the current digest, or with the renewed one before `renewGrace` after its successor was first used.
 * 2. No secret of an earlier epoch is ever admitted, nor is a request of an earlier epoch readmitted.
 * 3. Nothing past a deadline is admitted; a readmission forgives a deadline for `supersededFor`, not longer.
 * 4. Without a record, or with a tombstone, nothing is admitted or readmitted.
 *
 * @since 0.1.0
 */
import type { Option } from '#fp-ts/Option'
import type { Millis } from './Millis.ts'
import type { Policy } from './Policy.ts'
import { deadlines, expired } from './Policy.ts'
import type { Live, Stored } from './Stored.ts'
import { sameDigest } from './Token.ts'

/** The secret is this session's. `via` tells which: the current one, or the one before a renewal. */
export interface Admitted {
  readonly _tag: 'Admitted'
  readonly record: Live
  readonly via: 'current' | 'renewed'
}
/** The secret is this session's, and a deadline has passed. */
export interface Expired {
  readonly _tag: 'Expired'
  readonly deadline: 'idle' | 'absolute'
}
/** Another secret, while a rotation is younger than `supersededFor`: probably the one before it. */
export interface Superseded {
  readonly _tag: 'Superseded'
}
/** The secret before a renewal, after its grace: a sign of theft. */
export interface Reused {
  readonly _tag: 'Reused'
  readonly record: Live
}
/** A secret that this id does not have. */
export interface UnknownSecret {
  readonly _tag: 'UnknownSecret'
}
/** A tombstone stands under the id. */
export interface EndedBefore {
  readonly _tag: 'Ended'
}
/** Nothing stands under the id. */
export interface Unknown {
  readonly _tag: 'Unknown'
}

/** The verdict on a request's first load. */
export type Admission = Admitted | Expired | Superseded | Reused | UnknownSecret | EndedBefore | Unknown

const superseded: Superseded = { _tag: 'Superseded' }
const unknownSecret: UnknownSecret = { _tag: 'UnknownSecret' }
const endedBefore: EndedBefore = { _tag: 'Ended' }
const unknown: Unknown = { _tag: 'Unknown' }

/** Decides on a request's first load. `digest` is that of the presented secret; it is not looked at without a live record. */
export const admit =
  (policy: Policy, now: Millis) =>
  (stored: Option<Stored>, digest: string): Admission => {
    if (stored._tag === 'None') return unknown
    const record = stored.value
    if (record._tag === 'Ended') return endedBefore
    const { credential } = record
    const current = sameDigest(credential.digest, digest)
    const renewed = credential.renewed !== undefined && sameDigest(credential.renewed.digest, digest)
    if (!current && !renewed)
      return credential.rotatedAt !== undefined && now < credential.rotatedAt + policy.supersededFor
        ? superseded
        : unknownSecret
    const confirmedAt = credential.renewed?.confirmedAt
    if (!current && confirmedAt !== undefined && now >= confirmedAt + policy.renewGrace)
      return { _tag: 'Reused', record }
    const deadline = expired(policy, now)(record)
    if (deadline !== undefined) return { _tag: 'Expired', deadline }
    return { _tag: 'Admitted', record, via: current ? 'current' : 'renewed' }
  }

/** What a request was admitted to. Its own rotation moves the epoch. */
export interface Grant {
  readonly epoch: number
  /** The subject's id at admission; undefined = anonymous. */
  readonly subject: string | undefined
}

/** The record is still the one that the request proved. */
export interface Readmitted {
  readonly _tag: 'Readmitted'
  readonly record: Live
}
/** It was rotated meanwhile. */
export interface SupersededMeanwhile {
  readonly _tag: 'Superseded'
  readonly record: Live
}

/** The verdict on a later load of a request that was admitted. */
export type Readmission = Readmitted | SupersededMeanwhile | EndedBefore

/** Decides on every later load of a request that was admitted. */
export const readmit =
  (policy: Policy, now: Millis) =>
  (stored: Option<Stored>, grant: Grant): Readmission => {
    if (stored._tag === 'None' || stored.value._tag === 'Ended') return endedBefore
    const record = stored.value
    if (record.epoch !== grant.epoch) return { _tag: 'Superseded', record }
    const { idleAt, absoluteAt } = deadlines(policy)(record)
    return now < Math.min(idleAt, absoluteAt) + policy.supersededFor ? { _tag: 'Readmitted', record } : endedBefore
  }

/** Whether a request that was superseded may still sign its session out: the subject is the one it was admitted with. */
export const maySignOut = (record: Live, grant: Grant): boolean => record.subject?.id === grant.subject
